package daemon

import (
	"slices"
	"strings"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/plan/judge"
)

// Covers returns the revision by which the daemon is critical for the
// instance: the one that is in force on the instance's capacity provider, by
// the daemon's newest deployment d. Nil when the instance can do without, and
// for what is not there.
func Covers(of *model.Daemon, d *model.DaemonDeployment, revision func(id string) *model.DaemonRevision, i *model.ContainerInstance) *model.DaemonRevision {
	if of.Status != model.DaemonActive || d == nil || i.CapacityProvider == "" {
		return nil
	}
	id, providers := d.InForce()
	if d.Status.State == model.DaemonStopRequested { // on its way back: nothing is different yet
		id = d.Spec.Revision
	}
	if id == "" || !slices.Contains(providers, i.CapacityProvider) {
		return nil
	}
	if r := revision(id); r != nil && r.Spec.Critical {
		return r
	}
	return nil
}

// GateView is what the state of one container instance depends on.
type GateView struct {
	Instance *model.ContainerInstance
	Critical []Critical // the daemons that cover it, by name
	// Definitions are those of the tasks, by id.
	Definitions map[string]*model.TaskDefinition
	Now         time.Time
	Timing      Timing
}

// Critical is a daemon that covers an instance, and its tasks there of the
// revision by which it does.
type Critical struct {
	Name  string
	Tasks []*model.Task
}

// What an instance says of its state.
const (
	reasonWaiting  = "Waiting for tasks of critical daemons: "
	reasonImpaired = "A task of a critical daemon failed: "
)

// Gate returns what is to become of the state of one instance: it is used
// once its critical daemons serve, drained when one fails, and used again when
// it has served for its probation.
func Gate(v GateView) (p plan.Plan) {
	v.Timing = v.Timing.withDefaults()
	i := v.Instance
	drained := i.Status == model.InstanceDraining && i.DrainedFor != ""
	if !i.AgentConnected && len(v.Critical) > 0 {
		return p // nothing that is seen of it counts
	}
	switch {
	case i.Status == model.InstanceRegistering:
		if why := v.waiting(); why != "" {
			v.set(&p, model.InstanceRegistering, "", reasonWaiting+why+".")
		} else {
			v.set(&p, model.InstanceActive, "", "")
		}
	case i.Status == model.InstanceActive:
		if name := v.failed(); name != "" {
			v.set(&p, model.InstanceDraining, name, reasonImpaired+name+".")
		}
	case drained && v.recovered(&p):
		v.set(&p, model.InstanceActive, "", "")
	}
	return p
}

// set writes the instance's state if it is another.
func (v *GateView) set(p *plan.Plan, status, drainedFor, reason string) {
	if v.Instance.Status == status && v.Instance.DrainedFor == drainedFor && v.Instance.StatusReason == reason {
		return
	}
	i := v.Instance.Clone()
	if i.Status != status {
		i.Version++
	}
	i.Status, i.DrainedFor, i.StatusReason = status, drainedFor, reason
	p.Change.Put(i)
	p.Because(i.Key(), status, reason)
}

// serves returns the daemon's task that serves on the instance, nil for none.
func (v *GateView) serves(c Critical) *model.Task {
	for _, t := range c.Tasks {
		if judge.Alive(t) && judge.Ready(t, v.Definitions[t.Spec.TaskDefinition]) {
			return t
		}
	}
	return nil
}

// waiting names the daemons that do not serve yet.
func (v *GateView) waiting() string {
	var names []string
	for _, c := range v.Critical {
		if v.serves(c) == nil {
			names = append(names, c.Name)
		}
	}
	return strings.Join(names, ", ")
}

// failed names the first daemon that does not serve because its last task
// ended by itself or is unhealthy. A daemon that has not come to the instance
// yet, or is being replaced, has not failed.
func (v *GateView) failed() string {
	for _, c := range v.Critical {
		if v.serves(c) != nil {
			continue
		}
		var last *model.Task
		for _, t := range c.Tasks {
			if judge.Alive(t) {
				if t.Status.Last == model.TaskRunning && t.Status.Health == "UNHEALTHY" {
					return c.Name
				}
				continue
			}
			if last == nil || t.Spec.CreatedAt.After(last.Spec.CreatedAt) || t.Spec.CreatedAt.Equal(last.Spec.CreatedAt) && t.ID > last.ID {
				last = t
			}
		}
		if last != nil && judge.EndedItself(last) {
			return c.Name
		}
	}
	return ""
}

// recovered reports whether all daemons have served for their probation. While
// they may come to have, p wakes then.
func (v *GateView) recovered(p *plan.Plan) bool {
	all := true
	for _, c := range v.Critical {
		t := v.serves(c)
		if t == nil {
			return false
		}
		at := t.Status.StartedAt.Add(v.probation(c))
		if v.Now.Before(at) {
			p.WakeAt(at)
			all = false
		}
	}
	return all
}

// probation doubles with each failure that is remembered.
func (v *GateView) probation(c Critical) time.Duration {
	failures := 0
	for _, t := range c.Tasks {
		if !judge.Alive(t) && judge.EndedItself(t) {
			failures++
		}
	}
	return max(judge.Delay(failures+1, v.Timing.HealthyRun, v.Timing.MaxDelay), v.Timing.HealthyRun)
}

// Definition returns the plan for a daemon task definition: once it is being
// deleted and nothing refers to it, it counts as deleted.
func Definition(d *model.DaemonTaskDefinition, referred bool) (p plan.Plan) {
	if d.Status != model.DaemonTaskDefinitionDeleteInProgress || referred {
		return p
	}
	c := d.Clone()
	c.Status = model.DaemonTaskDefinitionDeleted
	p.Change.Put(c)
	p.Because(c.Key(), "Deleted", "No daemon refers to the daemon task definition.")
	return p
}
