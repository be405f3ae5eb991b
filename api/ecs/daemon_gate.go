package ecs

import (
	"slices"

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
