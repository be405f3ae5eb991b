package ecs_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// TestThereAreNoGateways asks for gateways and Express services in every way.
func TestThereAreNoGateways(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	ctx, name, cluster, service := t.Context(), aws.String("g"), aws.String("default"), aws.String(arn+"service/default/s")
	if out := must[*ecs.ListGatewaysOutput](t)(l.ListGateways(ctx, &ecs.ListGatewaysInput{})); out.Gateways == nil || len(out.Gateways) != 0 {
		t.Errorf("%+v", out)
	}
	if out := must[*ecs.ListGatewayRoutesOutput](t)(l.ListGatewayRoutes(ctx, &ecs.ListGatewayRoutesInput{Gateway: name})); out.GatewayRoutes == nil || len(out.GatewayRoutes) != 0 {
		t.Errorf("%+v", out)
	}
	if out := must[*ecs.ListGatewayClusterAssociationsOutput](t)(l.ListGatewayClusterAssociations(ctx, &ecs.ListGatewayClusterAssociationsInput{})); out.GatewayClusterAssociations == nil || len(out.GatewayClusterAssociations) != 0 {
		t.Errorf("%+v", out)
	}
	for _, c := range []struct {
		code string
		call func() error
	}{
		{"GatewayNotFoundException", func() error { _, err := l.DescribeGateway(ctx, &ecs.DescribeGatewayInput{Gateway: name}); return err }},
		{"GatewayNotFoundException", func() error { _, err := l.DeleteGateway(ctx, &ecs.DeleteGatewayInput{Gateway: name}); return err }},
		{"GatewayNotFoundException", func() error { _, err := l.UpdateGateway(ctx, &ecs.UpdateGatewayInput{Gateway: name}); return err }},
		{"GatewayNotFoundException", func() error {
			_, err := l.DescribeGatewayResources(ctx, &ecs.DescribeGatewayResourcesInput{Gateway: name})
			return err
		}},
		{"GatewayNotFoundException", func() error {
			_, err := l.AssociateGatewayWithCluster(ctx, &ecs.AssociateGatewayWithClusterInput{Gateway: name, Cluster: cluster})
			return err
		}},
		{"GatewayNotFoundException", func() error {
			_, err := l.DisassociateGatewayFromCluster(ctx, &ecs.DisassociateGatewayFromClusterInput{Gateway: name, Cluster: cluster})
			return err
		}},
		{"ClusterNotFoundException", func() error {
			_, err := l.AssociateGatewayWithCluster(ctx, &ecs.AssociateGatewayWithClusterInput{Gateway: name, Cluster: aws.String("none")})
			return err
		}},
		{"ResourceNotFoundException", func() error {
			_, err := l.DescribeGatewayRoute(ctx, &ecs.DescribeGatewayRouteInput{GatewayRouteArn: aws.String(arn + "gateway-route/g/r")})
			return err
		}},
		{"UnsupportedFeatureException", func() error {
			_, err := l.CreateGateway(ctx, &ecs.CreateGatewayInput{Name: name, InfrastructureRoleArn: aws.String("arn:aws:iam::" + account + ":role/r"),
				Configuration: &types.GatewayConfigurationMemberHostSharedAlb{}})
			return err
		}},
		{"InvalidParameterException", func() error {
			_, err := l.ListGateways(ctx, &ecs.ListGatewaysInput{Status: []types.GatewayStatus{"SHUT"}})
			return err
		}},
		{"InvalidParameterException", func() error {
			_, err := l.ListGatewayRoutes(ctx, &ecs.ListGatewayRoutesInput{NextToken: aws.String("x")})
			return err
		}},
		{"UnsupportedFeatureException", func() error {
			_, err := l.CreateExpressGatewayService(ctx, &ecs.CreateExpressGatewayServiceInput{InfrastructureRoleArn: aws.String("r")})
			return err
		}},
		{"ResourceNotFoundException", func() error {
			_, err := l.DescribeExpressGatewayService(ctx, &ecs.DescribeExpressGatewayServiceInput{ServiceArn: service})
			return err
		}},
		{"ServiceNotFoundException", func() error {
			_, err := l.UpdateExpressGatewayService(ctx, &ecs.UpdateExpressGatewayServiceInput{ServiceArn: service})
			return err
		}},
		{"ServiceNotFoundException", func() error {
			_, err := l.DeleteExpressGatewayService(ctx, &ecs.DeleteExpressGatewayServiceInput{ServiceArn: service})
			return err
		}},
		{"InvalidParameterException", func() error {
			_, err := l.DeleteExpressGatewayService(ctx, &ecs.DeleteExpressGatewayServiceInput{ServiceArn: aws.String("s")})
			return err
		}},
		{"NamespaceNotFoundException", func() error {
			_, err := l.ListServicesByNamespace(ctx, &ecs.ListServicesByNamespaceInput{Namespace: aws.String("internal")})
			return err
		}},
		{"InvalidParameterException", func() error {
			_, err := l.ListServicesByNamespace(ctx, &ecs.ListServicesByNamespaceInput{Namespace: aws.String("internal"), MaxResults: aws.Int32(101)})
			return err
		}},
	} {
		refused(t, c.call(), c.code, "...")
	}
}
