package ecs

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// Limits of what is described and listed. Source: ECS API reference.
const (
	maxDaemonParts        = 20
	daemonDeploymentsPage = 20
)

// ListDaemonDeployments lists a daemon's deployments, the newest first.
func (d *frontDoor) ListDaemonDeployments(ctx context.Context, in *ecs.ListDaemonDeploymentsInput) (*ecs.ListDaemonDeploymentsOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range in.Status {
		if !slices.Contains(s.Values(), s) {
			return nil, invalid("Invalid status: %s", s)
		}
	}
	v := d.db.View()
	n, err := r.daemon(v, in.DaemonArn)
	if err != nil {
		return nil, err
	}
	var after, before time.Time
	if c := in.CreatedAt; c != nil {
		if c.After != nil {
			after = *c.After
		}
		if c.Before != nil {
			before = *c.Before
		}
	}
	p, err := newPage(in.MaxResults, in.NextToken, daemonDeploymentsPage, "ListDaemonDeployments", n.Key().ID, fmt.Sprint(in.Status),
		after.UTC().String(), before.UTC().String())
	if err != nil {
		return nil, err
	}
	all := slices.SortedFunc(store.DeploymentsByDaemon(v, n.Key().ID), func(a, b *model.DaemonDeployment) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	position := func(dep *model.DaemonDeployment) string {
		if len(in.Status) > 0 && !slices.Contains(in.Status, types.DaemonDeploymentStatus(dep.Status.State)) ||
			!after.IsZero() && !dep.CreatedAt.After(after) || !before.IsZero() && !dep.CreatedAt.Before(before) {
			return ""
		}
		return fmt.Sprintf("%020d/%s", math.MaxInt64-dep.CreatedAt.UnixMilli(), dep.ID)
	}
	shown, next := take(p, behind(p, slices.Values(all), position), position, func(dep *model.DaemonDeployment) types.DaemonDeploymentSummary {
		st := &dep.Status
		return types.DaemonDeploymentSummary{DaemonDeploymentArn: new(dep.ARN(r.scope.Region)), DaemonArn: new(n.ARN(r.scope.Region)),
			ClusterArn: new(r.scope.ClusterARN(n.Cluster)), Status: types.DaemonDeploymentStatus(st.State), StatusReason: text(st.Reason),
			CreatedAt: instant(dep.CreatedAt), StartedAt: instant(st.StartedAt), FinishedAt: instant(st.FinishedAt),
			StoppedAt: instant(st.StoppedAt), TargetDaemonRevisionArn: targetRevision(r, dep)}
	})
	return &ecs.ListDaemonDeploymentsOutput{DaemonDeployments: shown, NextToken: next}, nil
}

// targetRevision returns the ARN of a deployment's target, nil for a deletion.
func targetRevision(r request, d *model.DaemonDeployment) *string {
	if d.Spec.Revision == "" {
		return nil
	}
	return new(r.scope.DaemonRevisionARN(d.Cluster, d.Daemon, d.Spec.Revision))
}

// DescribeDaemonDeployments describes deployments of any daemons.
func (d *frontDoor) DescribeDaemonDeployments(ctx context.Context, in *ecs.DescribeDaemonDeploymentsInput) (*ecs.DescribeDaemonDeploymentsOutput, error) {
	out := &ecs.DescribeDaemonDeploymentsOutput{DaemonDeployments: []types.DaemonDeployment{}, Failures: []types.Failure{}}
	err := describeParts(ctx, d, "daemonDeploymentArns", "daemon-deployment", in.DaemonDeploymentArns, &out.Failures,
		func(r request, v store.View, n *model.DaemonDeployment) {
			out.DaemonDeployments = append(out.DaemonDeployments, showDaemonDeployment(r, v, n))
		})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// DescribeDaemonRevisions describes revisions of any daemons.
func (d *frontDoor) DescribeDaemonRevisions(ctx context.Context, in *ecs.DescribeDaemonRevisionsInput) (*ecs.DescribeDaemonRevisionsOutput, error) {
	out := &ecs.DescribeDaemonRevisionsOutput{DaemonRevisions: []types.DaemonRevision{}, Failures: []types.Failure{}}
	err := describeParts(ctx, d, "daemonRevisionArns", "daemon-revision", in.DaemonRevisionArns, &out.Failures,
		func(r request, v store.View, n *model.DaemonRevision) {
			out.DaemonRevisions = append(out.DaemonRevisions, showDaemonRevision(r, v, n))
		})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// describeParts shows each of the nouns that the ARNs name, and notes as
// failures what is not there.
func describeParts[T model.Noun](ctx context.Context, d *frontDoor, parameter, kind string, arns []string, failures *[]types.Failure,
	show func(request, store.View, T)) error {
	r, err := d.begin(ctx)
	switch {
	case err != nil:
		return err
	case len(arns) == 0:
		return invalid("%s cannot be empty.", parameter)
	case len(arns) > maxDaemonParts:
		return invalid("%s can have at most %d items.", parameter, maxDaemonParts)
	}
	v := d.db.View()
	for _, arn := range arns {
		id, err := r.daemonPart(kind, arn)
		if err != nil {
			return err
		}
		n, ok := store.Get[T](v, id)
		if !ok {
			*failures = append(*failures, missing(arn))
			continue
		}
		show(r, v, n)
	}
	return nil
}

func showDaemonDeployment(r request, v store.View, d *model.DaemonDeployment) types.DaemonDeployment {
	spec, st := &d.Spec, &d.Status
	out := types.DaemonDeployment{DaemonDeploymentArn: new(d.ARN(r.scope.Region)), ClusterArn: new(r.scope.ClusterARN(d.Cluster)),
		Status: types.DaemonDeploymentStatus(st.State), StatusReason: text(st.Reason), CreatedAt: instant(d.CreatedAt),
		StartedAt: instant(st.StartedAt), FinishedAt: instant(st.FinishedAt), StoppedAt: instant(st.StoppedAt),
		DeploymentConfiguration: &types.DaemonDeploymentConfiguration{DrainPercent: new(spec.DrainPercent),
			BakeTimeInMinutes: int32(spec.BakeTime / time.Minute),
			Alarms:            &types.DaemonAlarmConfiguration{AlarmNames: orEmpty(spec.Alarms), Enable: spec.AlarmsEnabled}},
		SourceDaemonRevisions: []types.DaemonDeploymentRevisionDetail{},
		CircuitBreaker: &types.DaemonCircuitBreaker{FailureCount: int32(st.FailedTasks), Threshold: int32(st.Threshold),
			Status: monitors(d, !spec.Delete, len(st.Alarmed) == 0 && st.RollbackAt.IsZero() && failedItself(d))},
		Alarms: &types.DaemonDeploymentAlarms{AlarmNames: orEmpty(spec.Alarms), TriggeredAlarmNames: orEmpty(st.Alarmed),
			Status: monitors(d, spec.AlarmsEnabled && !spec.Delete, len(st.Alarmed) > 0)},
	}
	if !st.RollbackAt.IsZero() && len(st.Alarmed) == 0 {
		out.CircuitBreaker.Status = types.DaemonDeploymentRollbackMonitorsStatusTriggered
	}
	counts := map[string]daemonTally{}
	if owner, ok := store.Get[*model.Daemon](v, d.DaemonID()); ok {
		counts = daemonTallies(v, owner)
	}
	if spec.Revision != "" {
		out.TargetDaemonRevision = new(deployedRevision(r, d, spec.Revision, counts[spec.Revision], spec.Providers))
	}
	for _, source := range spec.Sources {
		out.SourceDaemonRevisions = append(out.SourceDaemonRevisions, deployedRevision(r, d, source, counts[source], nil))
	}
	if !st.RollbackAt.IsZero() {
		out.Rollback = &types.DaemonRollback{Reason: text(st.RollbackReason), StartedAt: instant(st.RollbackAt),
			RollbackTargetDaemonRevisionArn: new(r.scope.DaemonRevisionARN(d.Cluster, d.Daemon, st.RollbackRevision)),
			RollbackCapacityProviders:       []string{}}
		for _, p := range st.RollbackProviders {
			out.Rollback.RollbackCapacityProviders = append(out.Rollback.RollbackCapacityProviders, r.scope.CapacityProviderARN(p))
		}
	}
	return out
}

// failedItself reports whether a deployment that did not roll back was ended
// by too many failures, rather than by a newer deployment.
func failedItself(d *model.DaemonDeployment) bool {
	st := &d.Status
	return (st.State == model.DaemonStopRequested || st.State == model.DaemonStopped) && st.Threshold > 0 && st.FailedTasks >= st.Threshold
}

// monitors says what one of a deployment's monitors is doing.
func monitors(d *model.DaemonDeployment, enabled, triggered bool) types.DaemonDeploymentRollbackMonitorsStatus {
	switch {
	case !enabled:
		return types.DaemonDeploymentRollbackMonitorsStatusDisabled
	case triggered:
		return types.DaemonDeploymentRollbackMonitorsStatusTriggered
	case d.Ended() || d.Status.State == model.DaemonRollbackInProgress || d.Status.State == model.DaemonStopRequested:
		return types.DaemonDeploymentRollbackMonitorsStatusMonitoringComplete
	}
	return types.DaemonDeploymentRollbackMonitorsStatusMonitoring
}
