package model

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
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
	// Controller is the deployment controller: ECS or EXTERNAL; "" means not named by the caller, which is ECS.
	Controller string `f:"16"`
	// CapacityStrategy is the capacity provider strategy; empty when LaunchType is set.
	CapacityStrategy []CapacityStrategy `f:"17"`
	// Network is where the interfaces of tasks are to be; nil unless their
	// network mode is awsvpc.
	Network *NetworkConfiguration `f:"18"`
	// Volume is what each of its tasks has attached; nil for nothing.
	Volume *types.ServiceVolumeConfiguration `f:"19,wire"`
}

// Rollout is how a deployment replaces tasks.
type Rollout struct {
	MinimumHealthyPercent int           `f:"1"`
	MaximumPercent        int           `f:"2"`
	CircuitBreaker        bool          `f:"3"`
	Rollback              bool          `f:"4"`
	Strategy              string        `f:"5"` // ROLLING
	BakeTime              time.Duration `f:"6"`
	// Alarms are the names of the CloudWatch alarms that fail a deployment
	// while AlarmsEnabled, and roll it back if AlarmsRollback.
	Alarms         []string `f:"7"`
	AlarmsEnabled  bool     `f:"8"`
	AlarmsRollback bool     `f:"9"`
	AlarmsSet      bool     `f:"10"` // the caller named the alarms member at all
	BakeTimeSet    bool     `f:"11"`
	// BreakerThreshold is the circuit breaker's threshold configuration; nil: AWS's default.
	BreakerThreshold *BreakerThreshold `f:"12"`
	// BreakerKeep is resetOnHealthyTask set to false: a healthy task does not make the breaker forget.
	BreakerKeep bool `f:"13"`
	// BreakerResetSet says that the caller set resetOnHealthyTask.
	BreakerResetSet bool `f:"14"`
}

// BreakerThreshold is how many failed tasks fail a deployment.
// Source: ECS API reference, DeploymentCircuitBreaker.thresholdConfiguration.
type BreakerThreshold struct {
	Type  string `f:"1"`
	Value int    `f:"2"`
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
	// ServiceDeployment is the last part of the service deployment's ARN.
	ServiceDeployment string `f:"8"`
	// Sources are the ids of the deployments that had tasks when this one was
	// made: the service deployment's source revisions. Sorted.
	Sources []string `f:"9"`
	// Revision is the number of the service revision that this deployment
	// brings about; "" means that of its own id. A rollback brings about an
	// older one.
	Revision string `f:"10"`
	// RollbackOf is the id of the failed or stopped deployment that this one
	// takes back; "" for an ordinary one.
	RollbackOf string `f:"11"`
	// StopRequested is how StopServiceDeployment was asked to end it: ABORT or
	// ROLLBACK; "" while nobody has. Written by the API.
	StopRequested   string    `f:"12"`
	StopRequestedAt time.Time `f:"13"`
	// Versions are the images that its tasks run, as the first of them has
	// reported them. Written by the API with the report.
	Versions []ImageVersion `f:"14"`
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
	// StartedAt is when the first plan acted on it, FinishedAt when its
	// rollout was COMPLETED or FAILED for good; StoppedAt when a stop took effect.
	StartedAt  time.Time `f:"10"`
	FinishedAt time.Time `f:"11"`
	StoppedAt  time.Time `f:"12"`
	// BakeFrom is when its tasks had all settled and its bake time began.
	BakeFrom time.Time `f:"13"`
	// Reason is the service deployment's statusReason, such as why it was
	// rolled back.
	Reason string `f:"14"`
	// Alarmed are the alarms that failed it. Sorted.
	Alarmed []string `f:"15"`
	// Stopped is set once StopServiceDeployment took effect without rollback.
	Stopped bool `f:"16"`
	// Replaced is set when a newer deployment superseded it before it had completed.
	Replaced bool `f:"17"`
	// Failures counts all failed tasks of this deployment: what the circuit
	// breaker goes by when a healthy task does not make it forget.
	Failures int `f:"18"`
	// AlarmsIgnored is set when an alarm was in ALARM when the deployment
	// started: then the alarms are not watched.
	AlarmsIgnored bool `f:"19"`
	// Broken is set when the circuit breaker failed the deployment, Stranded
	// when it was to be rolled back and there was nothing to go back to.
	Broken   bool `f:"20"`
	Stranded bool `f:"21"`
	// Moving are the tasks that were started in an emptier availability zone
	// and for which one of a fuller zone is to stop. Sorted.
	Moving []string `f:"22"`
	// Rebalancing is set once it was said that the zones are not balanced, and
	// cleared when they are.
	Rebalancing bool `f:"23"`
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

// RevisionNumber returns the digits of the service revision's ARN.
func (d *Deployment) RevisionNumber() string {
	if d.Revision != "" {
		return d.Revision
	}
	return strings.TrimPrefix(d.ID, "ecs-svc/")
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
