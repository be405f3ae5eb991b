package deploy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/place"
)

// Words that ECS uses for why tasks stop and where deployments stand.
// Source: ECS developer guide, "Stopped tasks error messages" and "Viewing
// service deployments".
const (
	reasonTasksFailed  = "ECS deployment circuit breaker: tasks failed to start."
	reasonRollingBack  = "ECS deployment circuit breaker: rolling back to deploymentId %s."
	reasonInProgress   = "ECS deployment %s in progress."
	reasonCompleted    = "ECS deployment %s completed."
	reasonAlarm        = "ECS deployment alarms: alarm(s) detected."
	reasonNoAlarm      = "ECS deployment alarms: alarm(s) not found."
	reasonStop         = "ECS deployment %s was stopped."
	reasonRollback     = "ECS deployment %s was stopped to be rolled back."
	reasonAlarmBack    = "ECS deployment alarms: rolling back to deploymentId %s."
	reasonStopBack     = "ECS deployment stopped: rolling back to deploymentId %s."
	moreInformation    = "For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."
	noInstances        = "Reason: No Container Instances were found in your cluster."
	noProviders        = "Reason: No Container Instances were found in your capacity provider."
	stuckNoInstances   = "NO_INSTANCES"
	stuckConfiguration = "DEPLOYMENT_CONFIGURATION"
	stuckDefinition    = "TASK_DEFINITION"
	stuckFailing       = "FAILING"
	stuckProtected     = "PROTECTED"
	stuckProvider      = "NO_PROVIDER"
)

// CodeStuck is the code of reasons for which fewer tasks run than are wanted
// and which other nouns could remove: an instance with room, for example.
const CodeStuck = "Stuck"

func scalingReason(deployment string) string {
	return "Scaling activity initiated by (deployment " + deployment + ")"
}

func lostReason(n *place.Node) string {
	if n == nil || n.Instance.Status == model.InstanceInactive {
		return "The container instance of the task was deregistered."
	}
	return "The container instance of the task (container-instance " + n.Instance.ID + ") lost its connection."
}

// say adds a service event.
func (p *planning) say(format string, args ...any) {
	who := "(service " + p.Service.Name + ") "
	if p.set != nil {
		who = "(service " + p.Service.Name + ", taskSet " + p.set.ID + ") "
	}
	p.said = append(p.said, who+fmt.Sprintf(format, args...))
}

// named lists tasks the way ECS does, sorted and shortened.
func named(tasks []*model.Task) string {
	ids := make([]string, len(tasks))
	for i, t := range tasks {
		ids[i] = "(task " + t.ID + ")"
	}
	slices.Sort(ids)
	if len(ids) > maxNamed {
		return strings.Join(ids[:maxNamed], " ") + fmt.Sprintf(" and %d more", len(ids)-maxNamed)
	}
	return strings.Join(ids, " ")
}

// unplacedFargate is the sentence for a task for which Fargate has no room.
// Source: ECS developer guide, "Service event messages".
const unplacedFargate = "was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a different availability zone. " + moreInformation

// unplacedIn is the sentence for a zone that takes no task to even a service out.
// Source: ECS developer guide, "Track Amazon ECS Availability Zone rebalancing",
// which has another for Fargate.
func unplacedIn(zone string, fargate bool) string {
	if fargate {
		return "is unable to place a task in " + zone + "."
	}
	return "is unable to place a task in " + zone + " because no container instance met all of its requirements."
}

// unplaced is the sentence for a task that has no instance.
func unplaced(r place.Result, provider string) string {
	const start = "was unable to place a task because no container instance met all of its requirements. "
	f, any := r.Closest()
	switch {
	case provider != "" && r.Nobody():
		return start + noProviders + " " + moreInformation
	case !any:
		return start + noInstances + " " + moreInformation
	}
	id := f.Instance[strings.LastIndexByte(f.Instance, '/')+1:]
	closest := start + "The closest matching (container-instance " + id + ") "
	switch f.Reason {
	case place.FailCPU:
		return closest + "has insufficient CPU units available. " + moreInformation
	case place.FailMemory:
		return closest + "has insufficient memory available. " + moreInformation
	case place.FailPorts:
		return closest + "is already using a port required by your task. " + moreInformation
	case place.FailAttribute:
		return closest + "is missing an attribute required by your task. " + moreInformation
	}
	return closest + fmt.Sprintf("encountered error %q. ", f.Reason) + moreInformation
}
