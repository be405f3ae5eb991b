package cli

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// tries are requests of a user, by what they are called below.
type tries struct {
	ctx context.Context
	*ecs.Client
}

func tag(key, value string) []types.Tag { return []types.Tag{{Key: &key, Value: &value}} }

func container() []types.ContainerDefinition {
	return []types.ContainerDefinition{{Name: aws.String("main"), Image: aws.String("image"), Memory: aws.Int32(64)}}
}

// do makes the request that words name: an operation, and what it is about.
func (c tries) do(words string) (err error) {
	f := strings.Fields(words + " - - -")
	cluster, rest := aws.String(f[1]), f[2]
	switch f[0] {
	case "CreateCluster":
		in := &ecs.CreateClusterInput{ClusterName: cluster}
		if rest != "-" {
			in.Tags = tag("team", rest)
		}
		_, err = c.CreateCluster(c.ctx, in)
	case "DeleteCluster":
		_, err = c.DeleteCluster(c.ctx, &ecs.DeleteClusterInput{Cluster: cluster})
	case "DescribeClusters":
		_, err = c.DescribeClusters(c.ctx, &ecs.DescribeClustersInput{Clusters: []string{f[1]}})
	case "ListClusters":
		_, err = c.ListClusters(c.ctx, nil)
	case "ListTasks":
		_, err = c.ListTasks(c.ctx, &ecs.ListTasksInput{Cluster: cluster})
	case "ListServices":
		_, err = c.ListServices(c.ctx, &ecs.ListServicesInput{Cluster: cluster})
	case "ListContainerInstances":
		_, err = c.ListContainerInstances(c.ctx, &ecs.ListContainerInstancesInput{Cluster: cluster})
	case "DescribeTasks":
		_, err = c.DescribeTasks(c.ctx, &ecs.DescribeTasksInput{Cluster: cluster, Tasks: []string{strings.Repeat("0", 32)}})
	case "StopTask":
		_, err = c.StopTask(c.ctx, &ecs.StopTaskInput{Cluster: cluster, Task: aws.String(strings.Repeat("0", 32))})
	case "RunTask":
		in := &ecs.RunTaskInput{Cluster: cluster, TaskDefinition: &rest}
		switch f[3] {
		case "-":
		case "exec":
			in.EnableExecuteCommand = true
		case "override":
			in.Overrides = &types.TaskOverride{TaskRoleArn: aws.String("arn:aws:iam::000000000000:role/tasks/strong")}
		default:
			in.Tags = tag("team", f[3])
		}
		_, err = c.RunTask(c.ctx, in)
	case "RegisterTaskDefinition":
		in := &ecs.RegisterTaskDefinitionInput{Family: cluster, ContainerDefinitions: container()}
		switch rest {
		case "-":
		case "privileged":
			in.ContainerDefinitions[0].Privileged = aws.Bool(true)
		case "cpu":
			in.Cpu = aws.String("4096")
		default:
			in.TaskRoleArn = aws.String("arn:aws:iam::000000000000:role/" + rest)
		}
		_, err = c.RegisterTaskDefinition(c.ctx, in)
	case "DescribeTaskDefinition":
		_, err = c.DescribeTaskDefinition(c.ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: cluster})
	case "DescribeServices":
		_, err = c.DescribeServices(c.ctx, &ecs.DescribeServicesInput{Cluster: cluster, Services: []string{rest}})
	case "UpdateService":
		_, err = c.UpdateService(c.ctx, &ecs.UpdateServiceInput{Cluster: cluster, Service: &rest, DesiredCount: aws.Int32(0)})
	case "CreateService":
		_, err = c.CreateService(c.ctx, &ecs.CreateServiceInput{Cluster: cluster, ServiceName: &rest, TaskDefinition: aws.String("hello_world"), DesiredCount: aws.Int32(0)})
	case "TagResource":
		_, err = c.TagResource(c.ctx, &ecs.TagResourceInput{ResourceArn: aws.String("arn:aws:ecs:us-east-1:000000000000:cluster/" + f[1]), Tags: tag("team", rest)})
	case "PutAccountSetting":
		_, err = c.PutAccountSetting(c.ctx, &ecs.PutAccountSettingInput{Name: types.SettingName(f[1]), Value: aws.String("enabled")})
	default:
		panic(words)
	}
	return err
}

// policies are those that the ECS developer guide shows, with what each lets a
// user do and what it does not.
// Source: ECS developer guide, "Identity-based policy examples for Amazon ECS",
// "Grant permission to tag resources on creation", "ECS Exec", "IAM roles for
// Amazon ECS"; Service Authorization Reference, Amazon ECS.
var policies = []struct{ name, statements, may, mayNot string }{
	{"clusters",
		`{"Effect":"Allow","Action":["ecs:CreateCluster","ecs:ListClusters"],"Resource":"*"},
		 {"Effect":"Allow","Action":["ecs:DescribeClusters","ecs:DeleteCluster"],"Resource":"arn:aws:ecs:us-east-1:000000000000:cluster/mine"}`,
		"CreateCluster mine, ListClusters, DescribeClusters mine, DeleteCluster mine",
		"DescribeClusters default, DeleteCluster default, CreateCluster tagged blue, ListTasks default, RunTask default hello_world"},
	{"tasks of one cluster",
		`{"Effect":"Allow","Action":["ecs:ListTasks","ecs:StopTask","ecs:DescribeTasks"],"Resource":"*","Condition":{"ArnEquals":{"ecs:cluster":"arn:aws:ecs:us-east-1:000000000000:cluster/default"}}}`,
		"ListTasks default, StopTask default, DescribeTasks default",
		"ListTasks other, StopTask other, DescribeTasks other, ListServices default"},
	{"instances of one cluster",
		`{"Effect":"Allow","Action":["ecs:ListContainerInstances"],"Resource":"arn:aws:ecs:us-east-1:000000000000:cluster/default"}`,
		"ListContainerInstances default", "ListContainerInstances other, ListTasks default"},
	{"run any revision of a family in one cluster",
		`{"Effect":"Allow","Action":"ecs:RunTask","Condition":{"ArnEquals":{"ecs:cluster":"arn:aws:ecs:us-east-1:000000000000:cluster/default"}},"Resource":["arn:aws:ecs:us-east-1:000000000000:task-definition/hello_world:*"]}`,
		"RunTask default hello_world, RunTask default hello_world:1",
		"RunTask other hello_world, RunTask default hello_worlds, RunTask default with_role, RunTask default hello_world blue"},
	{"run one revision",
		`{"Effect":"Allow","Action":"ecs:RunTask","Resource":"arn:aws:ecs:us-east-1:000000000000:task-definition/hello_world:1"}`,
		"RunTask default hello_world:1", "RunTask default hello_world, RunTask default hello_world:2"},
	{"run with the role that the definition names",
		`{"Effect":"Allow","Action":"ecs:RunTask","Resource":"*"},
		 {"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::000000000000:role/tasks/weak","Condition":{"StringLike":{"iam:PassedToService":"ecs-tasks.amazonaws.com"}}}`,
		"RunTask default with_role, RunTask default hello_world", "RunTask default with_role override, RunTask default hello_world override"},
	{"run without the right to pass roles",
		`{"Effect":"Allow","Action":["ecs:RunTask","ecs:RegisterTaskDefinition"],"Resource":"*"}`,
		"RunTask default hello_world, RegisterTaskDefinition plain", "RunTask default with_role, RegisterTaskDefinition plain tasks/weak"},
	{"pass roles to another service",
		`{"Effect":"Allow","Action":["ecs:*"],"Resource":"*"},{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}}`,
		"RunTask default hello_world", "RegisterTaskDefinition plain tasks/weak, RunTask default with_role"},
	{"services by tag",
		`{"Effect":"Allow","Action":"ecs:DescribeServices","Resource":"*","Condition":{"StringEquals":{"ecs:ResourceTag/Owner":"${aws:username}"}}},
		 {"Effect":"Allow","Action":"ecs:UpdateService","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/Owner":"${aws:username}"}}}`,
		"DescribeServices default owned, UpdateService default owned", "DescribeServices default foreign, UpdateService default foreign"},
	{"one service",
		`{"Effect":"Allow","Action":["ecs:CreateService","ecs:UpdateService","ecs:DescribeServices"],"Resource":"arn:aws:ecs:us-east-1:000000000000:service/default/web*"}`,
		"CreateService default web, UpdateService default web, DescribeServices default webs", "CreateService default api, CreateService other web, UpdateService default owned"},
	{"services of one cluster",
		`{"Effect":"Allow","Action":["ecs:CreateService","ecs:ListServices"],"Resource":"*","Condition":{"ArnEquals":{"ecs:cluster":"arn:aws:ecs:us-east-1:000000000000:cluster/default"}}}`,
		"CreateService default anything, ListServices default", "CreateService other anything, ListServices other"},
	{"tags on creation alone",
		`{"Effect":"Allow","Action":["ecs:CreateCluster","ecs:RunTask"],"Resource":"*"},
		 {"Effect":"Allow","Action":"ecs:TagResource","Resource":"*","Condition":{"StringEquals":{"ecs:CreateAction":["CreateCluster","RunTask"]}}}`,
		"CreateCluster painted blue, RunTask default hello_world blue", "TagResource default blue"},
	{"tags on creation of tasks alone",
		`{"Effect":"Allow","Action":["ecs:CreateCluster","ecs:RunTask"],"Resource":"*"},
		 {"Effect":"Allow","Action":"ecs:TagResource","Resource":"*","Condition":{"StringEquals":{"ecs:CreateAction":"RunTask"}}}`,
		"CreateCluster bare, RunTask default hello_world blue", "CreateCluster painted2 blue"},
	{"only with a tag, of two values",
		`{"Effect":"Allow","Action":["ecs:CreateCluster","ecs:TagResource"],"Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/team":["blue","green"]},"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}}`,
		"CreateCluster right blue, CreateCluster right2 green", "CreateCluster wrong, CreateCluster wrong red"},
	{"no commands in containers",
		`{"Effect":"Allow","Action":"ecs:*","Resource":"*"},{"Effect":"Deny","Action":"ecs:*","Resource":"*","Condition":{"Bool":{"ecs:enable-execute-command":"true"}}}`,
		"RunTask default hello_world", "RunTask default hello_world exec"},
	{"no privileged containers, no large tasks",
		`{"Effect":"Allow","Action":"ecs:RegisterTaskDefinition","Resource":"*","Condition":{"StringNotEqualsIfExists":{"ecs:privileged":"enabled"},"BoolIfExists":{"ecs:privileged":"false"},"NumericLessThanEqualsIfExists":{"ecs:task-cpu":"1024"}}}`,
		"RegisterTaskDefinition plain", "RegisterTaskDefinition plain privileged, RegisterTaskDefinition plain cpu"},
	{"definitions",
		`{"Effect":"Allow","Action":"ecs:DescribeTaskDefinition","Resource":"*"}`,
		"DescribeTaskDefinition hello_world", "RegisterTaskDefinition plain"},
	{"one account setting",
		`{"Effect":"Allow","Action":"ecs:PutAccountSetting","Resource":"*","Condition":{"StringEquals":{"ecs:account-setting":"containerInsights"}}}`,
		"PutAccountSetting containerInsights", "PutAccountSetting awsvpcTrunking"},
	{"all but one cluster",
		`{"Effect":"Allow","NotAction":"iam:*","Resource":"*"},{"Effect":"Deny","Action":"ecs:*","NotResource":"arn:aws:ecs:us-east-1:000000000000:cluster/default"}`,
		"DescribeClusters default, ListContainerInstances default", "DescribeClusters other, ListClusters, RunTask default hello_world"},
}

// TestPoliciesOfTheDeveloperGuide signs real requests as users who have them.
func TestPoliciesOfTheDeveloperGuide(t *testing.T) {
	w := serveWorld(t)
	root := tries{t.Context(), ecs.NewFromConfig(w.root())}
	for _, name := range []string{"default", "other"} {
		if err := root.do("CreateCluster " + name); err != nil {
			t.Fatal(err)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, words := range []string{"hello_world", "hello_world", "hello_worlds", "with_role tasks/weak"} {
		must(root.do("RegisterTaskDefinition " + words))
	}
	const user = "dora"
	for name, owner := range map[string]string{"owned": user, "foreign": "ann"} {
		_, err := root.CreateService(t.Context(), &ecs.CreateServiceInput{Cluster: aws.String("default"), ServiceName: &name, TaskDefinition: aws.String("hello_world"), DesiredCount: aws.Int32(0), Tags: tag("Owner", owner)})
		must(err)
	}
	dora := tries{t.Context(), ecs.NewFromConfig(w.user(w.root(), user, ""))}
	requests := 0
	for _, p := range policies {
		_, err := iam.NewFromConfig(w.root()).PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{UserName: aws.String(user), PolicyName: aws.String("guide"),
			PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[` + p.statements + `]}`)})
		must(err)
		for _, words := range strings.Split(p.may, ", ") {
			requests++
			if err := dora.do(words); code(err) == "AccessDeniedException" {
				t.Errorf("%s: may not %s: %v", p.name, words, err)
			}
		}
		for _, words := range strings.Split(p.mayNot, ", ") {
			requests++
			if err := dora.do(words); code(err) != "AccessDeniedException" {
				t.Errorf("%s: may %s: %v", p.name, words, err)
			}
		}
	}
	t.Logf("%d policies, %d requests", len(policies), requests)
}

// TestDenialsSayWhy: each kind of policy has its sentence.
func TestDenialsSayWhy(t *testing.T) {
	w := serveWorld(t)
	ctx, client := t.Context(), iam.NewFromConfig(w.root())
	eve := tries{ctx, ecs.NewFromConfig(w.user(w.root(), "eve", ""))}
	const begin = "User: arn:aws:iam::000000000000:user/eve is not authorized to perform: ecs:DescribeClusters on resource: arn:aws:ecs:us-east-1:000000000000:cluster/default "
	wants := func(want string) {
		t.Helper()
		if err := eve.do("DescribeClusters default"); err == nil || !strings.Contains(err.Error(), begin+want) {
			t.Errorf("%v, want it to say %s", err, want)
		}
	}
	put := func(statement string) {
		t.Helper()
		if _, err := client.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: aws.String("eve"), PolicyName: aws.String("p"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[` + statement + `]}`)}); err != nil {
			t.Fatal(err)
		}
	}
	wants("because no identity-based policy allows the ecs:DescribeClusters action")
	put(`{"Effect":"Deny","Action":"ecs:*","Resource":"*"},{"Effect":"Allow","Action":"*","Resource":"*"}`)
	wants("with an explicit deny in an identity-based policy")
	put(`{"Effect":"Allow","Action":"*","Resource":"*"}`)
	for document, want := range map[string]string{
		`{"Effect":"Allow","Action":"ssm:*","Resource":"*"}`:                                                 "because no permissions boundary allows the ecs:DescribeClusters action",
		`[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"ecs:*","Resource":"*"}]`: "with an explicit deny in a permissions boundary",
	} {
		name := "b" + strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' {
				return r
			}
			return -1
		}, document)
		made, err := client.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":` + document + `}`)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.PutUserPermissionsBoundary(ctx, &iam.PutUserPermissionsBoundaryInput{UserName: aws.String("eve"), PermissionsBoundary: made.Policy.Arn}); err != nil {
			t.Fatal(err)
		}
		wants(want)
	}
}
