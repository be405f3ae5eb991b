package agent

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/roadstead/roadstead/agent/network"
	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/step"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// The labels that containers are found again by. The first four are the stock
// agent's.
const (
	labelCluster   = "com.amazonaws.ecs.cluster"
	labelContainer = "com.amazonaws.ecs.container-name"
	labelTask      = "com.amazonaws.ecs.task-arn"
	labelFamily    = "com.amazonaws.ecs.task-definition-family"
	labelVersion   = "com.amazonaws.ecs.task-definition-version"
	labelDigest    = "dev.roadstead.image-digest"
	labelImage     = "dev.roadstead.image"
	labelStop      = "dev.roadstead.stop-signal"
)

// held is what waits until the leftovers of a task are settled: containers
// that an earlier life of the agent had made, and of which nobody saw whether
// they were started. Those that never ran are removed before the task goes on,
// because it will use their names again. One that began to run after all stays
// where it is: it is the only thing that tells the next life of the agent not
// to start it again.
type held struct {
	sandboxes map[string]network.Attachment // of the leftovers, by id
	began     map[string]runtime.Event      // the last of each leftover that ran, by id
	ran       []string                      // ids of leftovers that cannot be undone; each will be heard of
	settled   bool                          // each is undone, or in ran
	found     []step.Found
	events    []runtime.Event // that came meanwhile
	stop      bool            // it was asked for meanwhile
}

// heard takes an event about a leftover.
func (h *held) heard(e runtime.Event) {
	if e.Status == runtime.StatusRunning || e.Status == runtime.StatusExited {
		h.began[e.ID] = e
	}
}

// listed says that all containers were told of anew: what ran and was not
// among them has vanished.
func (h *held) listed() {
	for _, id := range h.ran {
		if h.began[id].ID == "" {
			h.began[id] = runtime.Event{Status: runtime.StatusExited, ID: id, Lost: true}
		}
	}
}

// waits reports whether something is still unknown.
func (h *held) waits() bool {
	return !h.settled || slices.ContainsFunc(h.ran, func(id string) bool { return h.began[id].ID == "" })
}

// adopt takes over what an earlier life of the agent left: tasks by their
// records, containers by their labels, sandboxes and files by their ids. What
// belongs to no record is removed.
func (n *Node) adopt(ctx context.Context, listing []runtime.Event) error {
	payloads, unreadable, err := n.records.load()
	if err != nil {
		return err
	}
	sandboxes, err := n.edges.Network.List(ctx)
	if err != nil {
		return fmt.Errorf("list sandboxes: %w", err)
	}
	for _, p := range payloads {
		task, refusal := newTask(p)
		if refusal != nil {
			n.options.Logger.Error("recorded task cannot be run and is reported STOPPED", "task", p.ARN, "error", refusal)
		}
		l := newLive(n.records, task, p)
		l.keep.transient, l.keep.saved = false, p.DesiredStatus
		n.live[p.ARN] = l
	}
	for _, id := range unreadable {
		n.giveUp(id, listing)
	}
	byID := map[string]network.Attachment{}
	strays := map[string]bool{}
	for _, s := range sandboxes {
		byID[s.ID], strays[s.ID] = s, true
	}
	for _, id := range n.containersWithFiles() {
		strays[id] = true
	}
	found, leftovers := map[*live][]step.Found{}, map[*live][]string{}
	for _, e := range listing {
		l, name := n.owner(e)
		switch {
		case l == nil:
			strays[e.ID] = true
		case e.Status == runtime.StatusCreated:
			leftovers[l] = append(leftovers[l], e.ID)
		default:
			found[l] = append(found[l], n.find(ctx, l, name, e, sandboxOf(l, name, byID)))
		}
	}
	now := n.options.Now()
	for _, arn := range slices.Sorted(maps.Keys(n.live)) {
		l := n.live[arn]
		for _, r := range l.runs {
			delete(strays, r.id) // also what was made for a container that did not start yet
		}
		delete(strays, taskSandbox(l.payload))
		if ids := leftovers[l]; len(ids) > 0 {
			n.hold(ctx, l, found[l], ids, byID)
			continue
		}
		l.task.Adopt(now, found[l])
		n.touch(l)
	}
	for _, id := range slices.Sorted(maps.Keys(strays)) {
		n.removeStray(ctx, id)
	}
	return n.sweepVolumes(strays)
}

const unreadableReason = "the container instance cannot read its record of the task"

// gaveUp reports whether a task is one that was given up when only its id was
// known: the control plane may send it again before it hears of its end.
func (n *Node) gaveUp(arn string) bool {
	id := taskID(arn)
	return id != arn && (n.live[id] != nil || n.ended.has(id))
}

// giveUp makes a task of whatever is there of one whose record cannot be read:
// it is stopped and reported, so that the control plane replaces it.
func (n *Node) giveUp(id string, listing []runtime.Event) {
	// Without a container that tells the ARN, the id has to do.
	payload := acs.Task{ARN: id, DesiredStatus: step.Stopped}
	runs := map[string]*run{}
	for _, e := range listing {
		arn, name := e.Labels[labelTask], e.Labels[labelContainer]
		if taskID(arn) == id && runs[name] == nil {
			payload.ARN, payload.ClusterARN = arn, e.Labels[labelCluster]
			payload.Containers = append(payload.Containers, acs.Container{Name: name, Essential: true})
			runs[name] = &run{id: e.ID}
		}
	}
	const reason = unreadableReason
	n.options.Logger.Error(reason+"; it is set aside, and the task is stopped", "task", payload.ARN)
	l := newLive(n.records, step.Refuse(payload, reason), payload)
	l.keep.transient, l.runs = false, runs
	if err := l.keep.save(payload, step.Stopped); err != nil { // it is reported all the same
		n.options.Logger.Warn("end of a task is not recorded", "task", payload.ARN, "error", err)
	}
	n.live[payload.ARN] = l
}

// owner returns the task and the name of a container; nil when it is nobody's.
func (n *Node) owner(e runtime.Event) (*live, string) {
	name := e.Labels[labelContainer]
	l, ok := n.live[e.Labels[labelTask]]
	if !ok || l.runs[name] == nil || l.runs[name].id != e.ID {
		return nil, ""
	}
	return l, name
}

// find takes over one container.
func (n *Node) find(ctx context.Context, l *live, name string, e runtime.Event, sandbox network.Attachment) step.Found {
	r := l.runs[name]
	r.sandbox = sandbox
	r.stopSignal = e.Labels[labelStop]
	r.image.Ref, r.image.Digest = e.Labels[labelImage], e.Labels[labelDigest]
	f := step.Found{Name: name, RuntimeID: e.ID, Digest: e.Labels[labelDigest],
		Running: e.Status == runtime.StatusRunning, StartedAt: e.StartedAt, Bindings: bindings(containerOf(l.payload, name), sandbox)}
	if !f.Running {
		f.ExitCode, f.Reason = exitOf(e)
		f.EndedAt, r.endedRun = e.ExitedAt, e.StartedAt
	}
	if f.StartedAt.IsZero() {
		f.StartedAt = n.options.Now()
	}
	if f.Running {
		n.endCommands(ctx, e.ID)
	}
	log := n.logOf(l.payload, name, e.ID)
	log.Adopted = true
	if _, err := n.edges.Logs.Open(ctx, log); err != nil {
		n.options.Logger.Error("log of an adopted container is not followed", "container", e.ID, "error", err)
	}
	return f
}

// hold settles the leftovers of a task and lets it go on then.
func (n *Node) hold(ctx context.Context, l *live, found []step.Found, ids []string, sandboxes map[string]network.Attachment) {
	h := &held{sandboxes: map[string]network.Attachment{}, began: map[string]runtime.Event{}, found: found}
	for name, r := range l.runs {
		h.sandboxes[r.id] = sandboxOf(l, name, sandboxes)
	}
	l.held = h
	n.answer(ctx, l, func() func(time.Time) {
		var ran []string
		undo := func(ctx context.Context, id string) error {
			err := n.edges.Undoer.Undo(ctx, id)
			if runtime.KindOf(err) == runtime.KindExists {
				ran, err = append(ran, id), nil
			}
			return err
		}
		for _, id := range ids {
			if !n.insist(ctx, id, undo) {
				return func(time.Time) {}
			}
		}
		return func(now time.Time) {
			h.ran, h.settled = ran, true
			n.release(ctx, l, now)
		}
	})
}

// release lets a task go on once everything is known of its leftovers.
func (n *Node) release(ctx context.Context, l *live, now time.Time) {
	h := l.held
	if h.waits() {
		return
	}
	l.held = nil
	for _, id := range slices.Sorted(maps.Keys(h.began)) {
		for _, c := range l.payload.Containers {
			if l.runs[c.Name].id == id {
				h.found = append(h.found, n.find(ctx, l, c.Name, h.began[id], h.sandboxes[id]))
			}
		}
	}
	l.task.Adopt(now, h.found)
	for _, e := range h.events {
		n.observe(ctx, e)
	}
	if h.stop {
		l.task.Desire(now, step.Stopped)
	}
	n.touch(l)
}

// insist does something about a container until it succeeds; false when ctx
// ended first.
func (n *Node) insist(ctx context.Context, id string, act func(ctx context.Context, id string) error) bool {
	wait := backoff{first: time.Second, last: time.Minute}
	for {
		err := act(ctx, id)
		if err == nil {
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		n.options.Logger.Warn("what is left of a container is not removed yet", "container", id, "error", err)
		if !wait.wait(ctx) {
			return false
		}
	}
}

// removeStray removes a container and sandbox that no record knows.
func (n *Node) removeStray(ctx context.Context, id string) {
	n.wg.Go(func() { n.insist(ctx, id, n.removeAll) })
}

// endCommands ends the commands of sessions that ended with an earlier life of
// the agent.
func (n *Node) endCommands(ctx context.Context, id string) {
	if n.edges.Executor == nil {
		return
	}
	n.wg.Go(func() {
		if err := n.edges.Executor.EndCommands(ctx, id); err != nil && ctx.Err() == nil {
			n.options.Logger.Warn("commands of an earlier life are not ended", "container", id, "error", err)
		}
	})
}
