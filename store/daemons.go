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

// NewestDeployment returns the deployment that counts for a daemon, nil if
// there is none.
func NewestDeployment(v View, d *model.Daemon) *model.DaemonDeployment {
	n, _ := Get[*model.DaemonDeployment](v, d.Key().ID+"/"+d.Deployment)
	return n
}

// RevisionsOf returns how to find a daemon's revisions by their ids; nil for
// one that is not there.
func RevisionsOf(v View, d *model.Daemon) func(id string) *model.DaemonRevision {
	return func(id string) *model.DaemonRevision {
		r, _ := Get[*model.DaemonRevision](v, d.Key().ID+"/"+id)
		return r
	}
}
