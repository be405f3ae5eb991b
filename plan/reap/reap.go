// Package reap decides what has been kept for long enough: stopped tasks,
// expired client tokens, services and container instances that are no more,
// and deleted clusters, capacity providers and task definitions. It also gives up on tasks whose instance is gone, which nobody else
// will ever report about. It may not stop what still can run.
package reap

import (
	"cmp"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
)

// Timing holds how long things are kept; zero values mean the defaults.
type Timing struct {
	// Task is how long a stopped task stays visible.
	Task time.Duration
	// Standalone is how long an instance may be disconnected before its tasks
	// of no service are stopped.
	Standalone time.Duration
	// Gone is how long an instance may be disconnected before tasks that are
	// to stop count as stopped.
	Gone time.Duration
	// Instance and Service are how long inactive ones stay visible.
	Instance, Service time.Duration
	// Deleted is how long clusters, capacity providers and task definitions
	// that were deleted stay visible.
	Deleted time.Duration
}

// The defaults of Timing. Source for Task: ECS API reference, DescribeTasks
// ("stopped tasks appear in the returned results for at least one hour").
const (
	DefaultTask       = time.Hour
	DefaultStandalone = 2 * time.Minute
	DefaultGone       = 10 * time.Minute
	DefaultInstance   = time.Hour
	DefaultService    = 24 * time.Hour
	DefaultDeleted    = time.Hour
)

func (t Timing) withDefaults() Timing {
	return Timing{cmp.Or(t.Task, DefaultTask), cmp.Or(t.Standalone, DefaultStandalone), cmp.Or(t.Gone, DefaultGone),
		cmp.Or(t.Instance, DefaultInstance), cmp.Or(t.Service, DefaultService), cmp.Or(t.Deleted, DefaultDeleted)}
}

// Token returns the plan for one client token: it goes when it expires.
func Token(t *model.ClientToken, now time.Time) (p plan.Plan) {
	if now.Before(t.ExpiresAt) {
		p.WakeAt(t.ExpiresAt)
		return p
	}
	p.Change.Delete(t)
	return p
}

// Task returns the plan for one stopped task that never had an instance, and
// so belongs to none that would be looked at.
func Task(t *model.Task, now time.Time, timing Timing) (p plan.Plan) {
	if !t.Stopped() {
		return p
	}
	if at := t.Status.StoppedAt.Add(timing.withDefaults().Task); now.Before(at) {
		p.WakeAt(at)
		return p
	}
	p.Change.Delete(t)
	p.Because(t.Key(), "Forgotten", "Stopped long ago.")
	return p
}

// ServiceView is what the plan for one service depends on.
type ServiceView struct {
	Service     *model.Service
	Events      *model.ServiceEvents // nil: none
	Deployments []*model.Deployment
	Now         time.Time
	Timing      Timing
}

// Service returns the plan for one service: an INACTIVE one goes with its
// events some time after the last of them.
func Service(v ServiceView) (p plan.Plan) {
	if v.Service.Status != model.ServiceInactive {
		return p
	}
	last := v.Service.CreatedAt
	if v.Events != nil && len(v.Events.Events) > 0 {
		last = v.Events.Events[len(v.Events.Events)-1].At
	}
	if at := last.Add(v.Timing.withDefaults().Service); v.Now.Before(at) {
		p.WakeAt(at)
		return p
	}
	for i, d := range v.Deployments {
		if i == plan.MaxWrites-2 {
			p.WakeAt(v.Now)
			return p
		}
		p.Change.Delete(d)
	}
	if v.Events != nil {
		p.Change.Delete(v.Events)
	}
	p.Change.Delete(v.Service)
	return p
}
