package e2e

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// machineScript is a program in place of roadstead's, of which "up" runs in a machine of its own, as far as processes,
// mounts and /run are concerned: whoever kills it takes the machine's power.
const machineScript = `#!/bin/sh
if [ "$1" != up ]; then exec %[1]s "$@"; fi
exec unshare --mount --pid --fork --kill-child sh -c '
mount --make-rprivate / && mkdir -p /run/roadstead && mount -t tmpfs tmpfs /run/roadstead && mount -t proc proc /proc || exit 1
%[1]s "$@" & wait' machine "$@"
`

// TestReboot takes a machine's power with tasks of every kind on it. When it is started again, they are told to have
// stopped, services have others, volumes are where they are to be, and of the rest nothing is left.
func TestReboot(t *testing.T) {
	bin, dir := binary(t), t.TempDir()
	if _, err := exec.LookPath("unshare"); err != nil {
		t.Skip("skips a machine that restarts: unshare is not installed")
	}
	program := filepath.Join(dir, "machine")
	if err := os.WriteFile(program, fmt.Appendf(nil, machineScript, bin), 0o755); err != nil {
		t.Fatal(err)
	}
	r := startMixed(t, program, dir)
	t.Cleanup(r.powerOff) // before everything is taken down
	r.start()
	r.powerOff()
	r.up()
	r.checkStopped("137")
	until(t, mixedPatience, "the service's new task", func() bool { return len(r.serviceTasks("web")) == 1 })
	web := r.serviceTasks("web")
	if slices.Contains(r.arns(), *web[0].TaskArn) {
		t.Errorf("the service's task is still %s", *web[0].TaskArn)
	}
	r.checkNode()
	// The volume that stays has what was written; GPUs, names and places are free again.
	r.start()
	r.stop()
	r.checkNode()
	for _, id := range r.kept {
		if _, err := os.Stat(filepath.Join(r.dir, "node", "ebs", id+".disk")); err != nil {
			t.Errorf("the volume that stays: %v", err)
		}
	}
}

// powerOff kills the machine, and has the kernel forget what it would after a restart.
func (p *platform) powerOff() {
	p.t.Helper()
	if p.process == nil {
		return
	}
	p.kill()
	until(p.t, mixedPatience, "the end of all processes", func() bool { return len(p.contained()) == 0 && len(p.shims()) == 0 && p.containerd() == 0 })
	for _, root := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/*"} {
		groups, _ := filepath.Glob(filepath.Join(root, "roadstead-"+p.name())) // the pattern is well-formed
		for _, group := range groups {
			var below []string
			_ = filepath.WalkDir(group, func(path string, e fs.DirEntry, err error) error { // what vanishes is gone
				if err == nil && e.IsDir() {
					below = append(below, path)
				}
				return nil
			})
			for _, path := range slices.Backward(below) {
				until(p.t, mixedPatience, "the end of "+path, func() bool { err := os.Remove(path); return err == nil || os.IsNotExist(err) })
			}
		}
	}
	links, _ := filepath.Glob("/sys/class/net/*" + p.name() + "*")
	for _, link := range links {
		_ = exec.Command("ip", "link", "delete", filepath.Base(link)).Run() // it may have gone with its peer
	}
	tables, _ := exec.Command("nft", "list", "tables").Output()
	for line := range strings.Lines(string(tables)) {
		if fields := strings.Fields(line); len(fields) == 3 && strings.Contains(fields[2], p.name()) {
			if out, err := exec.Command("nft", "delete", "table", fields[1], fields[2]).CombinedOutput(); err != nil {
				p.t.Errorf("nft: %v %s", err, out)
			}
		}
	}
}
