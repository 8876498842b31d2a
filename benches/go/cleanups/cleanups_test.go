package cleanups

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// census counts the descriptors whose target lies below a directory.
func census(t *testing.T, directory string) int {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("counting descriptors needs Linux's /proc")
	}
	directory, err := filepath.EvalSymlinks(directory)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, entry := range entries {
		target, err := os.Readlink("/proc/self/fd/" + entry.Name())
		if err == nil && strings.HasPrefix(target, directory+"/") {
			count++
		}
	}
	return count
}

func file(t *testing.T) (directory, path string) {
	t.Helper()
	directory = t.TempDir()
	path = filepath.Join(directory, "db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return directory, path
}

// collected collects until done, or gives up.
func collected(done func() bool) bool {
	for range 200 {
		runtime.GC()
		if done() {
			return true
		}
		time.Sleep(time.Millisecond)
	}
	return false
}

// settle collects often enough that what can be cleaned up has been.
func settle() {
	for range 10 {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// Without any cleanup of ours, a collected os.File is closed: it has a finalizer.
func TestFileClosesItself(t *testing.T) {
	directory, path := file(t)
	func() {
		var all []*db
		for range 100 {
			all = append(all, must[*db](t)(openPlain(path)))
		}
		if n := census(t, directory); n != 100 {
			t.Fatalf("%d open, want 100", n)
		}
		runtime.KeepAlive(all)
	}()
	if !collected(func() bool { return census(t, directory) == 0 }) {
		t.Fatalf("%d still open", census(t, directory))
	}
}

// The test that the original asks for, of a database with its cleanup removed. It passes.
func TestThousandOpenAndCloseProveNothing(t *testing.T) {
	directory, path := file(t)
	for range 1000 {
		if err := must[*db](t)(openPlain(path)).f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if n := census(t, directory); n != 0 {
		t.Fatalf("%d leaked", n)
	}
}

func TestCleanedFileIsClosed(t *testing.T) {
	directory, path := file(t)
	func() {
		for range 10 {
			if _, _, err := openCleaned(path); err != nil {
				t.Fatal(err)
			}
		}
	}()
	if !collected(func() bool { return census(t, directory) == 0 }) {
		t.Fatalf("%d still open", census(t, directory))
	}
}

// With a bare descriptor there is a difference.
func TestRawDescriptorLeaksWithoutCleanup(t *testing.T) {
	directory, path := file(t)
	var numbers []int
	func() {
		for range 100 {
			numbers = append(numbers, must[*rawDB](t)(openRaw(path)).fd)
		}
	}()
	settle()
	if n := census(t, directory); n != 100 {
		t.Fatalf("%d open, want 100: who has closed the others?", n)
	}
	for _, fd := range numbers {
		syscall.Close(fd)
	}
}

func TestRawDescriptorIsClosedByItsCleanup(t *testing.T) {
	directory, path := file(t)
	func() {
		for range 100 {
			must[*rawDB](t)(openRawCleaned(path))
		}
	}()
	if !collected(func() bool { return census(t, directory) == 0 }) {
		t.Fatalf("%d still open", census(t, directory))
	}
}

func TestThousandRawOpenAndClose(t *testing.T) {
	directory, path := file(t)
	for range 1000 {
		d := must[*rawDB](t)(openRawCleaned(path))
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != os.ErrClosed {
			t.Fatal(err)
		}
	}
	settle()
	if n := census(t, directory); n != 0 {
		t.Fatalf("%d leaked", n)
	}
}

// A Close that does not stop the cleanup closes twice: the second time, whoever has the number by then.
func TestCloseWithoutStopClosesAStranger(t *testing.T) {
	_, path := file(t)
	var fd int
	func() {
		d := must[*rawDB](t)(openRawCleaned(path))
		fd = d.fd
		syscall.Close(d.fd) // and no Stop
		runtime.KeepAlive(d)
	}()
	stranger := must[*rawDB](t)(openRaw(path))
	if stranger.fd != fd {
		t.Skipf("the number %d went elsewhere", fd)
	}
	var status syscall.Stat_t
	if !collected(func() bool { return syscall.Fstat(stranger.fd, &status) == syscall.EBADF }) {
		t.Fatal("the stranger's descriptor is still open")
	}
}

// object is large enough not to share an allocation with others.
type object struct {
	next *object
	name [32]byte
}

func TestSeveralCleanupsAllRun(t *testing.T) {
	var ran atomic.Int32
	func() {
		o := new(object)
		for range 3 {
			runtime.AddCleanup(o, func(n int32) { ran.Add(n) }, 1)
		}
		runtime.AddCleanup(&o.name, func(n int32) { ran.Add(n) }, 1) // to the middle of it
	}()
	if !collected(func() bool { return ran.Load() == 4 }) {
		t.Fatalf("%d ran", ran.Load())
	}
}

func TestCycleIsCleanedUp(t *testing.T) {
	var ran atomic.Int32
	func() {
		a, b := new(object), new(object)
		a.next, b.next = b, a
		runtime.AddCleanup(a, func(n int32) { ran.Add(n) }, 1)
		runtime.AddCleanup(b, func(n int32) { ran.Add(n) }, 1)
	}()
	if !collected(func() bool { return ran.Load() == 2 }) {
		t.Fatalf("%d ran", ran.Load())
	}
}

func TestCycleIsNotFinalized(t *testing.T) {
	var ran atomic.Int32
	func() {
		a, b := new(object), new(object)
		a.next, b.next = b, a
		runtime.SetFinalizer(a, func(*object) { ran.Add(1) })
		runtime.SetFinalizer(b, func(*object) { ran.Add(1) })
	}()
	settle()
	if ran.Load() != 0 {
		t.Fatalf("%d ran", ran.Load())
	}
}

var saved *object

func TestFinalizerResurrects(t *testing.T) {
	saved = nil
	var ran atomic.Bool
	func() {
		o := new(object)
		runtime.SetFinalizer(o, func(o *object) { saved = o; ran.Store(true) })
	}()
	if !collected(ran.Load) || saved == nil {
		t.Fatal("not resurrected")
	}
}

func TestSecondFinalizerIsFatal(t *testing.T) {
	output := helper(t, "TestHelperSecondFinalizer", false)
	if !strings.Contains(output, "runtime.SetFinalizer: finalizer already set") {
		t.Fatal(output)
	}
}

func TestHelperSecondFinalizer(t *testing.T) {
	asHelper(t)
	defer func() { recover() }() // does not help
	o := new(object)
	runtime.SetFinalizer(o, func(*object) {})
	runtime.SetFinalizer(o, func(*object) {})
}

func recovered(f func()) (value any) {
	defer func() { value = recover() }()
	f()
	return nil
}

func panics(t *testing.T, phrase string, f func()) {
	t.Helper()
	err, ok := recovered(f).(error)
	text := ""
	if ok {
		text = err.Error()
	} else if s, isString := recovered(f).(string); isString {
		text = s
	}
	if !strings.Contains(text, phrase) {
		t.Fatalf("%q does not contain %q", text, phrase)
	}
}

func TestArgumentThatIsTheObjectPanics(t *testing.T) {
	o := new(object)
	panics(t, "ptr is equal to arg", func() { runtime.AddCleanup(o, func(*object) {}, o) })
}

func TestArgumentInsideTheObjectPanics(t *testing.T) {
	o := new(object)
	panics(t, "ptr is within arg", func() { runtime.AddCleanup(o, func(*[32]byte) {}, &o.name) })
}

func TestFunctionThatClosesOverTheObjectPanics(t *testing.T) {
	o := new(object)
	panics(t, "closes over ptr", func() { runtime.AddCleanup(o, func(int) { o.name[0] = 1 }, 0) })
}

// One step further away the runtime does not look, and the object stays for ever.
func TestObjectReachableThroughTheArgumentStaysForEver(t *testing.T) {
	var ran atomic.Bool
	func() {
		o := new(object)
		holder := &struct{ o *object }{o}
		runtime.AddCleanup(o, func(*struct{ o *object }) { ran.Store(true) }, holder)
	}()
	settle()
	if ran.Load() {
		t.Fatal("it ran")
	}
}

func TestStoppedCleanupDoesNotRun(t *testing.T) {
	var ran atomic.Int32
	func() {
		o := new(object)
		stopped := runtime.AddCleanup(o, func(n int32) { ran.Add(n) }, 10)
		runtime.AddCleanup(o, func(n int32) { ran.Add(n) }, 1)
		stopped.Stop()
		runtime.KeepAlive(o)
	}()
	if !collected(func() bool { return ran.Load() != 0 }) || ran.Load() != 1 {
		t.Fatalf("%d", ran.Load())
	}
}

func TestCleanupRunsOnAnotherGoroutine(t *testing.T) {
	stack := make(chan []byte, 1)
	func() {
		o := new(object)
		runtime.AddCleanup(o, func(stack chan []byte) {
			trace := make([]byte, 4096)
			stack <- trace[:runtime.Stack(trace, false)]
		}, stack)
	}()
	if !collected(func() bool { return len(stack) == 1 }) {
		t.Fatal("it did not run")
	}
	if trace := <-stack; bytes.Contains(trace, []byte("testing.tRunner")) {
		t.Fatalf("ran on the test's goroutine:\n%s", trace)
	}
}

// The helpers below end their process: each runs in one of its own, which helper starts.
const helperVariable = "CLEANUPS_HELPER"

func helper(t *testing.T, name string, passes bool) string {
	t.Helper()
	command := exec.Command(os.Args[0], "-test.run=^"+name+"$", "-test.v")
	command.Env = append(os.Environ(), helperVariable+"=1")
	output, err := command.CombinedOutput()
	if passes != (err == nil) {
		t.Fatalf("%s: %v\n%s", name, err, output)
	}
	return string(output)
}

func asHelper(t *testing.T) {
	if os.Getenv(helperVariable) == "" {
		t.Skip("run by another test, in its own process")
	}
}

func TestCleanupDoesNotRunAtExit(t *testing.T) {
	if output := helper(t, "TestHelperExit", true); strings.Contains(output, "cleaned up") {
		t.Fatal(output)
	}
}

func TestHelperExit(t *testing.T) {
	asHelper(t)
	func() {
		o := new(object)
		runtime.AddCleanup(o, func(int) { os.Stdout.WriteString("cleaned up\n") }, 0)
	}()
	os.Exit(0)
}

func TestPanicOfACleanupEndsTheProcess(t *testing.T) {
	output := helper(t, "TestHelperPanic", false)
	if !strings.Contains(output, "panic: of the cleanup") {
		t.Fatal(output)
	}
}

func TestHelperPanic(t *testing.T) {
	asHelper(t)
	func() {
		o := new(object)
		runtime.AddCleanup(o, func(int) { panic("of the cleanup") }, 0)
	}()
	settle()
}
