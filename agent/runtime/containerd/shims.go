package containerd

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/roadstead/roadstead/agent/runtime/containerd/shim"
)

// shimPatience is how long shims that have nothing left to hold may take to end by themselves.
const shimPatience = 2 * time.Second

// EndShims waits until the shims of a containerd namespace have ended and kills those that do not: a shim whose
// daemon was killed at the wrong moment can wait for it for ever. It is for a node that is taken down, after Purge, when
// no shim holds a container any more and the daemon has stopped.
func EndShims(ctx context.Context, namespace string) error {
	for deadline := time.Now().Add(shimPatience); ; {
		left, err := shimsOf(namespace)
		if err != nil || len(left) == 0 {
			return err
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			for _, pid := range left {
				if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && err != syscall.ESRCH {
					return fmt.Errorf("end shim %d: %w", pid, err)
				}
			}
			return nil
		}
		wait := time.NewTimer(20 * time.Millisecond)
		select {
		case <-ctx.Done():
		case <-wait.C:
		}
		wait.Stop()
	}
}

// shimsOf finds the shims of a namespace by their arguments.
func shimsOf(namespace string) (pids []int, err error) {
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return nil, fmt.Errorf("find shims: %w", err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			continue // it has ended
		}
		arguments := bytes.Split(text, []byte{0})
		if filepath.Base(string(arguments[0])) != shim.Name || !hasNamespace(arguments, namespace) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(f))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

func hasNamespace(arguments [][]byte, namespace string) bool {
	for i, a := range arguments {
		if string(a) == "-namespace" && i+1 < len(arguments) && string(arguments[i+1]) == namespace {
			return true
		}
	}
	return false
}
