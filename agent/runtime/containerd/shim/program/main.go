// The shim as a program of its own, for the runtime bundle. The one binary can be the shim too, but whatever it links
// is set up at each of the two executions that a task's start takes; here that is the shim alone. It can also be the
// process that holds the namespaces that the containers of a task share.
package main

import (
	"os"

	"github.com/roadstead/roadstead/agent/runtime/containerd/holder"
	"github.com/roadstead/roadstead/agent/runtime/containerd/shim"
)

func main() {
	if code, mine := otherwise(os.Args); mine {
		os.Exit(code)
	}
	if holder.Wanted(os.Args) {
		os.Exit(holder.Main(os.Stdin, os.Stdout, os.Stderr))
	}
	shim.Main(commands)
}
