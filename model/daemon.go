package model

import "time"

// Daemon statuses. A daemon that is gone is not in the tables any more.
// Source: ECS API reference, DaemonDetail.status.
const (
	DaemonActive           = "ACTIVE"
	DaemonDeleteInProgress = "DELETE_IN_PROGRESS"
)

// Daemon runs exactly one task on each container instance of some capacity
// providers. What it is to be is told by its deployments and revisions; it
// says which deployment counts.
type Daemon struct {
	Meta
	Account string `f:"1"`
	Cluster string `f:"2"`
	Name    string `f:"3"`
	// Status is written by the API. The daemon planner removes a daemon that is
	// being deleted after its last task.
	Status string `f:"4"`
	// Deployment is the id of the newest deployment. Written by the API, which
	// makes the DaemonDeployment in the same transaction.
	Deployment string    `f:"5"`
	Tags       []Tag     `f:"6"` // written by the API
	CreatedAt  time.Time `f:"7"`
	UpdatedAt  time.Time `f:"8"` // of the last call that changed it; written by the API
}

// KindDaemon is the table of daemons.
const KindDaemon Kind = "daemon"

// DaemonID returns account/cluster/name.
func DaemonID(account, cluster, name string) string { return account + "/" + cluster + "/" + name }

// Key returns account/cluster/name.
func (d *Daemon) Key() Key { return Key{KindDaemon, DaemonID(d.Account, d.Cluster, d.Name)} }

// Clone returns a copy whose fields may be replaced.
func (d *Daemon) Clone() *Daemon { c := *d; return &c }

// ARN returns the daemon's ARN in region.
func (d *Daemon) ARN(region string) string {
	return Scope{region, d.Account}.DaemonARN(d.Cluster, d.Name)
}
