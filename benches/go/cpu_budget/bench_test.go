package cpu_budget

import (
	"runtime"
	"testing"
)

// What it costs to ask. The first two return what the runtime remembers; the third reads the limit again, and finds that
// nothing has changed.
func BenchmarkAsk(b *testing.B) {
	b.Run("gomaxprocs", func(b *testing.B) {
		for b.Loop() {
			runtime.GOMAXPROCS(0)
		}
	})
	b.Run("num-cpu", func(b *testing.B) {
		for b.Loop() {
			runtime.NumCPU()
		}
	})
	b.Run("set-default", func(b *testing.B) {
		runtime.SetDefaultGOMAXPROCS()
		for b.Loop() {
			runtime.SetDefaultGOMAXPROCS()
		}
	})
}
