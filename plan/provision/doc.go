// Package provision decides what becomes of tasks that wait for a container
// instance: a capacity provider with managed scaling is expected to bring
// room, so its tasks wait in PROVISIONING instead of failing. It gives them
// instances when there is room, the oldest first, and stops those that have
// waited for too long. It may not make room, and it may not decide which tasks
// there are to be.
// Source: AWS, "Deep Dive on Amazon ECS Cluster Auto Scaling".
package provision

import (
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
)

// MaxWaiting is how many tasks of one cluster may wait at a time. Others are
// not made: RunTask is refused, services go on when some have instances.
const MaxWaiting = model.MaxProvisioning

// ReasonNoCapacity is the stopped reason of a task that waited in vain; its
// stop code is TaskFailedToStart.
const ReasonNoCapacity = "EMPTY CAPACITY PROVIDER"

// ReasonNoFargate is that of a task of Fargate: what it says when there is no
// capacity.
const ReasonNoFargate = "Capacity is unavailable at this time. Please try again later or in a different availability zone"

// Waits reports whether a task that finds no room in the capacity provider is
// to wait for it: managed scaling is enabled. A nil provider is none.
func Waits(p *model.CapacityProvider) bool {
	switch {
	case p == nil:
		return false
	case p.Managed != nil:
		return true
	}
	return p.AutoScaling != nil && p.AutoScaling.ManagedScaling != nil &&
		p.AutoScaling.ManagedScaling.Status == types.ManagedScalingStatusEnabled
}

// Wait makes t, a new task that no one else has seen, wait for an instance of
// its capacity provider (Spec.CapacityProvider). Strategy and constraints are
// the caller's; those of the task definition are known anyway. The network is
// what its interface will be chosen by, nil if it has none.
func Wait(t *model.Task, strategy []model.PlacementStrategy, constraints []model.PlacementConstraint, network *model.NetworkConfiguration) {
	t.Spec.Instance, t.Status.Last = "", model.TaskProvisioning
	t.Spec.Strategy, t.Spec.Constraints, t.Spec.Network = strategy, constraints, network
}
