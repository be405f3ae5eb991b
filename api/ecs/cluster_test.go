package ecs_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

func TestClusterLife(t *testing.T) {
	l := newLab(t)
	made := must[*ecs.CreateClusterOutput](t)(l.CreateCluster(t.Context(), &ecs.CreateClusterInput{
		Tags: []types.Tag{{Key: aws.String("b"), Value: aws.String("1")}, {Key: aws.String("a")}}})).Cluster
	if *made.ClusterName != "default" || *made.ClusterArn != arn+"cluster/default" || *made.Status != "ACTIVE" || len(made.Tags) != 2 || *made.Tags[0].Key != "b" {
		t.Fatalf("%+v", made)
	}
	again := must[*ecs.CreateClusterOutput](t)(l.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: aws.String("default")})).Cluster
	if len(again.Tags) != 2 {
		t.Fatal("creating the cluster again changed it")
	}
	plain := must[*ecs.DescribeClustersOutput](t)(l.DescribeClusters(t.Context(), &ecs.DescribeClustersInput{})).Clusters[0]
	if len(plain.Tags) != 0 || len(plain.Settings) != 0 || len(plain.Statistics) != 0 {
		t.Fatalf("included without being asked for: %+v", plain)
	}
	all := must[*ecs.DescribeClustersOutput](t)(l.DescribeClusters(t.Context(), &ecs.DescribeClustersInput{
		Clusters: []string{*made.ClusterArn, "nowhere", arn + "cluster/none"},
		Include:  []types.ClusterField{types.ClusterFieldTags, types.ClusterFieldSettings, types.ClusterFieldStatistics, types.ClusterFieldConfigurations}}))
	if c := all.Clusters[0]; len(c.Tags) != 2 || *c.Settings[0].Value != "disabled" || len(c.Statistics) != 12 {
		t.Fatalf("%+v", c)
	}
	if len(all.Failures) != 2 || *all.Failures[0].Arn != arn+"cluster/nowhere" || *all.Failures[1].Arn != arn+"cluster/none" || *all.Failures[0].Reason != "MISSING" {
		t.Fatalf("%+v", all.Failures)
	}
	updated := must[*ecs.UpdateClusterSettingsOutput](t)(l.UpdateClusterSettings(t.Context(), &ecs.UpdateClusterSettingsInput{Cluster: made.ClusterArn,
		Settings: []types.ClusterSetting{{Name: types.ClusterSettingNameContainerInsights, Value: aws.String("enabled")}}})).Cluster
	if *updated.Settings[0].Value != "enabled" || len(updated.Settings) != 1 {
		t.Fatalf("%+v", updated.Settings)
	}
	deleted := must[*ecs.DeleteClusterOutput](t)(l.DeleteCluster(t.Context(), &ecs.DeleteClusterInput{Cluster: aws.String("default")})).Cluster
	if *deleted.Status != "INACTIVE" {
		t.Fatalf("%+v", deleted)
	}
	gone := must[*ecs.DescribeClustersOutput](t)(l.DescribeClusters(t.Context(), &ecs.DescribeClustersInput{})).Clusters[0]
	if *gone.Status != "INACTIVE" {
		t.Fatalf("%+v", gone)
	}
	if n := must[*ecs.ListClustersOutput](t)(l.ListClusters(t.Context(), &ecs.ListClustersInput{})).ClusterArns; len(n) != 0 {
		t.Fatalf("an INACTIVE cluster is listed: %v", n)
	}
	fresh := must[*ecs.CreateClusterOutput](t)(l.CreateCluster(t.Context(), &ecs.CreateClusterInput{})).Cluster
	if *fresh.Status != "ACTIVE" || len(fresh.Tags) != 0 {
		t.Fatalf("%+v", fresh)
	}
}

func TestClusterRefusals(t *testing.T) {
	l := newLab(t)
	_, err := l.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: aws.String("a b")})
	refused(t, err, "InvalidParameterException", "Cluster names can have up to 255 letters (uppercase and lowercase), numbers, underscores, and hyphens.")
	_, err = l.CreateCluster(t.Context(), &ecs.CreateClusterInput{Settings: []types.ClusterSetting{{Name: "containerInsights", Value: aws.String("perhaps")}}})
	refused(t, err, "InvalidParameterException", `Invalid setting value "perhaps" for containerInsights`)
	_, err = l.DeleteCluster(t.Context(), &ecs.DeleteClusterInput{Cluster: aws.String("none")})
	refused(t, err, "ClusterNotFoundException", "Cluster not found.")
}

func TestOnlyAnEmptyClusterIsDeleted(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	instance := l.instance("default", 1024, 1024)
	task := l.run(l.register("web"))
	must[*ecs.CreateServiceOutput](t)(l.CreateService(t.Context(), &ecs.CreateServiceInput{ServiceName: aws.String("s"),
		TaskDefinition: aws.String("web"), DesiredCount: aws.Int32(0)}))
	deletion := func() error {
		_, err := l.DeleteCluster(t.Context(), &ecs.DeleteClusterInput{Cluster: aws.String("default")})
		return err
	}
	refused(t, deletion(), "ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active.")
	must[*ecs.DeleteServiceOutput](t)(l.DeleteService(t.Context(), &ecs.DeleteServiceInput{Service: aws.String("s")}))
	l.schedule("s")
	refused(t, deletion(), "ClusterContainsContainerInstancesException", "The Cluster cannot be deleted while Container Instances are active or draining.")
	_, err := l.DeregisterContainerInstance(t.Context(), &ecs.DeregisterContainerInstanceInput{ContainerInstance: &instance})
	refused(t, err, "InvalidParameterException", "Found running tasks on the instance.")
	out := must[*ecs.DeregisterContainerInstanceOutput](t)(l.DeregisterContainerInstance(t.Context(),
		&ecs.DeregisterContainerInstanceInput{ContainerInstance: &instance, Force: aws.Bool(true)}))
	if *out.ContainerInstance.Status != "INACTIVE" {
		t.Fatalf("%+v", out.ContainerInstance)
	}
	refused(t, deletion(), "ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.")
	l.report(task, "STOPPED")
	if err := deletion(); err != nil {
		t.Fatal(err)
	}
}

func TestCountsOfACluster(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.instance("default", 1024, 1024)
	l.instance("default", 1024, 1024)
	definition := l.register("web")
	l.run(definition)
	l.report(l.run(definition), "RUNNING")
	l.report(l.run(definition), "STOPPED")
	c := must[*ecs.DescribeClustersOutput](t)(l.DescribeClusters(t.Context(), &ecs.DescribeClustersInput{})).Clusters[0]
	if c.PendingTasksCount != 1 || c.RunningTasksCount != 1 || c.RegisteredContainerInstancesCount != 2 || c.ActiveServicesCount != 0 {
		t.Fatalf("%+v", c)
	}
}

func TestPagesOfClusters(t *testing.T) {
	l := newLab(t)
	var want []string
	for i := range 7 {
		l.cluster(fmt.Sprint("c", i))
		want = append(want, arn+"cluster/"+fmt.Sprint("c", i))
	}
	var got []string
	p := ecs.NewListClustersPaginator(l, &ecs.ListClustersInput{MaxResults: aws.Int32(3)})
	pages := 0
	for p.HasMorePages() {
		out, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, out.ClusterArns...)
		pages++
	}
	if !slices.Equal(got, want) || pages != 3 {
		t.Fatalf("%d pages: %v", pages, got)
	}
	first := must[*ecs.ListClustersOutput](t)(l.ListClusters(t.Context(), &ecs.ListClustersInput{MaxResults: aws.Int32(1)}))
	for _, token := range []string{"x", "!!!", *first.NextToken + "A", "AAAA"} {
		_, err := l.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: aws.String("c0"), NextToken: &token})
		refused(t, err, "InvalidParameterException", "Invalid token")
	}
	_, err := l.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: aws.String("c0"), NextToken: first.NextToken})
	refused(t, err, "InvalidParameterException", "Invalid token")
	for _, n := range []int32{0, 101, -1} {
		_, err := l.ListClusters(t.Context(), &ecs.ListClustersInput{MaxResults: &n})
		refused(t, err, "InvalidParameterException", "maxResults must be between 1 and 100.")
	}
}

// TestAccountsAreApart has two accounts use the same names.
func TestAccountsAreApart(t *testing.T) {
	l := newLab(t)
	l.other("OTHER", "999999999999")
	l.cluster("default")
	other := l.as("OTHER")
	if n := must[*ecs.ListClustersOutput](t)(other.ListClusters(t.Context(), &ecs.ListClustersInput{})).ClusterArns; len(n) != 0 {
		t.Fatalf("the other account sees %v", n)
	}
	_, err := other.RunTask(t.Context(), &ecs.RunTaskInput{Cluster: aws.String(arn + "cluster/default"), TaskDefinition: aws.String("web")})
	refused(t, err, "ClusterNotFoundException", "Cluster not found.")
	_, err = other.TagResource(t.Context(), &ecs.TagResourceInput{ResourceArn: aws.String(arn + "cluster/default"),
		Tags: []types.Tag{{Key: aws.String("a")}}})
	refused(t, err, "ResourceNotFoundException", "The specified resource was not found.")
	if n := store.Len[*model.Cluster](l.db.View()); n != 1 {
		t.Fatalf("%d clusters", n)
	}
}
