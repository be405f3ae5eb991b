//go:build linux && cgo && seccomp

package main

import (
	"github.com/roadstead/roadstead/agent/runtime/containerd/shim"
	"github.com/roadstead/roadstead/agent/runtime/containerd/shim/direct"
)

// otherwise does what this program executes itself for, and tells whether it was that.
func otherwise(arguments []string) (code int, mine bool) {
	return direct.CompileFilter(arguments)
}

func commands(directory string) shim.Commands { return direct.New(directory) }
