package logdriver

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/roadstead/roadstead/agent"
	"github.com/roadstead/roadstead/agent/logdriver/forwardtest"
	"github.com/roadstead/roadstead/agent/runtime"
)

// collector is somebody else's: it listens, can go away, and comes back at the
// same place.
type collector struct {
	t       *testing.T
	network string
	where   string
	take    func(c net.Conn, got func(string)) // everything that comes

	mu       sync.Mutex
	lines    []string
	listener net.Listener
	conns    []net.Conn
	wg       sync.WaitGroup
}

func newCollector(t *testing.T, network, where string, take func(net.Conn, func(string))) *collector {
	c := &collector{t: t, network: network, where: where, take: take}
	c.begin()
	t.Cleanup(c.end)
	return c
}

func (c *collector) begin() {
	c.t.Helper()
	l, err := net.Listen(c.network, c.where)
	if err != nil {
		c.t.Fatal(err)
	}
	c.listener, c.where = l, l.Addr().String()
	c.wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			c.mu.Lock()
			c.conns = append(c.conns, conn)
			c.mu.Unlock()
			c.wg.Go(func() {
				defer conn.Close()
				c.take(conn, func(line string) {
					c.mu.Lock()
					defer c.mu.Unlock()
					c.lines = append(c.lines, line)
				})
			})
		}
	})
}

func (c *collector) end() {
	c.listener.Close()
	c.mu.Lock()
	for _, conn := range c.conns {
		conn.Close()
	}
	c.conns = nil
	c.mu.Unlock()
	c.wg.Wait()
}

func (c *collector) got() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.lines)
}

// forwarded takes the forward protocol: a line is the tag, the stream and the
// text, then what else the record says.
func forwarded(c net.Conn, got func(string)) {
	r := bufio.NewReader(c)
	for {
		m, err := forwardtest.Read(r)
		if err != nil {
			return
		}
		for _, e := range m.Entries {
			var more []string
			for name, v := range e.Record {
				if !slices.Contains([]string{"log", "source", "partial_id"}, name) {
					more = append(more, fmt.Sprint(name, "=", v))
				}
			}
			slices.Sort(more)
			got(fmt.Sprintf("%s %d %v %v: %s", m.Tag, e.At.UnixNano(), e.Record["source"], e.Record["log"], strings.Join(more, " ")))
		}
		if chunk, ok := m.Option["chunk"].(string); ok {
			_, _ = c.Write(forwardtest.Ack(chunk))
		}
	}
}

// plainLines takes lines.
func plainLines(c net.Conn, got func(string)) {
	for s := bufio.NewScanner(c); s.Scan(); {
		got(s.Text())
	}
}

// frames are what a shim writes.
func frames(lines ...string) string {
	var b []byte
	for i, text := range lines {
		f := runtime.Frame{At: time.Unix(100, int64(i+1))}
		text, f.Stderr = strings.CutPrefix(text, "err:")
		text, f.Goes = strings.CutSuffix(text, "...")
		f.Text = []byte(text)
		b = runtime.AppendFrame(b, f)
	}
	return string(b)
}

// collected opens the log of a container that goes to a collector.
func (r *rig) collected(id, driver string, options map[string]string) string {
	r.t.Helper()
	file, err := r.driver.Open(r.t.Context(), agent.Log{Container: id, Driver: driver, Options: options, Subject: agent.LogSubject{
		ID: "0123456789abcdef", Name: "web", Image: "nginx:1", ImageDigest: "sha256:fedcba98765432100",
		Env: []string{"A=1", "AB=2", "C=3"}, Labels: map[string]string{"colour": "blue", "shape": "round"}}})
	if err != nil {
		r.t.Fatal(err)
	}
	return file.Path
}

func TestFluentd(t *testing.T) {
	c := newCollector(t, "tcp", "127.0.0.1:0", forwarded)
	r := newRig(t, newService(), Options{})
	path := r.collected("c", "fluentd", map[string]string{"fluentd-address": c.where, "fluentd-sub-second-precision": "true", "tag": "{{.Name}}/{{.ID}}/{{upper .ImageName}}/{{.ImageID}}",
		"env-regex": "^A", "labels": "colour,absent", "mode": "non-blocking", "max-buffer-size": "4m"})
	write(t, path, frames("one", "err:two", "long...", "err:three", " end", ""))
	const tag, more = "web/0123456789ab/NGINX:1/fedcba987654 ", ": A=1 AB=2 colour=blue container_id=0123456789abcdef container_name=/web"
	part := func(n int, last bool) string {
		return fmt.Sprintf("%s partial_last=%v partial_message=true partial_ordinal=%d", more, last, n)
	}
	want := []string{tag + "100000000001 stdout one" + more, tag + "100000000002 stderr two" + more, tag + "100000000003 stdout long" + part(1, false),
		tag + "100000000004 stderr three" + more, tag + "100000000005 stdout  end" + part(2, true), tag + "100000000006 stdout " + more}
	eventually(t, "all lines", func() bool { return len(c.got()) == len(want) })
	if got := c.got(); !slices.Equal(got, want) {
		t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	r.finish("c")
}

// Every driver that ships is held to the same: what is written while the
// collector is away, or the agent, arrives, in order and once.
func TestCollectorsGetEverything(t *testing.T) {
	for _, how := range []struct {
		name, driver, network string
		take                  func(net.Conn, func(string))
		options               map[string]string
	}{
		{"fluentd over tcp", "fluentd", "tcp", forwarded, map[string]string{"fluentd-address": "tcp://ADDRESS", "fluentd-retry-wait": "10ms"}},
		{"fluentd with acknowledgements", "fluentd", "tcp", forwarded, map[string]string{"fluentd-address": "tcp://ADDRESS", "fluentd-request-ack": "true", "fluentd-retry-wait": "10ms"}},
		{"fluentd over a socket", "fluentd", "unix", forwarded, map[string]string{"fluentd-address": "unix://ADDRESS", "fluentd-retry-wait": "10ms"}},
		{"router", "awsfirelens", "unix", forwarded, map[string]string{"fluentd-address": "unix://ADDRESS", "tag": "t"}},
		{"syslog over tcp", "syslog", "tcp", plainLines, map[string]string{"syslog-address": "tcp://ADDRESS"}},
		{"syslog over a socket", "syslog", "unix", plainLines, map[string]string{"syslog-address": "unix://ADDRESS"}},
	} {
		t.Run(how.name, func(t *testing.T) {
			where := "127.0.0.1:0"
			if how.network == "unix" {
				where = filepath.Join(t.TempDir(), "s")
			}
			c := newCollector(t, how.network, where, how.take)
			options := map[string]string{}
			for k, v := range how.options {
				options[k] = strings.ReplaceAll(v, "ADDRESS", c.where)
			}
			r := newRig(t, newService(), Options{})
			path := r.collected("c", how.driver, options)
			n := 0
			say := func(lines int) {
				var text []string
				for range lines {
					n++
					text = append(text, fmt.Sprintf("line=%d=", n))
				}
				write(t, path, frames(text...))
			}
			arrived := func() { eventually(t, fmt.Sprint(n, " lines"), func() bool { return len(c.got()) >= n }) }
			say(10)
			arrived()
			c.end()
			say(3000)
			r.close() // and nobody is there at all
			say(10)
			c.begin()
			r.open()
			arrived()
			say(5)
			arrived()
			c.end()
			c.begin() // the connection that there was is of no use now
			say(5)
			arrived()
			r.finish("c")
			number := regexp.MustCompile(`line=(\d+)=`)
			for i, line := range c.got() {
				if m := number.FindStringSubmatch(line); m == nil || m[1] != fmt.Sprint(i+1) {
					t.Fatalf("line %d is %q", i+1, line)
				}
			}
		})
	}
}

// Of a buffer that says how many lines it holds, the newest are kept.
func TestFluentdBufferLimit(t *testing.T) {
	where := filepath.Join(t.TempDir(), "s")
	r := newRig(t, newService(), Options{})
	path := r.collected("c", "awsfirelens", map[string]string{"fluentd-address": "unix://" + where, "tag": "t", "fluentd-buffer-limit": "100"})
	var text []string
	for i := range 5000 {
		text = append(text, fmt.Sprint("line ", i))
	}
	write(t, path, frames(text...))
	eventually(t, "the lines to be too many", func() bool { r.driver.wake("c"); return r.overflowed("c") })
	c := newCollector(t, "unix", where, forwarded)
	eventually(t, "the last line", func() bool { g := c.got(); return len(g) > 0 && strings.Contains(g[len(g)-1], "line 4999:") })
	got := c.got()
	if len(got) > 101 || !strings.Contains(got[0], "bytes of this log were dropped") || !strings.Contains(got[len(got)-1], "line 4999:") {
		t.Errorf("%d lines, first %q, last %q", len(got), got[0], got[len(got)-1])
	}
	r.finish("c")
}

// overflowed reports whether lines of a container were dropped because they were
// too many.
func (r *rig) overflowed(id string) bool {
	r.driver.mu.Lock()
	f := r.driver.open[id]
	r.driver.mu.Unlock()
	return f != nil && f.overflowed.Load()
}

// What lies in a router's socket is not with the router yet: told to stop, it
// would be lost.
func TestRouterThatIsSlow(t *testing.T) {
	where := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", where)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r := newRig(t, newService(), Options{})
	path := r.collected("c", "awsfirelens", map[string]string{"fluentd-address": "unix://" + where, "tag": "t"})
	write(t, path, frames("one"))
	r.driver.wake("c")
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.driver.Drain(over, "c"); !errors.Is(err, context.Canceled) {
		t.Errorf("before the rest is read: %v", err)
	}
	gone := make(chan struct{})
	go func() { defer close(gone); _, _ = io.Copy(io.Discard, c) }() // until it is closed
	patient, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := r.driver.Drain(patient, "c"); err != nil {
		t.Error(err)
	}
	r.finish("c")
	c.Close()
	<-gone
}

// What a router that has ended did not take goes with the container, and a
// link in the place of its socket leads nowhere.
func TestRouterThatIsGone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long/", 30)) // longer than the address of a socket
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	other := newCollector(t, "unix", filepath.Join(t.TempDir(), "s"), forwarded)
	if err := os.Symlink(other.where, filepath.Join(dir, "fluent.sock")); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, newService(), Options{})
	path := r.collected("c", "awsfirelens", map[string]string{"fluentd-address": "unix://" + filepath.Join(dir, "fluent.sock"), "tag": "t"})
	write(t, path, frames("one"))
	r.finish("c")
	if got := other.got(); len(got) > 0 {
		t.Errorf("a link was followed: %q", got)
	}
}

// A container whose collector is away does not start, unless it may come later.
func TestCollectorsThatAreAway(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	where := l.Addr().String()
	l.Close()
	r := newRig(t, newService(), Options{})
	for _, c := range []struct {
		driver  string
		options map[string]string
		want    string
	}{
		{"fluentd", map[string]string{"fluentd-address": where}, "failed to initialize logging driver: dial tcp " + where + ": connect: connection refused"},
		{"fluentd", map[string]string{"fluentd-address": where, "fluentd-async": "true"}, ""},
		{"syslog", map[string]string{"syslog-address": "tcp://" + where}, "failed to initialize logging driver: dial tcp " + where + ": connect: connection refused"},
		{"fluentd", map[string]string{"fluentd-address": "gopher://x"}, "failed to initialize logging driver: invalid fluentd-address (gopher://x): unsupported scheme: 'gopher'"},
		{"fluentd", map[string]string{"fluentd-address": "unix://"}, "failed to initialize logging driver: invalid fluentd-address (unix://): path is empty"},
		{"fluentd", map[string]string{"fluentd-address": "tcp://h/p"}, "failed to initialize logging driver: invalid fluentd-address (tcp://h/p): should not contain a path element"},
		{"fluentd", map[string]string{"fluentd-async": "perhaps"}, `failed to initialize logging driver: strconv.ParseBool: parsing "perhaps": invalid syntax`},
		{"fluentd", map[string]string{"fluentd-buffer-limit": "x"}, "failed to initialize logging driver: invalid size: 'x'"},
		{"fluentd", map[string]string{"fluent": "x"}, "failed to initialize logging driver: unknown log opt 'fluent' for fluentd log driver"},
		{"syslog", map[string]string{"syslog-address": "gopher://x"}, "failed to initialize logging driver: unsupported scheme: 'gopher'"},
		{"syslog", map[string]string{"syslog-address": "host:1"}, "failed to initialize logging driver: unsupported scheme: 'host'"},
		{"syslog", map[string]string{"syslog-address": "udp://h", "syslog-facility": "x"}, "failed to initialize logging driver: invalid syslog facility"},
		{"syslog", map[string]string{"syslog-address": "udp://h", "syslog-format": "x"}, "failed to initialize logging driver: invalid syslog format"},
		{"syslog", map[string]string{"syslog-address": "udp://127.0.0.1", "tag": "{{"}, "failed to initialize logging driver: template: log-tag:1: unclosed action"},
		{"gelf", nil, "failed to initialize logging driver: logger: no log driver named 'gelf' is registered"},
	} {
		_, err := r.driver.Open(t.Context(), agent.Log{Container: "c", Driver: c.driver, Options: c.options, Subject: agent.LogSubject{ID: "x"}})
		if c.want == "" && err != nil || c.want != "" && (err == nil || err.Error() != c.want) {
			t.Errorf("%s %v: %v", c.driver, c.options, err)
		}
		if err == nil {
			r.finish("c")
		}
	}
}

func TestSyslog(t *testing.T) {
	pid, host := fmt.Sprint(os.Getpid()), ""
	host, _ = os.Hostname()
	stamp := time.Unix(100, 0).Format(time.Stamp)
	for _, c := range []struct {
		options map[string]string
		want    []string
	}{
		{map[string]string{}, []string{"<30>" + stamp + " 0123456789ab[" + pid + "]: one", "<27>" + stamp + " 0123456789ab[" + pid + "]: two"}},
		{map[string]string{"syslog-format": "rfc3164", "syslog-facility": "local3", "tag": "x"}, []string{"<158>" + stamp + " " + host + " x[" + pid + "]: one", "<155>" + stamp + " " + host + " x[" + pid + "]: two"}},
		{map[string]string{"syslog-format": "rfc5424micro", "syslog-facility": "4", "tag": "x"}, []string{
			"<38>1 " + time.Unix(100, 0).Format("2006-01-02T15:04:05.000000Z07:00") + " " + host + " x " + pid + " x - one",
			"<35>1 " + time.Unix(100, 0).Format("2006-01-02T15:04:05.000000Z07:00") + " " + host + " x " + pid + " x - two"}},
	} {
		conn, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		r := newRig(t, newService(), Options{})
		c.options["syslog-address"] = "udp://" + conn.LocalAddr().String()
		path := r.collected("c", "syslog", c.options)
		write(t, path, frames("one", "err:two"))
		for _, want := range c.want {
			buffer := make([]byte, 1000)
			if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
				t.Fatal(err)
			}
			n, _, err := conn.ReadFrom(buffer)
			if err != nil || string(buffer[:n]) != want+"\n" {
				t.Errorf("%q, want %q: %v", buffer[:n], want, err)
			}
		}
		r.finish("c")
		conn.Close()
	}
}

// A machine's own shim writes no frames: its lines are taken as they are.
func TestLinesWithoutFrames(t *testing.T) {
	c := newCollector(t, "tcp", "127.0.0.1:0", forwarded)
	r := newRig(t, newService(), Options{})
	path := r.collected("c", "fluentd", map[string]string{"fluentd-address": c.where})
	long := strings.Repeat("x", maxPiece+10)
	write(t, path, "one\n"+long+"\nlast")
	r.finish("c")
	eventually(t, "all lines", func() bool { return len(c.got()) >= 4 })
	got := c.got()
	if len(got) != 4 || !strings.Contains(got[0], "stdout one:") || !strings.Contains(got[3], "stdout last:") || !strings.Contains(got[2], "stdout xxxxxxxxxx:") {
		t.Errorf("%.200q", got)
	}
}
