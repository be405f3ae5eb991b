package containerd

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/cgroup"
)

// TestIsolated looks at isolated containers from inside: root there is a user without rights outside, in files, in
// processes and in limits, and finds what a container has.
func TestIsolated(t *testing.T) {
	n := newNode(t)
	image := n.pull(t)
	shared := t.TempDir()
	if err := os.Chmod(shared, 0o755); err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(t.TempDir(), "hosts")
	if err := os.WriteFile(secret, []byte("127.0.0.1 localhost\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	sh := func(script string) []string { return []string{"sh", "-c", script} }
	users := fmt.Sprintf("%d %10d %10d", 0, firstUsers+n.client.ranges.next*usersPerTask, usersPerTask)
	for _, test := range []struct {
		name   string
		script string
		c      runtime.Container
		want   string
	}{
		{name: "users", script: "cat /proc/self/uid_map; cat /proc/self/gid_map; id -u", want: users + "\n         " + users + "\n0"},
		{name: "own files", script: "stat -c '%u:%g' /bin/sh /etc; touch /new && stat -c %u /new; chown 7:8 /new && stat -c %u:%g /new", want: "0:0\n0:0\n0\n7:8"},
		{name: "volume", script: "stat -c %u /data; echo x >/data/file && stat -c %u /data/file",
			c: runtime.Container{Mounts: []runtime.Mount{{Source: shared, Destination: "/data"}}}, want: "0\n0"},
		{name: "file of the machine", script: "echo x 2>/dev/null >>/etc/hosts || echo denied; chown 0 /etc/hosts 2>/dev/null || echo denied",
			c: runtime.Container{HostsFile: secret}, want: "denied\ndenied"},
		{name: "system files", script: "echo 1 2>/dev/null >/proc/sys/kernel/panic || echo read-only; d=/sys/fs/cgroup; test -d $d/memory && d=$d/memory; mkdir $d/x 2>/dev/null || echo denied; ls /sys/class/net | wc -l; touch /sys/x 2>/dev/null || echo denied",
			want: "read-only\ndenied\n0\ndenied"},
		{name: "no mounts", script: "mount -t tmpfs none /tmp 2>/dev/null || echo denied; mknod /null c 1 3 2>/dev/null || echo denied", want: "denied\ndenied"},
		{name: "capabilities", script: "grep CapEff /proc/self/status; grep -w Seccomp: /proc/self/status; grep NoNewPrivs /proc/self/status",
			want: "CapEff:\t00000000a80425fb\nSeccomp:\t2\nNoNewPrivs:\t0"},
		{name: "other user", script: "id -u; touch /tmp/x && stat -c %u /tmp/x", c: runtime.Container{User: "1000"}, want: "1000\n1000"},
		{name: "devices", script: "head -c 3 /dev/zero | wc -c; echo x >/dev/null && echo ok; ls -l /dev/shm | wc -l", want: "3\nok\n1"},
		{name: "tmpfs and limits", script: "touch /scratch/x && stat -c %u /scratch/x; ulimit -n; ulimit -Hn",
			c: runtime.Container{Tmpfs: []runtime.Tmpfs{{Destination: "/scratch"}}, Ulimits: []runtime.Ulimit{{Name: "nofile", Soft: 4096, Hard: 8192}}}, want: "0\n4096\n8192"},
		{name: "terminal", script: "test -t 1 && echo terminal", c: runtime.Container{TTY: true}, want: "terminal"},
		{name: "sysctl", script: "cat /proc/sys/kernel/msgmax", c: runtime.Container{Sysctls: map[string]string{"kernel.msgmax": "4242"}}, want: "4242"},
	} {
		if len(test.c.Mounts) > 0 && !mapsMounts(t, n.client.options.Runc) {
			t.Logf("skips %s: %s knows no mounts with other users", test.name, n.client.options.Runc)
			continue
		}
		test.c.ID, test.c.TaskID = strings.ReplaceAll(test.name, " ", "-"), "isolated"
		test.c.Image, test.c.Command, test.c.Isolated = image.Ref, sh(test.script), true
		output, event := n.run(t, test.c)
		if got := strings.TrimSpace(strings.ReplaceAll(output, "\r", "")); got != test.want {
			t.Errorf("%s: got %q, want %q (%+v)", test.name, got, test.want, event)
		}
	}
	info, err := os.Stat(filepath.Join(shared, "file"))
	if !mapsMounts(t, n.client.options.Runc) {
		t.Log("skips looking at the volume")
	} else if err != nil || uidOf(info) != 0 {
		t.Errorf("what root made in a volume belongs to %d, %v", uidOf(info), err)
	}
	// A process that spins gets its task's quota, and one that takes too much memory is killed, whoever its user is.
	limits := runtime.TaskLimits{CPUQuota: cgroup.Period / 4, MemoryLimit: 32 << 20}
	output, _ := n.run(t, runtime.Container{ID: "busy", Image: image.Ref, Isolated: true, Task: limits,
		Command: sh("timeout 2 sh -c 'while :; do :; done' & timeout 2 sh -c 'while :; do :; done'; wait; times")})
	if spent := processorTime(output); spent > 900*time.Millisecond {
		t.Errorf("two seconds at a quarter of a processor took %v of it:\n%s", spent, output)
	}
	_, event := n.run(t, runtime.Container{ID: "greedy", Image: image.Ref, Isolated: true, Task: limits, Command: sh("head -c 64m /dev/zero | tail -c 64m >/dev/null; exit $?"),
		Resources: runtime.Resources{MemoryLimit: 24 << 20}})
	if !event.OOMKilled {
		t.Errorf("a container beyond its memory ended so: %+v", event)
	}
	if err := setNetworkSysctls("/proc/self/ns/net", map[string]string{"net.absent": "1"}); runtime.KindOf(failure("start", "x", err)) != runtime.KindCannotCreate {
		t.Errorf("a setting that is not there: %v", err)
	}
	for _, c := range []runtime.Container{{Privileged: true}, {PID: runtime.SharedInTask}, {IPC: runtime.SharedWithHost}} {
		c.ID, c.TaskID, c.Image, c.Isolated = "contrary", "contrary", image.Ref, true
		if _, err := n.client.Start(context.Background(), c); runtime.KindOf(err) != runtime.KindInvalid {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if len(n.client.ranges.tasks) > 1 || n.client.ranges.tasks["contrary"] != nil {
		t.Errorf("ranges: %v", n.client.ranges.tasks)
	}
}

// processorTime sums up what the shell's times says: two lines of user and system time, the shell's and its children's.
func processorTime(output string) (sum time.Duration) {
	for _, word := range strings.Fields(output) {
		if spent, err := time.ParseDuration(word); err == nil { // else it tells of a signal
			sum += spent
		}
	}
	return sum
}

// mapsMounts reports whether an OCI runtime can show files of other users as a container's own: runc since 1.2.
func mapsMounts(t *testing.T, program string) bool {
	t.Helper()
	out, err := exec.Command(program, "features").Output()
	return err == nil && strings.Contains(string(out), `"idmap"`)
}

func uidOf(info os.FileInfo) int {
	if info == nil {
		return -1
	}
	stat, _ := info.Sys().(*syscall.Stat_t)
	return int(stat.Uid)
}
