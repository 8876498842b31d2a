// The probe prints what Go sees here, as JSON. The smoke script runs it in cgroups of its own.
package main

import (
	"fmt"
	"runtime"
)

// Set by a file with the build tag `automaxprocs`: Uber's package is no dependency of this module.
var automaxprocs = func() (value, version string) { return "null", "" }

func main() {
	// In this order: automaxprocs calls runtime.GOMAXPROCS, and what the runtime chose by itself is gone.
	chosen := runtime.GOMAXPROCS(0)
	cpus := runtime.NumCPU()
	value, version := automaxprocs()
	fmt.Printf(`{"version":%q,"gomaxprocs":%d,"cpus":%d,"automaxprocs":%s,"automaxprocs_version":%q}`+"\n",
		runtime.Version(), chosen, cpus, value, version)
}
