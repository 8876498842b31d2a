package coroutines

import (
	"iter"
	"runtime"
	"strings"
	"testing"
)

func TestSequenceWrapsAtIndex94(t *testing.T) {
	next, stop := iter.Pull(fibonacci())
	defer stop()
	var terms []uint64
	for range 95 {
		v, ok := next()
		if !ok {
			t.Fatal("the sequence ended")
		}
		terms = append(terms, v)
	}
	if terms[93] != 12200160415121876738 {
		t.Fatalf("F(93) = %d", terms[93])
	}
	if terms[94] != 1293530146158671551 {
		t.Fatalf("index 94 holds %d, want F(94) modulo 2^64", terms[94])
	}
}

// A Take that ignores next's second result pads a short sequence with zeros.
func TestIgnoredOkPadsWithZeros(t *testing.T) {
	next, stop := iter.Pull(func(yield func(uint64) bool) { yield(7) })
	defer stop()
	var out []uint64
	for range 3 {
		v, _ := next()
		out = append(out, v)
	}
	if out[0] != 7 || out[1] != 0 || out[2] != 0 {
		t.Fatalf("got %v", out)
	}
}

func TestProducerStartsWithTheFirstNext(t *testing.T) {
	started := false
	next, stop := iter.Pull(func(yield func(int) bool) { started = true; yield(1) })
	defer stop()
	if started {
		t.Fatal("started before next")
	}
	if next(); !started {
		t.Fatal("not started by next")
	}
}

func TestStopRunsTheProducersDefer(t *testing.T) {
	cleaned := false
	next, stop := iter.Pull(func(yield func(int) bool) {
		defer func() { cleaned = true }()
		for i := 0; yield(i); i++ {
		}
	})
	next()
	if cleaned {
		t.Fatal("cleaned up before stop")
	}
	if stop(); !cleaned {
		t.Fatal("stop returned before the deferred function ran")
	}
}

func TestNextAfterStopReturnsZeroFalse(t *testing.T) {
	next, stop := iter.Pull(fibonacci())
	next()
	stop()
	if v, ok := next(); v != 0 || ok {
		t.Fatalf("got %d, %v", v, ok)
	}
	stop() // a second stop does nothing
}

func recovered(f func()) (value any) {
	defer func() { value = recover() }()
	f()
	return nil
}

func TestPanicPropagatesThroughNext(t *testing.T) {
	next, stop := iter.Pull(func(yield func(int) bool) {
		yield(1)
		panic("as scripted")
	})
	defer stop()
	next()
	if got := recovered(func() { next() }); got != "as scripted" {
		t.Fatalf("recovered %v", got)
	}
	if v, ok := next(); v != 0 || ok {
		t.Fatalf("after the panic: %d, %v", v, ok)
	}
}

func TestPanicOfTheCleanupPropagatesThroughStop(t *testing.T) {
	next, stop := iter.Pull(func(yield func(int) bool) {
		defer func() { panic("cleanup") }()
		yield(1)
	})
	next()
	if got := recovered(stop); got != "cleanup" {
		t.Fatalf("recovered %v", got)
	}
}

// Nothing but a panic at run time keeps the producer from calling next on itself.
func TestNextFromInsideTheProducerPanics(t *testing.T) {
	var next func() (int, bool)
	next, stop := iter.Pull(func(yield func(int) bool) {
		next()
		yield(1)
	})
	defer stop()
	got, ok := recovered(func() { next() }).(string)
	if !ok || !strings.Contains(got, "next called again before yield") {
		t.Fatalf("recovered %q", got)
	}
}

// Stop asks, it cannot force: a producer that ignores what yield returns runs to its end.
func TestStopWaitsForAProducerThatIgnoresYield(t *testing.T) {
	steps := 0
	next, stop := iter.Pull(func(yield func(int) bool) {
		for i := range 1000 {
			steps++
			yield(i)
		}
	})
	next()
	stop()
	if steps != 1000 {
		t.Fatalf("%d steps, want all 1000", steps)
	}
}

// A coroutine of iter.Pull is a goroutine: it counts as one, and one that is never stopped stays.
func TestPullIsAGoroutine(t *testing.T) {
	before := runtime.NumGoroutine()
	var stops []func()
	for range 100 {
		next, stop := iter.Pull(fibonacci())
		next()
		stops = append(stops, stop)
	}
	if grown := runtime.NumGoroutine() - before; grown < 100 {
		t.Fatalf("%d more goroutines, want at least 100", grown)
	}
	for _, stop := range stops {
		stop()
	}
	if grown := runtime.NumGoroutine() - before; grown >= 100 {
		t.Fatalf("%d goroutines left after stop", grown)
	}
}

func TestAbandonedChannelGoroutineLeaks(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 100 {
		<-viaPlainChannel(fibonacci(), 0) // one value, and the channel is forgotten
	}
	runtime.GC()
	runtime.GC()
	if grown := runtime.NumGoroutine() - before; grown < 100 {
		t.Fatalf("%d more goroutines, want at least 100", grown)
	}
}
