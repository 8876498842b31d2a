// Package tagged_pointers holds the Go side of the chapter "Tag a pointer against ABA": the tagged pointer that the
// original task gives, stacks over it and without it, and the baselines of the benchmarks.
package tagged_pointers

import (
	"sync"
	"sync/atomic"
)

// taggedPointer is a pointer and its generation under a lock, as the original task builds it.
type taggedPointer[T any] struct {
	mu  sync.Mutex
	ptr *T
	gen uint64
}

func (t *taggedPointer[T]) load() (*T, uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ptr, t.gen
}

func (t *taggedPointer[T]) cas(ptr *T, gen uint64, new *T) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ptr != ptr || t.gen != gen {
		return false
	}
	t.ptr, t.gen = new, gen+1
	return true
}

// barePointer is an atomic pointer in the same form. Its generation is always 0.
type barePointer[T any] struct{ ptr atomic.Pointer[T] }

func (b *barePointer[T]) load() (*T, uint64) { return b.ptr.Load(), 0 }

func (b *barePointer[T]) cas(ptr *T, _ uint64, new *T) bool { return b.ptr.CompareAndSwap(ptr, new) }

// taggedIndex is an index and a generation in 64 bits.
type taggedIndex struct{ word atomic.Uint64 }

func (t *taggedIndex) load() (index, generation uint32) {
	word := t.word.Load()
	return uint32(word), uint32(word >> 32)
}

func (t *taggedIndex) cas(index, generation, new uint32) bool {
	return t.word.CompareAndSwap(uint64(generation)<<32|uint64(index), uint64(generation+1)<<32|uint64(new))
}

// cell is what a head of a stack is.
type cell[T any] interface {
	load() (*T, uint64)
	cas(ptr *T, gen uint64, new *T) bool
}

type node struct {
	value int
	next  atomic.Pointer[node]
}

// reusing is a stack that is given its nodes, and may be given the same one again.
type reusing struct{ head cell[node] }

type begun struct {
	top  *node
	gen  uint64
	next *node
}

func (s *reusing) push(n *node) {
	for {
		top, gen := s.head.load()
		n.next.Store(top)
		if s.head.cas(top, gen, n) {
			return
		}
	}
}

func (s *reusing) beginPop() (begun, bool) {
	top, gen := s.head.load()
	if top == nil {
		return begun{}, false
	}
	return begun{top, gen, top.next.Load()}, true
}

func (s *reusing) commitPop(b begun) bool { return s.head.cas(b.top, b.gen, b.next) }

func (s *reusing) pop() *node {
	for {
		b, ok := s.beginPop()
		if !ok {
			return nil
		}
		if s.commitPop(b) {
			return b.top
		}
	}
}

// fresh is a stack of values that makes a node for each push. The collector keeps a node as long as anybody may compare
// with it.
type fresh struct{ head atomic.Pointer[node] }

func (s *fresh) push(value int) {
	n := &node{value: value}
	for {
		top := s.head.Load()
		n.next.Store(top)
		if s.head.CompareAndSwap(top, n) {
			return
		}
	}
}

func (s *fresh) pop() (int, bool) {
	for {
		top := s.head.Load()
		if top == nil {
			return 0, false
		}
		if s.head.CompareAndSwap(top, top.next.Load()) {
			return top.value, true
		}
	}
}

// locked is a slice under a lock.
type locked struct {
	mu     sync.Mutex
	values []int
}

func (s *locked) push(value int) {
	s.mu.Lock()
	s.values = append(s.values, value)
	s.mu.Unlock()
}

func (s *locked) pop() (int, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.values) == 0 {
		return 0, false
	}
	value := s.values[len(s.values)-1]
	s.values = s.values[:len(s.values)-1]
	return value, true
}
