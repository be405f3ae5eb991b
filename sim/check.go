package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/control"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// checker watches the world. It knows what was acknowledged and what really
// ran, and trusts nobody's word on either.
type checker struct {
	w     *world
	last  store.View                   // after the last commit
	acked map[model.Key]model.Revision // of all that was ever published; 0: deleted
	gone  map[model.Key]model.Revision // when
	ran   map[string]string            // container id -> node on which it ran
	still bool                         // nothing may be committed
	ended map[string]int               // deployment -> tasks of it that have stopped
	pins  map[string]string            // task and container -> digest of its image that was known when the task was made
	// warned is when containers were asked to stop first, by node and id.
	warned map[string]time.Time
	idle   idle
	loops  loopEvents
	// culprit is the check that the last look at whether the world has settled
	// failed; "" for liveness.
	culprit string
}

func newChecker(w *world) *checker {
	c := &checker{w: w, acked: map[model.Key]model.Revision{}, gone: map[model.Key]model.Revision{}, ran: map[string]string{}, ended: map[string]int{}, pins: map[string]string{}, warned: map[string]time.Time{}}
	c.loops = loopEvents{w: w, conflicts: map[string]int{}}
	return c
}

// loopEvents hears what the loops do.
type loopEvents struct {
	w         *world
	conflicts map[string]int // in a row, by loop and key
}

// maxConflicts is how often in a row the same plan may come too late: a
// planner that sees what is stored is not refused again and again.
const maxConflicts = 50

// Observe implements control.Observer.
func (l *loopEvents) Observe(e control.Event) {
	switch e := e.(type) {
	case control.Planned:
		delete(l.conflicts, e.Loop+" "+e.Key)
		for _, r := range e.Plan.Reasons {
			l.w.trace.say(e.Loop, "%s: %s: %s", short(r.Subject.ID), r.Code, r.Message)
		}
	case control.Conflicted:
		l.w.counts.Conflicts++
		if l.conflicts[e.Loop+" "+e.Key]++; l.conflicts[e.Loop+" "+e.Key] > maxConflicts {
			l.w.fail("livelock", "%s plans %s again and again, and always conflicts with %s", e.Loop, e.Key, e.With)
		}
		l.w.trace.say(e.Loop, "%s: conflict with %s", e.Key, e.With.Kind)
	case control.Failed:
		l.w.trace.say(e.Loop, "%s: %v", e.Key, e.Err)
	}
}

// opened checks that a new life of the control plane finds everything that
// was ever acknowledged ("durability").
func (c *checker) opened(db *store.DB) {
	v := db.View()
	for n := range everything(v) {
		was, ok := c.last.Lookup(n.Key())
		if rev := n.Metadata().Rev; rev <= c.last.Rev() && (!ok || was.Metadata().Rev != rev) {
			c.w.fail("durability", "%s is in the log since %d and was not to be seen", n.Key(), rev)
		}
		if t, isTask := n.(*model.Task); isTask && t.Stopped() && (!ok || !was.(*model.Task).Stopped()) {
			c.ended[t.Spec.Deployment]++ // by a commit whose answer was lost with its committer
		}
		if t, isTask := n.(*model.Task); isTask && t.Rev > c.last.Rev() { // by such a commit, too
			c.unanswered(v, was, t)
		}
	}
	for key, rev := range c.acked {
		noun, ok := v.Lookup(key)
		switch {
		case rev == 0 && ok && noun.Metadata().Rev <= c.gone[key]:
			c.w.fail("durability", "%s was deleted at %d and is there again", key, c.gone[key])
		case rev > 0 && ok && noun.Metadata().Rev < rev:
			c.w.fail("durability", "%s was written at %d and is at %d", key, rev, noun.Metadata().Rev)
		case rev > 0 && !ok && v.Rev() <= c.last.Rev():
			c.w.fail("durability", "%s was written at %d and is not there", key, rev)
		case rev > 0 && !ok:
			delete(c.acked, key) // by a commit whose answer was lost with its committer
		}
	}
	if v.Rev() < c.last.Rev() {
		c.w.fail("durability", "the log is at %d and was at %d", v.Rev(), c.last.Rev())
	}
	c.last = v
}

// unanswered checks a task that was written by a commit that nobody was told of;
// was is nil for a new one.
func (c *checker) unanswered(v store.View, was model.Noun, now *model.Task) {
	old, _ := was.(*model.Task)
	c.address(v, old, now)
	c.devices(v, old, now)
	c.lodged(v, old, now)
	if old == nil {
		c.pin(v, now)
	}
}

// committed checks everything that must hold after every commit.
func (c *checker) committed(v store.View, keys []model.Key) {
	c.w.counts.Commits++
	if v.Rev() <= c.last.Rev() {
		c.w.fail("revision", "revision %d follows %d", v.Rev(), c.last.Rev())
	}
	instances := []string{}
	for _, k := range keys {
		was, existed := c.last.Lookup(k)
		now, exists := v.Lookup(k)
		c.acked[k] = 0
		if exists {
			c.acked[k] = now.Metadata().Rev
		} else {
			c.gone[k] = v.Rev()
		}
		c.w.trace.say("store", "%d %s %s", v.Rev(), shortKey(k), words(now))
		if c.still {
			c.w.fail("quiet", "a settled world writes %s at revision %d: %s", k, v.Rev(), words(now))
		}
		switch now := now.(type) {
		case *model.Task:
			var old *model.Task
			if existed {
				old = was.(*model.Task)
			}
			c.task(v, old, now)
			instances = append(instances, now.Spec.Instance)
		case *model.Deployment:
			if existed {
				c.breaker(v, was.(*model.Deployment), now)
			}
		case nil:
			if t, ok := was.(*model.Task); ok {
				c.forgotten(t)
			}
		}
	}
	slices.Sort(instances)
	for _, id := range slices.Compact(instances) {
		c.room(v, id)
	}
	c.last = v
}

// task checks one task's change ("status", "draining", "truth").
func (c *checker) task(v store.View, was, now *model.Task) {
	c.supplied(v, was, now)
	c.oneDaemon(v, now)
	c.address(v, was, now)
	c.devices(v, was, now)
	c.lodged(v, was, now)
	if placed := now.Spec.Instance != "" && (was == nil || was.Spec.Instance == ""); placed && now.Spec.Daemon == "" {
		i, ok := store.Get[*model.ContainerInstance](v, now.Spec.Instance)
		if !ok || i.Status != model.InstanceActive {
			c.w.fail("draining", "task %s is placed on an instance that is not ACTIVE", now.ID)
		}
	}
	if was == nil {
		c.pin(v, now)
		return
	}
	switch {
	case now.Status.Last.Before(was.Status.Last):
		c.w.fail("status", "task %s goes back from %s to %s", now.ID, was.Status.Last, now.Status.Last)
	case was.Desired == model.TaskStopped && now.Desired != model.TaskStopped:
		c.w.fail("status", "task %s is not to stop any more", now.ID)
	case was.Spec.Instance != now.Spec.Instance && was.Spec.Instance != "":
		c.w.fail("status", "task %s moves from %s to %s", now.ID, was.Spec.Instance, now.Spec.Instance)
	}
	if now.Stopped() && !was.Stopped() {
		c.ended[now.Spec.Deployment]++
		c.story(now)
	}
	if now.Stopped() && !was.Stopped() && now.StopCode != model.StopTerminationNotice && !slices.ContainsFunc(now.Status.Containers, unended) {
		for _, n := range c.w.nodes {
			for _, e := range n.machine.List(n.now()) {
				if e.Status == runtime.StatusRunning && strings.HasPrefix(e.ID, now.ID) {
					c.w.fail("truth", "task %s is STOPPED while container %s runs on %s", now.ID, e.ID, n.name)
				}
			}
		}
	}
}

func unended(o model.ContainerObserved) bool { return o.Last != model.TaskStopped }

// room checks that an instance holds no more than it has ("room").
func (c *checker) room(v store.View, id string) {
	i, ok := store.Get[*model.ContainerInstance](v, id)
	if !ok {
		return
	}
	cpu, memory := 0, 0
	ports := map[model.Port]string{}
	for _, p := range i.Registered.Ports {
		ports[p] = "the instance itself"
	}
	for t := range store.TasksByInstance(v, id) {
		if !t.HoldsResources() {
			continue
		}
		cpu, memory = cpu+t.Spec.Resources.CPU, memory+t.Spec.Resources.Memory
		for _, p := range portsOf(v, t) {
			if by, taken := ports[p]; taken {
				c.w.fail("room", "port %d on %s is taken by %s and by task %s", p.Number, id, by, t.ID)
			}
			ports[p] = "task " + t.ID
		}
	}
	if cpu > i.Registered.CPU || memory > i.Registered.Memory {
		c.w.fail("room", "instance %s has %d CPU and %d MiB, and its tasks take %d and %d", id, i.Registered.CPU, i.Registered.Memory, cpu, memory)
	}
}

// container checks what a container does ("once").
func (c *checker) container(n *node, e runtime.Event) {
	switch e.Status {
	case runtime.StatusRunning:
		c.w.counts.Started++
		c.w.trace.say(n.name, "container %s runs", shortContainer(e.ID))
		if where, twice := c.ran[e.ID]; twice {
			c.w.fail("once", "container %s runs on %s and ran on %s before", e.ID, n.name, where)
		}
		c.ran[e.ID] = n.name
		c.order(n, e)
		c.pinned(e)
	case runtime.StatusExited:
		c.w.trace.say(n.name, "container %s has ended with %d", shortContainer(e.ID), e.ExitCode)
	}
}

func shortContainer(id string) string { return id[:6] + id[strings.LastIndexByte(id, '-'):] }

// answered checks that the front door refuses with AWS's errors alone
// ("fault"): a server fault needs a trouble that explains it.
func (c *checker) answered(operation string, err error) {
	if c.w.shape.calm && strings.Contains(err.Error(), "ServerException") {
		c.w.fail("fault", "%s: %v", operation, err)
	}
}

// hush says whether anything may be committed from now on ("quiet").
func (c *checker) hush(still bool) { c.still = still }

func shortKey(k model.Key) string {
	at := strings.LastIndexByte(k.ID, '/') + 1
	if k.Kind == model.KindTask || k.Kind == model.KindContainerInstance {
		return fmt.Sprintf("%s %.6s", k.Kind, k.ID[at:])
	}
	return fmt.Sprintf("%s %s", k.Kind, k.ID[strings.IndexByte(k.ID, '/')+1:])
}

// words sums a noun up.
func words(n model.Noun) string {
	switch n := n.(type) {
	case nil:
		return "is deleted"
	case *model.Task:
		return fmt.Sprintf("%s, to be %s, on %.6s for %s %s %s", n.Status.Last, n.Desired, taskID(n.Spec.Instance), n.Spec.Group, n.Status.Health, n.StoppedReason)
	case *model.ContainerInstance:
		return fmt.Sprintf("%s, connected %v", n.Status, n.AgentConnected)
	case *model.Service:
		return fmt.Sprintf("%s, %d of %s", n.Status, n.Spec.DesiredCount, n.Spec.TaskDefinition)
	case *model.Deployment:
		return fmt.Sprintf("%s %s, failed %d, steady %v %s", n.Status.State, n.Status.Rollout, n.Status.FailedTasks, n.Status.Steady, n.Status.LastStuck)
	case *model.ServiceEvents:
		if len(n.Events) > 0 {
			return n.Events[len(n.Events)-1].Message
		}
	}
	return "is written"
}
