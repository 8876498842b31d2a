// Package proposals tests what the pages in src/proposals/ say about Go.
package proposals

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// Each names something of the standard library, and the release it came with.
var since = map[string]string{
	"iter.Pull":                    "1.23",
	"iter.Seq":                     "1.23",
	"unique.Make":                  "1.23",
	"weak.Make":                    "1.24",
	"runtime.AddCleanup":           "1.24",
	"runtime.SetDefaultGOMAXPROCS": "1.25",
	"sync.(*WaitGroup).Go":         "1.25",
	"synctest.Test":                "1.25",
	"synctest.Wait":                "1.25",
	"synctest.Sleep":               "1.27",
}

// A program that uses all of them, in a module that says it is for Go 1.22.
const uses = `package uses

import (
	"iter"
	"runtime"
	"sync"
	"testing/synctest"
	"unique"
	"weak"
)

var (
	_ iter.Seq[int]
	_ = iter.Pull[int]
	_ = unique.Make[int]
	_ = weak.Make[int]
	_ = runtime.AddCleanup[int, int]
	_ = runtime.SetDefaultGOMAXPROCS
	_ = new(sync.WaitGroup).Go
	_ = synctest.Test
	_ = synctest.Wait
	_ = synctest.Sleep
)
`

// go vet carries the table that is made from api/go1.*.txt: it says of each name which release the module would need.
func TestSinceVersions(t *testing.T) {
	folder := t.TempDir()
	for file, text := range map[string]string{"go.mod": "module uses\n\ngo 1.22\n", "uses.go": uses} {
		if err := os.WriteFile(filepath.Join(folder, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	vet := exec.Command("go", "vet", "-stdversion", "./...")
	vet.Dir = folder
	vet.Env = append(os.Environ(), "GOTOOLCHAIN=local", "GOFLAGS=", "GOWORK=off")
	output, err := vet.CombinedOutput()
	if err == nil {
		t.Fatalf("vet finds nothing too new for Go 1.22:\n%s", output)
	}
	told := map[string]string{}
	for _, found := range regexp.MustCompile(`: (\S+) requires go(\S+) or later`).FindAllStringSubmatch(string(output), -1) {
		told[found[1]] = found[2]
	}
	for name, version := range since {
		if told[name] != version {
			t.Errorf("%s: vet says since %q, the pages say since %q", name, told[name], version)
		}
	}
	if t.Failed() {
		t.Logf("%s", output)
	}
}

// These are on a page as something that Go does not have. When one is there, its page has to be written again.
func TestNotInTheStandardLibrary(t *testing.T) {
	for _, name := range []string{"sync/atomic.Uint64Pair", "sync/atomic.PointerPair", "testing/synctest.Run"} {
		if output, err := exec.Command("go", "doc", name).CombinedOutput(); err == nil {
			t.Errorf("Go has %s now:\n%s", name, output)
		}
	}
	if output, err := exec.Command("go", "doc", "testing/synctest.Test").CombinedOutput(); err != nil {
		t.Fatalf("go doc finds nothing at all: %s", output)
	}
}
