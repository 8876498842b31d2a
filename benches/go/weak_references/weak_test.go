package weak_references

import (
	"runtime"
	"testing"
	"unique"
	"weak"
)

func TestWeakPointerFindsTheObjectUntilItIsCollected(t *testing.T) {
	p, done := watched()
	w := weak.Make(p)
	if w.Value() != p {
		t.Fatal("not found")
	}
	runtime.KeepAlive(p)
	p = nil
	if !collected(done) {
		t.Fatal("not collected")
	}
	if w.Value() != nil {
		t.Fatal("found after its cleanup")
	}
}

// Nothing happens when the last strong pointer goes. The object is found until the collector has looked.
func TestWeakPointerFindsTheObjectUntilACollection(t *testing.T) {
	for range 10 { // a collection may come in between
		p := new(object)
		w := weak.Make(p)
		p = nil
		if w.Value() != nil {
			return
		}
	}
	t.Fatal("never found")
}

func TestWeakPointersAreEqualAfterDeathAsBefore(t *testing.T) {
	p, done := watched()
	one, same := weak.Make(p), weak.Make(p)
	q := new(object)
	other := weak.Make(q)
	field := weak.Make(&p.payload)
	rest := weak.Make((*[15]int64)(p.payload[:]))
	if one != same || one == other || field != rest {
		t.Fatal("equality is not that of the pointers")
	}
	p, q = nil, nil
	if !collected(done) {
		t.Fatal("not collected")
	}
	if one.Value() != nil || one != same || one == other {
		t.Fatal("equality changed with death")
	}
}

func TestInteriorPointersAreDifferentWeakPointers(t *testing.T) {
	p := new(object)
	if weak.Make(&p.payload[0]) == weak.Make(&p.payload[1]) {
		t.Fatal("equal")
	}
	runtime.KeepAlive(p)
}

// The weak pointer goes nil before the finalizer runs, and stays nil, though the object comes back. Made anew, it is
// another one.
func TestResurrectedObjectHasANewIdentity(t *testing.T) {
	var back *object
	done := make(chan struct{})
	p := new(object)
	old := weak.Make(p)
	runtime.SetFinalizer(p, func(p *object) { back = p; close(done) })
	p = nil
	if !collected(done) {
		t.Fatal("the finalizer did not run")
	}
	if old.Value() != nil {
		t.Fatal("found")
	}
	if again := weak.Make(back); again == old || again.Value() != back {
		t.Fatal("the old identity")
	}
}

func heapAlloc() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A weak pointer keeps a small indirection object, and not the memory of its object.
func TestWeakPointerKeepsNoMemoryOfItsObject(t *testing.T) {
	const n, size = 100, 65_536
	weaks := make([]weak.Pointer[[size]byte], n)
	before := heapAlloc()
	strongs := make([]*[size]byte, n)
	for i := range weaks {
		strongs[i] = new([size]byte)
		weaks[i] = weak.Make(strongs[i])
	}
	if held := heapAlloc() - before; held < n*size {
		t.Fatalf("%d bytes for %d objects", held, n)
	}
	runtime.KeepAlive(strongs)
	strongs = nil
	if after := heapAlloc(); after > before+n*1000 {
		t.Fatalf("%d bytes a dead object", (after-before)/n)
	}
	if weaks[0].Value() != nil {
		t.Fatal("found")
	}
	runtime.KeepAlive(weaks)
}

func TestWeakPointersAreMapKeys(t *testing.T) {
	p := new(object)
	attached := map[weak.Pointer[object]]string{weak.Make(p): "value"}
	if attached[weak.Make(p)] != "value" {
		t.Fatal("not found")
	}
	runtime.KeepAlive(p)
}

func TestUniqueHandlesAreEqualForEqualValues(t *testing.T) {
	if unique.Make("a") != unique.Make("a") || unique.Make("a") == unique.Make("b") {
		t.Fatal("equality is not that of the values")
	}
}

// Objects that refer to each other go together, and their weak pointers with them.
func TestWeakPointersIntoACycleGoNil(t *testing.T) {
	type node struct {
		to      *node
		payload [16]int64
	}
	one, other := new(node), new(node)
	one.to, other.to = other, one
	done := make(chan struct{})
	runtime.AddCleanup(one, func(done chan struct{}) { close(done) }, done)
	w := weak.Make(other)
	one, other = nil, nil
	if !collected(done) || w.Value() != nil {
		t.Fatal("the cycle is still there")
	}
}
