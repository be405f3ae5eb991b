package model

import (
	"slices"
	"time"
)

// Task set statuses that are stored. The primary one is the service's Primary
// and is shown as PRIMARY.
const (
	TaskSetActive   = "ACTIVE"
	TaskSetDraining = "DRAINING"
)

// Stability of a task set.
const (
	Stabilizing = "STABILIZING"
	SteadyState = "STEADY_STATE"
)

// TaskSet is a part of a service whose deployments somebody else controls
// (deployment controller EXTERNAL). Its tasks carry its id as their deployment.
// Source: ECS API reference, TaskSet.
type TaskSet struct {
	Meta
	Account string `f:"1"`
	Cluster string `f:"2"`
	Service string `f:"3"` // the service's name
	ID      string `f:"4"` // ecs-svc/ and 19 digits
	// Spec holds what a task set says for itself: the task definition, the
	// launch type or capacity strategy, and the platform version.
	Spec ServiceSpec `f:"5"`
	// Scale is the percentage of the service's desired count, 0 to 100.
	Scale      float64   `f:"6"`
	ExternalID string    `f:"7"`
	StartedBy  string    `f:"8"`
	Tags       []Tag     `f:"9"`
	CreatedAt  time.Time `f:"10"`
	UpdatedAt  time.Time `f:"11"`
	// Status is ACTIVE or DRAINING; written by the API. The deployment planner
	// removes a DRAINING task set after its last task.
	Status string `f:"12"`
	// Stability and the state below are written by the deployment planner.
	Stability   string           `f:"13"`
	StabilityAt time.Time        `f:"14"`
	State       DeploymentStatus `f:"15"`
}

// KindTaskSet is the table of task sets.
const KindTaskSet Kind = "task-set"

// Key returns account/cluster/service/ecs-svc/N.
func (t *TaskSet) Key() Key {
	return Key{KindTaskSet, DeploymentKeyID(t.Account, t.Cluster, t.Service, t.ID)}
}

// ServiceID returns the id of the task set's service.
func (t *TaskSet) ServiceID() string { return ServiceID(t.Account, t.Cluster, t.Service) }

// Clone returns a copy whose fields may be replaced; State.Counted is copied.
func (t *TaskSet) Clone() *TaskSet {
	c := *t
	c.State.Counted = slices.Clone(t.State.Counted)
	return &c
}
