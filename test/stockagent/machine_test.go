package stockagent

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// holderName is what this program is called when it is the first process of
// the other machine.
const holderName = "stockagent-machine"

// TestMain makes this program the other machine's first process when it is
// called so.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == holderName {
		if err := hold(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// hold prepares the namespaces that it was started in and stays until in ends,
// which is when the test ends, however it does. Everything else in the
// namespaces is killed then, because this is their process 1.
func hold(in io.Reader, out io.Writer) error {
	for _, m := range []struct {
		source, target, kind string
		flags                uintptr
	}{
		{"", "/", "", syscall.MS_REC | syscall.MS_PRIVATE},
		{"proc", "/proc", "proc", 0},
		{"tmpfs", "/run", "tmpfs", 0}, // sockets and state of another Docker are not to be met
	} {
		if err := syscall.Mount(m.source, m.target, m.kind, m.flags, ""); err != nil {
			return fmt.Errorf("mount %s: %w", m.target, err)
		}
	}
	// What ecs-init sets for containers' way to the agent.
	if err := os.WriteFile("/proc/sys/net/ipv4/conf/all/route_localnet", []byte("1"), 0o644); err != nil {
		return err
	}
	fmt.Fprintln(out, "ready")
	go func() {
		for { // what has lost its parent is ours to bury
			if _, err := syscall.Wait4(-1, nil, 0, nil); err != nil {
				<-time.After(50 * time.Millisecond) // nobody is there to be buried
			}
		}
	}()
	_, err := io.Copy(io.Discard, in)
	return err
}

// machine is another machine: namespaces of processes, mounts and networks,
// joined to this one by a wire, with a Docker that knows nothing of this one's.
type machine struct {
	t       testing.TB
	dir     string
	pid     int    // of its first process
	near    string // address of this machine on the wire
	far     string // address of the other machine
	group   string // parent of the containers' control groups
	daemon  *exec.Cmd
	console *tail
}

// newMachine makes a machine that has no Docker yet. Everything is removed
// when the test ends.
func newMachine(t testing.TB) *machine {
	t.Helper()
	id := os.Getpid() % 250
	m := &machine{t: t, dir: t.TempDir(), console: &tail{}, group: fmt.Sprintf("stockagent-%d", os.Getpid()),
		near: fmt.Sprintf("10.204.%d.1", id), far: fmt.Sprintf("10.204.%d.2", id)}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// A session of its own: what the terminal says to the test is not for it.
	c := &exec.Cmd{Path: self, Args: []string{holderName}, Stderr: m.console, SysProcAttr: &syscall.SysProcAttr{Setsid: true,
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWNET}}
	life, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	said, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatalf("make namespaces: %v", err)
	}
	m.pid = c.Process.Pid
	t.Cleanup(func() {
		life.Close()
		if err := c.Wait(); err != nil {
			t.Errorf("the other machine ended with %v: %s", err, m.console)
		}
		removeGroups(m.group)
	})
	if line, err := bufio.NewReader(said).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("the other machine says %q: %v %s", line, err, m.console)
	}
	m.wire()
	return m
}

// wire joins the machines.
func (m *machine) wire() {
	m.t.Helper()
	here := fmt.Sprintf("stk%d", os.Getpid())
	run(m.t, exec.Command("ip", "link", "add", here, "type", "veth", "peer", "name", "wire", "netns", strconv.Itoa(m.pid)))
	m.t.Cleanup(func() { _ = exec.Command("ip", "link", "del", here).Run() }) // it goes with the namespace, sooner or later
	run(m.t, exec.Command("ip", "addr", "add", m.near+"/30", "dev", here))
	run(m.t, exec.Command("ip", "link", "set", here, "up"))
	run(m.t, m.command("ip", "link", "set", "lo", "up"))
	run(m.t, m.command("ip", "addr", "add", m.far+"/30", "dev", "wire"))
	run(m.t, m.command("ip", "link", "set", "wire", "up"))
	// Without a route to everywhere 169.254.170.2 is refused before it is redirected.
	run(m.t, m.command("ip", "route", "add", "default", "via", m.near))
}

// command is a command of the other machine.
func (m *machine) command(name string, arguments ...string) *exec.Cmd {
	return exec.Command("nsenter", append([]string{"--target", strconv.Itoa(m.pid), "--mount", "--pid", "--net", "--", name}, arguments...)...)
}

// within returns the process that a command of the other machine has started
// there, by its id on this one; 0 if it is not there.
func within(c *exec.Cmd) int {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", c.Process.Pid))
	for _, field := range strings.Fields(string(text)) {
		if pid, err := strconv.Atoi(field); err == nil {
			return pid
		}
	}
	return 0
}

// startDocker starts the machine's Docker and waits until it answers. Registry
// is HOST:PORT of a registry that is spoken to without TLS; "" for none.
func (m *machine) startDocker(registry string, environment ...string) {
	m.t.Helper()
	arguments := []string{"--data-root", filepath.Join(m.dir, "docker"), "--cgroup-parent", "/" + m.group, "--log-level", "warn", "--host", "unix:///run/docker.sock"}
	if registry != "" {
		arguments = append(arguments, "--insecure-registry", registry)
	}
	m.daemon = m.command("dockerd", arguments...)
	m.daemon.Env = append([]string{"PATH=" + os.Getenv("PATH")}, environment...)
	m.daemon.Stdout, m.daemon.Stderr = m.console, m.console
	if err := m.daemon.Start(); err != nil {
		m.t.Fatalf("start dockerd: %v", err)
	}
	m.t.Cleanup(func() {
		if pid := within(m.daemon); pid != 0 {
			_ = syscall.Kill(pid, syscall.SIGTERM) // it may have ended
		}
		_ = m.daemon.Wait() // it ends with the machine at last
		if m.t.Failed() {
			m.t.Logf("the machine said:\n%s", m.console)
		}
	})
	until(m.t, patience, "Docker to answer", func() bool {
		_, err := m.docker("version")
		return err == nil
	})
}

// docker runs Docker's client on the other machine.
func (m *machine) docker(arguments ...string) (string, error) {
	out, err := m.command("docker", arguments...).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// containers returns the names of the machine's containers of a task, running
// ones or all.
func (m *machine) containers(task string, all bool) []string {
	m.t.Helper()
	arguments := []string{"ps", "--no-trunc", "--format", "{{.ID}}", "--filter", "label=com.amazonaws.ecs.task-arn=" + task}
	if all {
		arguments = append(arguments, "--all")
	}
	out, err := m.docker(arguments...)
	if err != nil {
		m.t.Fatalf("docker ps: %v: %s", err, out)
	}
	return strings.Fields(out)
}

// removeGroups removes control groups and those below them. What is in them has
// ended, and is counted for a moment longer.
func removeGroups(name string) {
	roots, _ := filepath.Glob("/sys/fs/cgroup/*/" + name) // the pattern is well-formed
	for _, root := range roots {
		var all []string
		_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				all = append(all, path)
			}
			return nil
		})
		slices.Reverse(all)
		for _, path := range all {
			for deadline := time.Now().Add(5 * time.Second); os.Remove(path) != nil && time.Now().Before(deadline); {
				<-time.After(20 * time.Millisecond)
			}
		}
	}
}

// run runs a command that has to succeed.
func run(t testing.TB, c *exec.Cmd) string {
	t.Helper()
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(c.Args, " "), err, out)
	}
	return string(out)
}
