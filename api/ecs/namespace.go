package ecs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// namespacePage is the page of ListServicesByNamespace unless asked
// otherwise. Source: ECS API reference.
const namespacePage = 10

// ListServicesByNamespace answers that there is no such namespace: services
// join one through Service Connect, which is refused by name.
func (d *frontDoor) ListServicesByNamespace(ctx context.Context, in *ecs.ListServicesByNamespaceInput) (*ecs.ListServicesByNamespaceOutput, error) {
	if _, err := d.begin(ctx); err != nil {
		return nil, err
	}
	if aws.ToString(in.Namespace) == "" {
		return nil, invalid("Namespace cannot be empty.")
	}
	if _, err := newPage(in.MaxResults, in.NextToken, namespacePage, "ListServicesByNamespace", *in.Namespace); err != nil {
		return nil, err
	}
	return nil, &types.NamespaceNotFoundException{Message: new("The specified namespace wasn't found.")}
}
