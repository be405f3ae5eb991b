// The shim as a program of its own, for the runtime bundle. The one binary can be the shim too, but whatever it links
// is set up at each of the two executions that a task's start takes; here that is the shim alone.
package main

import "github.com/roadstead/roadstead/agent/runtime/containerd/shim"

func main() { shim.Main() }
