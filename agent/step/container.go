package step

import (
	"time"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// phase is how far a container has come. It only moves forward.
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
	stopTimeout time.Duration

	phase     phase
	started   bool // its process has run
	digest    string
	runtimeID string
	exitCode  *int32
	reason    string
	bindings  []Binding
	startedAt time.Time

	signalled bool      // it was asked to stop
	killAt    time.Time // when it is killed if it has not stopped
	removing  bool
	removed   bool
	remove    backoff

	probing     bool
	nextProbe   time.Time
	failures    int // of its health check, in a row
	health      string
	healthSince time.Time
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
	case c.phase < running:
		return Pending
	case c.phase == running:
		return Running
	}
	return Stopped
}

// needsSandbox reports whether the container gets a network of its own.
func needsSandbox(t *acs.Task) bool { return t.NetworkMode != "host" }
