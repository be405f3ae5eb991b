package step

import (
	"slices"
	"time"

	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/model/mutant"
)

// Connect makes the network that the containers of a task share, or finds it
// again. It comes before their first start. Answer: Task.Connected or
// Task.Occupied.
type Connect struct{}

// Disconnect removes what Connect made, after the last container was removed.
// Answer: Task.Disconnected.
type Disconnect struct{}

func (Connect) effect()    {}
func (Disconnect) effect() {}

// shared is the network of a task in mode awsvpc. Other tasks have none.
type shared struct {
	needed                      bool
	connecting, connected       bool
	announced                   bool // the control plane was told that it is there
	disconnecting, disconnected bool
	retry                       backoff   // of removing it
	occupied                    time.Time // since when another task's network has the address
	again                       time.Time // when to look whether it still has
}

// A task's address is free for another from when it has STOPPED, and its
// network is removed a moment later: who has the address next waits for that,
// looking again after pauses of occupiedPause, for MaxOccupied at most.
const (
	MaxOccupied   = 30 * time.Second
	occupiedPause = 100 * time.Millisecond
)

func newShared(t acs.Task) shared { return shared{needed: t.NetworkMode == "awsvpc"} }

// connect asks for the network when it is due: beside the pulls, and again in a
// later life of the node if something is still to be started.
func (t *Task) connect(now time.Time) {
	n := &t.network
	if !n.needed || n.connected || n.connecting || t.desired != Running || now.Before(n.again) {
		return
	}
	if slices.ContainsFunc(t.containers, func(c *container) bool { return c.phase < starting }) {
		n.connecting, n.again = true, time.Time{}
		t.emit(Connect{})
	}
}

// online reports whether containers may be started as far as the task's network
// goes.
func (t *Task) online() bool { return !t.network.needed || t.network.connected }

// Connected answers a Connect. Without its network no container of the task
// starts.
func (t *Task) Connected(now time.Time, f Failure) {
	t.network.connecting = false
	if f == "" {
		t.network.connected = true
	} else {
		t.fail(string(f))
	}
	t.advance(now)
}

// Occupied answers a Connect that failed because the network of another task on
// the node has the address still.
func (t *Task) Occupied(now time.Time, f Failure) {
	n := &t.network
	if n.occupied.IsZero() {
		n.occupied = now
	}
	if now.Sub(n.occupied) >= MaxOccupied || mutant.On(mutant.AddressUnawaited) {
		t.Connected(now, f)
		return
	}
	n.connecting, n.again = false, now.Add(occupiedPause)
	t.advance(now)
}

// announce tells the control plane that the task's network is there, before
// anything runs in it, and reports whether it did.
func (t *Task) announce() bool {
	n := t.network
	if !n.needed || !n.connected || n.announced || t.desired != Running || t.delivered != nil && t.delivered.Status != Pending {
		return false
	}
	t.submit(Report{Attachments: t.attachments()})
	return true
}

// announced takes the answer to an announcement.
func (t *Task) announced(now time.Time, done bool) {
	t.inFlight = nil
	if done {
		t.network.announced, t.retry = true, backoff{}
	} else {
		t.retry.failed(now)
	}
	t.advance(now)
}

// attachments are the ARNs of the task's interfaces.
func (t *Task) attachments() []string {
	var arns []string
	for _, i := range t.payload.Interfaces {
		arns = append(arns, i.AttachmentARN)
	}
	return arns
}

// volumes are the ARNs of the attachments of the task's volumes.
func (t *Task) volumes() []string {
	var arns []string
	for _, a := range t.payload.Attachments {
		arns = append(arns, a.ARN)
	}
	return arns
}

// disconnect asks for the removal of the network when it is due.
func (t *Task) disconnect(now time.Time) {
	n := &t.network
	if !n.needed || n.disconnected || n.disconnecting || n.connecting || now.Before(n.retry.at) ||
		slices.ContainsFunc(t.containers, func(c *container) bool { return !c.removed }) {
		return
	}
	n.disconnecting, n.retry.at = true, time.Time{}
	if mutant.On(mutant.NetworkKept) {
		n.disconnected = true
		return
	}
	t.emit(Disconnect{})
}

// Disconnected answers a Disconnect.
func (t *Task) Disconnected(now time.Time, f Failure) {
	n := &t.network
	n.disconnecting = false
	n.disconnected = f == ""
	if f != "" {
		n.retry.failed(now)
	}
	t.advance(now)
}
