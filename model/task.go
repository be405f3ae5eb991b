package model

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// TaskStatus is a step in a task's life. It only moves forward.
type TaskStatus string

// The steps of a task's life, in order.
// Source: ECS developer guide, "Task lifecycle".
const (
	TaskProvisioning   TaskStatus = "PROVISIONING"
	TaskPending        TaskStatus = "PENDING"
	TaskActivating     TaskStatus = "ACTIVATING"
	TaskRunning        TaskStatus = "RUNNING"
	TaskDeactivating   TaskStatus = "DEACTIVATING"
	TaskStopping       TaskStatus = "STOPPING"
	TaskDeprovisioning TaskStatus = "DEPROVISIONING"
	TaskStopped        TaskStatus = "STOPPED"
)

var taskOrder = [...]TaskStatus{TaskProvisioning, TaskPending, TaskActivating, TaskRunning,
	TaskDeactivating, TaskStopping, TaskDeprovisioning, TaskStopped}

func (s TaskStatus) rank() int { return slices.Index(taskOrder[:], s) }

func (s TaskStatus) before(t TaskStatus) bool { return s.rank() < t.rank() }

// Before reports whether s comes earlier in a task's life than t.
func (s TaskStatus) Before(t TaskStatus) bool { return s.before(t) }

// Task is one run of a task definition on one container instance. It runs
// once and is replaced, never restarted.
type Task struct {
	Meta
	Account string `f:"1"`
	Cluster string `f:"2"`
	ID      string `f:"3"` // 32 hexadecimal digits
	// Spec is written once, by whoever made the task: RunTask, StartTask or
	// the deployment planner.
	Spec TaskSpec `f:"4"`
	// Desired is RUNNING or STOPPED and turns once. Written by the API
	// (StopTask, deregistration) and the planners.
	Desired TaskStatus `f:"5"`
	// StopCode and StoppedReason say why; the first to stop the task writes them.
	StopCode      string `f:"6"`
	StoppedReason string `f:"7"`
	// Status is what the container instance reported, through Observe alone.
	Status TaskObserved `f:"8"`
	// Tags are written by the API.
	Tags []Tag `f:"9"`
	// StoppingAt is when Desired turned to STOPPED.
	StoppingAt time.Time `f:"10"`
	// ProtectedUntil is when the task's protection from scale-in ends; zero:
	// it is not protected. Written by the API.
	ProtectedUntil time.Time `f:"11"`
}

// TaskSpec is what a task is to be.
type TaskSpec struct {
	TaskDefinition string `f:"1"` // id of TaskDefinitionID
	// Instance is the id of the container instance; "" while the task waits
	// for its capacity provider to have room (PROVISIONING). The planner that
	// finds it room writes it, once.
	Instance string `f:"2"`
	Service  string `f:"3"` // id of the service; "" for RunTask
	// Deployment is ecs-svc/N; "" for RunTask. A rollback that takes the task
	// over writes its own.
	Deployment string    `f:"4"`
	Group      string    `f:"5"`
	StartedBy  string    `f:"6"`
	LaunchType string    `f:"7"` // EC2 or EXTERNAL
	Resources  Resources `f:"8"`
	// Overrides is what RunTask's caller changed; nil for most.
	Overrides *types.TaskOverride `f:"9,wire"`
	CreatedAt time.Time           `f:"10"`
	// ReferenceID is RunTask's referenceId.
	ReferenceID string `f:"11"`
	// EnableExecuteCommand and EnableManagedTags repeat the request.
	EnableExecuteCommand bool `f:"12"`
	EnableManagedTags    bool `f:"13"`
	// CapacityProvider is the name of the capacity provider that the task was
	// placed by; "" for a launch type.
	CapacityProvider string `f:"14"`
	// PlatformVersion is the Fargate platform version; "" elsewhere.
	PlatformVersion string `f:"15"`
	// Daemon is the id of the daemon whose task this is; "" for all others.
	// TaskDefinition is the id of a daemon task definition then, and Deployment
	// that of the daemon revision.
	Daemon string `f:"16"`
	// Strategy and Constraints say how an instance is to be chosen, on a task
	// that waits for one; empty on all others.
	Strategy    []PlacementStrategy   `f:"17"`
	Constraints []PlacementConstraint `f:"18"`
	// Interface is the task's own interface, in network mode awsvpc; nil for
	// all others, and while the task waits for an instance. Written with
	// Instance.
	Interface *NetworkInterface `f:"19"`
	// Network says how an interface is to be chosen, on a task that waits for
	// an instance; nil on all others.
	Network *NetworkConfiguration `f:"20"`
	// Volume is the volume that the task has attached; nil for none.
	Volume *types.TaskVolumeConfiguration `f:"21,wire"`
	// GPUs are the ids of the instance's GPUs that the task has until it has
	// STOPPED, as many as Resources.GPUs. The store chooses them when the task
	// comes to be on the instance, because only it sees all that others take.
	GPUs []string `f:"22"`
	// Runtime is the OCI runtime that the task runs on, which its cluster named
	// when it was made; "" is DefaultRuntime.
	Runtime string `f:"23"`
}

// TaskObserved is what was seen of a task.
type TaskObserved struct {
	Last       TaskStatus          `f:"1"`
	Containers []ContainerObserved `f:"2"`
	// The instants that DescribeTasks shows; zero while they have not come.
	ConnectedAt      time.Time `f:"3"`
	PullStartedAt    time.Time `f:"4"`
	PullStoppedAt    time.Time `f:"5"`
	StartedAt        time.Time `f:"6"`
	ExecutionStopped time.Time `f:"7"`
	StoppedAt        time.Time `f:"8"`
	Health           string    `f:"9"` // HEALTHY, UNHEALTHY or UNKNOWN; "" means UNKNOWN
	Version          int64     `f:"10"`
	// Attached is set once the task's interface was reported to be there.
	Attached bool `f:"11"`
}

// ContainerObserved is what was seen of one container.
type ContainerObserved struct {
	Name      string           `f:"1"`
	RuntimeID string           `f:"2"`
	Last      TaskStatus       `f:"3"` // PENDING, RUNNING or STOPPED
	ExitCode  *int32           `f:"4"`
	Reason    string           `f:"5"`
	Digest    string           `f:"6"` // of the image, sha256:...
	Bindings  []NetworkBinding `f:"7"`
	Health    string           `f:"8"`
	// ID is the last part of the container's ARN.
	ID string `f:"9"`
}

// NetworkBinding is a container's port on the host.
type NetworkBinding struct {
	BindIP        string `f:"1"`
	ContainerPort int    `f:"2"`
	HostPort      int    `f:"3"`
	Protocol      string `f:"4"`
	// The ranges are set instead of the ports where a range was asked for.
	ContainerPortRange string `f:"5"`
	HostPortRange      string `f:"6"`
}

// MaxProvisioning is how many tasks of one cluster may wait for an instance
// (PROVISIONING) at a time.
// Source: ECS service quotas, "Tasks in PROVISIONING state per cluster".
const MaxProvisioning = 500

// KindTask is the table of tasks.
const KindTask Kind = "task"

// TaskID returns account/cluster/id.
func TaskID(account, cluster, id string) string { return account + "/" + cluster + "/" + id }

// Key returns account/cluster/id.
func (t *Task) Key() Key { return Key{KindTask, TaskID(t.Account, t.Cluster, t.ID)} }

// Clone returns a copy whose fields may be replaced. Containers are copied
// too; their bindings are shared and replaced as a whole.
func (t *Task) Clone() *Task {
	c := *t
	c.Status.Containers = slices.Clone(t.Status.Containers)
	return &c
}

// ARN returns the task's ARN in region.
func (t *Task) ARN(region string) string {
	return Scope{region, t.Account}.TaskARN(t.Cluster, t.ID)
}

// HoldsResources reports whether the task still counts against its instance:
// until its STOPPED was reported, the node may be running it.
func (t *Task) HoldsResources() bool { return t.Status.Last != TaskStopped }

// Stopped reports whether the task has ended.
func (t *Task) Stopped() bool { return t.Status.Last == TaskStopped }

// Waiting reports whether the task waits for a container instance, so that no
// node knows of it.
func (t *Task) Waiting() bool { return t.Spec.Instance == "" && t.Status.Last == TaskProvisioning }

// Container returns the index of the named container in Status.Containers,
// or -1.
func (t *Task) Container(name string) int {
	return slices.IndexFunc(t.Status.Containers, func(c ContainerObserved) bool { return c.Name == name })
}

// Protected reports whether the task is protected from scale-in at now.
func (t *Task) Protected(now time.Time) bool { return now.Before(t.ProtectedUntil) }

// Stop returns a copy of the task with Desired STOPPED, for code and reason,
// at now. A task that was stopped before keeps its first code and reason, and
// Stop returns it unchanged. A task that waits for an instance has STOPPED with
// that: there is no node to report it.
func (t *Task) Stop(code, reason string, now time.Time) *Task {
	if t.Desired == TaskStopped {
		return t
	}
	c := t.Clone()
	c.Desired, c.StopCode, c.StoppedReason, c.StoppingAt = TaskStopped, code, reason, now
	c.Status.Version++
	if t.Waiting() {
		c.Status.Last, c.Status.StoppedAt, c.Status.ExecutionStopped = TaskStopped, now, now
		for i := range c.Status.Containers {
			c.Status.Containers[i].Last = TaskStopped
		}
	}
	return c
}
