package tagged_pointers

import (
	"strconv"
	"sync"
	"testing"
	"time"
)

const (
	window = 20 * time.Millisecond
	batch  = 64
)

// contend lets workers try something until the window is over, and returns the time from the first begin to the last end,
// by their own clocks, and how often they succeeded. What prepare returns is one attempt.
func contend(workers int, prepare func(worker int) func() bool) (time.Duration, uint64) {
	type span struct {
		begin, end time.Time
		successes  uint64
	}
	spans := make([]span, workers)
	var ready, done sync.WaitGroup
	var once sync.Once
	var deadline time.Time
	ready.Add(workers)
	for i := range workers {
		done.Add(1)
		go func() {
			defer done.Done()
			attempt := prepare(i)
			ready.Done()
			ready.Wait()
			s := span{begin: time.Now()}
			once.Do(func() { deadline = s.begin.Add(window) })
			for s.end = s.begin; s.end.Before(deadline); s.end = time.Now() {
				for range batch {
					if attempt() {
						s.successes++
					}
				}
			}
			spans[i] = s
		}()
	}
	done.Wait()
	begin, end, successes := spans[0].begin, spans[0].end, uint64(0)
	for _, s := range spans {
		if s.begin.Before(begin) {
			begin = s.begin
		}
		if s.end.After(end) {
			end = s.end
		}
		successes += s.successes
	}
	return end.Sub(begin), successes
}

// atEach measures with 1, 2 and 16 goroutines: the time of all together for each success.
func atEach(b *testing.B, name string, prepare func(worker int) func() bool) {
	for _, workers := range []int{1, 2, 16} {
		b.Run(name+"/"+strconv.Itoa(workers), func(b *testing.B) {
			var elapsed time.Duration
			var successes uint64
			for range b.N {
				took, succeeded := contend(workers, prepare)
				elapsed += took
				successes += succeeded
			}
			b.ReportMetric(float64(elapsed.Nanoseconds())/float64(successes), "ns/op")
		})
	}
}

func BenchmarkExchange(b *testing.B) {
	var targets [2]node
	pointers := func(c cell[node]) func(int) func() bool {
		return func(worker int) func() bool {
			return func() bool {
				ptr, gen := c.load()
				return c.cas(ptr, gen, &targets[worker%2])
			}
		}
	}
	atEach(b, "bare", pointers(&barePointer[node]{}))
	atEach(b, "mutex", pointers(&taggedPointer[node]{}))
	var index taggedIndex
	atEach(b, "indexed", func(worker int) func() bool {
		return func() bool {
			at, gen := index.load()
			return index.cas(at, gen, uint32(worker%2))
		}
	})
}

func BenchmarkStack(b *testing.B) {
	var vec locked
	var treiber fresh
	for i := range 64 {
		vec.push(i)
		treiber.push(i)
	}
	atEach(b, "mutex-vec", func(int) func() bool {
		return func() bool {
			v, ok := vec.pop()
			vec.push(v)
			return ok
		}
	})
	atEach(b, "fresh-nodes", func(int) func() bool {
		return func() bool {
			v, ok := treiber.pop()
			treiber.push(v)
			return ok
		}
	})
}
