package conformance

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// platform is a Roadstead that runs for all tests of this package, since its
// clients share one in life, too.
type platform struct {
	bin, dir string // the program, and where it keeps everything
	listen   string
	env      map[string]string
	output   *transcript
}

// startPlatform starts `roadstead up` and waits until it is ready. At the end
// of the test it is ended and everything is removed.
func startPlatform(t *testing.T) *platform {
	t.Helper()
	bin := os.Getenv("ROADSTEAD_BIN")
	switch {
	case bin == "":
		t.Skip("ROADSTEAD_BIN does not name the built program: run `make test`")
	case os.Geteuid() != 0:
		t.Skip("real containers take root")
	}
	listen := freeAddress(t)
	dir := filepath.Join(t.TempDir(), "data")
	p := &platform{bin: bin, dir: dir, listen: listen, output: &transcript{}}
	up := exec.Command(bin, "up", "--data-dir", dir, "--listen", p.listen)
	stdout, err := up.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	up.Stderr = p.output
	if err := up.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { end(t, p, up, bin, dir) })
	ready := make(chan struct{})
	go func() {
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			if strings.HasPrefix(lines.Text(), "roadstead is ready: ") {
				close(ready)
			}
		}
	}()
	select {
	case <-ready:
	case <-time.After(60 * time.Second):
		t.Fatal("roadstead up is not ready after 60 s")
	}
	p.env = environment(t, bin, dir)
	return p
}

// freeAddress returns an address that nobody listens on, and that no connection
// gets by chance: it is below those that Linux gives.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 1000 {
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 10000+rand.IntN(20000))); err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no port is free")
	return ""
}

// end stops the process as Ctrl-C does and removes what it made.
func end(t *testing.T, p *platform, up *exec.Cmd, bin, dir string) {
	if err := up.Process.Signal(os.Interrupt); err != nil {
		t.Errorf("interrupt: %v", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- up.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("roadstead up ended with %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Error("roadstead up does not stop")
		_ = up.Process.Kill() // it has failed already
	}
	if out, err := exec.Command(bin, "down", "--data-dir", dir).CombinedOutput(); err != nil {
		t.Errorf("roadstead down: %v\n%s", err, out)
	}
	if t.Failed() {
		t.Logf("roadstead up said:\n%s", p.output)
	}
}

// environment returns what `roadstead env` prints.
func environment(t *testing.T, bin, dir string) map[string]string {
	t.Helper()
	out, err := exec.Command(bin, "env", "--data-dir", dir).Output()
	if err != nil {
		t.Fatalf("roadstead env: %v", err)
	}
	env := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if assignment, ok := strings.CutPrefix(strings.TrimSpace(line), "export "); ok {
			name, value, _ := strings.Cut(assignment, "=")
			env[name] = value
		}
	}
	return env
}

// TestMain lets the tests know nothing of what their starter's clients of AWS
// are told, nor of proxies.
func TestMain(m *testing.M) {
	for _, e := range os.Environ() {
		name, _, _ := strings.Cut(e, "=")
		if strings.HasPrefix(name, "AWS_") || strings.HasSuffix(strings.ToLower(name), "_proxy") {
			os.Unsetenv(name)
		}
	}
	os.Exit(m.Run())
}

// environ is the environment of a client, with more on top.
func (p *platform) environ(more ...string) []string {
	var env []string
	for _, e := range os.Environ() { // nothing that tells clients who they are, or that leads them to a proxy
		if !strings.HasPrefix(e, "AWS_") {
			env = append(env, e)
		}
	}
	env = append(env, "NO_PROXY=127.0.0.1,localhost", "no_proxy=127.0.0.1,localhost", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null")
	for name, value := range p.env {
		env = append(env, name+"="+value)
	}
	return append(append(env, "AWS_PAGER=", "AWS_EC2_METADATA_DISABLED=true", "PYTHONWARNINGS=ignore", "PYTHONDONTWRITEBYTECODE=1"), more...)
}

// run runs a client to its end within a limit and returns all that it said.
func (p *platform) run(t *testing.T, limit time.Duration, c *exec.Cmd) (string, error) {
	t.Helper()
	if c.Env == nil {
		c.Env = p.environ()
	}
	var said transcript
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	select {
	case err := <-ended:
		return said.String(), err
	case <-time.After(limit):
		_ = c.Process.Kill() // it is reported as late
		<-ended
		return said.String(), fmt.Errorf("not done after %v", limit)
	}
}

// tool returns the path of a client, or skips the test.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed: it is not tried", name)
	}
	return path
}

// transcript keeps the end of what is written to it.
type transcript struct {
	mu   sync.Mutex
	text []byte
}

const transcriptBytes = 64 << 10

func (b *transcript) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text = append(b.text, p...)
	if over := len(b.text) - transcriptBytes; over > 0 {
		b.text = b.text[over:]
	}
	return len(p), nil
}

func (b *transcript) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.text)
}
