package coroutines

import (
	"iter"
	"strconv"
	"testing"
	"time"
)

const steps = 1000

var sink uint64

// perStep lets the report divide an operation by its steps.
func perStep(b *testing.B, n float64) { b.ReportMetric(n, "elements/op") }

func benchPull(b *testing.B, seq iter.Seq[uint64], n int) {
	next, stop := iter.Pull(seq)
	defer stop()
	b.ReportAllocs()
	for b.Loop() {
		for range n {
			sink, _ = next()
		}
	}
	perStep(b, float64(n))
}

func benchChannel(b *testing.B, seq iter.Seq[uint64], bound, n int) {
	values, stop := viaChannel(seq, bound)
	defer stop()
	b.ReportAllocs()
	for b.Loop() {
		for range n {
			sink = <-values
		}
	}
	perStep(b, float64(n))
}

// benchPlainChannel measures the idiom without a way to stop; the process of the benchmark keeps its goroutine.
func benchPlainChannel(b *testing.B, seq iter.Seq[uint64], bound, n int) {
	values := viaPlainChannel(seq, bound)
	b.ReportAllocs()
	for b.Loop() {
		for range n {
			sink = <-values
		}
	}
	perStep(b, float64(n))
}

func BenchmarkStep(b *testing.B) {
	b.Run("range", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			n := 0
			for v := range fibonacci() {
				sink = v
				if n++; n == steps {
					break
				}
			}
		}
		perStep(b, steps)
	})
	b.Run("pull", func(b *testing.B) { benchPull(b, fibonacci(), steps) })
	b.Run("channel", func(b *testing.B) { benchPlainChannel(b, fibonacci(), 0, steps) })
	b.Run("channel-64", func(b *testing.B) { benchPlainChannel(b, fibonacci(), 64, steps) })
	b.Run("channel-with-done", func(b *testing.B) { benchChannel(b, fibonacci(), 0, steps) })
}

// roundsPer10us returns how many rounds of burn take about 10 µs: the best of several tries, for a machine that is shared.
func roundsPer10us() int {
	const rounds = 100_000
	best := time.Duration(1 << 62)
	for range 50 {
		begin := time.Now()
		sink = burn(sink, rounds)
		best = min(best, time.Since(begin))
	}
	return rounds * 10_000 / int(best.Nanoseconds())
}

func BenchmarkWork(b *testing.B) {
	per10us := roundsPer10us()
	for _, ns := range []int{0, 100, 1000, 10000} {
		rounds := per10us * ns / 10_000
		name := strconv.Itoa(ns)
		b.Run("range/"+name, func(b *testing.B) {
			for b.Loop() {
				n := 0
				for v := range working(rounds) {
					sink = v
					if n++; n == 100 {
						break
					}
				}
			}
			perStep(b, 100)
		})
		b.Run("pull/"+name, func(b *testing.B) { benchPull(b, working(rounds), 100) })
		b.Run("channel/"+name, func(b *testing.B) { benchPlainChannel(b, working(rounds), 0, 100) })
	}
}

func BenchmarkCreate(b *testing.B) {
	b.Run("pull", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			next, stop := iter.Pull(fibonacci())
			sink, _ = next()
			stop()
		}
	})
	b.Run("channel", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			values, stop := viaChannel(fibonacci(), 0)
			sink = <-values
			stop()
		}
	})
}
