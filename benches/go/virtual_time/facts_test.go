package virtual_time

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestBubbleClockStartsIn2000(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if now := time.Now().UTC(); !now.Equal(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)) {
			t.Fatal(now)
		}
	})
}

func TestWaitNeverMovesTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		fired := false
		time.AfterFunc(time.Nanosecond, func() { fired = true })
		for range 100 {
			synctest.Wait()
		}
		if fired || time.Since(start) != 0 {
			t.Fatal(fired, time.Since(start))
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if !fired {
			t.Fatal("the timer did not fire")
		}
	})
}

// The helpers below fail on purpose: each runs in a process of its own, which helper starts.
const helperVariable = "VIRTUAL_TIME_HELPER"

func helper(t *testing.T, name string, flags ...string) string {
	t.Helper()
	command := exec.Command(os.Args[0], append(flags, "-test.run=^"+name+"$", "-test.v")...)
	command.Env = append(os.Environ(), helperVariable+"=1")
	output, err := command.CombinedOutput()
	if err == nil {
		t.Fatalf("%s passed:\n%s", name, output)
	}
	return string(output)
}

func asHelper(t *testing.T) {
	if os.Getenv(helperVariable) == "" {
		t.Skip("run by another test, in its own process")
	}
}

func contains(t *testing.T, output string, phrases ...string) {
	t.Helper()
	for _, phrase := range phrases {
		if !strings.Contains(output, phrase) {
			t.Fatalf("%q is not in:\n%s", phrase, output)
		}
	}
}

func TestDeadlockIsReported(t *testing.T) {
	contains(t, helper(t, "TestHelperDeadlock"), "deadlock: all goroutines in bubble are blocked", "(durable)")
}

func TestHelperDeadlock(t *testing.T) {
	asHelper(t)
	synctest.Test(t, func(t *testing.T) { <-make(chan int) })
}

func TestLeakIsReported(t *testing.T) {
	contains(t, helper(t, "TestHelperLeak"), "main bubble goroutine has exited but blocked goroutines remain")
}

func TestHelperLeak(t *testing.T) {
	asHelper(t)
	synctest.Test(t, func(t *testing.T) {
		silence := make(chan int)
		go func() { <-silence }()
	})
}

func TestTickerHidesDeadlock(t *testing.T) {
	output := helper(t, "TestHelperTicker", "-test.timeout=1s")
	contains(t, output, "test timed out after 1s")
	if strings.Contains(output, "deadlock") {
		t.Fatal(output)
	}
}

func TestHelperTicker(t *testing.T) {
	asHelper(t)
	synctest.Test(t, func(t *testing.T) {
		ticker := time.NewTicker(time.Second)
		silence := make(chan int)
		go func() {
			for range ticker.C {
			}
		}()
		<-silence
	})
}

func TestMutexHangsTheBubble(t *testing.T) {
	output := helper(t, "TestHelperMutex", "-test.timeout=1s")
	contains(t, output, "test timed out after 1s")
}

// A goroutine that waits for a mutex is not durably blocked, so Wait waits for it.
func TestHelperMutex(t *testing.T) {
	asHelper(t)
	synctest.Test(t, func(t *testing.T) {
		var mutex sync.Mutex
		mutex.Lock()
		go mutex.Lock()
		synctest.Wait()
	})
}

func TestSpinningHangsTheBubble(t *testing.T) {
	contains(t, helper(t, "TestHelperSpin", "-test.timeout=1s"), "test timed out after 1s")
}

func TestHelperSpin(t *testing.T) {
	asHelper(t)
	synctest.Test(t, func(t *testing.T) {
		for until := time.Now().Add(Base); time.Now().Before(until); {
			runtime.Gosched()
		}
	})
}

func TestChannelOfAnotherBubblePanics(t *testing.T) {
	contains(t, helper(t, "TestHelperChannel"), "from outside bubble")
}

func TestHelperChannel(t *testing.T) {
	asHelper(t)
	var theirs chan int
	synctest.Test(t, func(t *testing.T) { theirs = make(chan int, 1) })
	synctest.Test(t, func(t *testing.T) { theirs <- 1 })
}

func TestSecondWaitPanics(t *testing.T) {
	contains(t, helper(t, "TestHelperSecondWait"), "wait already in progress")
}

func TestHelperSecondWait(t *testing.T) {
	asHelper(t)
	synctest.Test(t, func(t *testing.T) {
		go synctest.Wait()
		synctest.Wait()
	})
}

func TestSocketStopsTheClock(t *testing.T) {
	contains(t, helper(t, "TestHelperSocket", "-test.timeout=1s"), "test timed out after 1s")
}

// A goroutine that reads from the network is not durably blocked, so the clock waits for its peer.
func TestHelperSocket(t *testing.T) {
	asHelper(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	peer, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		go peer.Read(make([]byte, 1))
		time.Sleep(5 * time.Second)
	})
}

// elsewhere runs the go command on a module with this test file.
func elsewhere(t *testing.T, file string, env []string, arguments ...string) (string, error) {
	t.Helper()
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go command: what it says about other source cannot be asked")
	}
	folder := t.TempDir()
	files := map[string]string{
		"go.mod":         "module elsewhere\n\ngo 1.25\n",
		"elsewhere.go":   "package elsewhere\n",
		"bubble_test.go": file,
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.Command(tool, arguments...)
	command.Dir = folder
	command.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOTOOLCHAIN=local", "GOWORK=off")
	command.Env = append(command.Env, env...)
	output, err := command.CombinedOutput()
	return string(output), err
}

const usesRun = `package elsewhere

import (
	"testing"
	"testing/synctest"
)

func TestBubble(t *testing.T) {
	synctest.Run(func() { t.Fatal("it ran") })
}
`

// Run was in Go 1.24 and 1.25 behind an experiment.
func TestRunIsGone(t *testing.T) {
	output, err := elsewhere(t, usesRun, nil, "vet", ".")
	if err == nil {
		t.Fatal("synctest.Run compiles")
	}
	contains(t, output, "undefined: synctest.Run")
}

func TestOldBuildTagRunsNothing(t *testing.T) {
	output, err := elsewhere(t, "//go:build goexperiment.synctest\n\n"+usesRun, nil, "test", ".")
	if err != nil {
		t.Fatal(err, output)
	}
	contains(t, output, "[no test files]")
}

func TestExperimentIsUnknown(t *testing.T) {
	output, err := elsewhere(t, usesRun, []string{"GOEXPERIMENT=synctest"}, "test", ".")
	if err == nil {
		t.Fatal("the experiment is known")
	}
	contains(t, output, "unknown GOEXPERIMENT synctest")
}
