package reap

import (
	"strings"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
	"github.com/roadstead/roadstead/plan"
)

// InstanceView is what the plan for one container instance depends on.
type InstanceView struct {
	ID       string                   // model.InstanceID
	Instance *model.ContainerInstance // nil: it is not in the tables
	Tasks    []*model.Task            // all on the instance that are in the tables, by id
	Now      time.Time
	// Since is when whoever asks began to watch: no instance counts as
	// disconnected for longer than since then.
	Since  time.Time
	Timing Timing
}

// Instance returns the plan for one container instance and its tasks: stopped
// tasks go after an hour, tasks of an instance that is gone are given up, and
// an instance that is INACTIVE goes when it has been so for long enough and
// its last task has gone.
func Instance(v InstanceView) plan.Plan {
	v.Timing = v.Timing.withDefaults()
	r := reaping{InstanceView: v}
	for _, t := range v.Tasks {
		if len(r.out.Change.Writes) == plan.MaxWrites-1 {
			r.out.WakeAt(v.Now)
			return r.finish()
		}
		r.task(t)
	}
	r.instance()
	return r.finish()
}

type reaping struct {
	InstanceView
	out     plan.Plan
	deleted bool // the instance
}

// finish guards what was decided with the state of the instance.
func (r *reaping) finish() plan.Plan {
	switch c := &r.out.Change; {
	case c.Empty() || r.deleted:
	case r.Instance == nil:
		c.ExpectAbsent(model.Key{Kind: model.KindContainerInstance, ID: r.ID})
	default:
		c.Expect(r.Instance)
	}
	return r.out
}

// due reports whether at has come, and wakes the plan then if it has not.
func (r *reaping) due(at time.Time) bool {
	if r.Now.Before(at) {
		r.out.WakeAt(at)
		return false
	}
	return true
}

func (r *reaping) inactive() bool {
	return r.Instance == nil || r.Instance.Status == model.InstanceInactive
}

// silent is since when the instance has not been connected. It is only asked
// for instances that are not.
func (r *reaping) silent() time.Time {
	since := r.Since
	for _, t := range []time.Time{r.Instance.ConnectedAt, r.Instance.RegisteredAt} {
		if t.After(since) {
			since = t
		}
	}
	return since
}

func (r *reaping) task(t *model.Task) {
	switch {
	case t.Stopped():
		if mutant.On(mutant.ReapedTooSoon) || r.due(t.Status.StoppedAt.Add(r.Timing.Task)) {
			r.out.Change.Delete(t)
			r.out.Because(t.Key(), "Forgotten", "Stopped long ago.")
		}
	case r.inactive():
		if !mutant.On(mutant.GoneKept) {
			r.giveUp(t)
		}
	case r.Instance.AgentConnected:
	case t.Desired == model.TaskStopped:
		if r.due(later(r.silent(), t.StoppingAt).Add(r.Timing.Gone)) {
			r.giveUp(t)
		}
	case t.Spec.Service == "":
		if r.due(r.silent().Add(r.Timing.Standalone)) {
			r.out.Change.Put(t.Stop(model.StopTerminationNotice, r.reason(), r.Now))
			r.out.Because(t.Key(), "Lost", r.reason())
		}
	}
}

// giveUp counts the task as stopped: nobody is left to report it.
func (r *reaping) giveUp(t *model.Task) {
	s := t.Stop(model.StopTerminationNotice, r.reason(), r.Now)
	r.out.Change.Put(s.Observe(model.TaskReport{Status: model.TaskStopped}, r.Now))
	r.out.Because(t.Key(), "GivenUp", r.reason())
}

// reason is what ECS says of tasks whose host is no more.
// Source: ECS developer guide, "Stopped tasks error messages".
func (r *reaping) reason() string {
	host := r.ID[strings.LastIndexByte(r.ID, '/')+1:]
	if r.Instance != nil && r.Instance.EC2InstanceID != "" {
		host = r.Instance.EC2InstanceID
	}
	return "Host EC2 (instance " + host + ") terminated."
}

func (r *reaping) instance() {
	if r.Instance == nil || !r.inactive() || len(r.Tasks) > 0 {
		return
	}
	if r.due(later(r.Instance.ConnectedAt, r.Instance.RegisteredAt).Add(r.Timing.Instance)) {
		r.out.Change.Delete(r.Instance)
		r.deleted = true
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
