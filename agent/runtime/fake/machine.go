package fake

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
)

// Machine is the fake's containers. It is not safe for use by several goroutines.
type Machine struct {
	options    Options
	images     map[string]runtime.Image // present, by Ref
	containers map[string]*container
	pending    []pending // what will happen by itself, sorted by time and then by order of arrival
	happened   []runtime.Event
	pids       int
	order      uint64
}

type container struct {
	runtime.Container
	behaviour Behaviour
	status    runtime.Status
	pid       int
	startedAt time.Time
	exitedAt  time.Time
	exitCode  int
	oomKilled bool
	lost      bool
	kills     int // by SIGKILL, of those that it takes
}

// pending is a change that comes by itself.
type pending struct {
	at        time.Time
	order     uint64
	container *container // applied only while this is still the container of its id
	apply     func(*Machine, *container, time.Time)
}

// NewMachine gives a machine without images and containers.
func NewMachine(options Options) *Machine {
	if options.Pull == nil {
		options.Pull = PullAny
	}
	if options.Behave == nil {
		options.Behave = func(runtime.Container) Behaviour { return Behaviour{} }
	}
	return &Machine{options: options, images: make(map[string]runtime.Image), containers: make(map[string]*container), pids: 1000}
}

// Pull gives the outcome of a pull and when it is known; the image is present from now on.
func (m *Machine) Pull(now time.Time, request runtime.PullRequest) (runtime.Image, time.Time, error) {
	outcome := m.options.Pull(request)
	if outcome.Err == nil {
		m.images[outcome.Image.Ref] = outcome.Image
	}
	return outcome.Image, now.Add(outcome.Takes), outcome.Err
}

// Start gives the outcome of a start and when it is known; until then the container is StatusCreated.
func (m *Machine) Start(now time.Time, c runtime.Container) (runtime.Started, time.Time, error) {
	if err := m.admit(c); err != nil {
		return runtime.Started{}, now, err
	}
	behaviour := m.options.Behave(c)
	at := now.Add(behaviour.StartTakes)
	if behaviour.StartErr != nil {
		return runtime.Started{}, at, behaviour.StartErr
	}
	m.pids++
	made := &container{Container: c, behaviour: behaviour, status: runtime.StatusCreated, pid: m.pids, startedAt: at}
	made.Labels = maps.Clone(c.Labels)
	m.containers[c.ID] = made
	m.later(at, made, (*Machine).begin)
	m.Advance(now)
	return runtime.Started{RuntimeID: c.ID, PID: made.pid, StartedAt: at}, at, nil
}

func (m *Machine) admit(c runtime.Container) error {
	fail := func(kind runtime.Kind, format string, arguments ...any) error {
		return &runtime.Error{Kind: kind, Op: "start", Subject: c.ID, Err: fmt.Errorf(format, arguments...)}
	}
	if c.ID == "" || c.TaskID == "" || strings.ContainsAny(c.ID+c.TaskID, "/ ") {
		return fail(runtime.KindInvalid, "id %q and task id %q are not both names", c.ID, c.TaskID)
	}
	if _, taken := m.containers[c.ID]; taken {
		return fail(runtime.KindExists, "the id is taken")
	}
	if _, present := m.images[c.Image]; !present {
		return fail(runtime.KindNotFound, "image %s: not found", c.Image)
	}
	return nil
}

func (m *Machine) begin(c *container, at time.Time) {
	if c.status != runtime.StatusCreated {
		return
	}
	c.status = runtime.StatusRunning
	m.tell(c)
	if c.behaviour.Runs > 0 {
		m.later(at.Add(c.behaviour.Runs), c, func(m *Machine, c *container, at time.Time) {
			m.end(c, at, c.behaviour.ExitCode, c.behaviour.OOMKilled)
		})
	}
}

func (m *Machine) end(c *container, at time.Time, code int, oom bool) {
	if c.status != runtime.StatusRunning {
		return
	}
	c.status, c.exitedAt, c.exitCode, c.oomKilled = runtime.StatusExited, at, code, oom
	m.tell(c)
}

// harmless are signals that do not end a process which does not expect them.
var harmless = []syscall.Signal{0, syscall.SIGCHLD, syscall.SIGCONT, syscall.SIGURG, syscall.SIGWINCH}

// Signal implements runtime.Runtime at a time.
func (m *Machine) Signal(now time.Time, id string, signal syscall.Signal) error {
	m.Advance(now)
	c, ok := m.containers[id]
	if !ok {
		return notFound("signal", id)
	}
	switch {
	case slices.Contains(harmless, signal):
	case signal == syscall.SIGTERM:
		if c.behaviour.StopTakes < 0 {
			return nil
		}
		code := c.behaviour.StopCode
		if code == 0 {
			code = 128 + int(syscall.SIGTERM)
		}
		m.later(now.Add(c.behaviour.StopTakes), c, func(m *Machine, c *container, at time.Time) { m.end(c, at, code, false) })
	case signal == syscall.SIGKILL && c.kills+1 < c.behaviour.Kills:
		c.kills++
	default:
		m.end(c, now, 128+int(signal), false)
	}
	m.Advance(now)
	return nil
}

// Remove implements runtime.Runtime at a time.
func (m *Machine) Remove(now time.Time, id string) error {
	m.Advance(now)
	c, ok := m.containers[id]
	if !ok {
		return nil
	}
	m.end(c, now, 128+int(syscall.SIGKILL), false)
	delete(m.containers, id)
	if c.status == runtime.StatusCreated {
		return nil // it was never told of
	}
	c.status = runtime.StatusRemoved
	m.tell(c)
	return nil
}

// Undo implements runtime.Undoer at a time.
func (m *Machine) Undo(now time.Time, id string) error {
	m.Advance(now)
	if c, ok := m.containers[id]; ok && c.status != runtime.StatusCreated {
		return &runtime.Error{Kind: runtime.KindExists, Op: "undo", Subject: id, Err: fmt.Errorf("its process has run")}
	}
	return m.Remove(now, id)
}

// Crash ends every container as a restart of the machine does: nobody saw it.
func (m *Machine) Crash(now time.Time) {
	m.Advance(now)
	for _, id := range slices.Sorted(maps.Keys(m.containers)) {
		c := m.containers[id]
		if c.status == runtime.StatusRunning {
			c.lost = true
			m.end(c, now, 255, false)
		}
	}
	m.pending = nil
}

// OOM makes the kernel kill a running container for memory.
func (m *Machine) OOM(now time.Time, id string) error {
	m.Advance(now)
	c, ok := m.containers[id]
	if !ok {
		return notFound("oom", id)
	}
	m.end(c, now, 128+int(syscall.SIGKILL), true)
	return nil
}

// Exec implements runtime.Prober at a time and gives when the answer is known.
func (m *Machine) Exec(now time.Time, id string, command []string, shell bool) (runtime.ExecResult, time.Time, error) {
	m.Advance(now)
	c, ok := m.containers[id]
	if !ok || c.status != runtime.StatusRunning {
		return runtime.ExecResult{}, now, notFound("exec", id)
	}
	at := now.Add(c.behaviour.ExecTakes)
	if c.behaviour.Exec == nil {
		return runtime.ExecResult{}, at, nil
	}
	result, err := c.behaviour.Exec(command, shell)
	result.Output = result.Output[:min(len(result.Output), runtime.OutputLimit)]
	return result, at, err
}

// Running gives the behaviour and the first process of a container that runs.
func (m *Machine) Running(now time.Time, id string) (Behaviour, int, error) {
	m.Advance(now)
	c, ok := m.containers[id]
	if !ok || c.status != runtime.StatusRunning {
		return Behaviour{}, 0, notFound("exec", id)
	}
	return c.behaviour, c.event().PID, nil
}

// Stats implements runtime.Meter at a time.
func (m *Machine) Stats(now time.Time, id string) (runtime.Stats, error) {
	m.Advance(now)
	c, ok := m.containers[id]
	if !ok || c.status != runtime.StatusRunning {
		return runtime.Stats{}, notFound("stats", id)
	}
	stats := c.behaviour.Stats
	stats.ReadAt = now
	return stats, nil
}

// List gives one event for each container as it is, sorted by id, without the StatusListed that ends a listing.
func (m *Machine) List(now time.Time) []runtime.Event {
	m.Advance(now)
	var events []runtime.Event
	for _, id := range slices.Sorted(maps.Keys(m.containers)) {
		events = append(events, m.containers[id].event())
	}
	return events
}

func (c *container) event() runtime.Event {
	event := runtime.Event{Status: c.status, ID: c.ID, TaskID: c.TaskID, Labels: maps.Clone(c.Labels)}
	if event.Labels == nil {
		event.Labels = map[string]string{}
	}
	switch c.status {
	case runtime.StatusRunning:
		event.PID, event.StartedAt = c.pid, c.startedAt
	case runtime.StatusExited:
		event.StartedAt, event.ExitedAt = c.startedAt, c.exitedAt
		event.ExitCode, event.OOMKilled, event.Lost = c.exitCode, c.oomKilled, c.lost
	}
	return event
}

func (m *Machine) tell(c *container) { m.happened = append(m.happened, c.event()) }

func notFound(op, id string) error {
	return &runtime.Error{Kind: runtime.KindNotFound, Op: op, Subject: id, Err: fmt.Errorf("container not found")}
}

func digestOf(name string) string {
	sum := sha256.Sum256([]byte(name))
	return "sha256:" + hex.EncodeToString(sum[:])
}
