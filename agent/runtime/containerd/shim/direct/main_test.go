//go:build linux && cgo && seccomp

package direct

import (
	"encoding/binary"
	"os"
	"testing"

	"github.com/opencontainers/runc/libcontainer/configs"
)

// TestMain lets the test binary also be what the shim executes itself for.
func TestMain(m *testing.M) {
	if code, mine := CompileFilter(os.Args); mine {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// allowedBut is a filter that refuses one system call.
func allowedBut(call string) *configs.Seccomp {
	return &configs.Seccomp{DefaultAction: configs.Allow, Syscalls: []*configs.Syscall{{Name: call, Action: configs.Errno}}}
}

// entriesOf walks through the file of filters as a container does before it begins.
func entriesOf(t *testing.T, text []byte) (n int) {
	t.Helper()
	for len(text) > 0 {
		if len(text) < 12 || binary.NativeEndian.Uint32(text) != 0x52464c31 {
			t.Fatalf("after %d entries: %d bytes that are none", n, len(text))
		}
		size := 12 + int(binary.NativeEndian.Uint32(text[4:])) + int(binary.NativeEndian.Uint32(text[8:]))
		if size > len(text) {
			t.Fatalf("entry %d is cut off", n)
		}
		text = text[size:]
		n++
	}
	return n
}
