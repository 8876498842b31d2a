package weak_references

import (
	"runtime"
	"testing"
	"unique"
	"weak"
)

var (
	sink       *object
	weakSink   weak.Pointer[object]
	uniqueSink unique.Handle[string]
)

func BenchmarkUpgrade(b *testing.B) {
	b.Run("weak-pointer", func(b *testing.B) {
		p := new(object)
		w := weak.Make(p)
		b.ReportAllocs()
		for b.Loop() {
			sink = w.Value()
		}
		runtime.KeepAlive(p)
	})
}

func BenchmarkDowngrade(b *testing.B) {
	b.Run("weak-pointer", func(b *testing.B) {
		p := new(object)
		first := weak.Make(p) // the indirection object is made once
		b.ReportAllocs()
		for b.Loop() {
			weakSink = weak.Make(p)
		}
		runtime.KeepAlive(p)
		runtime.KeepAlive(first)
	})
}

// One object and its first weak pointer; the collector takes both, at a time of its choice.
func BenchmarkMake(b *testing.B) {
	b.Run("weak-pointer", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			sink = new(object)
			weakSink = weak.Make(sink)
		}
	})
}

func BenchmarkLookup(b *testing.B) {
	b.Run("polyfill", func(b *testing.B) {
		p := new(object)
		r := makeRef(p)
		b.ReportAllocs()
		for b.Loop() {
			sink = r.get()
		}
		store.Delete(r.key)
		runtime.SetFinalizer(p, nil)
	})
}

// The time is that of all goroutines together, divided by what they did together.
func BenchmarkContended(b *testing.B) {
	b.Run("weak-pointer", func(b *testing.B) {
		p := new(object)
		w := weak.Make(p)
		b.RunParallel(func(pb *testing.PB) {
			var found *object
			for pb.Next() {
				found = w.Value()
			}
			runtime.KeepAlive(found)
		})
		runtime.KeepAlive(p)
	})
}

func BenchmarkIntern(b *testing.B) {
	b.Run("unique", func(b *testing.B) {
		held := unique.Make("a value that somebody holds")
		b.ReportAllocs()
		for b.Loop() {
			uniqueSink = unique.Make("a value that somebody holds")
		}
		runtime.KeepAlive(held)
	})
}
