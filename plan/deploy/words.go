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
	reasonUnhealthy    = "Task failed container health checks"
	reasonTasksFailed  = "ECS deployment circuit breaker: tasks failed to start."
	reasonRollingBack  = "ECS deployment circuit breaker: rolling back to deploymentId %s."
	reasonInProgress   = "ECS deployment %s in progress."
	reasonCompleted    = "ECS deployment %s completed."
	moreInformation    = "For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."
	noInstances        = "Reason: No Container Instances were found in your cluster."
	stuckNoInstances   = "NO_INSTANCES"
	stuckConfiguration = "DEPLOYMENT_CONFIGURATION"
	stuckDefinition    = "TASK_DEFINITION"
	stuckFailing       = "FAILING"
)

// CodeStuck is the code of reasons for which fewer tasks run than are wanted
// and which other nouns could remove: an instance with room, for example.
const CodeStuck = "Stuck"

func scalingReason(deployment string) string {
	return "Scaling activity initiated by (deployment " + deployment + ")"
}

func lostReason(n place.Node, known bool) string {
	if !known || n.Instance.Status == model.InstanceInactive {
		return "The container instance of the task was deregistered."
	}
	return "The container instance of the task (container-instance " + n.Instance.ID + ") lost its connection."
}

// say adds a service event.
func (p *planning) say(format string, args ...any) {
	p.said = append(p.said, "(service "+p.Service.Name+") "+fmt.Sprintf(format, args...))
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

// unplaced is the sentence for a task that has no instance.
func unplaced(f place.Failure, any bool) string {
	const start = "was unable to place a task because no container instance met all of its requirements. "
	if !any {
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

// stuck remembers why nothing moves and says it, once while it is so.
func (p *planning) stuck(code, sentence string) {
	p.out.Because(p.primary.Key(), CodeStuck, sentence)
	if p.primary.Status.LastStuck == code {
		return
	}
	p.primary.Status.LastStuck = code
	p.say("%s", sentence)
}

// unstuck forgets why nothing moved.
func (p *planning) unstuck() {
	if p.primary.Status.LastStuck != stuckFailing {
		p.primary.Status.LastStuck = ""
	}
}
