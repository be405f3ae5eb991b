package model

import (
	"slices"
	"time"
)

// Service statuses.
const (
	ServiceActive   = "ACTIVE"
	ServiceDraining = "DRAINING"
	ServiceInactive = "INACTIVE"
)

// Scheduling strategies.
const (
	SchedulingReplica = "REPLICA"
	SchedulingDaemon  = "DAEMON"
)

// Service keeps a number of tasks of one task definition running.
type Service struct {
	Meta
	Account string `f:"1"`
	Cluster string `f:"2"`
	Name    string `f:"3"`
	// Status is written ACTIVE and DRAINING by the API, INACTIVE by the
	// deployment planner once the last task has stopped.
	Status string `f:"4"`
	// Spec is the caller's; written by the API alone.
	Spec      ServiceSpec `f:"5"`
	Tags      []Tag       `f:"6"`
	CreatedAt time.Time   `f:"7"`
	CreatedBy string      `f:"8"`
	// Primary is the id (ecs-svc/N) of the newest deployment. Written by the
	// API, which makes the Deployment in the same transaction.
	Primary string `f:"9"`
}

// ServiceSpec is what a service is to be.
type ServiceSpec struct {
	TaskDefinition string                `f:"1"` // id of TaskDefinitionID
	DesiredCount   int                   `f:"2"`
	LaunchType     string                `f:"3"` // EC2 or EXTERNAL; "" when a strategy is set
	Scheduling     string                `f:"4"` // REPLICA or DAEMON
	Rollout        Rollout               `f:"5"`
	Strategy       []PlacementStrategy   `f:"6"`
	Constraints    []PlacementConstraint `f:"7"`
	// HealthGrace is healthCheckGracePeriodSeconds.
	HealthGrace          time.Duration `f:"8"`
	HealthGraceSet       bool          `f:"9"`
	EnableManagedTags    bool          `f:"10"`
	PropagateTags        string        `f:"11"` // TASK_DEFINITION, SERVICE or NONE; "" means NONE
	EnableExecuteCommand bool          `f:"12"`
	// ZoneRebalancing is availabilityZoneRebalancing: ENABLED or DISABLED.
	ZoneRebalancing string `f:"13"`
	PlatformVersion string `f:"14"`
	RoleARN         string `f:"15"`
	// Controller is the deployment controller: ECS; "" means not named by the caller, which is ECS.
	Controller string `f:"16"`
}

// Rollout is how a deployment replaces tasks.
type Rollout struct {
	MinimumHealthyPercent int           `f:"1"`
	MaximumPercent        int           `f:"2"`
	CircuitBreaker        bool          `f:"3"`
	Rollback              bool          `f:"4"`
	Strategy              string        `f:"5"` // ROLLING
	BakeTime              time.Duration `f:"6"`
}

// PlacementStrategy is one step of how instances are preferred.
type PlacementStrategy struct {
	Type  string `f:"1"` // binpack, spread or random
	Field string `f:"2"` // cpu, memory, instanceId, host, attribute:NAME
}

// PlacementConstraint limits the instances that may be chosen.
type PlacementConstraint struct {
	Type       string `f:"1"` // distinctInstance or memberOf
	Expression string `f:"2"`
}

// KindService is the table of services.
const KindService Kind = "service"

// ServiceID returns account/cluster/name.
func ServiceID(account, cluster, name string) string { return account + "/" + cluster + "/" + name }

// Key returns account/cluster/name.
func (s *Service) Key() Key { return Key{KindService, ServiceID(s.Account, s.Cluster, s.Name)} }

// Clone returns a copy whose fields may be replaced.
func (s *Service) Clone() *Service { c := *s; return &c }

// ARN returns the service's ARN in region.
func (s *Service) ARN(region string) string {
	return Scope{region, s.Account}.ServiceARN(s.Cluster, s.Name)
}

// Deployment statuses and rollout states.
const (
	DeploymentPrimary  = "PRIMARY"
	DeploymentActive   = "ACTIVE"   // an older one that still has tasks
	DeploymentInactive = "INACTIVE" // an older one without tasks; not shown

	RolloutInProgress = "IN_PROGRESS"
	RolloutCompleted  = "COMPLETED"
	RolloutFailed     = "FAILED"
)

// Deployment is one rollout of one service: the tasks that it makes carry its
// id. Spec fields are written when it is made (by the API, or by the
// deployment planner for a rollback), Status by the deployment planner.
type Deployment struct {
	Meta
	Account string `f:"1"`
	Cluster string `f:"2"`
	Service string `f:"3"` // the service's name
	ID      string `f:"4"` // ecs-svc/ and 19 digits
	// Spec is the service's spec at the time: the service revision.
	Spec      ServiceSpec      `f:"5"`
	CreatedAt time.Time        `f:"6"`
	Status    DeploymentStatus `f:"7"`
}

// DeploymentStatus is how far a deployment has come.
type DeploymentStatus struct {
	State         string    `f:"1"` // PRIMARY, ACTIVE or INACTIVE
	Rollout       string    `f:"2"` // IN_PROGRESS, COMPLETED or FAILED
	RolloutReason string    `f:"3"`
	UpdatedAt     time.Time `f:"4"`
	// FailedTasks counts tasks of this deployment that did not reach RUNNING
	// (or a steady state) since the last that did.
	FailedTasks int `f:"5"`
	// RetryAt is when the next task may be started after failures: the
	// back-off of a crash-looping service.
	RetryAt time.Time `f:"6"`
	// Counted holds the ids of stopped tasks that FailedTasks has counted and
	// that are still in the tables, so that none is counted twice. Sorted.
	Counted []string `f:"7"`
	// Steady is set once the service's reaching of a steady state was said,
	// and cleared when it leaves it.
	Steady bool `f:"8"`
	// LastStuck is the reason for which nothing could be placed, while that
	// is so, so that it is said once.
	LastStuck string `f:"9"`
}

// KindDeployment is the table of deployments.
const KindDeployment Kind = "deployment"

// DeploymentKeyID returns account/cluster/service/ecs-svc/N.
func DeploymentKeyID(account, cluster, service, id string) string {
	return ServiceID(account, cluster, service) + "/" + id
}

// Key returns account/cluster/service/ecs-svc/N.
func (d *Deployment) Key() Key {
	return Key{KindDeployment, DeploymentKeyID(d.Account, d.Cluster, d.Service, d.ID)}
}

// ServiceID returns the id of the deployment's service.
func (d *Deployment) ServiceID() string { return ServiceID(d.Account, d.Cluster, d.Service) }

// Clone returns a copy whose fields may be replaced; Counted is copied.
func (d *Deployment) Clone() *Deployment {
	c := *d
	c.Status.Counted = slices.Clone(d.Status.Counted)
	return &c
}

// MaxServiceEvents is how many events of a service are kept.
// Source: ECS API reference, Service.events ("up to 100 of the latest").
const MaxServiceEvents = 100

// ServiceEvents are a service's latest events, oldest first; they are shown
// newest first. Written by the deployment planner.
type ServiceEvents struct {
	Meta
	Account string         `f:"1"`
	Cluster string         `f:"2"`
	Service string         `f:"3"`
	Events  []ServiceEvent `f:"4"`
	// Sequence counts all events ever, for their ids.
	Sequence int64 `f:"5"`
}

// ServiceEvent is a sentence about a service and when it was said.
type ServiceEvent struct {
	ID      string    `f:"1"`
	At      time.Time `f:"2"`
	Message string    `f:"3"`
}

// KindServiceEvents is the table of services' events.
const KindServiceEvents Kind = "service-events"

// Key returns account/cluster/service.
func (e *ServiceEvents) Key() Key {
	return Key{KindServiceEvents, ServiceID(e.Account, e.Cluster, e.Service)}
}

// Clone returns a copy that may be appended to.
func (e *ServiceEvents) Clone() *ServiceEvents {
	c := *e
	c.Events = slices.Clone(e.Events)
	return &c
}
