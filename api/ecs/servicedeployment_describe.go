package ecs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/deploy"
)

// maxDescribedDeployments bounds DescribeServiceDeployments and
// DescribeServiceRevisions. Source: ECS API reference.
const maxDescribedDeployments = 20

// DescribeServiceDeployments describes service deployments of any services.
func (d *frontDoor) DescribeServiceDeployments(ctx context.Context, in *ecs.DescribeServiceDeploymentsInput) (*ecs.DescribeServiceDeploymentsOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkARNs("serviceDeploymentArns", in.ServiceDeploymentArns); err != nil {
		return nil, err
	}
	v := d.db.View()
	out := &ecs.DescribeServiceDeploymentsOutput{ServiceDeployments: []types.ServiceDeployment{}, Failures: []types.Failure{}}
	for _, arn := range in.ServiceDeploymentArns {
		if h, d, ok := r.serviceDeployment(v, arn); ok {
			out.ServiceDeployments = append(out.ServiceDeployments, h.describe(d))
		} else {
			out.Failures = append(out.Failures, missing(arn))
		}
	}
	return out, nil
}

// checkARNs checks a list of what is to be described.
func checkARNs(name string, arns []string) error {
	switch {
	case len(arns) == 0:
		return invalid("%s cannot be empty.", name)
	case len(arns) > maxDescribedDeployments:
		return invalid("%s can have at most %d items.", name, maxDescribedDeployments)
	}
	for _, arn := range arns {
		if a, ok := model.ParseARN(arn); !ok || a.Service != "ecs" {
			return invalid("The specified ARN is invalid: %s", arn)
		}
	}
	return nil
}

func (h history) describe(d *model.Deployment) types.ServiceDeployment {
	brief := h.brief(d)
	target := h.summary(d.RevisionNumber())
	shown := types.ServiceDeployment{
		ClusterArn: brief.ClusterArn, ServiceArn: brief.ServiceArn, ServiceDeploymentArn: brief.ServiceDeploymentArn,
		Status: brief.Status, StatusReason: brief.StatusReason, CreatedAt: brief.CreatedAt, StartedAt: brief.StartedAt,
		FinishedAt: brief.FinishedAt, StoppedAt: instant(d.Status.StoppedAt), UpdatedAt: instant(d.Status.UpdatedAt),
		TargetServiceRevision: &target, SourceServiceRevisions: []types.ServiceRevisionSummary{},
		DeploymentConfiguration: showRollout(d.Spec), Alarms: h.alarms(d),
		DeploymentCircuitBreaker: &types.ServiceDeploymentCircuitBreaker{FailureCount: int32(deploy.FailureCount(d)),
			Status:    types.ServiceDeploymentRollbackMonitorsStatus(deploy.Breaker(d)),
			Threshold: int32(deploy.Threshold(d.Spec.Rollout, int(h.wants(d))))},
		LifecycleStage: h.stage(d),
	}
	for _, number := range h.sources(d) {
		shown.SourceServiceRevisions = append(shown.SourceServiceRevisions, h.summary(number))
	}
	if back := deploy.RollbackOf(d, h.all); back != nil {
		shown.Rollback = &types.Rollback{Reason: text(deploy.Reason(d)), StartedAt: instant(back.CreatedAt),
			ServiceRevisionArn: h.revisionARN(back.RevisionNumber())}
		if back.Status.UpdatedAt.After(d.Status.UpdatedAt) {
			shown.UpdatedAt = instant(back.Status.UpdatedAt)
		}
	}
	return shown
}

// wants returns how many tasks d is to bring about, or was: the threshold of
// the circuit breaker follows the service while the deployment goes on.
func (h history) wants(d *model.Deployment) int32 {
	if d.ID == h.service.Primary {
		return h.desired
	}
	return int32(d.Spec.DesiredCount)
}

// alarms describes the alarms that fail the deployment, nil if there are none.
func (h history) alarms(d *model.Deployment) *types.ServiceDeploymentAlarms {
	if !d.Spec.Rollout.AlarmsSet {
		return nil
	}
	return &types.ServiceDeploymentAlarms{AlarmNames: append([]string{}, d.Spec.Rollout.Alarms...),
		Status:              types.ServiceDeploymentRollbackMonitorsStatus(deploy.AlarmMonitor(d)),
		TriggeredAlarmNames: append([]string{}, d.Status.Alarmed...)}
}

// stage is the stage of a rolling update, which has two: its tasks come up,
// and then it bakes. One that has ended is in none.
func (h history) stage(d *model.Deployment) types.ServiceDeploymentLifecycleStage {
	switch {
	case h.status(d) != types.ServiceDeploymentStatusInProgress:
		return ""
	case !d.Status.BakeFrom.IsZero():
		return types.ServiceDeploymentLifecycleStageBakeTime
	}
	return types.ServiceDeploymentLifecycleStageScaleUp
}
