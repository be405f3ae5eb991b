package model

import (
	"slices"
	"time"
)

// Daemon deployment states.
// Source: ECS API reference, DaemonDeployment.status.
const (
	DaemonPending            = "PENDING"
	DaemonInProgress         = "IN_PROGRESS"
	DaemonSuccessful         = "SUCCESSFUL"
	DaemonStopped            = "STOPPED"
	DaemonStopRequested      = "STOP_REQUESTED"
	DaemonRollbackInProgress = "ROLLBACK_IN_PROGRESS"
	DaemonRollbackSuccessful = "ROLLBACK_SUCCESSFUL"
	DaemonRollbackFailed     = "ROLLBACK_FAILED"
)

// DaemonDeployment brings the instances of a daemon's capacity providers to
// one revision, or takes the daemon away from them.
type DaemonDeployment struct {
	Meta
	Account   string    `f:"1"`
	Cluster   string    `f:"2"`
	Daemon    string    `f:"3"` // the daemon's name
	ID        string    `f:"4"` // letters and digits
	CreatedAt time.Time `f:"5"`
	// Spec is written when it is made, by the API.
	Spec DaemonDeploymentSpec `f:"6"`
	// Status is written by the daemon planner.
	Status DaemonDeploymentStatus `f:"7"`
}

// DaemonDeploymentSpec is what a deployment is to do, and how.
type DaemonDeploymentSpec struct {
	Revision string `f:"1"` // id of the target revision
	// Providers are the names of the capacity providers, sorted.
	Providers []string `f:"2"`
	// Sources are the ids of the revisions that had tasks when it was made. Sorted.
	Sources []string `f:"3"`
	// DrainPercent is how much of the instances may change at a time, 0 to 100.
	DrainPercent float64       `f:"4"`
	BakeTime     time.Duration `f:"5"`
	// Alarms fail the deployment while AlarmsEnabled.
	Alarms        []string `f:"6"`
	AlarmsEnabled bool     `f:"7"`
	// Delete says that the daemon is being deleted: there is no target.
	Delete bool `f:"8"`
}

// DaemonDeploymentStatus is how far a deployment has come.
type DaemonDeploymentStatus struct {
	State      string    `f:"1"` // one of the daemon deployment states
	Reason     string    `f:"2"`
	StartedAt  time.Time `f:"3"` // of the first plan that acted on it
	FinishedAt time.Time `f:"4"`
	StoppedAt  time.Time `f:"5"`
	// FailedTasks counts tasks that failed in it, and in its rollback anew;
	// Counted are the ids of those. Sorted. Threshold is the number that fails
	// the deployment.
	FailedTasks int      `f:"6"`
	Counted     []string `f:"7"`
	Threshold   int      `f:"8"`
	// BakeFrom is when all instances had the target and its bake time began.
	BakeFrom time.Time `f:"9"`
	// IgnoredAlarms were in ALARM when the deployment began, Alarmed failed it. Sorted.
	IgnoredAlarms []string `f:"10"`
	Alarmed       []string `f:"11"`
	// The rollback, once there is one: to which revision, on which providers,
	// since when and why.
	RollbackRevision  string    `f:"12"`
	RollbackProviders []string  `f:"13"`
	RollbackAt        time.Time `f:"14"`
	RollbackReason    string    `f:"15"`
}

// KindDaemonDeployment is the table of daemons' deployments.
const KindDaemonDeployment Kind = "daemon-deployment"

// Key returns account/cluster/daemon/id.
func (d *DaemonDeployment) Key() Key {
	return Key{KindDaemonDeployment, DaemonPartID(d.Account, d.Cluster, d.Daemon, d.ID)}
}

// DaemonID returns the id of the deployment's daemon.
func (d *DaemonDeployment) DaemonID() string { return DaemonID(d.Account, d.Cluster, d.Daemon) }

// Clone returns a copy whose fields may be replaced; Counted is copied.
func (d *DaemonDeployment) Clone() *DaemonDeployment {
	c := *d
	c.Status.Counted = slices.Clone(d.Status.Counted)
	return &c
}

// ARN returns the deployment's ARN in region.
func (d *DaemonDeployment) ARN(region string) string {
	return Scope{region, d.Account}.DaemonDeploymentARN(d.Cluster, d.Daemon, d.ID)
}

// InForce returns the id of the revision that is to run, and the names of the
// providers on whose instances: the target's, or the rollback's once there is
// one. The revision is "" when nothing is to be started: the daemon is being
// deleted, or the deployment has failed with nothing to go back to.
func (d *DaemonDeployment) InForce() (revision string, providers []string) {
	switch {
	case d.Spec.Delete:
		return "", nil
	case d.Status.RollbackRevision != "":
		return d.Status.RollbackRevision, d.Status.RollbackProviders
	case d.Status.State == DaemonStopped, d.Status.State == DaemonStopRequested:
		return "", d.Spec.Providers
	}
	return d.Spec.Revision, d.Spec.Providers
}

// Ended reports whether the deployment will not change any more by itself.
func (d *DaemonDeployment) Ended() bool {
	switch d.Status.State {
	case DaemonSuccessful, DaemonStopped, DaemonRollbackSuccessful, DaemonRollbackFailed:
		return true
	}
	return false
}
