package containerd

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/roadstead/roadstead/agent/runtime"
)

// sharing gives a container of task "t" that runs a script and stays.
func sharing(image runtime.Image, id, dir, script string) runtime.Container {
	return runtime.Container{ID: id, TaskID: "t", Image: image.Ref, PID: runtime.SharedInTask, IPC: runtime.SharedInTask,
		Mounts:  []runtime.Mount{{Source: dir, Destination: "/w"}},
		Command: []string{"sh", "-c", "( " + script + " ) > /w/" + id + ".new 2>&1; mv /w/" + id + ".new /w/" + id + "; while :; do usleep 50000; done"}}
}

func answerOf(t *testing.T, dir, id string) string {
	t.Helper()
	var text []byte
	eventually(t, "the answer of "+id, func() (there bool) {
		var err error
		text, err = os.ReadFile(filepath.Join(dir, id))
		return err == nil
	})
	return strings.TrimSpace(string(text))
}

// TestSharedNamespaces lets containers of a task see each other, before and after the agent's restart, and nothing of
// the machine through the process that holds their namespaces together.
func TestSharedNamespaces(t *testing.T) {
	n := newNode(t)
	image := n.pull(t)
	dir := t.TempDir()
	events := follow(t, n.client)
	n.start(t, sharing(image, "one", dir, "echo $$; echo shared > /dev/shm/x; readlink /proc/self/ns/ipc; readlink /proc/self/ns/pid"))
	first := strings.Split(answerOf(t, dir, "one"), "\n")
	if first[0] == "1" {
		t.Error("the first container is process 1, whose end ends all others")
	}
	second := n.reopen(t)
	large := sharing(image, "two", dir, "cat /dev/shm/x; readlink /proc/self/ns/ipc; readlink /proc/self/ns/pid; df -k /dev/shm | tail -n 1 | awk '{print $2}'; grep -l 'on[e].new' /proc/*/cmdline >/dev/null && echo seen")
	large.ShmSize = 100 << 20
	if _, err := second.Start(context.Background(), large); err != nil {
		t.Fatal(err)
	}
	if got, want := answerOf(t, dir, "two"), "shared\n"+first[1]+"\n"+first[2]+"\n102400\nseen"; got != want {
		t.Errorf("the second container sees %q, want %q", got, want)
	}
	holder := sharing(image, "three", dir, "ls /proc/1/root/ /proc/1/fd /proc/1/cwd/ >/dev/null 2>&1 || echo closed; cat /proc/1/net/tcp 2>/dev/null | grep -c :; tr '\\0' ' ' < /proc/1/cmdline; kill 1; kill -9 1; echo; grep Uid /proc/1/status")
	if _, err := second.Start(context.Background(), holder); err != nil {
		t.Fatal(err)
	}
	if got := answerOf(t, dir, "three"); got != "closed\n0\npause roadstead-hold-namespaces \nUid:\t65534\t65534\t65534\t65534" {
		t.Errorf("through process 1 a container sees %q", got)
	}
	// The end of one is not the end of the others, although it takes all its own processes along.
	if err := n.client.Signal(context.Background(), "one", syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	await(t, events, "the end of one", exitOf("one"))
	if err := n.client.Remove(context.Background(), "one"); err != nil {
		t.Fatal(err)
	}
	again := sharing(image, "four", dir, "cat /dev/shm/x; readlink /proc/self/ns/pid; grep -l 'on[e].new' /proc/*/cmdline || echo gone")
	n.start(t, again)
	if got, want := answerOf(t, dir, "four"), "shared\n"+first[2]+"\ngone"; got != want {
		t.Errorf("the fourth container sees %q, want %q", got, want)
	}
	for _, id := range []string{"two", "three", "four"} {
		if err := second.Remove(context.Background(), id); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(n.layout.shared("t").Dir); !os.IsNotExist(err) {
		t.Errorf("the shared namespaces are left: %v", err)
	}
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil || strings.Contains(string(mounts), n.layout.shared("t").Dir) {
		t.Errorf("mounts are left: %v", err)
	}
}

// TestNamespacesOfTheHost runs containers among the machine's processes and IPC, and one that shares nothing.
func TestNamespacesOfTheHost(t *testing.T) {
	n := newNode(t)
	image := n.pull(t)
	own := func(kind string) string {
		name, err := os.Readlink("/proc/self/ns/" + kind)
		if err != nil {
			t.Fatal(err)
		}
		return name
	}
	for _, test := range []struct {
		name   string
		c      runtime.Container
		script string
		want   string
	}{
		{"host", runtime.Container{PID: runtime.SharedWithHost, IPC: runtime.SharedWithHost}, "readlink /proc/self/ns/pid; readlink /proc/self/ns/ipc; grep -c ' /dev/shm ' /proc/mounts", own("pid") + "\n" + own("ipc") + "\n1"},
		{"none", runtime.Container{IPC: runtime.SharedWithNobody}, "echo $$; test -e /dev/shm || echo no shared memory", "1\nno shared memory"},
	} {
		test.c.ID, test.c.Image, test.c.Command = test.name, image.Ref, []string{"sh", "-c", test.script}
		if output, event := n.run(t, test.c); strings.TrimSpace(output) != test.want {
			t.Errorf("%s: got %q, want %q (%+v)", test.name, output, test.want, event)
		}
	}
	wrong := runtime.Container{ID: "wrong", TaskID: "wrong", Image: image.Ref, PID: runtime.SharedWithNobody, Command: []string{"true"}}
	if _, err := n.client.Start(context.Background(), wrong); runtime.KindOf(err) != runtime.KindInvalid {
		t.Errorf("processes shared with nobody: %v", err)
	}
}
