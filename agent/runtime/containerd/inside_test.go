package containerd

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/roadstead/roadstead/agent/runtime"
)

// TestInside looks at containers from inside: each has a setting and prints what it sees.
func TestInside(t *testing.T) {
	n := newNode(t)
	ctx := context.Background()
	plain := n.pull(t)
	set, err := n.client.Pull(ctx, runtime.PullRequest{PlainHTTP: true, Image: n.registry.Push(t, "test/set:1", func(c *v1.Config) {
		c.Entrypoint, c.Cmd = []string{"echo", "entry"}, []string{"image", "command"}
		c.User, c.WorkingDir, c.StopSignal = "web", "/made/by/image", "SIGQUIT"
		c.ExposedPorts = map[string]struct{}{"81/udp": {}, "80/tcp": {}}
		c.Healthcheck = &v1.HealthConfig{Test: []string{"CMD", "true"}, Retries: 4}
	})})
	if err != nil {
		t.Fatal(err)
	}
	if c := set.Config; strings.Join(c.ExposedPorts, " ") != "80/tcp 81/udp" || c.Healthcheck == nil || c.Healthcheck.Retries != 4 || c.StopSignal != "SIGQUIT" {
		t.Errorf("%+v", c)
	}
	shared := t.TempDir()
	if err := os.WriteFile(filepath.Join(shared, "file"), []byte("from the machine\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	sh := func(script string) []string { return []string{"sh", "-c", script} }
	tests := []struct {
		name  string
		c     runtime.Container
		image string
		want  string
	}{
		{name: "image's command", image: set.Ref, want: "entry image command"},
		{name: "own command after the image's entrypoint", image: set.Ref, c: runtime.Container{Command: []string{"own"}}, want: "entry own"},
		{name: "own entrypoint hides the image's command", image: set.Ref, c: runtime.Container{Entrypoint: []string{"echo", "mine"}}, want: "mine"},
		{name: "image's user and directory", image: set.Ref, c: runtime.Container{Entrypoint: sh("id -u; id -g; id -G; pwd")}, want: "1000\n1001\n1001 1002\n/made/by/image"},
		{name: "own user", image: set.Ref, c: runtime.Container{Entrypoint: sh("id -u; id -g"), User: "7:8"}, want: "7\n8"},
		{name: "group by name", c: runtime.Container{Command: sh("id -u; id -g"), User: "web:extra"}, want: "1000\n1002"},
		{name: "environment", c: runtime.Container{Command: sh("echo $FROM_IMAGE $A $HOSTNAME"), Env: []string{"A=b", "FROM_IMAGE=no"}, NetNS: "", Hostname: "harbour"}, want: "no b harbour"},
		{name: "hostname", c: runtime.Container{Command: sh("hostname; cat /etc/hostname"), Hostname: "harbour"}, want: "harbour\nharbour"},
		{name: "first process", c: runtime.Container{Command: sh("echo $$")}, want: "1"},
		{name: "capabilities", c: runtime.Container{Command: sh("grep CapEff /proc/self/status")}, want: "CapEff:\t00000000a80425fb"},
		{name: "capabilities dropped and added", c: runtime.Container{Command: sh("grep CapEff /proc/self/status"), CapDrop: []string{"ALL"}, CapAdd: []string{"NET_BIND_SERVICE"}}, want: "CapEff:\t0000000000000400"},
		{name: "seccomp", c: runtime.Container{Command: sh("grep Seccomp: /proc/self/status; grep NoNewPrivs /proc/self/status")}, want: "Seccomp:\t2\nNoNewPrivs:\t0"},
		{name: "unconfined", c: runtime.Container{Command: sh("grep Seccomp: /proc/self/status; grep NoNewPrivs /proc/self/status"), SecurityOpt: []string{"seccomp=unconfined", "no-new-privileges"}}, want: "Seccomp:\t0\nNoNewPrivs:\t1"},
		{name: "no new privileges", c: runtime.Container{Command: sh("grep NoNewPrivs /proc/self/status"), SecurityOpt: []string{"no-new-privileges=true"}}, want: "NoNewPrivs:\t1"},
		{name: "oom score", c: runtime.Container{Command: sh("cat /proc/self/oom_score_adj")}, want: "0"},
		{name: "masked", c: runtime.Container{Command: sh("head -c 1 /proc/timer_list 2>/dev/null | wc -c; echo x 2>/dev/null >/proc/sys/kernel/hostname || echo read-only")}, want: "0\nread-only"},
		{name: "shared memory", c: runtime.Container{Command: sh("grep ' /dev/shm ' /proc/mounts | grep -o size=[0-9]*k")}, want: "size=65536k"},
		{name: "more shared memory", c: runtime.Container{Command: sh("grep ' /dev/shm ' /proc/mounts | grep -o size=[0-9]*k"), ShmSize: 1 << 20}, want: "size=1024k"},
		{name: "tmpfs", c: runtime.Container{Command: sh("grep ' /scratch ' /proc/mounts | grep -o size=[0-9]*k; touch /scratch/x && echo ok"), Tmpfs: []runtime.Tmpfs{{Destination: "/scratch", Size: 1 << 20}}}, want: "size=1024k\nok"},
		{name: "mounts", c: runtime.Container{
			Command: sh("cat /data/file; touch /data/x 2>/dev/null || echo read-only; touch /rw/y && echo written"),
			Mounts:  []runtime.Mount{{Source: shared, Destination: "/data", ReadOnly: true}, {Source: shared, Destination: "/rw"}},
		}, want: "from the machine\nread-only\nwritten"},
		{name: "hosts and resolver", c: runtime.Container{Command: sh("cat /etc/hosts /etc/resolv.conf"), HostsFile: filepath.Join(shared, "file"), ResolvConf: filepath.Join(shared, "file")}, want: "from the machine\nfrom the machine"},
		{name: "read-only root", c: runtime.Container{Command: sh("touch /x 2>/dev/null || echo read-only"), ReadonlyRootfs: true}, want: "read-only"},
		{name: "ulimits", c: runtime.Container{Command: sh("ulimit -n; ulimit -Hn"), Ulimits: []runtime.Ulimit{{Name: "nofile", Soft: 77, Hard: 88}}}, want: "77\n88"},
		{name: "sysctl", c: runtime.Container{Command: sh("cat /proc/sys/kernel/msgmax"), Sysctls: map[string]string{"kernel.msgmax": "4242"}}, want: "4242"},
		{name: "device", c: runtime.Container{Command: sh("dd if=/dev/nought bs=1 count=3 2>/dev/null | wc -c"), Devices: []runtime.Device{{HostPath: "/dev/zero", ContainerPath: "/dev/nought"}}}, want: "3"},
		{name: "terminal", c: runtime.Container{Command: sh("test -t 1 && echo $TERM"), TTY: true}, want: "xterm"},
		{name: "no terminal", c: runtime.Container{Command: sh("test -t 1 || echo none")}, want: "none"},
		{name: "closed input", c: runtime.Container{Command: sh("cat; echo end")}, want: "end"},
		{name: "privileged", c: runtime.Container{Command: sh("grep Seccomp: /proc/self/status; mount -t tmpfs none /tmp && echo mounted"), Privileged: true}, want: "Seccomp:\t0\nmounted"},
		{name: "memory limit", c: runtime.Container{Command: sh("cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null"), Resources: runtime.Resources{MemoryLimit: 32 << 20}}, want: "33554432"},
		{name: "pids limit", c: runtime.Container{Command: sh("cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null"), Resources: runtime.Resources{PidsLimit: 33}}, want: "33"},
	}
	if n.client.options.Init != "" {
		tests = append(tests, struct {
			name  string
			c     runtime.Container
			image string
			want  string
		}{name: "init", c: runtime.Container{Command: sh("cat /proc/1/cmdline | tr '\\0' ' ' | head -c 26; echo; exit 3"), Init: true}, want: "/sbin/roadstead-init -- sh"})
	}
	for _, test := range tests {
		test.c.ID, test.c.Image = strings.ReplaceAll(strings.ReplaceAll(test.name, " ", "-"), "'", ""), test.image
		if test.image == "" {
			test.c.Image = plain.Ref
		}
		output, event := n.run(t, test.c)
		got := strings.TrimSpace(strings.ReplaceAll(output, "\r", ""))
		if !strings.HasPrefix(got, test.want) || test.name != "init" && got != test.want {
			t.Errorf("%s: got %q, want %q (%+v)", test.name, got, test.want, event)
		}
		if test.name == "init" && event.ExitCode != 3 {
			t.Errorf("init: exit code %d", event.ExitCode)
		}
	}
}

func TestStartErrors(t *testing.T) {
	n := newNode(t)
	image := n.pull(t)
	for _, test := range []struct {
		name string
		c    runtime.Container
		kind runtime.Kind
		says string
	}{
		{"no such command", runtime.Container{Command: []string{"absent"}}, runtime.KindCommandNotFound, `exec: "absent": executable file not found in $PATH`},
		{"no such path", runtime.Container{Command: []string{"/bin/absent"}}, runtime.KindCommandNotFound, "no such file or directory"},
		{"not executable", runtime.Container{Command: []string{"/etc/plain"}}, runtime.KindCommandNotExecutable, "permission denied"},
		{"a directory", runtime.Container{Command: []string{"/etc"}}, runtime.KindCommandNotExecutable, ""},
		{"no such user", runtime.Container{User: "nobody-here"}, runtime.KindCannotCreate, "unable to find user nobody-here"},
		{"no such group", runtime.Container{User: "web:none"}, runtime.KindCannotCreate, "unable to find group none"},
		{"no such source", runtime.Container{Mounts: []runtime.Mount{{Source: "/absent", Destination: "/x"}}}, runtime.KindCannotCreate, "bind source path does not exist: /absent"},
		{"relative destination", runtime.Container{Mounts: []runtime.Mount{{Source: "/tmp", Destination: "x"}}}, runtime.KindInvalid, ""},
		{"no such device", runtime.Container{Devices: []runtime.Device{{HostPath: "/dev/absent"}}}, runtime.KindCannotCreate, "/dev/absent"},
		{"no such capability", runtime.Container{CapAdd: []string{"FLY"}}, runtime.KindInvalid, ""},
		{"no such ulimit", runtime.Container{Ulimits: []runtime.Ulimit{{Name: "patience"}}}, runtime.KindInvalid, ""},
		{"no such option", runtime.Container{SecurityOpt: []string{"label=disable"}}, runtime.KindInvalid, ""},
		{"reserved label", runtime.Container{Labels: map[string]string{"roadstead.x": "y"}}, runtime.KindInvalid, ""},
		{"no such namespace", runtime.Container{NetNS: "/run/netns/absent-here"}, runtime.KindCannotCreate, ""},
		{"memory below the least", runtime.Container{Resources: runtime.Resources{MemoryLimit: 4096}}, runtime.KindCannotCreate, ""},
		{"no such sysctl", runtime.Container{Sysctls: map[string]string{"kernel.none": "1"}}, runtime.KindCannotCreate, ""},
	} {
		test.c.ID, test.c.TaskID, test.c.Image = "failing", "failing", image.Ref
		if test.c.Command == nil {
			test.c.Command = []string{"true"}
		}
		_, err := n.client.Start(context.Background(), test.c)
		if err == nil || runtime.KindOf(err) != test.kind || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: got kind %d, want %d: %v", test.name, runtime.KindOf(err), test.kind, err)
		}
		if _, err := os.Stat(n.layout.files("failing")); !os.IsNotExist(err) {
			t.Errorf("%s: files are left", test.name)
		}
	}
	wantNoGroup(t, n, "failing")
}
