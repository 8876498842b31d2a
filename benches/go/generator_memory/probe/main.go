// Probe holds what it is told to on stdin, and says so: what listings::generator_memory::serve does in Rust. Its numbers
// are what the runtime says of heap and stacks; the rest is read from outside.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"

	"future-proposals/benches/generator_memory"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var kind string
		var units int
		if _, err := fmt.Sscan(lines.Text(), &kind, &units); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		hold, ok := generator_memory.Kinds[kind]
		if !ok {
			fmt.Fprintf(os.Stderr, "no kind %q\n", kind)
			os.Exit(1)
		}
		hold(1)()
		say("ready")
		lines.Scan()
		drop := hold(units)
		say("holding")
		lines.Scan()
		drop()
		say("dropped")
	}
}

// say tells what is held, after a collection: what is garbage is not held.
func say(word string) {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	// In place of the number of blocks, the bytes of the stacks.
	fmt.Printf("scale: %s %d %d\n", word, m.HeapAlloc, m.StackInuse)
}
