package step

import (
	"time"
	"unicode/utf8"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// phase is how far a container has come. It only moves forward, unless its
// restart policy starts it again.
type phase int

const (
	waiting   phase = iota // nothing was done yet
	pulling                // its image is being fetched
	pulled                 // its image is there; it waits for its dependencies
	attaching              // its sandbox is being made
	attached               // its sandbox is there
	starting               // it is being started
	running                // its process runs
	stopped                // its process has ended, or never ran and never will
)

// container is the state of one container of a task.
type container struct {
	spec        acs.Container
	config      acs.Config
	check       *acs.Healthcheck
	unprobed    bool // its check is none that Docker knows
	stopTimeout time.Duration
	after       []acs.Dependency // what it waits for before it is started

	phase     phase
	started   bool // its process has run
	digest    string
	runtimeID string
	exitCode  *int32
	reason    string
	bindings  []Binding
	startedAt time.Time
	restarts  int // how often its policy had it started again

	signalled bool      // it was asked to stop, or is being asked
	ask       backoff   // of asking
	killed    bool      // it was killed, or is being killed
	killAt    time.Time // when it is killed if it has not stopped
	removing  bool
	removed   bool
	remove    backoff

	probing     bool
	nextProbe   time.Time
	failures    int // of its health check, in a row
	health      string
	healthSince time.Time
	unjudged    bool // it was adopted, and its checks have said nothing since
	lastOutput  string
}

// stop ends the container without a process having run.
func (c *container) abandon(reason string) {
	c.phase = stopped
	if c.reason == "" {
		c.reason = reason
	}
}

func (c *container) status() string {
	switch {
	case c.phase < running && c.restarts == 0:
		return Pending
	case c.phase <= running:
		return Running
	}
	return Stopped
}

// hostBindings are the ports of a container in the host's network: what it
// listens on is what the host listens on.
func hostBindings(spec acs.Container) []Binding {
	var out []Binding
	for _, p := range spec.PortMappings {
		protocol := p.Protocol
		if protocol == "" {
			protocol = "tcp"
		}
		out = append(out, Binding{BindIP: "0.0.0.0", ContainerPort: p.ContainerPort, HostPort: p.ContainerPort, Protocol: protocol})
	}
	return out
}

// clip cuts a text to at most limit bytes, between characters.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// bindings are the ports of a container without a sandbox of its own. Those of
// an interface are nowhere but there.
func (t *Task) bindings(c *container) []Binding {
	if t.network.needed {
		return nil
	}
	return hostBindings(c.spec)
}

// needsSandbox reports whether the container gets a network of its own, be it
// an empty one.
func needsSandbox(t *acs.Task, c *container) bool {
	return t.NetworkMode != "host" && t.NetworkMode != "awsvpc" || c.config.NetworkDisabled
}
