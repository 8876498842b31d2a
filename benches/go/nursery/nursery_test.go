package nursery

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var errChild, errOther = errors.New("child"), errors.New("other")

func caught(f func()) (panicked any) {
	defer func() { panicked = recover() }()
	f()
	return nil
}

func polite(cleanup time.Duration, ended *bool, err error) func(context.Context) error {
	return func(ctx context.Context) error {
		<-ctx.Done()
		time.Sleep(cleanup)
		*ended = true
		return err
	}
}

// defer can make sure of the wait, also when the body panics.
func TestDeferWaitsWhenTheBodyPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, ended := time.Now(), false
		panicked := caught(func() {
			_ = Run(t.Context(), func(_ context.Context, n *Nursery) error {
				_ = n.Go(polite(time.Second, &ended, nil))
				panic("body")
			})
		})
		if panicked != "body" || !ended || time.Since(start) != time.Second {
			t.Fatal(panicked, ended, time.Since(start))
		}
	})
}

// recover can carry a child's panic to the caller, late by the siblings' cleanup.
func TestRecoverRaisesAChildsPanicInTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, ended := time.Now(), false
		panicked := caught(func() {
			_ = Run(t.Context(), func(_ context.Context, n *Nursery) error {
				_ = n.Go(polite(time.Minute, &ended, nil))
				return n.Go(func(context.Context) error { panic("child") })
			})
		})
		child, ok := panicked.(*Panicked)
		if !ok || child.Value != "child" || !ended || time.Since(start) != time.Minute {
			t.Fatal(panicked, ended, time.Since(start))
		}
	})
}

// recover sees its own goroutine only: what a child starts with a bare go ends the process.
func TestRecoverDoesNotSeeABareGoroutine(t *testing.T) {
	command := exec.Command(os.Args[0], "-test.run=^TestHelperBarePanic$")
	command.Env = append(os.Environ(), "NURSERY_HELPER=1")
	output, err := command.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 2 || !strings.Contains(string(output), "panic: grandchild") {
		t.Fatalf("%v\n%s", err, output)
	}
}

func TestHelperBarePanic(t *testing.T) {
	if os.Getenv("NURSERY_HELPER") == "" {
		t.Skip("run by another test, in its own process")
	}
	_ = caught(func() {
		_ = Run(context.Background(), func(_ context.Context, n *Nursery) error {
			return n.Go(func(context.Context) error {
				go func() { panic("grandchild") }()
				select {}
			})
		})
	})
}

// A bare go is not refused, and nobody waits for it.
func TestBareGoroutineOutlivesTheNursery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, ended := time.Now(), false
		_ = Run(t.Context(), func(context.Context, *Nursery) error {
			go func() { time.Sleep(time.Second); ended = true }()
			return nil
		})
		if ended || time.Since(start) != 0 {
			t.Fatal(ended, time.Since(start))
		}
		time.Sleep(2 * time.Second)
	})
}

// A child that leaves by Goexit is counted out, and leaves neither an error nor a panic.
func TestGoexitOfAChildIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := Run(t.Context(), func(_ context.Context, n *Nursery) error {
			return n.Go(func(context.Context) error { runtime.Goexit(); return errChild })
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestAllErrorsAreReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := false
		err := Run(t.Context(), func(_ context.Context, n *Nursery) error {
			_ = n.Go(func(context.Context) error { return errChild })
			return n.Go(polite(time.Second, &ended, errOther))
		})
		if !errors.Is(err, errChild) || !errors.Is(err, errOther) {
			t.Fatal(err)
		}
	})
}

// Nothing can cut a child short that does not look at its context.
func TestDeafChildIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_ = Run(t.Context(), func(_ context.Context, n *Nursery) error {
			_ = n.Go(func(context.Context) error { time.Sleep(time.Hour); return nil })
			return errOther
		})
		if time.Since(start) != time.Hour {
			t.Fatal(time.Since(start))
		}
	})
}

func TestLateChildIsRefused(t *testing.T) {
	var escaped *Nursery
	_ = Run(t.Context(), func(_ context.Context, n *Nursery) error { escaped = n; return nil })
	if err := escaped.Go(func(context.Context) error { return nil }); err != errClosed {
		t.Fatal(err)
	}
}

// #40221: it detaches from cancellation and deadline.
func TestWithoutCancelDropsCancellationAndDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		cancel()
		detached := context.WithoutCancel(ctx)
		if _, has := detached.Deadline(); has || detached.Err() != nil || ctx.Err() == nil {
			t.Fatal(has, detached.Err(), ctx.Err())
		}
	})
}

// #40221: and nobody waits for who uses it. It says nothing about lifetimes.
func TestWithoutCancelIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		flushed := false
		flush := func(ctx context.Context) {
			detached := context.WithoutCancel(ctx)
			go func() {
				if detached.Err() == nil {
					time.Sleep(time.Second)
					flushed = true
				}
			}()
		}
		_ = Run(t.Context(), func(ctx context.Context, _ *Nursery) error { flush(ctx); return errOther })
		if flushed {
			t.Fatal("somebody has waited")
		}
		time.Sleep(2 * time.Second)
		if !flushed {
			t.Fatal("it was cancelled")
		}
	})
}
