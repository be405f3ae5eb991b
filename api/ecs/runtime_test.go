package ecs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
)

func runtimeTag(value string) []types.Tag {
	return []types.Tag{{Key: aws.String(model.TagRuntime), Value: &value}}
}

func able(names ...string) (all []types.Attribute) {
	for _, n := range names {
		all = append(all, types.Attribute{Name: aws.String(n)})
	}
	return all
}

// TestRuntimeOfACluster has a cluster's tag decide what its tasks run on, and
// so where: an instance that has not the runtime gets none and says why.
func TestRuntimeOfACluster(t *testing.T) {
	l := newLab(t)
	made := must[*ecs.CreateClusterOutput](t)(l.CreateCluster(t.Context(), &ecs.CreateClusterInput{Tags: runtimeTag("runsc")})).Cluster
	l.register("web")
	l.register("close", func(in *ecs.RegisterTaskDefinitionInput) { in.PidMode = types.PidModeTask })
	bare := l.instance("default", 1024, 1024)
	run := func(definition string) *ecs.RunTaskOutput {
		t.Helper()
		return must[*ecs.RunTaskOutput](t)(l.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: &definition}))
	}
	refusedFor := func(out *ecs.RunTaskOutput, want string) {
		t.Helper()
		if len(out.Tasks) != 0 || len(out.Failures) == 0 || *out.Failures[0].Reason != "ATTRIBUTE" || aws.ToString(out.Failures[0].Detail) != want {
			t.Errorf("%d tasks, %+v", len(out.Tasks), out.Failures)
		}
	}
	refusedFor(run("web"), "The attribute roadstead.capability.runtime.runsc is required and missing.")
	started := must[*ecs.StartTaskOutput](t)(l.StartTask(t.Context(), &ecs.StartTaskInput{TaskDefinition: aws.String("web"), ContainerInstances: []string{bare}}))
	if len(started.Failures) != 1 || *started.Failures[0].Reason != "ATTRIBUTE" {
		t.Errorf("%+v", started)
	}

	l.instance("default", 1024, 1024, able("roadstead.capability.runtime.runsc")...)
	out := run("web")
	if len(out.Tasks) != 1 || l.task(*out.Tasks[0].TaskArn).Spec.Runtime != "runsc" || *out.Tasks[0].ContainerInstanceArn == bare {
		t.Fatalf("%+v", out)
	}
	if out := run("close"); len(out.Tasks) != 0 || !strings.Contains(aws.ToString(out.Failures[0].Detail), "runtime.runsc.host-kernel is required and missing") &&
		!strings.Contains(aws.ToString(out.Failures[1].Detail), "runtime.runsc.host-kernel is required and missing") {
		t.Errorf("%+v", out)
	}
	l.instance("default", 1024, 1024, able("roadstead.capability.runtime.runsc", "roadstead.capability.runtime.runsc.host-kernel")...)
	if out := run("close"); len(out.Tasks) != 1 {
		t.Errorf("%+v", out.Failures)
	}

	must[*ecs.UntagResourceOutput](t)(l.UntagResource(t.Context(), &ecs.UntagResourceInput{ResourceArn: made.ClusterArn, TagKeys: []string{model.TagRuntime}}))
	if out := run("web"); len(out.Tasks) != 1 || l.task(*out.Tasks[0].TaskArn).Spec.Runtime != "" {
		t.Errorf("%+v", out)
	}
	must[*ecs.TagResourceOutput](t)(l.TagResource(t.Context(), &ecs.TagResourceInput{ResourceArn: made.ClusterArn, Tags: runtimeTag("runc")}))
	if out := run("web"); len(out.Tasks) != 1 || l.task(*out.Tasks[0].TaskArn).Spec.Runtime != "" {
		t.Errorf("%+v", out)
	}
}

// TestRuntimesThatCannotBe gives clusters runtimes whose names no runtime has.
func TestRuntimesThatCannotBe(t *testing.T) {
	l := newLab(t)
	arn := *must[*ecs.CreateClusterOutput](t)(l.CreateCluster(t.Context(), &ecs.CreateClusterInput{})).Cluster.ClusterArn
	for _, name := range []string{"", "Runsc", "/usr/bin/runsc"} {
		_, err := l.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: aws.String("other"), Tags: runtimeTag(name)})
		_, again := l.TagResource(t.Context(), &ecs.TagResourceInput{ResourceArn: &arn, Tags: runtimeTag(name)})
		for _, err := range []error{err, again} {
			if err == nil || !strings.Contains(err.Error(), "InvalidParameterException") || !strings.Contains(err.Error(), model.TagRuntime) {
				t.Errorf("%q: %v", name, err)
			}
		}
	}
}
