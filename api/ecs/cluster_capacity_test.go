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

func TestCapacityProvidersOfACluster(t *testing.T) {
	l := newLab(t)
	l.provider("a", func(g *types.AutoScalingGroupProvider) { g.ManagedScaling = &types.ManagedScaling{Status: "ENABLED"} })
	l.provider("b")
	made := must[*ecs.CreateClusterOutput](t)(l.CreateCluster(t.Context(), &ecs.CreateClusterInput{CapacityProviders: []string{"b", "a", "FARGATE"},
		DefaultCapacityProviderStrategy: []types.CapacityProviderStrategyItem{item(arn+"capacity-provider/a", 2, 1), item("b", 0, 3)}})).Cluster
	if !slices.Equal(made.CapacityProviders, []string{"b", "a", "FARGATE"}) || len(made.DefaultCapacityProviderStrategy) != 2 ||
		*made.DefaultCapacityProviderStrategy[0].CapacityProvider != "a" || made.DefaultCapacityProviderStrategy[0].Base != 2 || *made.AttachmentsStatus != "UPDATE_COMPLETE" {
		t.Fatalf("%+v", made)
	}
	if len(made.Attachments) != 1 || *made.Attachments[0].Details[0].Value != "a" {
		t.Fatalf("%+v", made.Attachments)
	}
	plain := must[*ecs.DescribeClustersOutput](t)(l.DescribeClusters(t.Context(), &ecs.DescribeClustersInput{})).Clusters[0]
	if len(plain.Attachments) != 0 || plain.AttachmentsStatus != nil || len(plain.CapacityProviders) != 3 {
		t.Fatalf("%+v", plain)
	}
	deletion := func(name string) error {
		_, err := l.DeleteCapacityProvider(t.Context(), &ecs.DeleteCapacityProviderInput{CapacityProvider: &name})
		return err
	}
	refused(t, deletion("a"), "ClientException", "The capacity provider cannot be deleted because it is associated with cluster: default...")
	left, err := l.provide([]string{"b"})
	if err != nil || !slices.Equal(left.CapacityProviders, []string{"b"}) || len(left.DefaultCapacityProviderStrategy) != 0 {
		t.Fatalf("%v %+v", err, left)
	}
	if err := deletion("a"); err != nil {
		t.Fatal(err)
	}
	l.instance("default", 1000, 1000)
	task := l.task(l.run(l.register("web"))).Clone()
	task.Spec.CapacityProvider = "b"
	l.commit(task)
	_, err = l.provide([]string{})
	refused(t, err, "ResourceInUseException", "The specified capacity provider is in use and cannot be removed.")
	l.report(task.ARN(region), "STOPPED")
	if left, err = l.provide([]string{}); err != nil || len(left.CapacityProviders) != 0 {
		t.Fatalf("%v %+v", err, left)
	}
	s := l.serve("s", 0)
	kept, _ := store.Get[*model.Service](l.db.View(), keyOf(*s.ServiceArn))
	stored := kept.Clone()
	stored.Spec.CapacityStrategy = []model.CapacityStrategy{{Provider: "b", Weight: 1}}
	l.commit(stored)
	if _, err = l.provide([]string{"b"}); err != nil {
		t.Fatal(err)
	}
	_, err = l.provide([]string{})
	refused(t, err, "ResourceInUseException", "The specified capacity provider is in use and cannot be removed.")
}

func TestStrategyRefusals(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	var many []types.CapacityProviderStrategyItem
	var names []string
	for i := range 21 {
		name := fmt.Sprint("p", 10+i)
		l.provider(name)
		many, names = append(many, item(name, 0, 1)), append(names, name)
	}
	for _, c := range []struct {
		providers []string
		strategy  []types.CapacityProviderStrategyItem
		message   string
	}{
		{[]string{"none"}, nil, "The specified capacity provider was not found. Specify a valid capacity provider and try again."},
		{[]string{arn + "cluster/default"}, nil, "The specified capacity provider was not found. Specify a valid capacity provider and try again."},
		{[]string{"p10", "p10"}, nil, "The specified capacity providers cannot contain duplicates..."},
		{names, nil, "A cluster cannot be associated with more than 20 capacity providers."},
		{names, many, "A capacity provider strategy cannot contain more than 20 capacity providers."},
		{[]string{"p10"}, []types.CapacityProviderStrategyItem{item("p11", 0, 1)}, "The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster..."},
		{[]string{"p10"}, []types.CapacityProviderStrategyItem{item("p10", 0, 1001)}, "The weight value of a capacity provider must be between 0 and 1000..."},
		{[]string{"p10"}, []types.CapacityProviderStrategyItem{item("p10", 100001, 1)}, "The base value of a capacity provider must be between 0 and 100000..."},
		{[]string{"p10", "p11"}, []types.CapacityProviderStrategyItem{item("p10", 1, 1), item("p11", 1, 1)}, "A capacity provider strategy cannot contain more than one capacity provider with a base value..."},
		{[]string{"p10"}, []types.CapacityProviderStrategyItem{item("p10", 0, 1), item("p10", 0, 1)}, "A capacity provider strategy cannot contain duplicate capacity providers..."},
		{[]string{"p10", "FARGATE"}, []types.CapacityProviderStrategyItem{item("p10", 0, 1), item("FARGATE", 0, 1)},
			"A capacity provider strategy cannot contain a mix of capacity providers using Auto Scaling groups and Fargate providers. Specify one or the other and try again."},
	} {
		_, err := l.provide(c.providers, c.strategy...)
		refused(t, err, "InvalidParameterException", c.message)
	}
	if _, err := l.provide([]string{"p10"}, item("p10", 0, 0)); err != nil {
		t.Fatalf("a default without weight: %v", err)
	}
}

func TestClusterConfiguration(t *testing.T) {
	l := newLab(t)
	execute := func(e types.ExecuteCommandConfiguration) (*types.Cluster, error) {
		out, err := l.CreateCluster(t.Context(), &ecs.CreateClusterInput{Configuration: &types.ClusterConfiguration{ExecuteCommandConfiguration: &e}})
		if err != nil {
			return nil, err
		}
		return out.Cluster, nil
	}
	logs := &types.ExecuteCommandLogConfiguration{CloudWatchLogGroupName: aws.String("exec")}
	for message, e := range map[string]types.ExecuteCommandConfiguration{
		"Invalid logging setting...":                           {Logging: "x"},
		"logConfiguration must be specified...":                {Logging: "OVERRIDE"},
		"logConfiguration can only be specified...":            {Logging: "NONE", LogConfiguration: logs},
		"logConfiguration must have...":                        {Logging: "OVERRIDE", LogConfiguration: &types.ExecuteCommandLogConfiguration{}},
		"cloudWatchEncryptionEnabled cannot be set...":         {Logging: "OVERRIDE", LogConfiguration: &types.ExecuteCommandLogConfiguration{S3BucketName: aws.String("b"), CloudWatchEncryptionEnabled: true}},
		"s3EncryptionEnabled and s3KeyPrefix cannot be set...": {Logging: "OVERRIDE", LogConfiguration: &types.ExecuteCommandLogConfiguration{CloudWatchLogGroupName: aws.String("g"), S3KeyPrefix: aws.String("p")}},
	} {
		_, err := execute(e)
		refused(t, err, "InvalidParameterException", message)
	}
	made, err := execute(types.ExecuteCommandConfiguration{Logging: "OVERRIDE", LogConfiguration: logs})
	if err != nil || *made.Configuration.ExecuteCommandConfiguration.LogConfiguration.CloudWatchLogGroupName != "exec" {
		t.Fatalf("%v %+v", err, made)
	}
	updated := must[*ecs.UpdateClusterOutput](t)(l.UpdateCluster(t.Context(), &ecs.UpdateClusterInput{Cluster: aws.String("default"),
		Configuration: &types.ClusterConfiguration{ManagedStorageConfiguration: &types.ManagedStorageConfiguration{KmsKeyId: aws.String("key")}},
		Settings:      []types.ClusterSetting{{Name: "containerInsights", Value: aws.String("enhanced")}}})).Cluster
	if c := updated.Configuration; c.ExecuteCommandConfiguration != nil || *c.ManagedStorageConfiguration.KmsKeyId != "key" || *updated.Settings[0].Value != "enhanced" {
		t.Fatalf("%+v", updated)
	}
	plain := must[*ecs.DescribeClustersOutput](t)(l.DescribeClusters(t.Context(), &ecs.DescribeClustersInput{})).Clusters[0]
	if plain.Configuration != nil {
		t.Fatalf("%+v", plain)
	}
	_, err = l.UpdateCluster(t.Context(), &ecs.UpdateClusterInput{Cluster: aws.String("default"), ServiceConnectDefaults: &types.ClusterServiceConnectDefaultsRequest{Namespace: aws.String("ns")}})
	refused(t, err, "NamespaceNotFoundException", "The specified namespace wasn't found.")
}
