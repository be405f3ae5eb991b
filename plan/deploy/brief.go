package deploy

import (
	"slices"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/judge"
	"github.com/roadstead/roadstead/plan/place"
)

// Brief is what a plan looks at in every task of a service. It is small and of one
// piece with the others, because a service may have ten thousand tasks, and each
// that has to be looked at itself is waited for from memory several times.
type Brief struct {
	started int64 // Status.StartedAt in nanoseconds since 1970; 0: never
	at      int32 // the index of its instance
	of      int32 // the index of its deployment's name
	traits  trait
}

type trait uint8

const (
	stopped  trait = 1 << iota // it has ended
	stopping                   // it is to end, or has
	waiting                    // it waits for an instance
	ready                      // it serves, if it is not sick
	sick                       // it runs and is UNHEALTHY
	guarded                    // it is or was protected
)

func (b *Brief) is(t trait) bool { return b.traits&t != 0 }

// Briefs are those of the tasks of one service, in the order of the tasks. Whoever
// plans a service again and again keeps them from plan to plan, so that only tasks
// that have changed are looked at.
type Briefs struct {
	List        []Brief
	deployments []string // names that the briefs speak of
}

// Of returns the brief of a task of definition def. It holds for as long as the
// task and the fleet's numbers (place.Fleet.Numbers).
func (b *Briefs) Of(t *model.Task, def *model.TaskDefinition, f *place.Fleet) Brief {
	out := Brief{at: f.Index(t.Spec.Instance), of: b.number(t.Spec.Deployment)}
	if !t.Status.StartedAt.IsZero() {
		out.started = t.Status.StartedAt.UnixNano()
	}
	for _, x := range [...]struct {
		is    bool
		trait trait
	}{
		{t.Stopped(), stopped}, {t.Desired == model.TaskStopped, stopping}, {t.Waiting(), waiting},
		{judge.Ready(t, def), ready}, {t.Status.Last == model.TaskRunning && t.Status.Health == "UNHEALTHY", sick},
		{!t.ProtectedUntil.IsZero(), guarded},
	} {
		if x.is {
			out.traits |= x.trait
		}
	}
	return out
}

func (b *Briefs) number(deployment string) int32 {
	for i := len(b.deployments) - 1; i >= 0; i-- { // the last is asked for most
		if b.deployments[i] == deployment {
			return int32(i)
		}
	}
	b.deployments = append(b.deployments, deployment)
	return int32(len(b.deployments) - 1)
}

// Deployments returns how many deployments the briefs have spoken of: who keeps
// them makes them anew when those are many.
func (b *Briefs) Deployments() int { return len(b.deployments) }

// look makes the briefs of the plan's tasks, unless they were handed in, and notes
// which tasks have not stopped, so that nothing else has to look at all of them.
func (p *planning) look() {
	if p.Briefs != nil && p.set == nil {
		p.seen = Briefs{slices.Clone(p.Briefs.List), slices.Clone(p.Briefs.deployments)}
	} else {
		p.seen = Briefs{List: make([]Brief, len(p.tasks))}
		for i := range p.tasks {
			p.see(i)
		}
	}
	p.living, p.ended = make([]int32, 0, len(p.tasks)), nil
	for i := range p.seen.List {
		if p.seen.List[i].is(stopped) {
			p.ended = append(p.ended, int32(i))
		} else {
			p.living = append(p.living, int32(i))
		}
	}
	p.current = -1
	if p.primary != nil {
		p.current = p.seen.number(p.primary.ID)
	}
}

// see makes the brief of task i anew.
func (p *planning) see(i int) {
	t := p.tasks[i]
	p.seen.List[i] = p.seen.Of(t, p.Definitions[t.Spec.TaskDefinition], p.Fleet)
}

// settledBy reports whether a task that is ready has served for long enough.
func (p *planning) settledBy(b *Brief) bool {
	return p.Now.UnixNano() >= b.started+int64(p.Timing.Settle)
}
