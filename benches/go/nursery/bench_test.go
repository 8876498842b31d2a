package nursery

import (
	"context"
	"strconv"
	"sync"
	"testing"
)

// A nursery with so many children that do nothing, from open to return.
func BenchmarkChild(b *testing.B) {
	for _, n := range []int{1, 100, 10_000} {
		b.Run("closure/"+strconv.Itoa(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = Run(context.Background(), func(_ context.Context, nursery *Nursery) error {
					for range n {
						_ = nursery.Go(func(context.Context) error { return nil })
					}
					return nil
				})
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
	}
}
