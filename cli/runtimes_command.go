package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/model"
)

func runtimeCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "runtime [NAME]", Short: "Show or choose the OCI runtime that new tasks of a cluster run on", Args: cobra.MaximumNArgs(1),
		Long: `Without a name, say what new tasks of the cluster run on, and how many of its container instances have which runtime; those of
Fargate's pool are another cluster's. With a name, such as runsc, give the cluster the tag ` + model.TagRuntime + `, which any client of ECS can
do; ` + model.DefaultRuntime + ` takes it away. Tasks that run keep what they run on.`,
		Example: "  roadstead runtime --cluster main runsc",
	}
	dir := c.Flags().String("data-dir", defaultDataDir(), "folder for everything that Roadstead keeps")
	cluster := c.Flags().String("cluster", defaultCluster, "name or ARN of the cluster")
	c.RunE = func(c *cobra.Command, args []string) error {
		client, err := explainClient(*dir)
		if err != nil {
			return err
		}
		if len(args) == 0 {
			return showRuntimes(&explainer{ctx: c.Context(), ecs: client, out: c.OutOrStdout(), cluster: *cluster})
		}
		return chooseRuntime(c.Context(), c.OutOrStdout(), client, *cluster, args[0])
	}
	return c
}

// clusterOf describes one cluster with its tags.
func clusterOf(ctx context.Context, client *ecs.Client, cluster string) (*types.Cluster, error) {
	out, err := client.DescribeClusters(ctx, &ecs.DescribeClustersInput{Clusters: []string{cluster}, Include: []types.ClusterField{types.ClusterFieldTags}})
	if err != nil {
		return nil, fmt.Errorf("describe cluster %s: %w", cluster, err)
	}
	if len(out.Clusters) == 0 {
		return nil, fmt.Errorf("there is no cluster %s", cluster)
	}
	return &out.Clusters[0], nil
}

// clusterRuntime is what new tasks of a cluster run on; "" is runc.
func clusterRuntime(ctx context.Context, client *ecs.Client, cluster string) (string, error) {
	found, err := clusterOf(ctx, client, cluster)
	if err != nil {
		return "", err
	}
	c := &model.Cluster{}
	for _, t := range found.Tags {
		c.Tags = append(c.Tags, model.Tag{Key: aws.ToString(t.Key), Value: aws.ToString(t.Value)})
	}
	return c.Runtime(), nil
}

func showRuntimes(e *explainer) error {
	chosen, err := clusterRuntime(e.ctx, e.ecs, e.cluster)
	if err != nil {
		return err
	}
	e.say("new tasks of cluster %s run on %s", e.cluster, cmp.Or(chosen, model.DefaultRuntime))
	fleet, err := e.fleet()
	if err != nil {
		return err
	}
	having := map[string]int{}
	for _, id := range fleet.Nodes() {
		n, _ := fleet.Node(id)
		for _, a := range n.Instance.Attributes {
			if name, ok := strings.CutPrefix(a.Name, model.CapabilityRuntime("")); ok && model.ValidRuntime(name) {
				having[name]++
			}
		}
	}
	var names []string
	for name := range having {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		e.say("%d of %d container instances have %s", having[name], len(fleet.Nodes()), name)
	}
	return nil
}

func chooseRuntime(ctx context.Context, out io.Writer, client *ecs.Client, cluster, name string) error {
	found, err := clusterOf(ctx, client, cluster)
	if err != nil {
		return err
	}
	if name == model.DefaultRuntime {
		_, err = client.UntagResource(ctx, &ecs.UntagResourceInput{ResourceArn: found.ClusterArn, TagKeys: []string{model.TagRuntime}})
	} else {
		_, err = client.TagResource(ctx, &ecs.TagResourceInput{ResourceArn: found.ClusterArn, Tags: []types.Tag{{Key: aws.String(model.TagRuntime), Value: &name}}})
	}
	if err != nil {
		return fmt.Errorf("choose the runtime of cluster %s: %w", cluster, err)
	}
	fmt.Fprintf(out, "new tasks of cluster %s run on %s\n", aws.ToString(found.ClusterName), name)
	return nil
}
