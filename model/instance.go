package model

import "time"

// Container instance statuses.
const (
	// InstanceRegistering is an instance that has no task of a critical daemon
	// yet: nothing but daemons is placed on it.
	InstanceRegistering = "REGISTERING"

	InstanceActive   = "ACTIVE"
	InstanceDraining = "DRAINING"
	InstanceInactive = "INACTIVE" // deregistered; kept for a while so that late calls are answered
)

// ContainerInstance is one node of a cluster.
type ContainerInstance struct {
	Meta
	Account string `f:"1"`
	Cluster string `f:"2"`
	ID      string `f:"3"` // 32 hexadecimal digits
	// Status is written by the API (registration, UpdateContainerInstancesState,
	// DeregisterContainerInstance), and by the daemon planner: REGISTERING to
	// ACTIVE, ACTIVE to DRAINING where a critical daemon has failed, and back.
	Status       string `f:"4"`
	StatusReason string `f:"5"`
	// Registered is what the node lends; its Ports are those it keeps for
	// itself. Written at registration.
	Registered Resources `f:"6"`
	// Attributes are the agent's (written at registration) and a person's
	// (written by PutAttributes and DeleteAttributes). Sorted by name.
	Attributes   []Attribute `f:"7"`
	Tags         []Tag       `f:"8"`
	RegisteredAt time.Time   `f:"9"`
	// EC2InstanceID is the instance's id on EC2, or mi-... for an external one.
	EC2InstanceID string `f:"10"`
	External      bool   `f:"11"`
	// The agent's connection and versions are written by dispatch alone.
	AgentConnected bool      `f:"12"`
	AgentVersion   string    `f:"13"`
	AgentHash      string    `f:"14"`
	DockerVersion  string    `f:"15"`
	ConnectedAt    time.Time `f:"16"` // of the last change of AgentConnected
	Version        int64     `f:"17"`
	HealthStatus   string    `f:"18"` // ContainerRuntime status: OK, IMPAIRED, ...
	HealthUpdated  time.Time `f:"19"`
	// CapacityProvider is the name of the capacity provider that the instance
	// belongs to; "" for none. Written at registration.
	CapacityProvider string `f:"20"`
	// DrainedFor is the name of the critical daemon for whose failure the daemon
	// planner made the instance DRAINING; "" when somebody else did. Written by
	// the daemon planner, and cleared by UpdateContainerInstancesState.
	DrainedFor string `f:"21"`
	// Fargate: the instance takes tasks of Fargate, of whichever cluster of its
	// account. Written at registration.
	Fargate bool `f:"22"`
	// GPUs are the ids of the GPUs that the instance lends, in its own order, as
	// many as Registered.GPUs. Written at registration.
	GPUs []string `f:"23"`
}

// FargateCluster is where the container instances are that take tasks of
// Fargate and no others. No cluster can have that name, so they are shown in
// none.
const FargateCluster = ".fargate"

// KindContainerInstance is the table of container instances.
const KindContainerInstance Kind = "container-instance"

// InstanceID returns account/cluster/id.
func InstanceID(account, cluster, id string) string { return account + "/" + cluster + "/" + id }

// Key returns account/cluster/id.
func (i *ContainerInstance) Key() Key {
	return Key{KindContainerInstance, InstanceID(i.Account, i.Cluster, i.ID)}
}

// Clone returns a copy whose fields may be replaced.
func (i *ContainerInstance) Clone() *ContainerInstance { c := *i; return &c }

// ARN returns the instance's ARN in region.
func (i *ContainerInstance) ARN(region string) string {
	return Scope{region, i.Account}.ContainerInstanceARN(i.Cluster, i.ID)
}

// Attribute returns the value of the named attribute and whether it is there.
func (i *ContainerInstance) Attribute(name string) (string, bool) {
	for _, a := range i.Attributes {
		if a.Name == name {
			return a.Value, true
		}
	}
	return "", false
}
