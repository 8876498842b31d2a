//go:build automaxprocs

package main

import (
	"runtime"
	"strconv"

	"go.uber.org/automaxprocs/maxprocs"
)

func init() {
	automaxprocs = func() (string, string) {
		// It only ever sets a value; start from what it would find without the runtime's own detection.
		runtime.GOMAXPROCS(runtime.NumCPU())
		if _, err := maxprocs.Set(); err != nil {
			return "null", maxprocs.Version
		}
		return strconv.Itoa(runtime.GOMAXPROCS(0)), maxprocs.Version
	}
}
