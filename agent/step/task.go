package step

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// Limits and defaults of a task on a node.
const (
	// DefaultStopTimeout is how long a container may take to stop before it
	// is killed, unless it says otherwise.
	DefaultStopTimeout = 30 * time.Second
	// MaxReason is the longest reason of a task, in bytes.
	MaxReason = 1024
	// MaxOwed is how long a STOPPED is offered to a control plane that does not
	// take it. Then what is left of the task is removed, because nothing of it
	// must fill the machine for ever; the control plane learns of its end when it
	// asks for the tasks that it believes to run.
	MaxOwed = 24 * time.Hour
	// firstRetry and lastRetry bound the back-off of reports and removals.
	firstRetry = 250 * time.Millisecond
	lastRetry  = 30 * time.Second
)

// Task is the machine of one task on one node.
type Task struct {
	payload    acs.Task
	network    shared
	desired    string // RUNNING or STOPPED; STOPPED also when an essential container stopped
	containers []*container
	reason     string // why the task stops, when the node decided so
	effects    []Effect

	ran                      bool // the task has been RUNNING
	preparing, prepared      bool // what its containers are given was asked for, and is there
	pullStarted, pullStopped time.Time
	executionStopped         time.Time
	delivered                *Report // the last report that was accepted
	submitting               bool
	inFlight                 *Report
	retry                    backoff
	owed                     time.Time // since when a STOPPED is undelivered
	forgotten, forgetting    bool
}

// backoff is when to try again, and how often it was tried.
type backoff struct {
	at    time.Time
	count int
}

func (b *backoff) failed(now time.Time) {
	wait := firstRetry << min(b.count, 10)
	b.count++
	b.at = now.Add(min(wait, lastRetry))
}

// New returns the machine of a task that the node was told of. A payload that
// makes no sense is an error, which the caller reports with Refuse.
func New(payload acs.Task) (*Task, error) {
	t := &Task{payload: payload, desired: payload.DesiredStatus, network: newShared(payload)}
	if payload.ARN == "" || len(payload.Containers) == 0 {
		return nil, fmt.Errorf("task %q has no ARN or no containers", payload.ARN)
	}
	if desired := payload.DesiredStatus; desired != Running && desired != Stopped {
		return nil, fmt.Errorf("desired status %q is not one of RUNNING, STOPPED", desired)
	}
	for _, spec := range payload.Containers {
		c := &container{spec: spec, stopTimeout: DefaultStopTimeout, after: dependenciesOf(spec)}
		if router := routerOf(payload, spec); router != "" {
			c.after = append(c.after, acs.Dependency{ContainerName: router, Condition: "START"})
		}
		if spec.DockerConfig != nil && spec.DockerConfig.Config != "" {
			if err := json.Unmarshal([]byte(spec.DockerConfig.Config), &c.config); err != nil {
				return nil, fmt.Errorf("container %s: docker configuration: %w", spec.Name, err)
			}
		}
		if spec.StopTimeout > 0 {
			c.stopTimeout = time.Duration(spec.StopTimeout) * time.Second
		}
		c.check = checkOf(spec, c.config)
		if c.check != nil {
			c.health = HealthUnknown
			c.unprobed = c.check.Test[0] != "CMD" && c.check.Test[0] != "CMD-SHELL"
		}
		if t.find(spec.Name) != nil {
			return nil, fmt.Errorf("two containers are named %q", spec.Name)
		}
		t.containers = append(t.containers, c)
	}
	if err := t.checkDependencies(); err != nil {
		return nil, err
	}
	return t, nil
}

// Refuse returns the machine of a task that cannot be run: it reports it
// STOPPED for reason, because the control plane would send it again for ever,
// and stops and removes what is there of it.
func Refuse(payload acs.Task, reason string) *Task {
	t := &Task{payload: payload, desired: Stopped, reason: clip(reason, MaxReason), network: newShared(payload)}
	for _, spec := range payload.Containers {
		if t.find(spec.Name) == nil {
			t.containers = append(t.containers, &container{spec: spec, phase: stopped, stopTimeout: DefaultStopTimeout})
		}
	}
	return t
}

// Payload returns what the node was told, with the desired status as it is now.
func (t *Task) Payload() acs.Task {
	p := t.payload
	p.DesiredStatus = t.desired
	return p
}

// Desire takes a repeated payload: of a known task only the desired status
// counts, and it only turns to STOPPED.
func (t *Task) Desire(now time.Time, desired string) {
	if desired == Stopped {
		t.desired = Stopped
	}
	t.advance(now)
}

// Retry makes a report that failed be tried again at once: the control plane
// is known to be there again.
func (t *Task) Retry(now time.Time) {
	if !t.submitting && !t.forgetting {
		t.retry = backoff{}
	}
	t.advance(now)
}

// Tick lets time pass.
func (t *Task) Tick(now time.Time) { t.advance(now) }

// Effects returns what is to be done, in order, and forgets it.
func (t *Task) Effects() []Effect {
	out := t.effects
	t.effects = nil
	return out
}

// Status returns the task's status: PENDING, RUNNING or STOPPED.
func (t *Task) Status() string {
	switch {
	case !slices.ContainsFunc(t.containers, func(c *container) bool { return c.phase != stopped }):
		return Stopped
	case t.ran:
		return Running
	}
	return Pending
}

// Done reports whether nothing of the task is left: it was reported STOPPED,
// forgotten, and its containers and its network are removed.
func (t *Task) Done() bool {
	return t.forgotten && (!t.network.needed || t.network.disconnected) && !slices.ContainsFunc(t.containers, func(c *container) bool { return !c.removed })
}

// Health returns the health of the containers that have a check, in the
// task's order. A container that was adopted is left out until its checks say
// something: what an earlier life of the agent reported still holds.
func (t *Task) Health() []ContainerHealth {
	var out []ContainerHealth
	for _, c := range t.containers {
		if c.check != nil && c.phase >= running && !c.unjudged {
			out = append(out, ContainerHealth{c.spec.Name, c.health, c.healthSince, c.lastOutput})
		}
	}
	return out
}

// ContainerHealth is one container's health, since when, and what its last
// check printed.
type ContainerHealth struct {
	Name, Status string
	Since        time.Time
	Output       string
}

// Next returns when Tick has something to do if nothing happens before; the
// zero time when nothing will.
func (t *Task) Next() time.Time {
	var next time.Time
	earlier := func(at time.Time) {
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	if !t.submitting {
		earlier(t.retry.at)
	}
	earlier(t.network.retry.at)
	if t.desired == Running {
		earlier(t.network.again)
	}
	for _, c := range t.containers {
		earlier(c.killAt)
		if c.phase == running && !c.signalled {
			earlier(c.ask.at)
		}
		earlier(c.remove.at)
		if c.phase == running && !c.probing && c.check != nil && !c.unprobed && t.desired == Running {
			earlier(c.nextProbe)
		}
		earlier(t.deadline(c))
	}
	return next
}

func (t *Task) find(name string) *container {
	for _, c := range t.containers {
		if c.spec.Name == name {
			return c
		}
	}
	return nil
}

func (t *Task) emit(e Effect) { t.effects = append(t.effects, e) }

// fail makes the task stop for reason; the first reason is kept.
func (t *Task) fail(reason string) {
	if t.reason == "" && t.desired != Stopped {
		t.reason = clip(reason, MaxReason)
	}
	t.desired = Stopped
}

// RunningContainers returns the names of the containers whose process runs, as
// far as the machine knows.
func (t *Task) RunningContainers() []string {
	var names []string
	for _, c := range t.containers {
		if c.phase == running {
			names = append(names, c.spec.Name)
		}
	}
	return names
}

// Restarts is how often a container was started again by its restart policy.
func (t *Task) Restarts(container string) int {
	for _, c := range t.containers {
		if c.spec.Name == container {
			return c.restarts
		}
	}
	return 0
}
