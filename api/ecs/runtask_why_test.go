package ecs_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// TestFailuresSayExactlyWhy: the detail of a failure names what refused, with
// what is asked for and what there is.
func TestFailuresSayExactlyWhy(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	small := l.instance("default", 1024, 150)
	l.register("web")
	out := must[*ecs.RunTaskOutput](t)(l.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String("web"),
		Overrides:            &types.TaskOverride{Cpu: aws.String("2048"), Memory: aws.String("4096")},
		PlacementConstraints: []types.PlacementConstraint{{Type: types.PlacementConstraintTypeMemberOf, Expression: aws.String("attribute:rack == 7")}}}))
	const want = `The expression "attribute:rack == 7" does not hold. 2048 CPU units are asked for, and 1024 of 1024 are free. ` +
		`4096 MiB of memory are asked for, and 150 of 150 are free.`
	if len(out.Failures) != 1 || aws.ToString(out.Failures[0].Detail) != want || *out.Failures[0].Arn != small {
		t.Errorf("%+v", out.Failures)
	}
	started := must[*ecs.StartTaskOutput](t)(l.StartTask(t.Context(), &ecs.StartTaskInput{TaskDefinition: aws.String("web"),
		ContainerInstances: []string{small}, Overrides: &types.TaskOverride{Memory: aws.String("151")}}))
	if len(started.Failures) != 1 || aws.ToString(started.Failures[0].Detail) != "151 MiB of memory are asked for, and 150 of 150 are free." {
		t.Errorf("%+v", started.Failures)
	}
}
