package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/spf13/cobra"
)

func explainCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "explain", Short: "Say why tasks run or do not: per instance, which resource, port, attribute or constraint refuses",
		Long: `Ask the public API what it knows and say it together: where deployments stand and why, what was said lately, why a task
stopped, and for every container instance whether one more task would fit and, if not, everything that refuses it.
The endpoint and the credentials are those of AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY if they are set, else
those of the data directory.`,
	}
	dir := c.PersistentFlags().String("data-dir", defaultDataDir(), "folder for everything that Roadstead keeps")
	cluster := c.PersistentFlags().String("cluster", defaultCluster, "name or ARN of the cluster")
	sub := func(use, short, example string, explain func(*explainer, string) error) *cobra.Command {
		s := &cobra.Command{Use: use, Short: short, Example: example, Args: cobra.ExactArgs(1)}
		s.RunE = func(c *cobra.Command, args []string) error {
			client, err := explainClient(*dir)
			if err != nil {
				return err
			}
			return explain(&explainer{ctx: c.Context(), ecs: client, out: c.OutOrStdout(), cluster: *cluster}, args[0])
		}
		return s
	}
	c.AddCommand(
		sub("service NAME", "Say how a service is doing and where its next task fits", "  roadstead explain service --cluster main web", (*explainer).service),
		sub("task ID|ARN|FAMILY[:REVISION]", "Say why a task is as it is, or where one of a definition would run now", "  roadstead explain task web:3", (*explainer).task))
	return c
}

// explainClient returns a client of the server that the environment or the
// data directory names.
func explainClient(dir string) (*ecs.Client, error) {
	config, _, err := publicConfig(dir)
	if err != nil {
		return nil, err
	}
	return ecs.NewFromConfig(config), nil
}

// explainer is a user of the public API that says what it reads.
type explainer struct {
	ctx     context.Context
	ecs     *ecs.Client
	out     io.Writer
	cluster string // name or ARN
}

func (e *explainer) say(format string, args ...any) { fmt.Fprintf(e.out, format+"\n", args...) }
