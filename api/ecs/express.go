package ecs

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

// Express services bring load balancers, certificates and scaling of their
// own with them. None can be made, so none is ever found.

// CreateExpressGatewayService is refused.
func (d *frontDoor) CreateExpressGatewayService(ctx context.Context, in *ecs.CreateExpressGatewayServiceInput) (*ecs.CreateExpressGatewayServiceOutput, error) {
	if _, err := d.begin(ctx); err != nil {
		return nil, err
	}
	if aws.ToString(in.InfrastructureRoleArn) == "" {
		return nil, invalid("infrastructureRoleArn cannot be empty.")
	}
	return nil, notSupported("An Express Gateway service")
}

// DescribeExpressGatewayService finds nothing.
func (d *frontDoor) DescribeExpressGatewayService(ctx context.Context, in *ecs.DescribeExpressGatewayServiceInput) (*ecs.DescribeExpressGatewayServiceOutput, error) {
	if err := d.express(ctx, in.ServiceArn); err != nil {
		return nil, err
	}
	for _, field := range in.Include {
		if !slices.Contains(field.Values(), field) {
			return nil, invalid("Invalid include: %s", field)
		}
	}
	return nil, resourceNotFound("service")
}

// UpdateExpressGatewayService finds nothing to change.
func (d *frontDoor) UpdateExpressGatewayService(ctx context.Context, in *ecs.UpdateExpressGatewayServiceInput) (*ecs.UpdateExpressGatewayServiceOutput, error) {
	if err := d.express(ctx, in.ServiceArn); err != nil {
		return nil, err
	}
	return nil, serviceNotFound()
}

// DeleteExpressGatewayService finds nothing to delete.
func (d *frontDoor) DeleteExpressGatewayService(ctx context.Context, in *ecs.DeleteExpressGatewayServiceInput) (*ecs.DeleteExpressGatewayServiceOutput, error) {
	if err := d.express(ctx, in.ServiceArn); err != nil {
		return nil, err
	}
	return nil, serviceNotFound()
}

// express checks who asks, and that the ARN could be a service's.
func (d *frontDoor) express(ctx context.Context, arn *string) error {
	r, err := d.begin(ctx)
	if err != nil {
		return err
	}
	if kind, rest := r.own(aws.ToString(arn)); kind != "service" || rest == "" {
		return invalid("The specified ARN is invalid: %s", aws.ToString(arn))
	}
	return nil
}
