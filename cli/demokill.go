package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// killContainer kills the processes of a container without asking anybody, as
// an accident would. It finds them by their control group.
func killContainer(ctx context.Context, runtimeID string) error {
	files, err := filepath.Glob("/proc/[0-9]*/cgroup")
	if err != nil {
		return err
	}
	killed := 0
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		text, err := os.ReadFile(f)
		if err != nil || runtimeID == "" || !strings.Contains(string(text), "/"+runtimeID) {
			continue // a process that has ended meanwhile, or another's
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(f)))
		if err != nil {
			continue
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err == nil {
			killed++
		}
	}
	if killed == 0 {
		return fmt.Errorf("no process of container %s was found", runtimeID)
	}
	return nil
}
