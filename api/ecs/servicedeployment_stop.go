package ecs

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

func serviceDeploymentNotFound() error {
	return &types.ServiceDeploymentNotFoundException{Message: new("The specified service deployment wasn't found.")}
}

// StopServiceDeployment asks for the end of a deployment that goes on; the
// deployment planner ends it or rolls it back. Asking again for the same
// changes nothing.
func (d *frontDoor) StopServiceDeployment(ctx context.Context, in *ecs.StopServiceDeploymentInput) (*ecs.StopServiceDeploymentOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	arn := aws.ToString(in.ServiceDeploymentArn)
	stop := in.StopType
	if stop == "" {
		stop = types.StopServiceDeploymentStopTypeRollback
	}
	switch kind, _ := r.own(arn); {
	case arn == "":
		return nil, invalid("serviceDeploymentArn cannot be empty.")
	case !slices.Contains(stop.Values(), stop):
		return nil, invalid("Invalid stopType: %s", stop)
	case kind != "service-deployment":
		return nil, invalid("The specified ARN is invalid: %s", arn)
	}
	err = d.commit(r, func(v store.View, c *model.Change) error {
		h, deployment, ok := r.serviceDeployment(v, arn)
		if !ok {
			return serviceDeploymentNotFound()
		}
		if deployment.StopRequested == string(stop) && h.stoppable(deployment, stopRequested...) {
			return nil
		}
		if !h.stoppable(deployment, types.ServiceDeploymentStatusPending, types.ServiceDeploymentStatusInProgress) {
			return &types.ConflictException{ResourceIds: []string{arn},
				Message: new("The service deployment cannot be stopped because it is in the " + string(h.status(deployment)) + " state.")}
		}
		deployment = deployment.Clone()
		deployment.StopRequested, deployment.StopRequestedAt = string(stop), r.now
		c.Expect(h.service)
		c.Put(deployment)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ecs.StopServiceDeploymentOutput{ServiceDeploymentArn: &arn}, nil
}

// stopRequested are the statuses of a deployment that is being stopped.
var stopRequested = []types.ServiceDeploymentStatus{types.ServiceDeploymentStatusStopRequested,
	types.ServiceDeploymentStatusRollbackRequested, types.ServiceDeploymentStatusRollbackInProgress}

// stoppable reports whether the deployment of a service that lives is in one
// of the statuses.
func (h history) stoppable(d *model.Deployment, in ...types.ServiceDeploymentStatus) bool {
	return h.service.Status == model.ServiceActive && slices.Contains(in, h.status(d))
}

// ContinueServiceDeployment finds nothing to continue: no deployment is ever
// paused, because lifecycle hooks are refused by name.
func (d *frontDoor) ContinueServiceDeployment(ctx context.Context, in *ecs.ContinueServiceDeploymentInput) (*ecs.ContinueServiceDeploymentOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	arn := aws.ToString(in.ServiceDeploymentArn)
	kind, _ := r.own(arn)
	switch {
	case arn == "":
		return nil, invalid("serviceDeploymentArn cannot be empty.")
	case aws.ToString(in.HookId) == "":
		return nil, invalid("hookId cannot be empty.")
	case in.Action != "" && !slices.Contains(in.Action.Values(), in.Action):
		return nil, invalid("Invalid action: %s", in.Action)
	case kind != "service-deployment":
		return nil, invalid("The specified ARN is invalid: %s", arn)
	}
	if _, _, ok := r.serviceDeployment(d.db.View(), arn); !ok {
		return nil, serviceDeploymentNotFound()
	}
	return nil, invalid("The service deployment is not paused at a lifecycle hook with the ID %s.", *in.HookId)
}
