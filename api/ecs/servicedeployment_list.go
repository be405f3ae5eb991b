package ecs

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/deploy"
)

// serviceDeploymentPage is the page of ListServiceDeployments unless asked
// otherwise. Source: ECS API reference.
const serviceDeploymentPage = 20

// ListServiceDeployments lists a service's deployments, the newest first.
func (d *frontDoor) ListServiceDeployments(ctx context.Context, in *ecs.ListServiceDeploymentsInput) (*ecs.ListServiceDeploymentsOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if aws.ToString(in.Service) == "" {
		return nil, invalid("service can not be blank.")
	}
	if err := knownStatuses(in.Status); err != nil {
		return nil, err
	}
	v := d.db.View()
	cluster, err := r.cluster(v, in.Cluster)
	if err != nil {
		return nil, err
	}
	s, err := r.service(v, cluster.Name, *in.Service)
	if err != nil {
		return nil, err
	}
	after, before := bounds(in.CreatedAt)
	query := []string{"ListServiceDeployments", s.Key().ID, moment(after), moment(before)}
	for _, status := range in.Status {
		query = append(query, string(status))
	}
	p, err := newPage(in.MaxResults, in.NextToken, serviceDeploymentPage, query...)
	if err != nil {
		return nil, err
	}
	h := historyOf(r, v, s)
	shown, next := take(p, behind(p, slices.Values(h.all), newestFirst), func(d *model.Deployment) string {
		if !deploy.Shown(d) || d.ServiceDeployment == "" ||
			d.CreatedAt.Before(after) || !before.IsZero() && d.CreatedAt.After(before) ||
			len(in.Status) > 0 && !slices.Contains(in.Status, h.status(d)) {
			return ""
		}
		return newestFirst(d)
	}, h.brief)
	return &ecs.ListServiceDeploymentsOutput{ServiceDeployments: shown, NextToken: next}, nil
}

// newestFirst is a position that comes the earlier the newer d is.
func newestFirst(d *model.Deployment) string {
	return fmt.Sprintf("%020d/%s", math.MaxInt64-d.CreatedAt.UnixNano(), d.ID)
}

func bounds(c *types.CreatedAt) (after, before time.Time) {
	if c == nil {
		return time.Time{}, time.Time{}
	}
	return aws.ToTime(c.After), aws.ToTime(c.Before)
}

func moment(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

func (h history) brief(d *model.Deployment) types.ServiceDeploymentBrief {
	return types.ServiceDeploymentBrief{
		ClusterArn: new(h.r.scope.ClusterARN(h.service.Cluster)), ServiceArn: new(h.service.ARN(h.r.scope.Region)),
		ServiceDeploymentArn: h.deploymentARN(d), TargetServiceRevisionArn: h.revisionARN(d.RevisionNumber()),
		Status: h.status(d), StatusReason: text(deploy.Reason(d)),
		CreatedAt: instant(d.CreatedAt), StartedAt: instant(d.Status.StartedAt), FinishedAt: instant(deploy.FinishedAt(d, h.all)),
	}
}
