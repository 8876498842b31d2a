package cpu_budget

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// What the runtime chooses is chosen when a process starts. So each fact is looked at in a process of its own, before any
// test runs there: package testing calls runtime.GOMAXPROCS itself, and would be part of what is looked at.
var helpers = map[string]func(){
	"chosen": func() { fmt.Println(runtime.GOMAXPROCS(0)) },
	"set default": func() {
		chosen := runtime.GOMAXPROCS(0)
		runtime.GOMAXPROCS(chosen + 1)
		raised := runtime.GOMAXPROCS(0) == chosen+1
		runtime.SetDefaultGOMAXPROCS()
		fmt.Println(raised, runtime.GOMAXPROCS(0) == chosen)
	},
}

const helperVariable = "CPU_BUDGET_HELPER"

func TestMain(m *testing.M) {
	if help, found := helpers[os.Getenv(helperVariable)]; found {
		help()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// helper runs one of them and returns what it prints.
func helper(t *testing.T, name string, environment ...string) string {
	t.Helper()
	// Without a helper of that name, the process runs the test that asks.
	command := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "GOMAXPROCS=") && !strings.HasPrefix(variable, "GODEBUG=") {
			command.Env = append(command.Env, variable)
		}
	}
	command.Env = append(append(command.Env, helperVariable+"="+name), environment...)
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v:\n%s", err, output)
	}
	return strings.TrimSpace(string(output))
}

func TestBadValueIsIgnored(t *testing.T) {
	chosen := helper(t, "chosen")
	for _, bad := range []string{"abc", "0", "-1", " 5", "5 ", "1.5", "", "99999999999"} {
		if got := helper(t, "chosen", "GOMAXPROCS="+bad); got != chosen {
			t.Errorf("GOMAXPROCS=%q: %s, want %s", bad, got, chosen)
		}
	}
}

func TestValueMayExceedTheCPUs(t *testing.T) {
	want := fmt.Sprint(runtime.NumCPU() + 3)
	if got := helper(t, "chosen", "GOMAXPROCS="+want); got != want {
		t.Fatal(got)
	}
}

func TestSetDefaultGoesBackToTheChoice(t *testing.T) {
	if got := helper(t, "set default"); got != "true true" {
		t.Fatal(got)
	}
}
