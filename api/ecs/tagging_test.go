package ecs_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/model"
)

func tag(key, value string) types.Tag { return types.Tag{Key: &key, Value: &value} }

func TestTags(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	instance := l.instance("default", 1024, 1024)
	definition := l.register("web")
	task := l.run(definition)
	service := *l.serve("s", 0).ServiceArn
	l.provider("mine")
	l.commit(&model.TaskSet{Account: account, Cluster: "default", Service: "s", ID: "ecs-svc/1"},
		&model.Daemon{Account: account, Cluster: "default", Name: "d"}, &model.DaemonTaskDefinition{Account: account, Family: "d", Revision: 3})
	for _, resource := range []string{arn + "cluster/default", instance, definition, task, service, arn + "capacity-provider/mine", arn + "task-set/default/s/ecs-svc/1",
		arn + "daemon/default/d", arn + "daemon-task-definition/d:3"} {
		for _, tags := range [][]types.Tag{{tag("b", "1"), tag("a", "2")}, {tag("c", ""), tag("b", "3")}} {
			if _, err := l.TagResource(t.Context(), &ecs.TagResourceInput{ResourceArn: &resource, Tags: tags}); err != nil {
				t.Fatalf("%s: %v", resource, err)
			}
		}
		must[*ecs.UntagResourceOutput](t)(l.UntagResource(t.Context(), &ecs.UntagResourceInput{ResourceArn: &resource, TagKeys: []string{"a", "none"}}))
		got := must[*ecs.ListTagsForResourceOutput](t)(l.ListTagsForResource(t.Context(), &ecs.ListTagsForResourceInput{ResourceArn: &resource})).Tags
		if len(got) != 2 || *got[0].Key != "b" || *got[0].Value != "3" || *got[1].Key != "c" || *got[1].Value != "" {
			t.Errorf("%s: %+v", resource, got)
		}
	}
}

func TestTagRefusals(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	cluster := arn + "cluster/default"
	many := func(from, n int) []types.Tag {
		var tags []types.Tag
		for i := range n {
			tags = append(tags, tag(fmt.Sprint("k", from+i), ""))
		}
		return tags
	}
	put := func(resource string, tags ...types.Tag) error {
		_, err := l.TagResource(t.Context(), &ecs.TagResourceInput{ResourceArn: &resource, Tags: tags})
		return err
	}
	_, err := l.UntagResource(t.Context(), &ecs.UntagResourceInput{ResourceArn: new(cluster), TagKeys: []string{""}})
	refused(t, err, "InvalidParameterException", "Tag keys must be between 1 and 128 characters long.")
	refused(t, put(cluster, tag("aws:x", "")), "InvalidParameterException", "aws: prefixed tag key names are not allowed for external use.")
	refused(t, put(cluster, tag("", "")), "InvalidParameterException", "Tag keys must be between 1 and 128 characters long.")
	refused(t, put(cluster, tag(strings.Repeat("ü", 129), "")), "InvalidParameterException", "Tag keys must be between 1 and 128 characters long.")
	refused(t, put(cluster, tag("a", strings.Repeat("x", 257))), "InvalidParameterException", "Tag values cannot be longer than 256 characters.")
	refused(t, put(cluster, tag("a", ""), tag("a", "")), "InvalidParameterException", "Duplicate tag keys found.")
	refused(t, put(cluster, tag("a;b", "")), "InvalidParameterException", "Tag keys and values can only contain...")
	refused(t, put(cluster, many(0, 51)...), "InvalidParameterException", "The number of tags cannot exceed 50.")
	if err := put(cluster, many(0, 50)...); err != nil {
		t.Fatal(err)
	}
	refused(t, put(cluster, tag("one-more", "")), "InvalidParameterException", "The number of tags cannot exceed 50.")
	refused(t, put("cluster", tag("a", "")), "InvalidParameterException", "The specified ARN is invalid: cluster")
	refused(t, put(arn+"task/default/none", tag("a", "")), "ResourceNotFoundException", "The specified task was not found.")
	refused(t, put(arn+"cluster/none", tag("a", "")), "ClusterNotFoundException", "Cluster not found.")
	must[*ecs.DeleteClusterOutput](t)(l.DeleteCluster(t.Context(), &ecs.DeleteClusterInput{Cluster: &cluster}))
	refused(t, put(cluster, tag("a", "")), "InvalidParameterException", "The specified cluster is inactive. Specify an active cluster and try again.")
}

func TestTagsOfTasks(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.instance("default", 1024, 1024)
	l.register("web", func(in *ecs.RegisterTaskDefinitionInput) {
		in.Tags = []types.Tag{tag("a", "definition"), tag("b", "definition")}
	})
	task := l.run("web", func(in *ecs.RunTaskInput) {
		in.PropagateTags, in.Tags = types.PropagateTagsTaskDefinition, []types.Tag{tag("b", "caller")}
	})
	got := must[*ecs.ListTagsForResourceOutput](t)(l.ListTagsForResource(t.Context(), &ecs.ListTagsForResourceInput{ResourceArn: &task})).Tags
	if len(got) != 2 || *got[0].Value != "definition" || *got[1].Value != "caller" {
		t.Fatalf("%+v", got)
	}
}

func TestAccountSettings(t *testing.T) {
	l := newLab(t)
	list := func(in *ecs.ListAccountSettingsInput) []types.Setting {
		t.Helper()
		var all []types.Setting
		for p := ecs.NewListAccountSettingsPaginator(l, in); p.HasMorePages(); {
			out, err := p.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, out.Settings...)
		}
		return all
	}
	if got := list(&ecs.ListAccountSettingsInput{}); len(got) != 0 {
		t.Fatalf("%+v", got)
	}
	if got := list(&ecs.ListAccountSettingsInput{EffectiveSettings: true}); len(got) != len(types.SettingName("").Values())+1 { // and dualStackIPv6
		t.Fatalf("%d effective settings", len(got))
	}
	insights := func() string {
		t.Helper()
		return *list(&ecs.ListAccountSettingsInput{EffectiveSettings: true, Name: types.SettingNameContainerInsights})[0].Value
	}
	must[*ecs.PutAccountSettingDefaultOutput](t)(l.PutAccountSettingDefault(t.Context(), &ecs.PutAccountSettingDefaultInput{Name: "containerInsights", Value: aws.String("enabled")}))
	if insights() != "enabled" {
		t.Fatal(insights())
	}
	must[*ecs.PutAccountSettingOutput](t)(l.PutAccountSetting(t.Context(), &ecs.PutAccountSettingInput{Name: "containerInsights", Value: aws.String("enhanced")}))
	l.cluster("c")
	c := must[*ecs.DescribeClustersOutput](t)(l.DescribeClusters(t.Context(), &ecs.DescribeClustersInput{Clusters: []string{"c"}, Include: []types.ClusterField{types.ClusterFieldSettings}})).Clusters[0]
	if insights() != "enhanced" || *c.Settings[0].Value != "enhanced" {
		t.Fatalf("%s %+v", insights(), c.Settings)
	}
	must[*ecs.DeleteAccountSettingOutput](t)(l.DeleteAccountSetting(t.Context(), &ecs.DeleteAccountSettingInput{Name: "containerInsights"}))
	if insights() != "enabled" {
		t.Fatal(insights())
	}
	_, err := l.PutAccountSetting(t.Context(), &ecs.PutAccountSettingInput{Name: "unheardOf", Value: aws.String("enabled")})
	refused(t, err, "InvalidParameterException", "Invalid setting name: unheardOf")
}

// TestEveryAccountSetting puts every value that a setting has, and some that
// it has not.
func TestEveryAccountSetting(t *testing.T) {
	l := newLab(t)
	put := func(client *ecs.Client, name, value, principal string) (*types.Setting, error) {
		in := &ecs.PutAccountSettingInput{Name: types.SettingName(name), Value: &value}
		if principal != "" {
			in.PrincipalArn = &principal
		}
		out, err := client.PutAccountSetting(t.Context(), in)
		if err != nil {
			return nil, err
		}
		return out.Setting, nil
	}
	for name, values := range map[string][]string{
		"serviceLongArnFormat": {"enabled", "on"}, "taskLongArnFormat": {"enabled"}, "containerInstanceLongArnFormat": {"enabled"},
		"awsvpcTrunking": {"enabled", "disabled"}, "containerInsights": {"enabled", "enhanced", "off"}, "dualStackIPv6": {"disabled", "enabled"},
		"fargateFIPSMode": {"off"}, "tagResourceAuthorization": {"on"}, "fargateTaskRetirementWaitPeriod": {"0", "7", "14"},
		"defaultLogDriverMode": {"blocking", "non-blocking"}, "fargateEventWindows": {"enabled", "disabled"},
	} {
		for _, value := range values {
			if s, err := put(l.Client, name, value, ""); err != nil || string(s.Name) != name || s.Type != "user" {
				t.Errorf("%s %s: %v %+v", name, value, err, s)
			}
		}
		_, err := put(l.Client, name, "perhaps", "")
		refused(t, err, "InvalidParameterException", "Invalid setting value: perhaps. Valid values for "+name+" are...")
	}
	_, err := put(l.Client, "guardDutyActivate", "on", "")
	refused(t, err, "InvalidParameterException", "The account setting guardDutyActivate is read-only. Amazon GuardDuty controls it.")
	_, err = put(l.Client, "taskLongArnFormat", "disabled", "")
	refused(t, err, "InvalidParameterException", "You can no longer disable Long Arn settings")
	managed := must[*ecs.ListAccountSettingsOutput](t)(l.ListAccountSettings(t.Context(), &ecs.ListAccountSettingsInput{EffectiveSettings: true, Name: "guardDutyActivate"})).Settings[0]
	if managed.Type != "aws_managed" || *managed.Value != "off" {
		t.Fatalf("%+v", managed)
	}

	// Users have their own, under the root user's.
	user := caller.Identity{Account: account, ARN: "arn:aws:iam::" + account + ":user/me", UserID: "AIDA", AccessKeyID: "USER", Kind: caller.User}
	l.bind("USER", user)
	other := "arn:aws:iam::" + account + ":user/other"
	_, err = put(l.as("USER"), "awsvpcTrunking", "enabled", other)
	refused(t, err, "ClientException", "You must be the root user or the principal to specify the principalArn "+other+".")
	_, err = put(l.as("USER"), "fargateTaskRetirementWaitPeriod", "0", "")
	refused(t, err, "InvalidParameterException", "The account setting fargateTaskRetirementWaitPeriod can only be set for the root user.")
	of := func() string {
		out := must[*ecs.ListAccountSettingsOutput](t)(l.ListAccountSettings(t.Context(), &ecs.ListAccountSettingsInput{EffectiveSettings: true, Name: "awsvpcTrunking", PrincipalArn: &user.ARN}))
		return *out.Settings[0].Value
	}
	must[*types.Setting](t)(put(l.Client, "awsvpcTrunking", "enabled", ""))
	if of() != "enabled" {
		t.Fatal("the root user's setting does not count for others")
	}
	must[*types.Setting](t)(put(l.as("USER"), "awsvpcTrunking", "disabled", ""))
	if of() != "disabled" {
		t.Fatal("a user's own setting does not count")
	}
}

func TestCapacityProviders(t *testing.T) {
	l := newLab(t)
	all := must[*ecs.DescribeCapacityProvidersOutput](t)(l.DescribeCapacityProviders(t.Context(), &ecs.DescribeCapacityProvidersInput{}))
	if len(all.CapacityProviders) != 2 || *all.CapacityProviders[0].CapacityProviderArn != arn+"capacity-provider/FARGATE" {
		t.Fatalf("%+v", all.CapacityProviders)
	}
	some := must[*ecs.DescribeCapacityProvidersOutput](t)(l.DescribeCapacityProviders(t.Context(), &ecs.DescribeCapacityProvidersInput{CapacityProviders: []string{"FARGATE_SPOT", "mine"}}))
	if len(some.CapacityProviders) != 1 || *some.Failures[0].Arn != arn+"capacity-provider/mine" || *some.Failures[0].Reason != "MISSING" {
		t.Fatalf("%+v", some)
	}
}
