package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	trailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// sdkClients are aws-sdk-go-v2's clients of the services that the tests use.
type sdkClients struct {
	ecs   *ecs.Client
	ecr   *ecr.Client
	logs  *cloudwatchlogs.Client
	sts   *sts.Client
	image string
}

// newSDK returns clients with the platform's key.
func (p *platform) newSDK() *sdkClients {
	config := p.config(p.env)
	return &sdkClients{ecs: ecs.NewFromConfig(config), ecr: ecr.NewFromConfig(config), logs: cloudwatchlogs.NewFromConfig(config),
		sts: sts.NewFromConfig(config), image: p.listen + "/conformance/busybox:latest"}
}

// config is that of clients with the key of an environment.
func (p *platform) config(env map[string]string) aws.Config {
	return aws.Config{Region: p.env["AWS_REGION"], BaseEndpoint: aws.String(p.env["AWS_ENDPOINT_URL"]),
		Credentials: credentials.NewStaticCredentialsProvider(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], env["AWS_SESSION_TOKEN"])}
}

// sdk tries the Go SDK, whose decoder and waiters are stricter than boto3's.
func (p *platform) sdk(t *testing.T) {
	c := p.newSDK()
	t.Run("waiters", c.waiters)
	t.Run("pages of ecs", c.pagesOfECS)
	t.Run("pages of ecr", c.pagesOfECR)
	t.Run("pages of logs", c.pagesOfLogs)
	t.Run("errors", c.errors)
	t.Run("history", func(t *testing.T) { p.history(t) })
}

// history looks up who made a cluster, page by page.
func (p *platform) history(t *testing.T) {
	client := cloudtrail.NewFromConfig(p.config(p.env))
	name := "go-history"
	if _, err := p.newSDK().ecs.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: &name}); err != nil {
		t.Fatal(err)
	}
	pages := cloudtrail.NewLookupEventsPaginator(client, &cloudtrail.LookupEventsInput{MaxResults: aws.Int32(3), LookupAttributes: []trailtypes.LookupAttribute{
		{AttributeKey: trailtypes.LookupAttributeKeyEventName, AttributeValue: aws.String("CreateCluster")}}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Events {
			if slices.ContainsFunc(e.Resources, func(r trailtypes.Resource) bool {
				return *r.ResourceName == name && *r.ResourceType == "AWS::ECS::Cluster"
			}) {
				return
			}
		}
	}
	t.Error("nobody has made the cluster")
}

func (c *sdkClients) register(t *testing.T, family, command string) {
	t.Helper()
	if _, err := c.ecs.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{Family: &family, ContainerDefinitions: []types.ContainerDefinition{{
		Name: aws.String("main"), Image: &c.image, Memory: aws.Int32(16), StopTimeout: aws.Int32(2), Command: []string{"sh", "-c", command}}}}); err != nil {
		t.Fatal(err)
	}
}

// waiters waits for everything that the SDK can wait for, with short delays.
func (c *sdkClients) waiters(t *testing.T) {
	const least, most, limit = 50 * time.Millisecond, 200 * time.Millisecond, 60 * time.Second
	ctx := t.Context()
	c.register(t, "sdk-waiters", "trap 'exit 0' TERM; sleep 600 & wait")
	run, err := c.ecs.RunTask(ctx, &ecs.RunTaskInput{TaskDefinition: aws.String("sdk-waiters"), Count: aws.Int32(2)})
	if err != nil || len(run.Tasks) != 2 {
		t.Fatalf("%+v %v", run, err)
	}
	tasks := &ecs.DescribeTasksInput{Tasks: []string{*run.Tasks[0].TaskArn, *run.Tasks[1].TaskArn}}
	if err := ecs.NewTasksRunningWaiter(c.ecs, func(o *ecs.TasksRunningWaiterOptions) { o.MinDelay, o.MaxDelay = least, most }).Wait(ctx, tasks, limit); err != nil {
		t.Fatal(err)
	}
	for _, arn := range tasks.Tasks {
		if _, err := c.ecs.StopTask(ctx, &ecs.StopTaskInput{Task: &arn}); err != nil {
			t.Fatal(err)
		}
	}
	if err := ecs.NewTasksStoppedWaiter(c.ecs, func(o *ecs.TasksStoppedWaiterOptions) { o.MinDelay, o.MaxDelay = least, most }).Wait(ctx, tasks, limit); err != nil {
		t.Fatal(err)
	}
	if err := ecs.NewTasksRunningWaiter(c.ecs).Wait(ctx, tasks, limit); err == nil {
		t.Error("stopped tasks count as running")
	}
	service := &ecs.DescribeServicesInput{Services: []string{"sdk-waiters"}}
	if _, err := c.ecs.CreateService(ctx, &ecs.CreateServiceInput{ServiceName: &service.Services[0], TaskDefinition: aws.String("sdk-waiters"),
		DesiredCount: aws.Int32(2)}); err != nil {
		t.Fatal(err)
	}
	stable := ecs.NewServicesStableWaiter(c.ecs, func(o *ecs.ServicesStableWaiterOptions) { o.MinDelay, o.MaxDelay = least, most })
	if err := stable.Wait(ctx, service, limit); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ecs.DeleteService(ctx, &ecs.DeleteServiceInput{Service: &service.Services[0], Force: aws.Bool(true)}); err != nil {
		t.Fatal(err)
	}
	if err := ecs.NewServicesInactiveWaiter(c.ecs, func(o *ecs.ServicesInactiveWaiterOptions) { o.MinDelay, o.MaxDelay = least, most }).Wait(ctx, service, limit); err != nil {
		t.Fatal(err)
	}
	if err := stable.Wait(ctx, service, limit); err == nil {
		t.Error("an inactive service counts as stable")
	}
}

// walk pages to the end and returns all items; no page is larger than size.
func walk[P any, T any](t *testing.T, size int, more func() bool, next func() (P, error), items func(P) []T) []T {
	t.Helper()
	var all []T
	for more() {
		page, err := next()
		if err != nil {
			t.Fatal(err)
		}
		if len(items(page)) > size {
			t.Errorf("a page of %d items, asked for %d", len(items(page)), size)
		}
		all = append(all, items(page)...)
	}
	return all
}

// missing names what of want is not in got.
func missing(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	for _, w := range want {
		if n := len(slices.Collect(func(yield func(string) bool) {
			for _, g := range got {
				if strings.HasSuffix(g, w) && !yield(g) {
					return
				}
			}
		})); n != 1 {
			t.Errorf("%s has %s %d times: %v", what, w, n, got)
		}
	}
}

func (c *sdkClients) pagesOfECS(t *testing.T) {
	ctx := t.Context()
	one := aws.Int32(1)
	var clusters, families, definitions, services, tasks []string
	for i := range 3 {
		name := fmt.Sprintf("sdk-page-%d", i)
		if _, err := c.ecs.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: &name}); err != nil {
			t.Fatal(err)
		}
		c.register(t, name, "sleep 600")
		if _, err := c.ecs.CreateService(ctx, &ecs.CreateServiceInput{ServiceName: &name, Cluster: aws.String("sdk-page-0"),
			TaskDefinition: &name, DesiredCount: aws.Int32(0)}); err != nil {
			t.Fatal(err)
		}
		run, err := c.ecs.RunTask(ctx, &ecs.RunTaskInput{TaskDefinition: &name, StartedBy: aws.String("sdk-pages")})
		if err != nil || len(run.Tasks) != 1 {
			t.Fatalf("%+v %v", run, err)
		}
		clusters, families = append(clusters, "cluster/"+name), append(families, name)
		definitions, services = append(definitions, "task-definition/"+name+":1"), append(services, "service/sdk-page-0/"+name)
		tasks = append(tasks, *run.Tasks[0].TaskArn)
	}
	lc := ecs.NewListClustersPaginator(c.ecs, &ecs.ListClustersInput{MaxResults: one})
	missing(t, "ListClusters", walk(t, 1, lc.HasMorePages, func() (*ecs.ListClustersOutput, error) { return lc.NextPage(ctx) },
		func(o *ecs.ListClustersOutput) []string { return o.ClusterArns }), clusters...)
	lf := ecs.NewListTaskDefinitionFamiliesPaginator(c.ecs, &ecs.ListTaskDefinitionFamiliesInput{MaxResults: one, FamilyPrefix: aws.String("sdk-page-")})
	missing(t, "ListTaskDefinitionFamilies", walk(t, 1, lf.HasMorePages, func() (*ecs.ListTaskDefinitionFamiliesOutput, error) { return lf.NextPage(ctx) },
		func(o *ecs.ListTaskDefinitionFamiliesOutput) []string { return o.Families }), families...)
	ld := ecs.NewListTaskDefinitionsPaginator(c.ecs, &ecs.ListTaskDefinitionsInput{MaxResults: aws.Int32(2)})
	missing(t, "ListTaskDefinitions", walk(t, 2, ld.HasMorePages, func() (*ecs.ListTaskDefinitionsOutput, error) { return ld.NextPage(ctx) },
		func(o *ecs.ListTaskDefinitionsOutput) []string { return o.TaskDefinitionArns }), definitions...)
	ls := ecs.NewListServicesPaginator(c.ecs, &ecs.ListServicesInput{MaxResults: one, Cluster: aws.String("sdk-page-0")})
	missing(t, "ListServices", walk(t, 1, ls.HasMorePages, func() (*ecs.ListServicesOutput, error) { return ls.NextPage(ctx) },
		func(o *ecs.ListServicesOutput) []string { return o.ServiceArns }), services...)
	lt := ecs.NewListTasksPaginator(c.ecs, &ecs.ListTasksInput{MaxResults: one, StartedBy: aws.String("sdk-pages")})
	missing(t, "ListTasks", walk(t, 1, lt.HasMorePages, func() (*ecs.ListTasksOutput, error) { return lt.NextPage(ctx) },
		func(o *ecs.ListTasksOutput) []string { return o.TaskArns }), tasks...)
	li := ecs.NewListContainerInstancesPaginator(c.ecs, &ecs.ListContainerInstancesInput{MaxResults: one})
	if n := walk(t, 1, li.HasMorePages, func() (*ecs.ListContainerInstancesOutput, error) { return li.NextPage(ctx) },
		func(o *ecs.ListContainerInstancesOutput) []string { return o.ContainerInstanceArns }); len(n) != 1 {
		t.Errorf("ListContainerInstances has %v", n)
	}
	la := ecs.NewListAttributesPaginator(c.ecs, &ecs.ListAttributesInput{MaxResults: aws.Int32(9), TargetType: types.TargetTypeContainerInstance})
	missing(t, "ListAttributes", walk(t, 9, la.HasMorePages, func() (*ecs.ListAttributesOutput, error) { return la.NextPage(ctx) },
		func(o *ecs.ListAttributesOutput) (names []string) {
			for _, a := range o.Attributes {
				names = append(names, *a.Name)
			}
			return names
		}), "ecs.os-type", "ecs.cpu-architecture")
	lg := ecs.NewListAccountSettingsPaginator(c.ecs, &ecs.ListAccountSettingsInput{MaxResults: 2, EffectiveSettings: true})
	missing(t, "ListAccountSettings", walk(t, 2, lg.HasMorePages, func() (*ecs.ListAccountSettingsOutput, error) { return lg.NextPage(ctx) },
		func(o *ecs.ListAccountSettingsOutput) (names []string) {
			for _, s := range o.Settings {
				names = append(names, string(s.Name))
			}
			return names
		}), "serviceLongArnFormat", "containerInsights")
	for _, arn := range tasks {
		if _, err := c.ecs.StopTask(ctx, &ecs.StopTaskInput{Task: &arn}); err != nil {
			t.Error(err)
		}
	}
}

func (c *sdkClients) pagesOfECR(t *testing.T) {
	ctx := t.Context()
	var names []string
	for i := range 3 {
		names = append(names, fmt.Sprintf("sdk-pages/%d", i))
		if _, err := c.ecr.CreateRepository(ctx, &ecr.CreateRepositoryInput{RepositoryName: &names[i]}); err != nil {
			t.Fatal(err)
		}
	}
	dr := ecr.NewDescribeRepositoriesPaginator(c.ecr, &ecr.DescribeRepositoriesInput{MaxResults: aws.Int32(1)})
	missing(t, "DescribeRepositories", walk(t, 1, dr.HasMorePages, func() (*ecr.DescribeRepositoriesOutput, error) { return dr.NextPage(ctx) },
		func(o *ecr.DescribeRepositoriesOutput) (names []string) {
			for _, r := range o.Repositories {
				names = append(names, *r.RepositoryName)
			}
			return names
		}), names...)
	image := aws.String("conformance/busybox")
	li := ecr.NewListImagesPaginator(c.ecr, &ecr.ListImagesInput{RepositoryName: image, MaxResults: aws.Int32(1)})
	if n := len(walk(t, 1, li.HasMorePages, func() (*ecr.ListImagesOutput, error) { return li.NextPage(ctx) },
		func(o *ecr.ListImagesOutput) []string { return make([]string, len(o.ImageIds)) })); n != 1 {
		t.Errorf("ListImages has %d images", n)
	}
	di := ecr.NewDescribeImagesPaginator(c.ecr, &ecr.DescribeImagesInput{RepositoryName: image, MaxResults: aws.Int32(1)})
	if n := len(walk(t, 1, di.HasMorePages, func() (*ecr.DescribeImagesOutput, error) { return di.NextPage(ctx) },
		func(o *ecr.DescribeImagesOutput) []string { return make([]string, len(o.ImageDetails)) })); n != 1 {
		t.Errorf("DescribeImages has %d images", n)
	}
}

func (c *sdkClients) pagesOfLogs(t *testing.T) {
	ctx := t.Context()
	who, err := c.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil || aws.ToString(who.Account) == "" {
		t.Errorf("GetCallerIdentity: %+v %v", who, err)
	}
	group := aws.String("/sdk/pages")
	if _, err := c.logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: group}); err != nil {
		t.Fatal(err)
	}
	const streams = 3
	var names []string
	for i := range streams {
		names = append(names, fmt.Sprintf("s%d", i))
		if _, err := c.logs.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: group, LogStreamName: &names[i]}); err != nil {
			t.Fatal(err)
		}
		if err := c.put(ctx, group, &names[i], 10); err != nil {
			t.Fatal(err)
		}
	}
	dg := cloudwatchlogs.NewDescribeLogGroupsPaginator(c.logs, &cloudwatchlogs.DescribeLogGroupsInput{Limit: aws.Int32(1)})
	missing(t, "DescribeLogGroups", walk(t, 1, dg.HasMorePages, func() (*cloudwatchlogs.DescribeLogGroupsOutput, error) { return dg.NextPage(ctx) },
		func(o *cloudwatchlogs.DescribeLogGroupsOutput) (names []string) {
			for _, g := range o.LogGroups {
				names = append(names, *g.LogGroupName)
			}
			return names
		}), *group)
	ds := cloudwatchlogs.NewDescribeLogStreamsPaginator(c.logs, &cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: group, Limit: aws.Int32(2)})
	missing(t, "DescribeLogStreams", walk(t, 2, ds.HasMorePages, func() (*cloudwatchlogs.DescribeLogStreamsOutput, error) { return ds.NextPage(ctx) },
		func(o *cloudwatchlogs.DescribeLogStreamsOutput) (names []string) {
			for _, s := range o.LogStreams {
				names = append(names, *s.LogStreamName)
			}
			return names
		}), names...)
	fe := cloudwatchlogs.NewFilterLogEventsPaginator(c.logs, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: group, Limit: aws.Int32(7)})
	if n := len(walk(t, 7, fe.HasMorePages, func() (*cloudwatchlogs.FilterLogEventsOutput, error) { return fe.NextPage(ctx) },
		func(o *cloudwatchlogs.FilterLogEventsOutput) []string { return make([]string, len(o.Events)) })); n != 10*streams {
		t.Errorf("FilterLogEvents has %d events, want %d", n, 10*streams)
	}
	ge := cloudwatchlogs.NewGetLogEventsPaginator(c.logs, &cloudwatchlogs.GetLogEventsInput{LogGroupName: group, LogStreamName: &names[0],
		Limit: aws.Int32(3), StartFromHead: aws.Bool(true)}, func(o *cloudwatchlogs.GetLogEventsPaginatorOptions) { o.StopOnDuplicateToken = true })
	if n := len(walk(t, 3, ge.HasMorePages, func() (*cloudwatchlogs.GetLogEventsOutput, error) { return ge.NextPage(ctx) },
		func(o *cloudwatchlogs.GetLogEventsOutput) []string { return make([]string, len(o.Events)) })); n != 10 {
		t.Errorf("GetLogEvents has %d events, want 10", n)
	}
}

func (c *sdkClients) put(ctx context.Context, group, stream *string, count int) error {
	in := &cloudwatchlogs.PutLogEventsInput{LogGroupName: group, LogStreamName: stream}
	for i := range count {
		in.LogEvents = append(in.LogEvents, event(fmt.Sprintf("event %d", i)))
	}
	_, err := c.logs.PutLogEvents(ctx, in)
	return err
}

// errors are the SDK's own types, with the members that they have.
func (c *sdkClients) errors(t *testing.T) {
	ctx := t.Context()
	_, err := c.ecs.ListTasks(ctx, &ecs.ListTasksInput{Cluster: aws.String("nowhere")})
	if _, ok := errors.AsType[*types.ClusterNotFoundException](err); !ok {
		t.Errorf("an unknown cluster: %v", err)
	}
	_, err = c.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{Service: aws.String("nothing")})
	if _, ok := errors.AsType[*types.ServiceNotFoundException](err); !ok {
		t.Errorf("an unknown service: %v", err)
	}
	c.register(t, "sdk-conflict", "true")
	in := &ecs.RunTaskInput{TaskDefinition: aws.String("sdk-conflict"), ClientToken: aws.String("sdk-conflict")}
	run, err := c.ecs.RunTask(ctx, in)
	if err != nil || len(run.Tasks) != 1 {
		t.Fatalf("%+v %v", run, err)
	}
	in.Group = aws.String("other")
	_, err = c.ecs.RunTask(ctx, in)
	conflict, ok := errors.AsType[*types.ConflictException](err)
	if !ok || !slices.Equal(conflict.ResourceIds, []string{*run.Tasks[0].TaskArn}) {
		t.Errorf("a token used twice: %+v %v", conflict, err)
	}
}
