package agent

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	networkfake "github.com/roadstead/roadstead/agent/network/fake"
	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/fake"
)

// host is a machine: what outlives its agents.
type host struct {
	t       *testing.T
	dir     string
	runtime *fake.Runtime
	network *networkfake.Host
	logs    *logs
	plane   *plane
	life    *life
	options Options

	asking sync.Mutex
	fail   func(op, id string) error // of an edge's operation, before it happens

	mu      sync.Mutex
	ops     []string // every operation
	trace   []string // all that happened, when and in whose life
	lives   int
	born    time.Time
	killAt  int // the life ends at this moment, counted from 1: odd before an operation, even after it
	moments int
	starts  map[string]int // of processes, by container id
	seen    map[string]time.Time
	deaf    bool                // the agent hears nothing of its containers
	inject  func(runtime.Event) // makes the agent hear something
	daemon  sync.WaitGroup      // what was asked for
	behave  func(runtime.Container) fake.Behaviour
	pull    func(runtime.PullRequest) fake.Pulled
	vault   SecretReader
	files   SecretFiles
	disks   Disks
	volumes Volumes
	shares  FileServers
	mounts  Mounter
	shield  Protector
	shelf   *shelf // nil: images stay
	again   bool   // containers may be started more than once
}

// life is one agent on a host.
type life struct {
	agent  *Agent
	ctx    context.Context
	cancel context.CancelFunc
	ended  chan error
	over   bool
}

// onHost runs a test on a fresh host whose time passes by itself.
func onHost(t *testing.T, test func(t *testing.T, h *host)) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, dir)
		ctx, cancel := context.WithCancel(t.Context())
		audited := make(chan struct{})
		go func() {
			defer close(audited)
			_ = h.runtime.Watch(ctx, h.audit)
		}()
		defer func() { cancel(); <-audited }()
		defer h.plane.close()
		defer h.daemon.Wait()
		defer h.kill()
		test(t, h)
	})
}

func newHost(t *testing.T, dir string) *host {
	h := &host{t: t, dir: dir, plane: newPlane(t), born: time.Now(), starts: map[string]int{}, seen: map[string]time.Time{}}
	h.plane.note = func(format string, arguments ...any) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.note(format, arguments...)
	}
	h.logs = &logs{open: map[string]Log{}}
	h.runtime = fake.NewRuntime(fake.NewMachine(fake.Options{
		Behave: func(c runtime.Container) fake.Behaviour {
			if h.behave != nil {
				return h.behave(c)
			}
			return fake.Behaviour{StartTakes: 10 * time.Millisecond}
		},
		Pull: func(r runtime.PullRequest) fake.Pulled {
			if h.pull != nil {
				return h.pull(r)
			}
			pulled := fake.PullAny(r)
			pulled.Takes = 20 * time.Millisecond
			return pulled
		},
	}))
	var err error
	if h.network, err = networkfake.NewHost(networkfake.Options{}); err != nil {
		t.Fatal(err)
	}
	h.options = Options{Region: "us-east-1", Instance: Instance{Cluster: "test", Version: "1", Hash: "abc"},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret"}, nil
		}),
		Node: NodeOptions{ResolvConf: "nameserver 10.0.0.2\nsearch corp\n"}}
	return h
}

// audit counts the processes that were started under each container's id.
func (h *host) audit(e runtime.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.note("machine: %s %v", e.ID, e.Status)
	if e.Status == runtime.StatusRunning && !h.seen[e.ID].Equal(e.StartedAt) {
		h.seen[e.ID] = e.StartedAt
		h.starts[e.ID]++
	}
}

// note adds a line to the trace; the caller holds mu.
func (h *host) note(format string, arguments ...any) {
	h.trace = append(h.trace, fmt.Sprintf("%v life %d: ", time.Since(h.born), h.lives)+fmt.Sprintf(format, arguments...))
}

// happened returns the lines of the trace that name a task; the caller holds mu.
func (h *host) happened(task string) (out []string) {
	for _, line := range h.trace {
		if strings.Contains(line, task) || strings.Contains(line, ": agent ") {
			out = append(out, line)
		}
	}
	return out
}

// begin starts an agent.
func (h *host) begin() {
	h.t.Helper()
	l := &life{ended: make(chan error, 1)}
	h.mu.Lock()
	h.lives++
	h.note("agent begins")
	h.mu.Unlock()
	l.ctx, l.cancel = context.WithCancel(h.t.Context())
	o := h.options
	o.Node.Dir = h.dir
	o.HTTP = &http.Client{Transport: &http.Transport{DialContext: h.plane.pipes.dial, DisableKeepAlives: true}}
	w := &wires{h, l}
	n := h.network.Open()
	edges := Edges{Runtime: w, Undoer: w, Prober: w, Meter: w, Network: netWires{w, n}, Registry: w, Logs: logWires{w}, Secrets: h.vault, SecretFiles: h.files, Disks: h.disks, Volumes: h.volumes, FileServers: h.shares, Mounts: h.mounts, Protector: h.shield}
	if h.shelf != nil {
		edges.Images = h.shelf
	}
	agent, err := New(h.plane, edges, o)
	if err != nil {
		h.t.Fatal(err)
	}
	l.agent = agent
	h.life = l
	go func() { l.ended <- agent.Run(l.ctx) }()
	synctest.Wait()
}

// kill ends the agent; what it had asked for may still happen.
func (h *host) kill() {
	if h.life == nil || h.life.over {
		return
	}
	h.life.cancel()
	<-h.life.ended
	h.life.over = true
	synctest.Wait() // who was asked for something has begun with it
	h.mu.Lock()
	h.note("agent is killed")
	h.mu.Unlock()
}

// pass lets time pass, and everything that happens in it.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// until lets time pass until something holds.
func (h *host) until(what string, limit time.Duration, holds func() bool) {
	h.t.Helper()
	for end := time.Now().Add(limit); !holds(); pass(10 * time.Millisecond) {
		if time.Now().After(end) {
			h.t.Fatalf("%s: not within %v; reported %v, left %v, operations %v", what, limit, h.plane.order, h.left(), h.ops)
		}
	}
}

func (h *host) untilStatus(arn, status string) {
	h.t.Helper()
	h.until(arn+" "+status, time.Minute, func() bool { return h.plane.last(arn) == status })
}

// moment counts the moments at which the agent may be killed.
func (h *host) moment() {
	h.mu.Lock()
	h.moments++
	now := h.moments == h.killAt
	h.mu.Unlock()
	if now {
		h.life.cancel()
	}
}

// containers returns what is on the machine, by id.
func (h *host) containers() map[string]runtime.Event {
	out := map[string]runtime.Event{}
	h.runtime.Script(func(m *fake.Machine, now time.Time) {
		for _, e := range m.List(now) {
			out[e.ID] = e
		}
	})
	return out
}

// running returns the ids of the containers that run, sorted.
func (h *host) running() (ids []string) {
	for id, e := range h.containers() {
		if e.Status == runtime.StatusRunning {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// left lists everything that is on the host, which in the end must be nothing.
func (h *host) left() (out []string) {
	for _, id := range slices.Sorted(maps.Keys(h.containers())) {
		out = append(out, "container "+id)
	}
	sandboxes, err := h.network.Open().List(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	for _, s := range sandboxes {
		out = append(out, "sandbox "+s.ID)
	}
	h.logs.mu.Lock()
	for _, id := range slices.Sorted(maps.Keys(h.logs.open)) {
		out = append(out, "log "+id)
	}
	h.logs.mu.Unlock()
	for _, dir := range []string{"tasks", "containers", "volumes"} {
		entries, err := os.ReadDir(filepath.Join(h.dir, dir))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			h.t.Fatal(err)
		}
		for _, e := range entries {
			out = append(out, "file "+filepath.Join(dir, e.Name()))
		}
	}
	return out
}

// nothingLeft waits until nothing is on the host.
func (h *host) nothingLeft() {
	h.t.Helper()
	for end := time.Now().Add(3 * time.Minute); ; pass(100 * time.Millisecond) {
		left := h.left()
		if len(left) == 0 {
			break
		}
		if time.Now().After(end) {
			h.t.Fatalf("left behind: %v\noperations: %v", left, h.ops)
		}
	}
	h.startedOnce()
}

func (h *host) startedOnce() {
	h.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, n := range h.starts {
		if n > 1 && !h.again {
			task := id[:strings.LastIndexByte(id, '-')]
			h.t.Errorf("container %s was started %d times:\n%s", id, n, strings.Join(h.happened(task), "\n"))
		}
	}
}
