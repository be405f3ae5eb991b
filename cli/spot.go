package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/reclaim"
)

func spotCommand() *cobra.Command {
	c := &cobra.Command{Use: "spot", Short: "Take back the room of tasks of FARGATE_SPOT"}
	sub := &cobra.Command{
		Use: "reclaim [TASK...]", Short: "Interrupt tasks of FARGATE_SPOT, as when their room is needed",
		Long: `Interrupt tasks of FARGATE_SPOT: those that are named by id or ARN, or some of the cluster, the youngest first. Their containers get
SIGTERM at once, and SIGKILL after their stopTimeout, which is two minutes at most; services replace them if there is room.

It gives the tasks the tag ` + reclaim.Tag + `, which takes the permission ecs:TagResource; any client of ECS can do the same.`,
		Example: "  roadstead spot reclaim --cluster main --count 2",
	}
	dir := sub.Flags().String("data-dir", defaultDataDir(), "folder for everything that Roadstead keeps")
	cluster := sub.Flags().String("cluster", defaultCluster, "name or ARN of the cluster")
	count := sub.Flags().Int("count", 1, "how many tasks to interrupt, where none are named")
	sub.RunE = func(c *cobra.Command, tasks []string) error {
		if *count < 1 {
			return fmt.Errorf("--count %d: at least one", *count)
		}
		client, err := explainClient(*dir)
		if err != nil {
			return err
		}
		return reclaimSpot(c.Context(), c.OutOrStdout(), client, *cluster, tasks, *count)
	}
	c.AddCommand(sub)
	return c
}

// reclaimSpot marks tasks of FARGATE_SPOT to be interrupted: those that are
// named, or count of the cluster's youngest.
func reclaimSpot(ctx context.Context, out io.Writer, client *ecs.Client, cluster string, named []string, count int) error {
	found, err := spotTasks(ctx, client, cluster, named)
	if err != nil {
		return err
	}
	if len(named) == 0 {
		slices.SortFunc(found, func(a, b types.Task) int {
			return cmp.Or(aws.ToTime(b.CreatedAt).Compare(aws.ToTime(a.CreatedAt)), cmp.Compare(*a.TaskArn, *b.TaskArn))
		})
		found = found[:min(count, len(found))]
	}
	if len(found) == 0 {
		return errors.New("the cluster runs no task of FARGATE_SPOT")
	}
	for _, t := range found {
		_, err := client.TagResource(ctx, &ecs.TagResourceInput{ResourceArn: t.TaskArn, Tags: []types.Tag{{Key: aws.String(reclaim.Tag), Value: aws.String("true")}}})
		if err != nil {
			return fmt.Errorf("interrupt task %s: %w", *t.TaskArn, err)
		}
		fmt.Fprintln(out, *t.TaskArn)
	}
	return nil
}

// describedTasks is how many tasks one call describes. Source: ECS API
// reference, DescribeTasks.
const describedTasks = 100

// spotTasks returns the cluster's tasks of FARGATE_SPOT that are to run; of
// those that are named each has to be one.
func spotTasks(ctx context.Context, client *ecs.Client, cluster string, named []string) (spot []types.Task, err error) {
	arns := named
	if len(named) == 0 {
		pages := ecs.NewListTasksPaginator(client, &ecs.ListTasksInput{Cluster: &cluster, LaunchType: types.LaunchTypeFargate})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, fmt.Errorf("list the tasks of cluster %s: %w", cluster, err)
			}
			arns = append(arns, page.TaskArns...)
		}
	}
	for some := range slices.Chunk(arns, describedTasks) {
		answer, err := client.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &cluster, Tasks: some})
		if err != nil {
			return nil, fmt.Errorf("describe tasks of cluster %s: %w", cluster, err)
		}
		for _, f := range answer.Failures {
			if len(named) > 0 {
				return nil, fmt.Errorf("task %s: %s", aws.ToString(f.Arn), aws.ToString(f.Reason))
			}
		}
		for _, t := range answer.Tasks {
			switch {
			case aws.ToString(t.CapacityProviderName) == model.ProviderFargateSpot && aws.ToString(t.DesiredStatus) == string(model.TaskRunning):
				spot = append(spot, t)
			case len(named) > 0:
				return nil, fmt.Errorf("task %s is no running task of FARGATE_SPOT", *t.TaskArn)
			}
		}
	}
	return spot, nil
}
