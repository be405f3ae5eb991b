package ecs

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/smithy-go"
)

// confirmed lets an answer that refuses, or that leaves things out because
// they are not there, go only after the store has confirmed that its tables
// are the newest ones. A server that stood still while another took over would
// otherwise tell an agent that its task is unknown, which is the task's end,
// or Terraform that a cluster is gone, which makes another. They are answered
// with a server fault and ask again.
//
// Answers that show what there is are not confirmed: for the moment until such
// a server hears that its term has ended they may be as old as its pause was
// long. Those that follow a commit are fenced by it.
func (d *frontDoor) confirmed(ctx context.Context, out any, err error) error {
	var api smithy.APIError
	switch {
	case err == nil && !misses(out):
		return nil
	case err != nil && (!errors.As(err, &api) || api.ErrorFault() == smithy.FaultServer):
		return err
	}
	if stale := d.db.Confirm(ctx); stale != nil {
		r := request{ctx: ctx}
		return d.fault(r, stale)
	}
	return err
}

// misses reports whether an answer says of something that it is not there, or
// that nothing fits.
func misses(out any) bool {
	switch out := out.(type) {
	case *ecs.DeleteTaskDefinitionsOutput:
		return len(out.Failures) > 0
	case *ecs.DescribeCapacityProvidersOutput:
		return len(out.Failures) > 0
	case *ecs.DescribeClustersOutput:
		return len(out.Failures) > 0
	case *ecs.DescribeContainerInstancesOutput:
		return len(out.Failures) > 0
	case *ecs.DescribeDaemonDeploymentsOutput:
		return len(out.Failures) > 0
	case *ecs.DescribeDaemonRevisionsOutput:
		return len(out.Failures) > 0
	case *ecs.DescribeServiceDeploymentsOutput:
		return len(out.Failures) > 0
	case *ecs.DescribeServiceRevisionsOutput:
		return len(out.Failures) > 0
	case *ecs.DescribeServicesOutput:
		return len(out.Failures) > 0
	case *ecs.DescribeTaskSetsOutput:
		return len(out.Failures) > 0
	case *ecs.DescribeTasksOutput:
		return len(out.Failures) > 0
	case *ecs.GetTaskProtectionOutput:
		return len(out.Failures) > 0
	case *ecs.RunTaskOutput:
		return len(out.Failures) > 0
	case *ecs.StartTaskOutput:
		return len(out.Failures) > 0
	case *ecs.UpdateContainerInstancesStateOutput:
		return len(out.Failures) > 0
	case *ecs.UpdateTaskProtectionOutput:
		return len(out.Failures) > 0
	}
	return false
}
