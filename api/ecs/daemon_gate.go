package ecs

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/daemon"
	"github.com/roadstead/roadstead/plan/judge"
	"github.com/roadstead/roadstead/store"
)

// await makes a new instance REGISTERING while critical daemons are to start
// on it first: the control loops make it ACTIVE then.
// Source: ECS API reference, CreateDaemon: critical.
func await(v store.View, i *model.ContainerInstance) {
	for n := range store.Prefix[*model.Daemon](v, model.ClusterID(i.Account, i.Cluster)+"/") {
		if daemon.Covers(n, store.NewestDeployment(v, n), store.RevisionsOf(v, n), i) != nil {
			i.Status, i.StatusReason = model.InstanceRegistering, "Waiting for tasks of critical daemons."
			return
		}
	}
}

// impair drains the instance of a critical daemon's task in the transaction that
// notes its end; t is not stored yet. Were it done later, services could take the
// daemon's room meanwhile, and on a full cluster neither could the daemon come back
// nor they leave.
func impair(v store.View, c *model.Change, t *model.Task, now time.Time) {
	i, ok := store.Get[*model.ContainerInstance](v, t.Spec.Instance)
	if t.Spec.Daemon == "" || !t.Stopped() || !ok || i.Status != model.InstanceActive {
		return
	}
	in := daemon.GateView{Instance: i, Definitions: map[string]*model.TaskDefinition{}, Now: now}
	for d := range store.Prefix[*model.Daemon](v, model.ClusterID(i.Account, i.Cluster)+"/") {
		r := daemon.Covers(d, store.NewestDeployment(v, d), store.RevisionsOf(v, d), i)
		if r == nil {
			continue
		}
		of := daemon.Critical{Name: d.Name}
		for o := range store.TasksByInstance(v, i.Key().ID) {
			if o.Spec.Daemon != d.Key().ID || o.Spec.Deployment != r.ID {
				continue
			}
			if o.ID == t.ID {
				o = t
			}
			of.Tasks = append(of.Tasks, o)
			in.Definitions[o.Spec.TaskDefinition], _ = store.DefinitionOf(v, o)
		}
		in.Critical = append(in.Critical, of)
	}
	for _, w := range daemon.Gate(in).Change.Writes {
		c.Put(w.Noun)
	}
}

// showDaemonHealth says how the critical daemons of an instance fare; nil for
// an instance that has none.
// Source: ECS API reference, InstanceHealthCheckResult.type.
func showDaemonHealth(v store.View, i *model.ContainerInstance) *types.InstanceHealthCheckResult {
	critical, impaired := false, false
	for n := range store.Prefix[*model.Daemon](v, model.ClusterID(i.Account, i.Cluster)+"/") {
		r := daemon.Covers(n, store.NewestDeployment(v, n), store.RevisionsOf(v, n), i)
		if r == nil {
			continue
		}
		critical = true
		tasks := slices.Collect(filter(store.TasksByInstance(v, i.Key().ID), func(t *model.Task) bool { return t.Spec.Daemon == n.Key().ID }))
		impaired = impaired || !slices.ContainsFunc(tasks, func(t *model.Task) bool {
			def, _ := store.DefinitionOf(v, t)
			return judge.Alive(t) && judge.Ready(t, def)
		})
	}
	if !critical {
		return nil
	}
	out := &types.InstanceHealthCheckResult{Type: types.InstanceHealthCheckTypeDaemon, Status: types.InstanceHealthCheckStateOk}
	if impaired {
		out.Status, out.StatusReason = types.InstanceHealthCheckStateImpaired, text(i.StatusReason)
	}
	return out
}
