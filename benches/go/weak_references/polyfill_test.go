package weak_references

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"
)

// object is too large for the tiny allocator, which would batch it with its neighbours.
type object struct {
	first   int64
	payload [15]int64
}

// collected waits until done has been closed, which takes some collections; false after those.
func collected(done <-chan struct{}) bool {
	for range 10 {
		runtime.GC()
		select {
		case <-done:
			return true
		case <-time.After(20 * time.Millisecond): // finalizers and cleanups run on goroutines of their own
		}
	}
	return false
}

// watched returns an object, and a channel that is closed when it has been collected. The channel is closed by a
// cleanup, because the polyfill takes the one finalizer there can be.
func watched() (*object, <-chan struct{}) {
	p, done := new(object), make(chan struct{})
	runtime.AddCleanup(p, func(done chan struct{}) { close(done) }, done)
	return p, done
}

// Without a reference to it the object goes: the tests below can tell.
func TestWatchedObjectIsCollected(t *testing.T) {
	p, done := watched()
	p.first = 1
	if !collected(done) {
		t.Fatal("not collected")
	}
}

func TestPolyfillKeepsItsObjectAlive(t *testing.T) {
	p, done := watched()
	r := makeRef(p)
	p = nil
	if collected(done) {
		t.Fatal("collected")
	}
	if r.get() == nil {
		t.Fatal("the finalizer ran")
	}
	if _, there := store.Load(r.key); !there {
		t.Fatal("the entry was removed")
	}
}

// An unsafe.Pointer is a pointer to the collector, wherever it lies. KeepAlive keeps alive for longer, not for less.
func TestUnsafePointerKeepsItsObjectAliveToo(t *testing.T) {
	p, done := watched()
	r := makeRefUnsafe(p)
	p = nil
	if collected(done) {
		t.Fatal("collected")
	}
	if _, there := store.Load(r.key); !there {
		t.Fatal("the entry was removed")
	}
}

func TestCleanupInPlaceOfTheFinalizerKeepsItAliveAsWell(t *testing.T) {
	p, done := watched()
	r := makeRefCleanup(p)
	p = nil
	if collected(done) {
		t.Fatal("collected")
	}
	if r.get() == nil {
		t.Fatal("the cleanup ran")
	}
}

// A uintptr is a number to the collector. So the object goes, and its address is given to another.
func TestUintptrIsInvisibleToTheCollector(t *testing.T) {
	p, done := watched()
	address := uintptr(unsafe.Pointer(p))
	p = nil
	if !collected(done) {
		t.Fatal("not collected")
	}
	var kept []*object
	for range 1_000_000 {
		stranger := new(object)
		if uintptr(unsafe.Pointer(stranger)) == address {
			return
		}
		if kept = append(kept, stranger); len(kept) == 10_000 {
			clear(kept)
			kept = kept[:0]
			runtime.GC()
		}
	}
	t.Fatal("the address did not come back")
}

// inChild runs the named scenario in a process of its own and returns what it wrote to stderr.
func inChild(t *testing.T, scenario string) (stderr string, exit int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestScenario$")
	cmd.Env = append(os.Environ(), "SCENARIO="+scenario)
	var text strings.Builder
	cmd.Stderr = &text
	err := cmd.Run()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return text.String(), cmd.ProcessState.ExitCode()
}

// TestScenario is the child's side. It recovers from every panic: what ends the process all the same is no panic.
func TestScenario(t *testing.T) {
	scenario := os.Getenv("SCENARIO")
	if scenario == "" {
		t.Skip("run by the other tests, in a child process")
	}
	defer func() { recover() }()
	p := new(object)
	switch scenario {
	case "second make":
		makeRef(p)
		makeRef(p)
	case "interior pointer":
		makeRef(&p.payload)
	case "second make with cleanups":
		makeRefCleanup(p)
		makeRefCleanup(p)
		makeRefCleanup(&p.payload)
	}
}

func TestSecondMakeKillsTheProcess(t *testing.T) {
	stderr, exit := inChild(t, "second make")
	if exit != 2 || !strings.Contains(stderr, "fatal error: runtime.SetFinalizer: finalizer already set") {
		t.Fatalf("exit %d: %s", exit, stderr)
	}
}

func TestInteriorPointerKillsTheProcess(t *testing.T) {
	stderr, exit := inChild(t, "interior pointer")
	if exit != 2 || !strings.Contains(stderr, "pointer not at beginning of allocated block") {
		t.Fatalf("exit %d: %s", exit, stderr)
	}
}

func TestCleanupsMayBeSeveralAndOnInteriorPointers(t *testing.T) {
	if stderr, exit := inChild(t, "second make with cleanups"); exit != 0 {
		t.Fatalf("exit %d: %s", exit, stderr)
	}
}

func recovered(f func()) (value any) {
	defer func() { value = recover() }()
	f()
	return nil
}

// A struct and its first field have one address, so their references have one key.
func TestFirstFieldIsTakenForItsStruct(t *testing.T) {
	p := new(object)
	field := ref[int64]{key: makeRef(p).key}
	if uintptr(unsafe.Pointer(&p.first)) != field.key {
		t.Fatal("the addresses differ")
	}
	err, ok := recovered(func() { field.get() }).(runtime.Error)
	if !ok || !strings.Contains(err.Error(), "is *weak_references.object, not *int64") {
		t.Fatalf("recovered %v", err)
	}
}

// A finalizer gets the object, and may store it: the object is back. A cleanup does not get it.
func TestFinalizerResurrects(t *testing.T) {
	var back *object
	done := make(chan struct{})
	p := &object{first: 42}
	runtime.SetFinalizer(p, func(p *object) { back = p; close(done) })
	p = nil
	if !collected(done) {
		t.Fatal("the finalizer did not run")
	}
	if back.first != 42 {
		t.Fatal("not the object")
	}
}

// Two objects that refer to each other and have finalizers are never collected, since neither may be finalized first.
func TestFinalizersOnACycleNeverRunAndCleanupsDo(t *testing.T) {
	type node struct {
		to      *node
		payload [16]int64
	}
	cycle := func() *node {
		one, other := new(node), new(node)
		one.to, other.to = other, one
		return one
	}
	finalized, cleaned := make(chan struct{}), make(chan struct{})
	p := cycle()
	runtime.SetFinalizer(p, func(*node) { close(finalized) })
	runtime.SetFinalizer(p.to, func(*node) {})
	q := cycle()
	runtime.AddCleanup(q, func(done chan struct{}) { close(done) }, cleaned)
	p, q = nil, nil
	if !collected(cleaned) {
		t.Fatal("the cleanup did not run")
	}
	if collected(finalized) {
		t.Fatal("the finalizer ran")
	}
}

// The runtime checks the argument of a cleanup for the obvious mistake.
func TestCleanupWithItsObjectAsArgumentPanics(t *testing.T) {
	p := new(object)
	if got := recovered(func() { runtime.AddCleanup(p, func(*object) {}, p) }); got == nil {
		t.Fatal("accepted")
	}
}
