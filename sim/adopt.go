package sim

import (
	"maps"
	"slices"

	"github.com/roadstead/roadstead/agent/network"
	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/step"
	"github.com/roadstead/roadstead/model/mutant"
)

// The labels of containers.
const (
	labelTask      = "task"
	labelContainer = "container"
	labelDigest    = "digest"
)

// adopt takes over what an earlier life left: tasks by their records,
// containers by their labels. What belongs to no record is removed.
func (a *agent) adopt() {
	n := a.node
	n.watch()
	a.adopted = true
	for _, arn := range slices.Sorted(maps.Keys(n.records)) {
		p := n.records[arn]
		task, err := step.New(p)
		if err != nil {
			a.w.fail("payload", "the agent refuses its own record: %v", err)
			return
		}
		l := newLive(task, p)
		l.saved = true
		a.live[arn] = l
	}
	sandboxes := map[string]network.Attachment{}
	listed, err := a.network.List(a.w.ctx)
	if err != nil {
		a.w.fail("node", "the sandboxes of %s cannot be listed: %v", n.name, err)
		return
	}
	for _, s := range listed {
		sandboxes[s.ID] = s
	}
	found := map[string][]step.Found{}
	for _, e := range n.machine.List(n.now()) {
		f, ok := a.recognise(e, sandboxes)
		if !ok || mutant.On(mutant.DoubleStart) && !f.Running {
			a.discard(e.ID)
			continue
		}
		delete(sandboxes, e.ID)
		found[e.Labels[labelTask]] = append(found[e.Labels[labelTask]], f)
	}
	a.w.trace.say(n.name, "adopts %d tasks", len(a.live))
	for _, arn := range slices.Sorted(maps.Keys(a.live)) {
		l := a.live[arn]
		for _, r := range l.runs {
			delete(sandboxes, r.id)
		}
		delete(sandboxes, taskSandbox(l.payload))
		l.task.Adopt(n.now(), found[arn])
		a.act(l)
	}
	for _, id := range slices.Sorted(maps.Keys(sandboxes)) {
		a.discard(id)
	}
	a.sweepVolumes()
}

// recognise matches a container with the record of its task.
func (a *agent) recognise(e runtime.Event, sandboxes map[string]network.Attachment) (step.Found, bool) {
	name := e.Labels[labelContainer]
	l, ok := a.live[e.Labels[labelTask]]
	if !ok || l.runs[name] == nil || l.runs[name].id != e.ID || e.Status == runtime.StatusCreated {
		return step.Found{}, false
	}
	r := l.runs[name]
	r.sandbox = sandboxes[e.ID]
	f := step.Found{Name: name, RuntimeID: e.ID, Digest: e.Labels[labelDigest], Running: e.Status == runtime.StatusRunning,
		StartedAt: e.StartedAt, Bindings: bindings(r.sandbox)}
	if !f.Running {
		f.ExitCode, f.Reason = exitOf(e)
	}
	return f, true
}

func exitOf(e runtime.Event) (*int32, string) {
	code := int32(e.ExitCode)
	switch {
	case e.Lost:
		return nil, "ContainerVanishedError: the end of the container was not observed"
	case e.OOMKilled:
		return &code, "OutOfMemoryError: Container killed due to memory usage"
	}
	return &code, ""
}

// discard removes a container that no record knows.
func (a *agent) discard(id string) {
	if err := a.removeNow(id); err != nil {
		a.w.fail("node", "stray container %s cannot be removed: %v", id, err)
	}
}

// observe takes what happened to a container.
func (a *agent) observe(e runtime.Event) {
	l, ok := a.live[e.Labels[labelTask]]
	if !ok {
		return
	}
	name := e.Labels[labelContainer]
	switch e.Status {
	case runtime.StatusExited:
		code, reason := exitOf(e)
		l.task.Exited(a.node.now(), name, code, reason)
	case runtime.StatusRemoved:
		l.task.Exited(a.node.now(), name, nil, "ContainerVanishedError: the container was removed by somebody else")
	default:
		return
	}
	a.act(l)
	a.publish(false)
}

func bindings(s network.Attachment) []step.Binding {
	var out []step.Binding
	for _, b := range s.Bindings {
		out = append(out, step.Binding{BindIP: b.BindIP.String(), ContainerPort: int(b.ContainerPort),
			HostPort: int(b.HostPort), Protocol: string(b.Protocol)})
	}
	return out
}
