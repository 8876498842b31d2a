package cpu_budget

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

func init() {
	helpers["updates"] = afterNarrowing
	helpers["updates after setting"] = func() {
		// It changes nothing: it asks for what there is.
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
		afterNarrowing()
	}
	helpers["updates after set default"] = func() {
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
		runtime.SetDefaultGOMAXPROCS()
		afterNarrowing()
	}
}

// narrow leaves every thread of this process one CPU.
func narrow() {
	var mask [1024]uintptr
	size := unsafe.Sizeof(mask)
	syscall.RawSyscall(syscall.SYS_SCHED_GETAFFINITY, 0, size, uintptr(unsafe.Pointer(&mask)))
	for i, word := range mask {
		if word != 0 {
			clear(mask[:])
			mask[i] = word & -word
			break
		}
	}
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		panic(err)
	}
	for _, thread := range threads {
		id, _ := strconv.Atoi(thread.Name())
		syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, uintptr(id), size, uintptr(unsafe.Pointer(&mask)))
	}
}

// afterNarrowing tells whether the runtime notices that there is one CPU left. It looks at most once a second.
func afterNarrowing() {
	before := runtime.GOMAXPROCS(0)
	narrow()
	for start := time.Now(); time.Since(start) < 2500*time.Millisecond && runtime.GOMAXPROCS(0) == before; {
		time.Sleep(10 * time.Millisecond)
	}
	fmt.Printf("%d, then %d\n", before, runtime.GOMAXPROCS(0))
}

func updates(t *testing.T, name string, want bool, environment ...string) {
	cpus := runtime.NumCPU()
	if cpus < 2 {
		t.Skip("one CPU: nothing can be taken away")
	}
	t.Parallel()
	after := cpus
	if want {
		after = 1
	}
	if got := helper(t, name, environment...); got != fmt.Sprintf("%d, then %d", cpus, after) {
		t.Fatal(got)
	}
}

func TestRuntimeFollowsTheAffinity(t *testing.T) {
	updates(t, "updates", true)
}

func TestSettingStopsUpdates(t *testing.T) {
	updates(t, "updates after setting", false)
}

func TestEnvironmentStopsUpdates(t *testing.T) {
	updates(t, "updates", false, fmt.Sprintf("GOMAXPROCS=%d", runtime.NumCPU()))
}

func TestSetDefaultResumesUpdates(t *testing.T) {
	updates(t, "updates after set default", true)
}

func TestUpdatesCanBeSwitchedOff(t *testing.T) {
	updates(t, "updates", false, "GODEBUG=updatemaxprocs=0")
}

// Package testing sets GOMAXPROCS for every value of -cpu, also where none is given. So no ordinary test sees an update.
func TestPackageTestingStopsUpdates(t *testing.T) {
	if os.Getenv(helperVariable) == "as a test" {
		afterNarrowing()
		return
	}
	if runtime.NumCPU() < 2 {
		t.Skip("one CPU: nothing can be taken away")
	}
	t.Parallel()
	want := fmt.Sprintf("%d, then %[1]d\nPASS", runtime.NumCPU())
	if got := helper(t, "as a test"); got != want {
		t.Fatal(got)
	}
}
