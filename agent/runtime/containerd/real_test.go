package containerd

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/cgroup"
)

// What real containers promise beyond the contract.

const patience = 30 * time.Second

// pull gives the node's test image.
func (n *node) pull(t testing.TB) runtime.Image {
	t.Helper()
	image, err := n.client.Pull(context.Background(), runtime.PullRequest{Image: n.registry.Push(t, "test/busybox:1", nil), PlainHTTP: true})
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func (n *node) start(t testing.TB, c runtime.Container) runtime.Started {
	t.Helper()
	started, err := n.client.Start(context.Background(), c)
	if err != nil {
		t.Fatalf("start %s: %v", c.ID, err)
	}
	return started
}

// follow collects a client's events until the test ends.
func follow(t testing.TB, client *Client) <-chan runtime.Event {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	events, ended := make(chan runtime.Event, 1024), make(chan error, 1)
	go func() { ended <- client.Watch(ctx, func(e runtime.Event) { events <- e }) }()
	t.Cleanup(func() { cancel(); <-ended })
	return events
}

func await(t testing.TB, events <-chan runtime.Event, what string, fits func(runtime.Event) bool) runtime.Event {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	var seen []runtime.Event
	for {
		select {
		case event := <-events:
			seen = append(seen, event)
			if fits(event) {
				return event
			}
		case <-deadline.C:
			t.Fatalf("%s was not seen; seen: %+v", what, seen)
		}
	}
}

func exitOf(id string) func(runtime.Event) bool {
	return func(e runtime.Event) bool { return e.ID == id && e.Status == runtime.StatusExited }
}

func listed(e runtime.Event) bool { return e.Status == runtime.StatusListed }

// eventually polls what has no event of its own.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not become true within %v", what, patience)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// run runs a command to its end and gives its output and its end.
func (n *node) run(t testing.TB, c runtime.Container) (string, runtime.Event) {
	t.Helper()
	c.LogPath = filepath.Join(t.TempDir(), "log")
	if c.TaskID == "" {
		c.TaskID = "task-" + c.ID
	}
	events := follow(t, n.client)
	await(t, events, "listing", listed)
	n.start(t, c)
	event := await(t, events, "exit of "+c.ID, exitOf(c.ID))
	if err := n.client.Remove(context.Background(), c.ID); err != nil {
		t.Fatal(err)
	}
	output, err := os.ReadFile(c.LogPath)
	if err != nil {
		t.Fatal(err)
	}
	return string(output), event
}

func TestDaemonIsKilled(t *testing.T) {
	n := newNode(t)
	image := n.pull(t)
	events := follow(t, n.client)
	await(t, events, "listing", listed)
	log := filepath.Join(t.TempDir(), "log")
	stays := n.start(t, runtime.Container{ID: "stays", TaskID: "one", Image: image.Ref, LogPath: log, Command: []string{"sh", "-c", "i=0; while :; do i=$((i+1)); echo $i; sleep 0.01; done"}})
	gate := t.TempDir()
	n.start(t, runtime.Container{
		ID: "ends", TaskID: "two", Image: image.Ref, Labels: map[string]string{"a": "b"},
		Mounts:  []runtime.Mount{{Source: gate, Destination: "/gate"}},
		Command: []string{"sh", "-c", "while [ ! -e /gate/open ]; do sleep 0.01; done; exit 9"},
	})
	killed := n.supervisor.PID()
	if err := syscall.Kill(killed, syscall.SIGSTOP); err != nil { // it may not see the end that follows
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(gate, "open"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the record of the end", func() bool { seen, ok := n.client.seen("ends"); return ok && seen.Exited })
	if err := syscall.Kill(killed, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if event := await(t, events, "exit of ends", exitOf("ends")); event.ExitCode != 9 || event.Lost || event.Labels["a"] != "b" {
		t.Errorf("%+v", event)
	}
	event := await(t, events, "second listing", func(e runtime.Event) bool { return e.Status == runtime.StatusListed || e.ID == "stays" })
	if event.Status == runtime.StatusListed {
		event = runtime.Event{PID: stays.PID} // it was listed before the one that ended
	}
	if event.PID != stays.PID || n.supervisor.PID() == killed {
		t.Errorf("container %+v of %+v, daemon %d after %d", event, stays, n.supervisor.PID(), killed)
	}
	before := lines(t, log)
	eventually(t, "growth of the log", func() bool { return len(lines(t, log)) > len(before) })
	if err := n.client.Signal(context.Background(), "stays", syscall.SIGKILL); err != nil {
		t.Error(err)
	}
	await(t, events, "exit of stays", exitOf("stays"))
	for at, line := range lines(t, log) {
		if line != fmt.Sprint(at+1) {
			t.Fatalf("line %d of the log is %q", at+1, line)
		}
	}
}

func lines(t testing.TB, path string) []string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(content)
	text = text[:strings.LastIndex(text, "\n")+1] // the last line may be on its way
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

func TestLogIsCompleteAndInOrder(t *testing.T) {
	n := newNode(t)
	image := n.pull(t)
	output, event := n.run(t, runtime.Container{ID: "talks", Image: image.Ref, Command: []string{"sh", "-c", "seq 1 20000; echo end >&2"}})
	if event.ExitCode != 0 {
		t.Errorf("%+v", event)
	}
	all := strings.Split(strings.TrimSpace(output), "\n")
	if !slices.Contains(all, "end") || len(all) != 20001 {
		t.Fatalf("%d lines", len(all))
	}
	all = slices.DeleteFunc(all, func(s string) bool { return s == "end" })
	for at, line := range all {
		if line != fmt.Sprint(at+1) {
			t.Fatalf("line %d is %q", at+1, line)
		}
	}
}

func TestLogOutlivesAClosedStream(t *testing.T) {
	n := newNode(t)
	image := n.pull(t)
	output, _ := n.run(t, runtime.Container{ID: "half", Image: image.Ref, Command: []string{"sh", "-c", "echo out; exec >&-; sleep 0.2; echo err >&2"}})
	if output != "out\nerr\n" {
		t.Errorf("%q", output)
	}
}

func TestLogIsAppended(t *testing.T) {
	n := newNode(t)
	image := n.pull(t)
	path := filepath.Join(t.TempDir(), "new", "log")
	events := follow(t, n.client)
	for _, c := range []runtime.Container{{ID: "first"}, {ID: "second"}, {ID: "terminal", TTY: true}} {
		c.TaskID, c.Image, c.LogPath, c.Command = "same", image.Ref, path, []string{"echo", c.ID}
		n.start(t, c)
		await(t, events, "exit", exitOf(c.ID))
		if err := n.client.Remove(context.Background(), c.ID); err != nil {
			t.Fatal(err)
		}
	}
	content, err := os.ReadFile(path)
	if err != nil || string(content) != "first\nsecond\nterminal\r\n" {
		t.Errorf("%q, %v", content, err)
	}
}

func TestTaskSharesOneShimAndOneGroup(t *testing.T) {
	n := newNode(t)
	n.client.shims.options.TasksPerShim = 1 // so that nothing else keeps it
	image := n.pull(t)
	limits := runtime.TaskLimits{CPUQuota: 20 * time.Millisecond, MemoryLimit: 64 << 20}
	shims := make(map[int]bool)
	for _, id := range []string{"a", "b", "c"} {
		started := n.start(t, runtime.Container{ID: id, TaskID: "together", Image: image.Ref, Task: limits, Command: []string{"sleep", "1000"}})
		shims[parent(t, started.PID)] = true
	}
	if len(shims) != 1 {
		t.Errorf("shims: %v", shims)
	}
	stats, err := n.client.Stats(context.Background(), "a")
	if err != nil || stats.MemoryLimit != limits.MemoryLimit {
		t.Errorf("%+v, %v", stats, err)
	}
	for _, id := range []string{"a", "b", "c"} {
		if !n.client.groups.tree.Populated(n.client.groups.ofTask("together")) {
			t.Errorf("the task's group went before %s", id)
		}
		if err := n.client.Remove(context.Background(), id); err != nil {
			t.Fatal(err)
		}
	}
	for shim := range shims {
		eventually(t, "the end of the shim", func() bool { return !lives(shim) })
	}
	wantNoGroup(t, n, "together")
}

// lives reports whether a process has not ended; one that nobody has waited for yet has.
func lives(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.HasPrefix(string(stat[strings.LastIndex(string(stat), ")")+1:]), " Z")
}

func parent(t testing.TB, pid int) int {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	var parent int
	var state string
	if _, err := fmt.Sscan(string(stat[strings.LastIndex(string(stat), ")")+1:]), &state, &parent); err != nil {
		t.Fatal(err)
	}
	return parent
}

func wantNoGroup(t testing.TB, n *node, task string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(cgroup.Mount, "*", n.client.groups.ofTask(task)))
	if err != nil || len(found) > 0 {
		t.Errorf("left behind: %v, %v", found, err)
	}
}

func TestTaskMemoryLimitKillsAndTellsWhom(t *testing.T) {
	n := newNode(t)
	image := n.pull(t)
	events := follow(t, n.client)
	limits := runtime.TaskLimits{MemoryLimit: 32 << 20}
	n.start(t, runtime.Container{ID: "modest", TaskID: "tight", Image: image.Ref, Task: limits, Command: []string{"sleep", "1000"}})
	n.start(t, runtime.Container{ID: "greedy", TaskID: "tight", Image: image.Ref, Task: limits, Command: []string{"sh", "-c", "exec dd if=/dev/zero of=/dev/null bs=512M"}})
	if event := await(t, events, "exit of greedy", exitOf("greedy")); !event.OOMKilled || event.ExitCode != 137 {
		t.Errorf("%+v", event)
	}
	if err := n.client.Remove(context.Background(), "modest"); err != nil {
		t.Fatal(err)
	}
	if event := await(t, events, "exit of modest", exitOf("modest")); event.OOMKilled {
		t.Errorf("%+v", event)
	}
}

// TestTaskPidsLimit has one container of a task take all the processes that it may have.
func TestTaskPidsLimit(t *testing.T) {
	n := newNode(t)
	image := n.pull(t)
	limits := runtime.TaskLimits{PidsLimit: 40}
	n.start(t, runtime.Container{ID: "modest", TaskID: "many", Image: image.Ref, Task: limits, Command: []string{"sleep", "1000"}})
	output, _ := n.run(t, runtime.Container{ID: "greedy", TaskID: "many", Image: image.Ref, Task: limits,
		Command: []string{"sh", "-c", "i=0; while [ $i -lt 60 ]; do i=$((i+1)); echo $i; sleep 1000 & done"}})
	if lines := strings.Split(strings.TrimSpace(output), "\n"); len(lines) < 30 || strings.Contains(output, "\n45\n") {
		t.Errorf("%q", output)
	}
}

func TestTaskCPUQuota(t *testing.T) {
	n := newNode(t)
	image := n.pull(t)
	n.start(t, runtime.Container{
		ID: "busy", TaskID: "slow", Image: image.Ref, Task: runtime.TaskLimits{CPUQuota: 10 * time.Millisecond},
		Resources: runtime.Resources{CPUQuota: time.Second}, Command: []string{"sh", "-c", "while :; do :; done"},
	})
	throttled := func(least time.Duration) (stats runtime.Stats) {
		eventually(t, "throttling", func() (enough bool) {
			var err error
			stats, err = n.client.Stats(context.Background(), "busy")
			return err == nil && stats.CPUThrottled > least
		})
		return stats
	}
	first := throttled(50 * time.Millisecond)
	second := throttled(first.CPUThrottled + 300*time.Millisecond)
	if used, share := second.CPU-first.CPU, second.ReadAt.Sub(first.ReadAt)/5; used > share {
		t.Errorf("used %v, more than the %v that twice the quota allows", used, share)
	}
}

func TestNothingIsLeft(t *testing.T) {
	n := newNode(t)
	image := n.pull(t)
	ctx := context.Background()
	for _, command := range [][]string{{"sleep", "1000"}, {"true"}, {"absent"}} {
		for _, id := range []string{"x", "y"} {
			_, err := n.client.Start(ctx, runtime.Container{ID: id, TaskID: "gone", Image: image.Ref, Command: command, OpenStdin: true, TTY: id == "y", LogPath: filepath.Join(t.TempDir(), "log")})
			if (err != nil) != (command[0] == "absent") {
				t.Fatalf("%v: %v", command, err)
			}
		}
		for _, id := range []string{"x", "y"} {
			if err := n.client.Remove(ctx, id); err != nil {
				t.Fatal(err)
			}
		}
	}
	for what, pattern := range map[string]string{
		"bundle":  filepath.Join(n.layout.state(), "io.containerd.runtime.v2.task", "*", "*"),
		"file":    n.layout.files("*"),
		"record":  n.layout.record("*"),
		"runc":    filepath.Join(n.layout.runc(), "*", "*"),
		"group":   filepath.Join(cgroup.Mount, "*", n.client.options.CgroupRoot, "*", "tasks"),
		"socket":  filepath.Join(n.layout.sockets(), "*", "*"),
		"working": filepath.Join(n.layout.Root, "io.containerd.runtime.v2.task", "*", "*"),
	} {
		eventually(t, "absence of any "+what, func() bool {
			found, err := filepath.Glob(pattern)
			return err == nil && len(found) == 0
		})
	}
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil || strings.Contains(string(mounts), n.layout.Run+"/") || strings.Contains(string(mounts), n.layout.Root) {
		t.Errorf("mounts: %s, %v", mounts, err)
	}
	eventually(t, "end of all shims", func() bool { return len(processesOf(t, n.layout.Address())) <= 1+n.client.options.Spares }) // the daemon and spares
	left, err := n.client.conn.ContainerService().List(ctx)
	if err != nil || len(left) > 0 {
		t.Errorf("containers: %v, %v", left, err)
	}
}

// processesOf finds processes whose command line contains one of the words.
func processesOf(t testing.TB, words ...string) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, file := range files {
		line, _ := os.ReadFile(file)
		if slices.ContainsFunc(words, func(word string) bool { return strings.Contains(string(line), word) }) {
			found = append(found, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}

func TestShimIsKilled(t *testing.T) {
	n := newNode(t)
	image := n.pull(t)
	events := follow(t, n.client)
	started := n.start(t, runtime.Container{ID: "orphan", TaskID: "orphans", Image: image.Ref, Command: []string{"sleep", "1000"}})
	if err := syscall.Kill(parent(t, started.PID), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if event := await(t, events, "exit of orphan", exitOf("orphan")); !event.Lost || event.ExitCode != 255 {
		t.Errorf("%+v", event)
	}
	eventually(t, "the end of the process", func() bool { return syscall.Kill(started.PID, 0) != nil })
	if err := n.client.Remove(context.Background(), "orphan"); err != nil {
		t.Fatal(err)
	}
	wantNoGroup(t, n, "orphans")
}

// TestLogLimit has a container say much more than its log may hold while nobody takes it: what it said last is there, and
// the disk has the rest back.
func TestLogLimit(t *testing.T) {
	n := newNode(t)
	image := n.pull(t)
	log := filepath.Join(t.TempDir(), "log")
	const limit = 2 << 20
	events := follow(t, n.client)
	await(t, events, "listing", listed)
	n.start(t, runtime.Container{ID: "talks", TaskID: "talks", Image: image.Ref, LogPath: log, LogLimit: limit,
		Command: []string{"sh", "-c", "yes 0123456789abcde | head -c 33554432; yes fedcba987654321 | head -c 33554432 >&2; echo last"}})
	await(t, events, "exit of talks", exitOf("talks"))
	if err := n.client.Remove(context.Background(), "talks"); err != nil {
		t.Fatal(err)
	}
	var info unix.Stat_t
	if err := unix.Stat(log, &info); err != nil {
		t.Fatal(err)
	}
	if want := int64(64<<20 + len("last\n")); info.Size != want {
		t.Errorf("the file ends at %d, want %d", info.Size, want)
	}
	file, err := os.Open(log)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	begin, err := unix.Seek(int(file.Fd()), 0, unix.SEEK_DATA)
	if held := info.Size - begin; err != nil || held < limit || held > 2*limit {
		t.Errorf("%d bytes are there, of a limit of %d, %v", held, limit, err)
	}
	text := make([]byte, limit)
	if _, err := file.ReadAt(text, info.Size-limit); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "last\n") || !strings.Contains(string(text), "fedcba987654321\n") || strings.Contains(string(text), "\x00") {
		t.Errorf("the newest is not there: %.40q", text[limit-40:])
	}
}
