package scope

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var errChild = errors.New("child")

// caught runs f and returns what it panicked with.
func caught(f func()) (panicked any) {
	defer func() { panicked = recover() }()
	f()
	return nil
}

func TestRunWaitsForItsChildren(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		done := 0
		err := Run(t.Context(), func(s *Scope) {
			for range 3 {
				s.Go(func(context.Context) error { time.Sleep(time.Second); return nil })
			}
			s.Go(func(context.Context) error { time.Sleep(2 * time.Second); done++; return nil })
		})
		if err != nil || done != 1 {
			t.Fatal(err, done)
		}
	})
}

func TestFirstErrorWinsAndCancels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var cause error
		err := Run(t.Context(), func(s *Scope) {
			s.Go(func(context.Context) error { time.Sleep(time.Second); return errChild })
			s.Go(func(ctx context.Context) error {
				<-ctx.Done()
				cause = context.Cause(ctx)
				return errors.New("lost")
			})
		})
		if err != errChild || cause != errChild || time.Since(start) != time.Second {
			t.Fatal(err, cause, time.Since(start))
		}
	})
}

// A child that does not look at its context is waited for to its end: nothing can cut it short.
func TestErrorDoesNotStopADeafSibling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_ = Run(t.Context(), func(s *Scope) {
			s.Go(func(context.Context) error { return errChild })
			s.Go(func(context.Context) error { time.Sleep(time.Minute); return nil })
		})
		if time.Since(start) != time.Minute {
			t.Fatal(time.Since(start))
		}
	})
}

// The first hole: a panic of the body skips the wait.
func TestPanickingBodySkipsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, alive := time.Now(), true
		panicked := caught(func() {
			_ = Run(t.Context(), func(s *Scope) {
				s.Go(func(context.Context) error { time.Sleep(time.Second); alive = false; return nil })
				panic("body")
			})
		})
		if panicked != "body" || !alive || time.Since(start) != 0 {
			t.Fatal(panicked, alive, time.Since(start))
		}
		time.Sleep(2 * time.Second) // the bubble would wait for the child anyway
	})
}

// The second: whoever keeps the scope can spawn into it for ever, and nobody waits.
func TestEscapedScopeStillSpawns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var escaped *Scope
		if err := Run(t.Context(), func(s *Scope) { escaped = s }); err != nil {
			t.Fatal(err)
		}
		ran := false
		escaped.Go(func(context.Context) error { ran = true; return nil })
		synctest.Wait()
		if !ran {
			t.Fatal("it was refused")
		}
	})
}

// The third: the body goes on after a child has failed.
func TestBodyIsNotTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		err := Run(t.Context(), func(s *Scope) {
			s.Go(func(context.Context) error { return errChild })
			time.Sleep(time.Hour)
		})
		if err != errChild || time.Since(start) != time.Hour {
			t.Fatal(err, time.Since(start))
		}
	})
}

// Functions are started after the error, too.
func TestChildIsStartedAfterTheError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ran := false
		err := Run(t.Context(), func(s *Scope) {
			s.Go(func(context.Context) error { return errChild })
			synctest.Wait()
			s.Go(func(context.Context) error { ran = true; return nil })
		})
		if err != errChild || !ran {
			t.Fatal(err, ran)
		}
	})
}

// Go waits for room and does not look at the context.
func TestLimitDoesNotLookAtTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		_ = Run(ctx, func(s *Scope) {
			s.g.SetLimit(1)
			s.Go(func(context.Context) error { time.Sleep(time.Minute); return nil })
			cancel()
			s.Go(func(context.Context) error { return nil })
			if time.Since(start) != time.Minute {
				t.Fatal(time.Since(start))
			}
		})
	})
}

// The fourth cannot be mended without recovering in every child: a child's panic is the end of the process.
func TestChildPanicEndsTheProcess(t *testing.T) {
	command := exec.Command(os.Args[0], "-test.run=^TestHelperChildPanic$")
	command.Env = append(os.Environ(), "SCOPE_HELPER=1")
	output, err := command.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 2 || !strings.Contains(string(output), "panic: child") {
		t.Fatalf("%v\n%s", err, output)
	}
}

func TestHelperChildPanic(t *testing.T) {
	if os.Getenv("SCOPE_HELPER") == "" {
		t.Skip("run by another test, in its own process")
	}
	_ = caught(func() {
		_ = Run(context.Background(), func(s *Scope) {
			s.Go(func(context.Context) error { panic("child") })
		})
	})
	// The panicking goroutine releases the group before it ends the process, so this may be reached: wait for the end.
	select {}
}

func TestClosingWaitsWhenItsBodyPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, ended := time.Now(), false
		panicked := caught(func() {
			_ = RunClosing(t.Context(), func(_ context.Context, s *Closing) error {
				_ = s.Go(func(ctx context.Context) error {
					<-ctx.Done()
					time.Sleep(time.Second)
					ended = true
					return nil
				})
				panic("body")
			})
		})
		if panicked != "body" || !ended || time.Since(start) != time.Second {
			t.Fatal(panicked, ended, time.Since(start))
		}
	})
}

func TestClosingRefusesLateChildren(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var escaped *Closing
		err := RunClosing(t.Context(), func(_ context.Context, s *Closing) error {
			escaped = s
			return s.Go(func(context.Context) error { return nil })
		})
		late := escaped.Go(func(context.Context) error { t.Error("it ran"); return nil })
		synctest.Wait()
		if err != nil || late != errClosed {
			t.Fatal(err, late)
		}
	})
}

func TestClosingLetsChildrenSpawn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := RunClosing(t.Context(), func(_ context.Context, s *Closing) error {
			return s.Go(func(context.Context) error {
				time.Sleep(time.Second)
				return s.Go(func(context.Context) error { time.Sleep(time.Second); return errChild })
			})
		})
		if err != errChild {
			t.Fatal(err)
		}
	})
}
