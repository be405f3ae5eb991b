package model

import "time"

// DaemonRevision is a snapshot of a daemon's configuration when a deployment
// began: what its tasks are. It never changes. Written by the API; the daemon
// planner removes those that nothing refers to any more.
type DaemonRevision struct {
	Meta
	Account   string             `f:"1"`
	Cluster   string             `f:"2"`
	Daemon    string             `f:"3"` // the daemon's name
	ID        string             `f:"4"` // 19 digits
	Spec      DaemonRevisionSpec `f:"5"`
	CreatedAt time.Time          `f:"6"`
}

// DaemonRevisionSpec is what a daemon's tasks are.
type DaemonRevisionSpec struct {
	TaskDefinition string `f:"1"` // id of DaemonTaskDefinitionID
	// Critical says that an instance is not to be used without the daemon.
	Critical             bool   `f:"2"`
	EnableManagedTags    bool   `f:"3"`
	EnableExecuteCommand bool   `f:"4"`
	PropagateTags        string `f:"5"` // DAEMON or NONE
}

// KindDaemonRevision is the table of daemons' revisions.
const KindDaemonRevision Kind = "daemon-revision"

// DaemonPartID returns account/cluster/daemon/id: the id of one of a daemon's
// revisions or deployments.
func DaemonPartID(account, cluster, daemon, id string) string {
	return DaemonID(account, cluster, daemon) + "/" + id
}

// Key returns account/cluster/daemon/id.
func (r *DaemonRevision) Key() Key {
	return Key{KindDaemonRevision, DaemonPartID(r.Account, r.Cluster, r.Daemon, r.ID)}
}

// Clone returns a copy whose fields may be replaced.
func (r *DaemonRevision) Clone() *DaemonRevision { c := *r; return &c }

// ARN returns the revision's ARN in region.
func (r *DaemonRevision) ARN(region string) string {
	return Scope{region, r.Account}.DaemonRevisionARN(r.Cluster, r.Daemon, r.ID)
}
