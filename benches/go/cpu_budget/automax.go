// Package cpu_budget holds the Go side of the chapter "Size a pool to its container".
package cpu_budget

import (
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// Workers is the number of workers for the content of a cpu.max: the quota by the period, rounded up, at least 1. Without
// a limit it is cpus.
func Workers(cpuMax string, cpus int) int {
	fields := strings.Fields(cpuMax)
	if len(fields) != 2 {
		return cpus
	}
	quota, err := strconv.ParseFloat(fields[0], 64)
	if err != nil {
		return cpus // "max"
	}
	period, err := strconv.ParseFloat(fields[1], 64)
	if err != nil || period <= 0 {
		return cpus
	}
	return max(1, int(math.Ceil(quota/period)))
}

// Set is what a package with an init function would do before Go 1.25.
func Set() {
	text, err := os.ReadFile("/sys/fs/cgroup/cpu.max")
	if err == nil {
		runtime.GOMAXPROCS(Workers(string(text), runtime.NumCPU()))
	}
}
