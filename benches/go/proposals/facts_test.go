package proposals

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"weak"
)

// Some facts are about the death of a process: a test runs itself again, in a process of its own.
const helperVariable = "PROPOSALS_HELPER"

func helper(t *testing.T) (output string, asHelper bool) {
	t.Helper()
	if os.Getenv(helperVariable) == t.Name() {
		return "", true
	}
	command := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	command.Env = append(os.Environ(), helperVariable+"="+t.Name())
	said, err := command.CombinedOutput()
	if err == nil {
		t.Fatalf("the process ended well:\n%s", said)
	}
	return string(said), false
}

// --- testing/synctest

func TestWaitStopsAtTheInstantAndSleepGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fired := 0
		time.AfterFunc(time.Second, func() { fired++ })
		synctest.Wait()
		if fired != 0 {
			t.Fatal("Wait moved the clock")
		}
		synctest.Sleep(time.Second)
		if fired != 1 {
			t.Fatal("Sleep returned before what is due had run")
		}
	})
}

// --- range over func

func TestYieldAfterBreakPanics(t *testing.T) {
	defer func() {
		if said := fmt.Sprint(recover()); !strings.Contains(said, "range function continued iteration") {
			t.Fatal(said)
		}
	}()
	var deaf iter.Seq[int] = func(yield func(int) bool) {
		yield(1)
		yield(2) // does not look whether the loop is over
	}
	for range deaf {
		break
	}
}

// --- weak

func TestWeakPointersAreEqualForEqualPointersOnly(t *testing.T) {
	type pair struct{ a, b [32]byte }
	p := new(pair)
	whole, again, second := weak.Make(&p.a), weak.Make(&p.a), weak.Make(&p.b)
	if whole != again || whole == second {
		t.Fatal(whole == again, whole == second)
	}
	runtime.KeepAlive(p)
	p = nil
	for range 10 {
		runtime.GC()
	}
	if whole.Value() != nil || whole != again {
		t.Fatal("alive, or no longer equal", whole.Value() != nil)
	}
}

// --- runtime.AddCleanup

func TestCleanupRefusesItsOwnPointer(t *testing.T) {
	defer func() {
		if said := fmt.Sprint(recover()); !strings.Contains(said, "AddCleanup") {
			t.Fatal(said)
		}
	}()
	p := new([64]byte)
	runtime.AddCleanup(p, func(*[64]byte) {}, p)
}

// --- context.WithoutCancel

func TestWithoutCancelKeepsValuesOnly(t *testing.T) {
	type key struct{}
	parent, cancel := context.WithTimeout(context.WithValue(t.Context(), key{}, "trace"), time.Hour)
	detached := context.WithoutCancel(parent)
	cancel()
	_, deadline := detached.Deadline()
	if detached.Value(key{}) != "trace" || detached.Err() != nil || detached.Done() != nil || deadline {
		t.Fatal(detached, detached.Err(), deadline)
	}
}

// --- sync.WaitGroup.Go

func TestWaitGroupGoDiesOfAPanic(t *testing.T) {
	output, asHelper := helper(t)
	if asHelper {
		var group sync.WaitGroup
		group.Go(func() { panic("lost") })
		group.Wait()
		os.Exit(0) // never: Wait does not return, so that the panic cannot lose the race
	}
	if !strings.Contains(output, "panic: lost") {
		t.Fatal(output)
	}
}

func TestWaitGroupGoCountsGoexit(t *testing.T) {
	var group sync.WaitGroup
	group.Go(runtime.Goexit)
	group.Wait()
}

// --- runtime/pprof: goroutineleak

//go:noinline
func leak(channel chan int, started chan<- struct{}) {
	started <- struct{}{}
	<-channel
}

var reachable = make(chan int)

func leaks(t *testing.T) string {
	t.Helper()
	profile := pprof.Lookup("goroutineleak")
	if profile == nil {
		t.Fatal("no such profile")
	}
	var text bytes.Buffer
	if err := profile.WriteTo(&text, 1); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// until writes the profile until it names as many goroutines in leak: one that has just started may not wait yet.
func until(t *testing.T, count int) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); ; runtime.Gosched() {
		found := leaks(t)
		if strings.HasPrefix(found, fmt.Sprintf("goroutineleak profile: total %d\n", count)) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not %d leaks:\n%s", count, found)
		}
	}
}

func TestGoroutineLeakProfileSeesWhatNobodyCanReach(t *testing.T) {
	leaks(t)
	before := pprof.Lookup("goroutineleak").Count()
	started := make(chan struct{})
	// A global variable reaches this one's channel, so it is not reported, though nobody will ever send.
	go leak(reachable, started)
	<-started
	go leak(make(chan int), started)
	<-started
	until(t, before+1)
}

// Count says what the last written profile has found, and zero before the first.
func TestCountIsOfThePreviousRun(t *testing.T) {
	if os.Getenv(helperVariable) == "" {
		command := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		command.Env = append(os.Environ(), helperVariable+"="+t.Name())
		if said, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%s", said)
		}
		return
	}
	started := make(chan struct{})
	go leak(make(chan int), started)
	<-started
	runtime.GC()
	profile := pprof.Lookup("goroutineleak")
	if profile.Count() != 0 {
		t.Fatalf("%d before the first run", profile.Count())
	}
	until(t, 1)
	if profile.Count() != 1 {
		t.Fatalf("%d after it", profile.Count())
	}
}
