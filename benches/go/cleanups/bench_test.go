package cleanups

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

func benchFile(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

func BenchmarkOpen(b *testing.B) {
	b.Run("raw", func(b *testing.B) {
		path := benchFile(b)
		b.ReportAllocs()
		for b.Loop() {
			fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
			if err != nil {
				b.Fatal(err)
			}
			syscall.Close(fd)
		}
	})
	b.Run("file", func(b *testing.B) {
		path := benchFile(b)
		b.ReportAllocs()
		for b.Loop() {
			d, err := openPlain(path)
			if err != nil {
				b.Fatal(err)
			}
			d.f.Close()
		}
	})
	b.Run("finalizer", func(b *testing.B) {
		path := benchFile(b)
		b.ReportAllocs()
		for b.Loop() {
			d, err := openFinalized(path)
			if err != nil {
				b.Fatal(err)
			}
			runtime.SetFinalizer(d, nil)
			d.f.Close()
		}
	})
	b.Run("cleanup", func(b *testing.B) {
		path := benchFile(b)
		b.ReportAllocs()
		for b.Loop() {
			d, cleanup, err := openCleaned(path)
			if err != nil {
				b.Fatal(err)
			}
			cleanup.Stop()
			d.f.Close()
			runtime.KeepAlive(d)
		}
	})
	b.Run("raw-cleanup", func(b *testing.B) {
		path := benchFile(b)
		b.ReportAllocs()
		for b.Loop() {
			d, err := openRawCleaned(path)
			if err != nil {
				b.Fatal(err)
			}
			d.Close()
		}
	})
}

var kept *object

// What it costs to attach something to an object, and to take it off again or to leave it to the collector, whose own
// work is part of the time in every row.
func BenchmarkAttach(b *testing.B) {
	b.Run("nothing", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			kept = new(object)
		}
	})
	b.Run("finalizer", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			kept = new(object)
			runtime.SetFinalizer(kept, func(*object) {})
		}
	})
	b.Run("finalizer-stopped", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			kept = new(object)
			runtime.SetFinalizer(kept, func(*object) {})
			runtime.SetFinalizer(kept, nil)
		}
	})
	b.Run("cleanup", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			kept = new(object)
			runtime.AddCleanup(kept, func(int) {}, 0)
		}
	})
	b.Run("cleanup-stopped", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			kept = new(object)
			runtime.AddCleanup(kept, func(int) {}, 0).Stop()
		}
	})
}
