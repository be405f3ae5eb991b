package ecs_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

func gpuDevices(ids ...string) (all []types.PlatformDevice) {
	for _, id := range ids {
		all = append(all, types.PlatformDevice{Id: aws.String(id), Type: types.PlatformDeviceTypeGpu})
	}
	return all
}

// gpusIn returns the ids of the GPUs among resources, nil where they name none.
func gpusIn(all []types.Resource) []string {
	for _, r := range all {
		if *r.Name == "GPU" {
			return r.StringSetValue
		}
	}
	return nil
}

// lendGPUs has an instance lend as many GPUs.
func (l *lab) lendGPUs(arn string, n int) {
	l.t.Helper()
	i, ok := store.Get[*model.ContainerInstance](l.db.View(), keyOf(arn))
	if !ok {
		l.t.Fatalf("no instance %s", arn)
	}
	i = i.Clone()
	i.GPUs = nil
	for k := range n {
		i.GPUs = append(i.GPUs, fmt.Sprint("gpu", k))
	}
	i.Registered.GPUs = n
	l.commit(i)
}

// TestGPUsOfInstances starts tasks on named instances, of which one has GPUs:
// containers have theirs for themselves, and the instance what is left.
func TestGPUsOfInstances(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	bare := l.instance("default", 1024, 1024)
	in := &ecs.RegisterContainerInstanceInput{TotalResources: resources(1024, 1024), Attributes: capable(), PlatformDevices: gpuDevices("g0", "g1", "g2", "g3")}
	i := must[*ecs.RegisterContainerInstanceOutput](t)(l.RegisterContainerInstance(t.Context(), in)).ContainerInstance
	if got := gpusIn(i.RegisteredResources); !slices.Equal(got, []string{"g0", "g1", "g2", "g3"}) || !slices.Equal(got, gpusIn(i.RemainingResources)) {
		t.Fatalf("%v", got)
	}
	l.connect(*i.ContainerInstanceArn, true)
	l.connect(bare, true)
	wants := func(n string) []types.ResourceRequirement {
		return []types.ResourceRequirement{{Type: types.ResourceTypeGpu, Value: &n}}
	}
	must[*ecs.RegisterTaskDefinitionOutput](t)(l.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{Family: aws.String("learn"),
		ContainerDefinitions: []types.ContainerDefinition{
			{Name: aws.String("a"), Image: aws.String("i"), Memory: aws.Int32(16), ResourceRequirements: wants("1")},
			{Name: aws.String("b"), Image: aws.String("i"), Memory: aws.Int32(16)},
			{Name: aws.String("c"), Image: aws.String("i"), Memory: aws.Int32(16), ResourceRequirements: wants("2")}}}))
	start := func() *ecs.StartTaskOutput {
		return must[*ecs.StartTaskOutput](t)(l.StartTask(t.Context(), &ecs.StartTaskInput{TaskDefinition: aws.String("learn"),
			ContainerInstances: []string{*i.ContainerInstanceArn, bare}}))
	}
	out := start()
	if len(out.Tasks) != 1 || len(out.Failures) != 1 || *out.Failures[0].Reason != "RESOURCE:GPU" || *out.Failures[0].Arn != bare {
		t.Fatalf("%d tasks, %+v", len(out.Tasks), out.Failures)
	}
	has := map[string]string{}
	for _, c := range out.Tasks[0].Containers {
		has[*c.Name] = fmt.Sprint(c.GpuIds)
	}
	if has["a"] != "[g0]" || has["b"] != "[]" || has["c"] != "[g1 g2]" {
		t.Errorf("containers have %v", has)
	}
	if out := start(); len(out.Tasks) != 0 || len(out.Failures) != 2 || *out.Failures[0].Detail != "3 GPUs are asked for, and 1 of 4 are free." {
		t.Errorf("%d tasks, %+v", len(out.Tasks), out.Failures)
	}
	shown := must[*ecs.DescribeContainerInstancesOutput](t)(l.DescribeContainerInstances(t.Context(),
		&ecs.DescribeContainerInstancesInput{ContainerInstances: []string{*i.ContainerInstanceArn, bare}})).ContainerInstances
	if got := gpusIn(shown[0].RemainingResources); !slices.Equal(got, []string{"g3"}) || gpusIn(shown[1].RegisteredResources) != nil {
		t.Errorf("left: %v; beside: %v", got, gpusIn(shown[1].RegisteredResources))
	}
}

func TestPlatformDevicesAreChecked(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	var many []string
	for n := range 65 {
		many = append(many, fmt.Sprint(n))
	}
	for message, devices := range map[string][]types.PlatformDevice{
		"Duplicate platform device id: a":          gpuDevices("a", "a"),
		`Invalid platform device id: "a,b"`:        gpuDevices("a,b"),
		"Invalid platform device type: TPU":        {{Id: aws.String("a"), Type: "TPU"}},
		"There can be at most 64 platformDevices.": gpuDevices(many...),
	} {
		_, err := l.RegisterContainerInstance(t.Context(), &ecs.RegisterContainerInstanceInput{TotalResources: resources(1024, 1024), PlatformDevices: devices})
		refused(t, err, "InvalidParameterException", message)
	}
}

// TestGPUsOfOverrides runs tasks whose containers get other GPUs than their
// definition says.
func TestGPUsOfOverrides(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.lendGPUs(l.instance("default", 1024, 1024), 4)
	asking := func(value string) []types.ResourceRequirement {
		return []types.ResourceRequirement{{Type: types.ResourceTypeGpu, Value: &value}}
	}
	l.register("learn", func(in *ecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].Name, in.ContainerDefinitions[0].ResourceRequirements = aws.String("a"), asking("ALL")
		second := in.ContainerDefinitions[0]
		second.Name, second.ResourceRequirements = aws.String("b"), asking("1")
		in.ContainerDefinitions = append(in.ContainerDefinitions, second)
	})
	run := func(container string, requirements []types.ResourceRequirement) (*ecs.RunTaskOutput, error) {
		return l.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String("learn"), Overrides: &types.TaskOverride{
			ContainerOverrides: []types.ContainerOverride{{Name: &container, ResourceRequirements: requirements}}}})
	}
	out := must[*ecs.RunTaskOutput](t)(run("a", asking("2")))
	if len(out.Tasks) != 1 {
		t.Fatalf("%+v", out.Failures)
	}
	has := map[string]string{}
	for _, c := range out.Tasks[0].Containers {
		has[*c.Name] = fmt.Sprint(c.GpuIds)
	}
	if has["a"] != "[gpu0 gpu1]" || has["b"] != "[gpu2]" {
		t.Errorf("containers have %v", has)
	}
	if o := out.Tasks[0].Overrides.ContainerOverrides; len(o) == 0 || len(o[0].ResourceRequirements) != 1 || *o[0].ResourceRequirements[0].Value != "2" {
		t.Errorf("overrides: %+v", o)
	}
	if out := must[*ecs.RunTaskOutput](t)(run("a", asking("1"))); len(out.Tasks) != 0 || *out.Failures[0].Reason != "RESOURCE:GPU" {
		t.Errorf("%d tasks, %+v", len(out.Tasks), out.Failures)
	}
	if out := must[*ecs.RunTaskOutput](t)(run("b", asking("1"))); len(out.Tasks) != 0 || *out.Failures[0].Reason != "ATTRIBUTE" {
		t.Errorf("%d tasks, %+v: the definition asks for all", len(out.Tasks), out.Failures)
	}
	for message, requirements := range map[string][]types.ResourceRequirement{
		"Invalid setting for container 'a'. Invalid value '-1' of a resource requirement of type GPU.":           asking("-1"),
		"Invalid override for container 'a': resource requirements of type 'NeuronDevice' cannot be overridden.": {{Type: types.ResourceTypeNeuronDevice, Value: aws.String("ALL")}},
	} {
		_, err := run("a", requirements)
		var api smithy.APIError
		if !errors.As(err, &api) || api.ErrorMessage() != message {
			t.Errorf("%v, want %s", err, message)
		}
	}
}
