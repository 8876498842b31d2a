package cpu_budget

import "testing"

func TestWorkersRoundsUp(t *testing.T) {
	for text, want := range map[string]int{
		"50000 100000\n":  1,
		"150000 100000\n": 2,
		"300000 100000\n": 3,
		"max 100000\n":    8,
		"":                8,
	} {
		if got := Workers(text, 8); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

// On two CPUs the answer for 1.5 is the answer for no limit: an acceptance test there accepts a package that does nothing.
func TestTwoCPUsHideOneAndAHalf(t *testing.T) {
	limited, unlimited := min(Workers("150000 100000\n", 2), 2), Workers("max 100000\n", 2)
	if limited != unlimited {
		t.Fatal(limited, unlimited)
	}
	if half := Workers("50000 100000\n", 2); half == unlimited {
		t.Fatal("half a CPU would tell, but for Go's minimum of 2: ", half)
	}
}

// It raises above the affinity, as nothing limits the result to the CPUs there are.
func TestWorkersRaisesAboveTheCPUs(t *testing.T) {
	if got := Workers("500000 100000\n", 2); got != 5 {
		t.Fatal(got)
	}
}
