package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// explainStops is how many reasons for which tasks of a service stopped are
// shown.
const explainStops = 3

// stops says why tasks of a service stopped that it did not stop itself, in
// words: the latest reason first, each once, with how often it was the one. It
// looks at one page of those that are not forgotten yet.
func stops(ctx context.Context, client *ecs.Client, cluster, service string) ([]string, error) {
	list, err := client.ListTasks(ctx, &ecs.ListTasksInput{Cluster: &cluster, ServiceName: &service, DesiredStatus: types.DesiredStatusStopped})
	if err != nil {
		return nil, fmt.Errorf("list stopped tasks: %w", err)
	}
	if len(list.TaskArns) == 0 {
		return nil, nil
	}
	out, err := client.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &cluster, Tasks: list.TaskArns})
	if err != nil {
		return nil, fmt.Errorf("describe stopped tasks: %w", err)
	}
	slices.SortStableFunc(out.Tasks, func(a, b types.Task) int { return aws.ToTime(b.StoppedAt).Compare(aws.ToTime(a.StoppedAt)) })
	var reasons []string
	times := map[string]int{}
	for i := range out.Tasks {
		t := &out.Tasks[i]
		if t.StopCode == types.TaskStopCodeServiceSchedulerInitiated || t.StopCode == "" {
			continue
		}
		reason := stopReason(t)
		if times[reason]++; times[reason] == 1 {
			reasons = append(reasons, reason)
		}
	}
	var said []string
	for _, reason := range reasons[:min(len(reasons), explainStops)] {
		said = append(said, fmt.Sprintf("%d stopped because %s", times[reason], reason))
	}
	return said, nil
}

// stopReason is what a stopped task and its containers say.
func stopReason(t *types.Task) string {
	reason := fmt.Sprintf("%s: %s", t.StopCode, aws.ToString(t.StoppedReason))
	for _, c := range t.Containers {
		switch why := aws.ToString(c.Reason); {
		case why != "" && why != aws.ToString(t.StoppedReason):
			reason += fmt.Sprintf("; container %s: %s", aws.ToString(c.Name), why)
		case aws.ToInt32(c.ExitCode) != 0:
			reason += fmt.Sprintf("; container %s: exit code %d", aws.ToString(c.Name), *c.ExitCode)
		}
	}
	return reason
}
