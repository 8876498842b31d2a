package scope

import (
	"context"
	"strconv"
	"sync"
	"testing"
)

var counts = []int{1, 100, 10_000}

// A scope with so many children that do nothing, from open to return.
func BenchmarkChild(b *testing.B) {
	nothing := func(context.Context) error { return nil }
	for _, n := range counts {
		b.Run("run/"+strconv.Itoa(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = Run(context.Background(), func(s *Scope) {
					for range n {
						s.Go(nothing)
					}
				})
			}
			b.ReportMetric(float64(n), "elements/op")
		})
		b.Run("errgroup/"+strconv.Itoa(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				g, _ := withContext(context.Background())
				for range n {
					g.Go(func() error { return nil })
				}
				_ = g.Wait()
			}
			b.ReportMetric(float64(n), "elements/op")
		})
		b.Run("wait-group/"+strconv.Itoa(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var wg sync.WaitGroup
				for range n {
					wg.Go(func() {})
				}
				wg.Wait()
			}
			b.ReportMetric(float64(n), "elements/op")
		})
		b.Run("closing/"+strconv.Itoa(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = RunClosing(context.Background(), func(_ context.Context, s *Closing) error {
					for range n {
						_ = s.Go(nothing)
					}
					return nil
				})
			}
			b.ReportMetric(float64(n), "elements/op")
		})
	}
}
