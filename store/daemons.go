package store

import (
	"iter"

	"github.com/roadstead/roadstead/model"
)

// TasksByDaemon returns the tasks, stopped ones too, of a daemon
// (model.DaemonID), by id.
func TasksByDaemon(v View, daemonID string) iter.Seq[*model.Task] {
	return lookup[*model.Task](v, byDaemon, daemonID)
}

// DeploymentsByDaemon returns the deployments of a daemon (model.DaemonID),
// by id.
func DeploymentsByDaemon(v View, daemonID string) iter.Seq[*model.DaemonDeployment] {
	return Prefix[*model.DaemonDeployment](v, daemonID+"/")
}

// RevisionsByDaemon returns the revisions of a daemon (model.DaemonID), by id.
func RevisionsByDaemon(v View, daemonID string) iter.Seq[*model.DaemonRevision] {
	return Prefix[*model.DaemonRevision](v, daemonID+"/")
}

// DefinitionOf returns what a task was made from: its task definition or, for
// a daemon's task, its daemon task definition as one.
func DefinitionOf(v View, t *model.Task) (*model.TaskDefinition, bool) {
	if t.Spec.Daemon == "" {
		return Get[*model.TaskDefinition](v, t.Spec.TaskDefinition)
	}
	d, ok := Get[*model.DaemonTaskDefinition](v, t.Spec.TaskDefinition)
	if !ok {
		return nil, false
	}
	return d.AsTaskDefinition(), true
}

// CoveringDaemons returns the daemons of an instance's cluster that the
// function covers says yes to, by name. It is handed each daemon with its
// newest deployment (nil for none) and a way to find its revisions.
func CoveringDaemons(v View, i *model.ContainerInstance, covers func(d *model.Daemon, newest *model.DaemonDeployment,
	revision func(id string) *model.DaemonRevision) bool) iter.Seq[*model.Daemon] {
	return func(yield func(*model.Daemon) bool) {
		for d := range Prefix[*model.Daemon](v, model.ClusterID(i.Account, i.Cluster)+"/") {
			newest, _ := Get[*model.DaemonDeployment](v, d.Key().ID+"/"+d.Deployment)
			revision := func(id string) *model.DaemonRevision {
				r, _ := Get[*model.DaemonRevision](v, d.Key().ID+"/"+id)
				return r
			}
			if covers(d, newest, revision) && !yield(d) {
				return
			}
		}
	}
}
