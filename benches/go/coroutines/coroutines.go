// Package coroutines holds the Go side of the chapter "Pull values out of a coroutine":
// what its tests state about Go 1.23 and later, and the baselines of its benchmarks.
package coroutines

import "iter"

// fibonacci pushes the Fibonacci numbers for ever; from index 94 on they are wrong, modulo 2^64.
func fibonacci() iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		var a, b uint64 = 0, 1
		for yield(a) {
			a, b = b, a+b
		}
	}
}

// working is fibonacci with rounds of dependent arithmetic before every step.
func working(rounds int) iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		var a, b uint64 = 0, 1
		for {
			b = burn(b, rounds)
			if !yield(a) {
				return
			}
			a, b = b, a+b
		}
	}
}

// burn cannot be computed faster than one multiplication and one addition after the other.
//
//go:noinline
func burn(x uint64, rounds int) uint64 {
	for range rounds {
		x = x*6364136223846793005 + 1442695040888963407
	}
	return x
}

// viaChannel runs seq on a goroutine behind a channel. Stop closes done, which the producer watches:
// without it the goroutine would be stuck in its send for as long as the process lives.
func viaChannel(seq iter.Seq[uint64], bound int) (values <-chan uint64, stop func()) {
	ch := make(chan uint64, bound)
	done := make(chan struct{})
	go func() {
		defer close(ch)
		seq(func(v uint64) bool {
			select {
			case ch <- v:
				return true
			case <-done:
				return false
			}
		})
	}()
	return ch, func() { close(done) }
}

// viaPlainChannel is the idiom most code uses: a send and nothing else. It leaks when its reader stops early.
func viaPlainChannel(seq iter.Seq[uint64], bound int) <-chan uint64 {
	ch := make(chan uint64, bound)
	go func() {
		defer close(ch)
		seq(func(v uint64) bool {
			ch <- v
			return true
		})
	}()
	return ch
}
