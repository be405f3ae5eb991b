package ecs

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Gateways bring load balancers with them. None can be made, so lists of them
// are empty and none is ever found.

func gatewayNotFound() error {
	return &types.GatewayNotFoundException{Message: new("The specified gateway wasn't found.")}
}

// CreateGateway is refused.
func (d *frontDoor) CreateGateway(ctx context.Context, in *ecs.CreateGatewayInput) (*ecs.CreateGatewayOutput, error) {
	if _, err := d.begin(ctx); err != nil {
		return nil, err
	}
	switch {
	case aws.ToString(in.Name) == "":
		return nil, invalid("name cannot be empty.")
	case aws.ToString(in.InfrastructureRoleArn) == "":
		return nil, invalid("infrastructureRoleArn cannot be empty.")
	case in.Configuration == nil:
		return nil, invalid("configuration cannot be empty.")
	}
	return nil, notSupported("A gateway")
}

// DescribeGateway finds nothing.
func (d *frontDoor) DescribeGateway(ctx context.Context, in *ecs.DescribeGatewayInput) (*ecs.DescribeGatewayOutput, error) {
	return nil, d.noGateway(ctx, in.Gateway)
}

// UpdateGateway finds nothing to change.
func (d *frontDoor) UpdateGateway(ctx context.Context, in *ecs.UpdateGatewayInput) (*ecs.UpdateGatewayOutput, error) {
	return nil, d.noGateway(ctx, in.Gateway)
}

// DeleteGateway finds nothing to delete.
func (d *frontDoor) DeleteGateway(ctx context.Context, in *ecs.DeleteGatewayInput) (*ecs.DeleteGatewayOutput, error) {
	return nil, d.noGateway(ctx, in.Gateway)
}

// DescribeGatewayResources finds no gateway.
func (d *frontDoor) DescribeGatewayResources(ctx context.Context, in *ecs.DescribeGatewayResourcesInput) (*ecs.DescribeGatewayResourcesOutput, error) {
	if _, err := newPage(in.MaxResults, in.NextToken, maxResults, "DescribeGatewayResources", aws.ToString(in.Gateway)); err != nil {
		return nil, err
	}
	return nil, d.noGateway(ctx, in.Gateway)
}

// DescribeGatewayRoute finds nothing: a route goes through a gateway.
func (d *frontDoor) DescribeGatewayRoute(ctx context.Context, in *ecs.DescribeGatewayRouteInput) (*ecs.DescribeGatewayRouteOutput, error) {
	if _, err := d.begin(ctx); err != nil {
		return nil, err
	}
	if aws.ToString(in.GatewayRouteArn) == "" {
		return nil, invalid("gatewayRouteArn cannot be empty.")
	}
	return nil, resourceNotFound("gateway route")
}

// AssociateGatewayWithCluster finds no gateway.
func (d *frontDoor) AssociateGatewayWithCluster(ctx context.Context, in *ecs.AssociateGatewayWithClusterInput) (*ecs.AssociateGatewayWithClusterOutput, error) {
	return nil, d.noGatewayIn(ctx, in.Cluster, in.Gateway)
}

// DisassociateGatewayFromCluster finds no gateway.
func (d *frontDoor) DisassociateGatewayFromCluster(ctx context.Context, in *ecs.DisassociateGatewayFromClusterInput) (*ecs.DisassociateGatewayFromClusterOutput, error) {
	return nil, d.noGatewayIn(ctx, in.Cluster, in.Gateway)
}

// ListGateways lists nothing.
func (d *frontDoor) ListGateways(ctx context.Context, in *ecs.ListGatewaysInput) (*ecs.ListGatewaysOutput, error) {
	if err := d.nothing(ctx, in.MaxResults, in.NextToken, "ListGateways"); err != nil {
		return nil, err
	}
	return &ecs.ListGatewaysOutput{Gateways: []types.GatewaySummary{}}, knownStatuses(in.Status)
}

// ListGatewayRoutes lists nothing.
func (d *frontDoor) ListGatewayRoutes(ctx context.Context, in *ecs.ListGatewayRoutesInput) (*ecs.ListGatewayRoutesOutput, error) {
	if err := d.nothing(ctx, in.MaxResults, in.NextToken, "ListGatewayRoutes"); err != nil {
		return nil, err
	}
	return &ecs.ListGatewayRoutesOutput{GatewayRoutes: []types.GatewayRouteSummary{}}, knownStatuses(in.Status)
}

// ListGatewayClusterAssociations lists nothing.
func (d *frontDoor) ListGatewayClusterAssociations(ctx context.Context, in *ecs.ListGatewayClusterAssociationsInput) (*ecs.ListGatewayClusterAssociationsOutput, error) {
	if err := d.nothing(ctx, in.MaxResults, in.NextToken, "ListGatewayClusterAssociations"); err != nil {
		return nil, err
	}
	return &ecs.ListGatewayClusterAssociationsOutput{GatewayClusterAssociations: []types.GatewayClusterAssociationSummary{}}, knownStatuses(in.Status)
}

// nothing checks a list that is empty whatever its filters are.
func (d *frontDoor) nothing(ctx context.Context, limit *int32, token *string, operation string) error {
	if _, err := d.begin(ctx); err != nil {
		return err
	}
	_, err := newPage(limit, token, maxResults, operation)
	return err
}

// noGateway is the answer to every request about one gateway.
func (d *frontDoor) noGateway(ctx context.Context, gateway *string) error {
	if _, err := d.begin(ctx); err != nil {
		return err
	}
	if aws.ToString(gateway) == "" {
		return invalid("gateway cannot be empty.")
	}
	return gatewayNotFound()
}

func (d *frontDoor) noGatewayIn(ctx context.Context, cluster, gateway *string) error {
	r, err := d.begin(ctx)
	if err != nil {
		return err
	}
	if aws.ToString(cluster) == "" {
		return invalid("cluster cannot be empty.")
	}
	if _, err := r.activeCluster(d.db.View(), cluster); err != nil {
		return err
	}
	return d.noGateway(ctx, gateway)
}

// knownStatuses checks the values of a status filter.
func knownStatuses[S interface {
	~string
	Values() []S
}](given []S) error {
	for _, s := range given {
		if !slices.Contains(s.Values(), s) {
			return invalid("Invalid status: %s", s)
		}
	}
	return nil
}
