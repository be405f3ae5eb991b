package cli

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/place"
)

// explainEvents is how many of a service's latest events are shown.
const explainEvents = 10

// service explains one service.
func (e *explainer) service(name string) error {
	out, err := e.ecs.DescribeServices(e.ctx, &ecs.DescribeServicesInput{Cluster: &e.cluster, Services: []string{name}})
	if err != nil {
		return fmt.Errorf("describe service %s: %w", name, err)
	}
	if len(out.Services) == 0 {
		return fmt.Errorf("there is no service %s in cluster %s", name, e.cluster)
	}
	s := &out.Services[0]
	e.say("service %s is %s: %d of %d tasks run, %d are pending", aws.ToString(s.ServiceName), aws.ToString(s.Status), s.RunningCount, s.DesiredCount, s.PendingCount)
	for _, d := range s.Deployments {
		e.say("deployment %s of %s is %s, %s: %d of %d tasks run, %d failed. %s", aws.ToString(d.Id), lastPart(aws.ToString(d.TaskDefinition)),
			aws.ToString(d.Status), d.RolloutState, d.RunningCount, d.DesiredCount, d.FailedTasks, aws.ToString(d.RolloutStateReason))
	}
	stopped, err := stops(e.ctx, e.ecs, e.cluster, aws.ToString(s.ServiceName))
	if err != nil {
		return err
	}
	for _, said := range stopped {
		e.say("of its tasks, %s", said)
	}
	for _, v := range s.Events[:min(len(s.Events), explainEvents)] {
		e.say("event %s %s", aws.ToTime(v.CreatedAt).UTC().Format(time.DateTime), aws.ToString(v.Message))
	}
	if s.TaskDefinition == nil || aws.ToString(s.Status) != "ACTIVE" {
		return nil
	}
	req, _, err := e.request(*s.TaskDefinition, nil, s.PlacementStrategy, s.PlacementConstraints)
	if err != nil {
		return err
	}
	tasks, err := e.tasks(aws.ToString(s.ServiceName))
	if err != nil {
		return err
	}
	for _, t := range tasks {
		if t.ContainerInstanceArn != nil {
			req.Group = append(req.Group, instanceID(*t.ContainerInstanceArn))
		}
	}
	if s.SchedulingStrategy == types.SchedulingStrategyDaemon {
		req.Rules = req.Rules.WithDistinct()
	}
	req.External = s.LaunchType == types.LaunchTypeExternal
	return e.where(lastPart(*s.TaskDefinition), req, s.CapacityProviderStrategy)
}

// taskID are the forms of a task's id: what else names a task definition.
var taskID = regexp.MustCompile(`^([0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|arn:[^:]*:ecs:[^:]*:[^:]*:task/.*)$`)

// task explains one task, or where one of a task definition would run.
func (e *explainer) task(ref string) error {
	if !taskID.MatchString(ref) {
		req, def, err := e.request(ref, nil, nil, nil)
		if err != nil {
			return err
		}
		return e.where(fmt.Sprintf("%s:%d", aws.ToString(def.Family), def.Revision), req, nil)
	}
	out, err := e.ecs.DescribeTasks(e.ctx, &ecs.DescribeTasksInput{Cluster: &e.cluster, Tasks: []string{ref}})
	if err != nil {
		return fmt.Errorf("describe task %s: %w", ref, err)
	}
	if len(out.Tasks) == 0 {
		return fmt.Errorf("there is no task %s in cluster %s: stopped tasks are forgotten after an hour", ref, e.cluster)
	}
	t := &out.Tasks[0]
	on := "on no container instance"
	if t.ContainerInstanceArn != nil {
		on = "on container instance " + lastPart(*t.ContainerInstanceArn)
	}
	e.say("task %s of %s, %s, is %s and is to be %s", lastPart(aws.ToString(t.TaskArn)), lastPart(aws.ToString(t.TaskDefinitionArn)), on,
		aws.ToString(t.LastStatus), aws.ToString(t.DesiredStatus))
	if t.StopCode != "" || t.StoppedReason != nil {
		e.say("stopped because %s: %s", t.StopCode, aws.ToString(t.StoppedReason))
	}
	for i := range t.Containers {
		e.say("container %s", containerWords(&t.Containers[i]))
	}
	if aws.ToString(t.LastStatus) != string(model.TaskProvisioning) {
		return nil
	}
	req, _, err := e.request(aws.ToString(t.TaskDefinitionArn), t.Overrides, nil, nil)
	if err != nil {
		return err
	}
	return e.where(lastPart(aws.ToString(t.TaskDefinitionArn)), req, []types.CapacityProviderStrategyItem{{CapacityProvider: t.CapacityProviderName}})
}

func containerWords(c *types.Container) string {
	words := []string{aws.ToString(c.Name) + " is " + aws.ToString(c.LastStatus)}
	if c.ExitCode != nil {
		words = append(words, fmt.Sprintf("exit code %d", *c.ExitCode))
	}
	if c.HealthStatus != "" && c.HealthStatus != types.HealthStatusUnknown {
		words = append(words, string(c.HealthStatus))
	}
	if c.Reason != nil {
		words = append(words, *c.Reason)
	}
	return strings.Join(words, ", ")
}

// where says of each instance whether one more task fits, and if not, why.
func (e *explainer) where(definition string, req *place.Request, strategy []types.CapacityProviderStrategyItem) error {
	fleet, err := e.fleet()
	if err != nil {
		return err
	}
	e.say("one more task of %s asks for %s", definition, demandWords(req))
	if fleet.Len() == 0 {
		return errors.New("there are no container instances in cluster " + e.cluster)
	}
	fits := 0
	for _, x := range explainAll(fleet, req, strategy) {
		id := lastPart(x.Instance)
		if x.Fits() {
			fits++
			e.say("container instance %s: it fits", id)
			continue
		}
		e.say("container instance %s: no", id)
		for _, r := range x.Refusals {
			e.say("  %s %s", strings.TrimSuffix(r.Reason, "."), r.Detail)
		}
	}
	e.say("it fits on %d of %d container instances", fits, fleet.Len())
	return nil
}

// explainAll explains every instance; where there is a capacity provider
// strategy, as one of its own provider if that is in the strategy.
func explainAll(fleet *place.Fleet, req *place.Request, strategy []types.CapacityProviderStrategyItem) []place.Explanation {
	var best []place.Explanation
	for _, s := range strategy {
		if aws.ToString(s.CapacityProvider) == "" {
			continue
		}
		r := *req
		r.Provider = *s.CapacityProvider
		for k, x := range place.Explain(fleet, &r) {
			if len(best) <= k {
				best = append(best, x)
			} else if slices.ContainsFunc(best[k].Refusals, ofProvider) && !slices.ContainsFunc(x.Refusals, ofProvider) {
				best[k] = x
			}
		}
	}
	if best == nil {
		return place.Explain(fleet, req)
	}
	return best
}

func ofProvider(r place.Refusal) bool { return r.Reason == place.FailProvider }

func demandWords(req *place.Request) string {
	words := fmt.Sprintf("%d CPU units, %d MiB of memory", req.Resources.CPU, req.Resources.Memory)
	for _, p := range req.Resources.Ports {
		words += fmt.Sprintf(", host port %d/%s", p.Number, p.Protocol)
	}
	for _, a := range req.Required {
		words += ", attribute " + a.Name
		if a.Value != "" {
			words += "=" + a.Value
		}
	}
	return words
}
