package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	trailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	secrettypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/plan/refresh"
	"github.com/roadstead/roadstead/plan/rotate"
)

func secretsCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "secrets", Short: "Show rotations, and have services deployed anew when secrets change",
		Long: `Secrets are given to containers when these start. A service that watches its secrets is deployed anew, by its own
deployment configuration, when AWSCURRENT of a secret moves or a parameter gets a new version that its containers name
without a version. Secrets in files (a container's docker label roadstead.secrets.files) need no deployment: the label
roadstead.secrets.refresh has them rewritten.

The endpoint and the credentials are those of AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY if they are
set, else those of the data directory.`,
	}
	dir := c.PersistentFlags().String("data-dir", defaultDataDir(), "folder for everything that Roadstead keeps")
	c.AddCommand(secretsWatchCommand(dir), secretsRotationsCommand(dir))
	return c
}

func secretsWatchCommand(dir *string) *cobra.Command {
	c := &cobra.Command{
		Use: "watch SERVICE", Short: "Deploy a service anew when secrets of its containers change", Args: cobra.ExactArgs(1),
		Long:    "Set the service's tag " + refresh.TagMode + " to " + refresh.ModeRedeploy + ", which is all that it takes; --off takes it away.",
		Example: "  roadstead secrets watch --cluster main web",
	}
	cluster := c.Flags().String("cluster", defaultCluster, "name or ARN of the cluster")
	off := c.Flags().Bool("off", false, "stop doing so")
	c.RunE = func(c *cobra.Command, args []string) error {
		config, _, err := publicConfig(*dir)
		if err != nil {
			return err
		}
		client := ecs.NewFromConfig(config)
		found, err := client.DescribeServices(c.Context(), &ecs.DescribeServicesInput{Cluster: cluster, Services: args})
		if err != nil {
			return err
		}
		if len(found.Services) == 0 {
			return fmt.Errorf("there is no service %s in cluster %s", args[0], *cluster)
		}
		arn := found.Services[0].ServiceArn
		if *off {
			_, err = client.UntagResource(c.Context(), &ecs.UntagResourceInput{ResourceArn: arn, TagKeys: []string{refresh.TagMode}})
		} else {
			_, err = client.TagResource(c.Context(), &ecs.TagResourceInput{ResourceArn: arn, Tags: []types.Tag{{Key: aws.String(refresh.TagMode), Value: aws.String(refresh.ModeRedeploy)}}})
		}
		if err != nil {
			return err
		}
		said := "is deployed anew when secrets of its containers change"
		if *off {
			said = "keeps the secrets that its tasks began with"
		}
		fmt.Fprintf(c.OutOrStdout(), "%s %s\n", aws.ToString(found.Services[0].ServiceName), said)
		return nil
	}
	return c
}

func secretsRotationsCommand(dir *string) *cobra.Command {
	c := &cobra.Command{Use: "rotations", Short: "Say where the rotations of secrets stand", Args: cobra.NoArgs}
	c.RunE = func(c *cobra.Command, _ []string) error {
		config, _, err := publicConfig(*dir)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "SECRET\tENABLED\tLAST ROTATED\tNEXT UNTIL\tLAST EVENT")
		pages := secretsmanager.NewListSecretsPaginator(secretsmanager.NewFromConfig(config), &secretsmanager.ListSecretsInput{SortBy: secrettypes.SortByTypeName, SortOrder: secrettypes.SortOrderTypeAsc})
		for pages.HasMorePages() {
			page, err := pages.NextPage(c.Context())
			if err != nil {
				return err
			}
			for _, s := range page.SecretList {
				if s.RotationLambdaARN == nil {
					continue
				}
				event, err := lastRotationEvent(c.Context(), cloudtrail.NewFromConfig(config), aws.ToString(s.ARN))
				if err != nil {
					return err
				}
				showRotation(w, s, event)
			}
		}
		return w.Flush()
	}
	return c
}

func showRotation(w io.Writer, s secrettypes.SecretListEntry, event string) {
	date := func(t *time.Time) string {
		if t == nil {
			return "-"
		}
		return t.UTC().Format(time.RFC3339)
	}
	fmt.Fprintf(w, "%s\t%v\t%s\t%s\t%s\n", aws.ToString(s.Name), aws.ToBool(s.RotationEnabled), date(s.LastRotatedDate), date(s.NextRotationDate), event)
}

// lastRotationEvent says what the record has last of a secret's rotation, "-"
// for nothing on its newest page.
func lastRotationEvent(ctx context.Context, client *cloudtrail.Client, arn string) (string, error) {
	out, err := client.LookupEvents(ctx, &cloudtrail.LookupEventsInput{LookupAttributes: []trailtypes.LookupAttribute{
		{AttributeKey: trailtypes.LookupAttributeKeyResourceName, AttributeValue: &arn}}})
	if err != nil {
		return "", err
	}
	for _, e := range out.Events {
		switch name := aws.ToString(e.EventName); name {
		case rotate.Started, rotate.Succeeded, rotate.Failed, rotate.Abandoned:
			return fmt.Sprintf("%s %s%s", e.EventTime.UTC().Format(time.RFC3339), name, messageOf(aws.ToString(e.CloudTrailEvent))), nil
		}
	}
	return "-", nil
}

// messageOf returns an event's error message behind a colon, "" for none.
func messageOf(event string) string {
	var e struct {
		Message string `json:"errorMessage"`
	}
	if json.Unmarshal([]byte(event), &e) != nil || e.Message == "" {
		return ""
	}
	return ": " + e.Message
}
