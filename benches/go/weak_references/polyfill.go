// Package weak_references holds the Go side of the chapter "Build a weak reference": the polyfill that the original
// task gives, what its tests state about it and about package weak, and the baselines of the benchmarks.
package weak_references

import (
	"runtime"
	"sync"
	"unsafe"
)

// ref is a weak reference as the original task builds it: the address of the object, under which a map holds it.
type ref[T any] struct{ key uintptr }

var store sync.Map // from uintptr to *T

func makeRef[T any](p *T) ref[T] {
	key := uintptr(unsafe.Pointer(p))
	store.Store(key, p)
	runtime.SetFinalizer(p, func(*T) { store.Delete(key) })
	return ref[T]{key}
}

func (r ref[T]) get() *T {
	v, ok := store.Load(r.key)
	if !ok {
		return nil
	}
	return v.(*T)
}

// makeRefUnsafe is the repair that the task suggests: the map holds an unsafe.Pointer.
func makeRefUnsafe[T any](p *T) ref[T] {
	key := uintptr(unsafe.Pointer(p))
	store.Store(key, unsafe.Pointer(p))
	runtime.SetFinalizer(p, func(*T) { store.Delete(key) })
	runtime.KeepAlive(p)
	return ref[T]{key}
}

// makeRefCleanup is the bonus: a cleanup in place of the finalizer, and the map as it was.
func makeRefCleanup[T any](p *T) ref[T] {
	key := uintptr(unsafe.Pointer(p))
	store.Store(key, p)
	runtime.AddCleanup(p, func(key uintptr) { store.Delete(key) }, key)
	return ref[T]{key}
}
