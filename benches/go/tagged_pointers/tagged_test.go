package tagged_pointers

import (
	"runtime"
	"sync"
	"testing"
)

// script is the interleaving of the page: a pop that stops in the middle, while A and B are taken and A is given back.
// It says whether the pop succeeded, and which node is on top afterwards.
func script(head cell[node]) (took bool, top, b *node) {
	s := &reusing{head}
	nodes := [3]*node{{value: 0}, {value: 1}, {value: 2}}
	for i := range nodes {
		s.push(nodes[2-i])
	}
	begun, _ := s.beginPop()
	first, second := s.pop(), s.pop()
	s.push(first)
	took = s.commitPop(begun)
	top, _ = head.load()
	return took, top, second
}

func TestReusedNodeIsTakenForItself(t *testing.T) {
	took, top, held := script(&barePointer[node]{})
	if !took || top != held {
		t.Fatal("the node that is held is not on top of the stack as well")
	}
}

func TestTaggedPointerRefusesTheScript(t *testing.T) {
	took, top, held := script(&taggedPointer[node]{})
	if took || top == held {
		t.Fatal("the pop was taken in")
	}
}

// A pointer keeps what it points to, so nothing else can have its address as long as somebody may compare with it.
func TestFreshNodeNeverHasTheAddressOfOneThatIsRemembered(t *testing.T) {
	var s fresh
	s.push(0)
	seen := s.head.Load()
	s.pop()
	for i := range 100_000 {
		if i%20_000 == 0 {
			runtime.GC()
		}
		s.push(i)
		if s.head.Load() == seen {
			t.Fatal("a new node has the address of an old one")
		}
		s.pop()
	}
	runtime.KeepAlive(seen)
}

func TestGenerationCountsStores(t *testing.T) {
	var p taggedPointer[int]
	one := new(int)
	for i := range uint64(3) {
		ptr, gen := p.load()
		if gen != i || !p.cas(ptr, gen, one) || p.cas(ptr, gen, one) {
			t.Fatal("the generation is not the number of stores")
		}
	}
	var index taggedIndex
	at, gen := index.load()
	if !index.cas(at, gen, 7) || !index.cas(7, gen+1, at) || index.cas(at, gen, 7) {
		t.Fatal("an index that came back was not noticed")
	}
}

func TestStacksLoseNothingAndDoubleNothing(t *testing.T) {
	tagged, vec, treiber := &reusing{&taggedPointer[node]{}}, &locked{}, &fresh{}
	for i := range 8 {
		tagged.push(&node{value: i})
		vec.push(i)
		treiber.push(i)
	}
	var both sync.WaitGroup
	for range 2 {
		both.Add(1)
		go func() {
			defer both.Done()
			for range 2000 {
				tagged.push(tagged.pop())
				v, _ := vec.pop()
				vec.push(v)
				v, _ = treiber.pop()
				treiber.push(v)
			}
		}()
	}
	both.Wait()
	sums := [3]int{}
	for range 8 {
		sums[0] += tagged.pop().value
		v, _ := vec.pop()
		sums[1] += v
		v, _ = treiber.pop()
		sums[2] += v
	}
	if sums != [3]int{28, 28, 28} {
		t.Fatal(sums)
	}
}
