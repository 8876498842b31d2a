package generator_memory

import (
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"testing"
)

const units = 2000

// stats collects first: what is garbage is not held.
func stats() (m runtime.MemStats) {
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m
}

// TestMain is also the process in which grown makes its units: goroutines that have ended leave their stacks to others, so
// a second kind in one process would seem lighter than it is.
func TestMain(m *testing.M) {
	hold, ok := Kinds[os.Getenv("HOLD")]
	if !ok {
		os.Exit(m.Run())
	}
	before := stats()
	drop := hold(units)
	holding := stats()
	drop()
	each := func(before, holding uint64) float64 { return (float64(holding) - float64(before)) / units }
	fmt.Println(each(before.HeapAlloc, holding.HeapAlloc), each(before.StackInuse, holding.StackInuse))
}

// grown is what a unit takes, in a process of its own.
func grown(t *testing.T, kind string) (heap, stacks float64) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "HOLD="+kind)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscan(string(out), &heap, &stacks); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return heap, stacks
}

func TestMemStatsHasNoResidentSize(t *testing.T) {
	fields := reflect.TypeFor[runtime.MemStats]()
	for i := range fields.NumField() {
		name := strings.ToLower(fields.Field(i).Name)
		if strings.Contains(name, "rss") || strings.Contains(name, "resident") {
			t.Errorf("MemStats has %s", fields.Field(i).Name)
		}
	}
}

func resident(t *testing.T) uint64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/smaps_rollup")
	if err != nil {
		t.Skip("only Linux tells what is resident: ", err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "Rss:"); ok {
			kb, err := strconv.ParseUint(strings.Fields(rest)[0], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return 1024 * kb
		}
	}
	t.Fatal("no Rss in smaps_rollup")
	return 0
}

// Sys is the nearest that MemStats has. It counts addresses, also those whose memory was given back.
func TestSysCountsWhatIsNotResident(t *testing.T) {
	const size = 256 << 20
	touched := make([]byte, size)
	for i := range touched {
		touched[i] = 1
	}
	before, residentBefore := stats(), resident(t)
	runtime.KeepAlive(touched)
	touched = nil
	debug.FreeOSMemory()
	after, residentAfter := stats(), resident(t)
	if residentAfter > residentBefore-size/2 {
		t.Errorf("%d bytes were resident, and %d still are", residentBefore, residentAfter)
	}
	if after.Sys < before.Sys {
		t.Errorf("Sys fell from %d to %d", before.Sys, after.Sys)
	}
}

func TestHeapAllocMissesTheStacks(t *testing.T) {
	for _, kind := range []string{"pull", "goroutine-chan"} {
		if heap, stacks := grown(t, kind); stacks <= heap {
			t.Errorf("%s: %.0f B on the heap, %.0f B of stacks", kind, heap, stacks)
		}
	}
}

func TestPullIsAGoroutine(t *testing.T) {
	before := runtime.NumGoroutine()
	drop := Kinds["pull"](units)
	defer drop()
	if now := runtime.NumGoroutine(); now-before < units {
		t.Errorf("%d goroutines before, %d with %d coroutines", before, now, units)
	}
	var text strings.Builder
	if err := pprof.Lookup("goroutine").WriteTo(&text, 2); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), "[coroutine") {
		t.Error("no goroutine is said to be a coroutine")
	}
}

// It is made by Pull, not by the first call of next.
func TestPullCostsBeforeItsFirstNext(t *testing.T) {
	idle, idleStacks := grown(t, "pull-idle")
	started, startedStacks := grown(t, "pull")
	if total := started + startedStacks; idle+idleStacks < 0.8*total {
		t.Errorf("%.0f B before the first next, %.0f B after it", idle+idleStacks, total)
	}
}

func TestPullDoesNotHalveTheMemory(t *testing.T) {
	pullHeap, pullStacks := grown(t, "pull")
	chanHeap, chanStacks := grown(t, "goroutine-chan")
	if ratio := (pullHeap + pullStacks) / (chanHeap + chanStacks); ratio < 0.75 || ratio > 1.33 {
		t.Errorf("a coroutine takes %.2f of a goroutine with a channel", ratio)
	}
	if ratio := pullStacks / chanStacks; ratio < 0.9 || ratio > 1.1 {
		t.Errorf("its stack takes %.2f of that of a goroutine", ratio)
	}
}
