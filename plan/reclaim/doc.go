// Package reclaim decides which tasks of FARGATE_SPOT are interrupted: those
// whose room an on-demand task of Fargate waits for, and those that an operator
// asks to interrupt. It interrupts no task whose room is not needed: what is
// stopping already counts as free, so planning again takes no more. It may
// not place tasks, and it may not decide which tasks there are to be: plan/deploy
// and RunTask let a task wait, plan/provision gives it the room that has come.
//
// An interrupted task is told to stop, with SpotInterruption; that is the
// two-minute warning. Its containers get SIGTERM at once and SIGKILL after their
// stopTimeout, which is two minutes at most on Fargate.
// Source: ECS developer guide, "Fargate Spot termination notices".
package reclaim

import (
	"slices"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/place"
)

// StopCode and Reason are what an interrupted task shows.
// Source: ECS developer guide, "Fargate Spot termination notices".
const (
	StopCode = "SpotInterruption"
	Reason   = "Your Spot Task was interrupted."
)

// Tag is the key of the tag that an operator gives to a task of FARGATE_SPOT to
// have it interrupted, whatever its value.
const Tag = "roadstead:interrupt"

// Spot reports whether the task can be interrupted for others: it is of
// FARGATE_SPOT and on an instance.
func Spot(t *model.Task) bool {
	return t.Spec.CapacityProvider == model.ProviderFargateSpot && t.Spec.Instance != "" && !t.Stopped()
}

// Wants reports whether the task waits for room that tasks of FARGATE_SPOT may
// have to give up: it is an on-demand task of Fargate without an instance.
func Wants(t *model.Task) bool {
	return t.Waiting() && t.Desired == model.TaskRunning && t.Spec.LaunchType == model.LaunchFargate && t.Spec.CapacityProvider != model.ProviderFargateSpot
}

// Asked reports whether an operator has asked to interrupt the task.
func Asked(t *model.Task) bool {
	if !Spot(t) {
		return false
	}
	for _, tag := range t.Tags {
		if tag.Key == Tag {
			return true
		}
	}
	return false
}

// More returns how many more of the request's tasks than were placed by r may wait
// for the room of tasks of FARGATE_SPOT, in zones that have addresses for them.
func More(f *place.Fleet, req *place.Request, r place.Result, spot func(instanceID string) model.Usage) int {
	asked := *req
	if len(r.Placed) == req.Count || !asked.Within(r.Dry) {
		return 0
	}
	placed := 0 // in those zones
	for _, id := range r.Placed {
		if !slices.Contains(r.Dry, f.Zone(id)) {
			placed++
		}
	}
	asked.Count -= len(r.Placed) - placed
	return max(Room(f, &asked, spot)-placed, 0)
}

// Room returns how many of the request's tasks would fit if all tasks of
// FARGATE_SPOT were gone: so many may wait. spot returns what those on an
// instance hold. The fleet is left as it is.
func Room(f *place.Fleet, req *place.Request, spot func(instanceID string) model.Usage) int {
	if spot == nil {
		return 0
	}
	var nodes []place.Node
	for _, id := range f.Nodes() {
		n, _ := f.Node(id)
		if !n.Instance.Fargate {
			continue
		}
		held := spot(id)
		n.Usage.CPU -= held.CPU
		n.Usage.Memory -= held.Memory
		nodes = append(nodes, n)
	}
	return len(place.Place(place.NewFleet(nodes), req, 0).Placed)
}
