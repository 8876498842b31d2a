// Package generator_memory holds the Go side of the chapter "Weigh ten thousand generators": what is weighed, and tests
// of what the page states about it.
package generator_memory

import "iter"

// fibonacci pushes the Fibonacci numbers for ever.
func fibonacci() iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		var a, b uint64 = 0, 1
		for yield(a) {
			a, b = b, a+b
		}
	}
}

// Kinds makes so many units of each kind, and returns what lets go of them.
var Kinds = map[string]func(units int) (drop func()){
	"pull-idle":      func(units int) func() { return pulls(units, false) },
	"pull":           func(units int) func() { return pulls(units, true) },
	"goroutine-chan": func(units int) func() { return goroutines(units, 1) },
	"goroutine-sync": func(units int) func() { return goroutines(units, 0) },
}

// pulls makes coroutines; started ones have been asked for their first number.
func pulls(units int, start bool) func() {
	nexts := make([]func() (uint64, bool), units)
	stops := make([]func(), units)
	for i := range units {
		nexts[i], stops[i] = iter.Pull(fibonacci())
		if start {
			nexts[i]()
		}
	}
	return func() {
		for i := range units {
			stops[i]()
			nexts[i] = nil
		}
	}
}

// goroutines makes generators behind channels, each asked for its first number.
func goroutines(units, bound int) func() {
	values := make([]chan uint64, units)
	done := make(chan struct{})
	for i := range units {
		ch := make(chan uint64, bound)
		values[i] = ch
		go fibonacci()(func(v uint64) bool {
			select {
			case ch <- v:
				return true
			case <-done:
				return false
			}
		})
		<-ch
	}
	return func() {
		close(done)
		clear(values)
	}
}
