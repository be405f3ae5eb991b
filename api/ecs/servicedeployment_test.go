package ecs_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

func (l *lab) deploymentsOf(service string, change ...func(*ecs.ListServiceDeploymentsInput)) []types.ServiceDeploymentBrief {
	l.t.Helper()
	in := &ecs.ListServiceDeploymentsInput{Service: &service}
	for _, c := range change {
		c(in)
	}
	return must[*ecs.ListServiceDeploymentsOutput](l.t)(l.ListServiceDeployments(l.t.Context(), in)).ServiceDeployments
}

func (l *lab) deployment(arn string) types.ServiceDeployment {
	l.t.Helper()
	out := must[*ecs.DescribeServiceDeploymentsOutput](l.t)(l.DescribeServiceDeployments(l.t.Context(),
		&ecs.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{arn}}))
	if len(out.ServiceDeployments) != 1 {
		l.t.Fatalf("%+v", out.Failures)
	}
	return out.ServiceDeployments[0]
}

func (l *lab) revision(arn string) types.ServiceRevision {
	l.t.Helper()
	out := must[*ecs.DescribeServiceRevisionsOutput](l.t)(l.DescribeServiceRevisions(l.t.Context(),
		&ecs.DescribeServiceRevisionsInput{ServiceRevisionArns: []string{arn}}))
	if len(out.ServiceRevisions) != 1 {
		l.t.Fatalf("%+v", out.Failures)
	}
	return out.ServiceRevisions[0]
}

// force makes a new deployment of the service s and returns its service deployment's ARN.
func (l *lab) force(change ...func(*ecs.UpdateServiceInput)) string {
	l.t.Helper()
	in := &ecs.UpdateServiceInput{Service: aws.String("s"), ForceNewDeployment: true}
	for _, c := range change {
		c(in)
	}
	return *must[*ecs.UpdateServiceOutput](l.t)(l.UpdateService(l.t.Context(), in)).Service.CurrentServiceDeployment
}

// TestServiceDeploymentIsFollowed follows a rollout as Terraform does: it finds
// the service deployment by the digits of the deployment's id among those that
// were made since its own clock said so, and polls it.
func TestServiceDeploymentIsFollowed(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.instance("default", 4096, 4096)
	first := l.register("web")
	began := l.clock()
	s := l.serve("s", 2)
	find := func(s *types.Service, since time.Time) types.ServiceDeploymentBrief {
		t.Helper()
		digits := strings.TrimPrefix(*s.Deployments[0].Id, "ecs-svc/")
		all := l.deploymentsOf("s", func(in *ecs.ListServiceDeploymentsInput) { in.CreatedAt = &types.CreatedAt{After: &since} })
		at := slices.IndexFunc(all, func(b types.ServiceDeploymentBrief) bool {
			return strings.Contains(*b.TargetServiceRevisionArn, digits)
		})
		if at < 0 {
			t.Fatalf("no service deployment of %s since %v: %+v", digits, since, all)
		}
		return all[at]
	}
	brief := find(s, began)
	id := strings.TrimPrefix(*brief.ServiceDeploymentArn, arn+"service-deployment/default/s/")
	if !regexp.MustCompile(`^[A-Za-z0-9_-]{21,}$`).MatchString(id) || brief.Status != "PENDING" || brief.FinishedAt != nil ||
		*brief.ServiceArn != *s.ServiceArn || *brief.ClusterArn != arn+"cluster/default" || *s.CurrentServiceDeployment != *brief.ServiceDeploymentArn {
		t.Fatalf("%+v", brief)
	}
	l.schedule("s")
	going := l.deployment(*brief.ServiceDeploymentArn)
	if going.Status != "IN_PROGRESS" || going.StartedAt == nil || going.TargetServiceRevision.RequestedTaskCount != 2 || going.TargetServiceRevision.PendingTaskCount != 1 ||
		len(going.SourceServiceRevisions) != 0 || going.DeploymentCircuitBreaker.Status != "DISABLED" || going.Alarms != nil || going.LifecycleStage != "SCALE_UP" {
		t.Fatalf("%+v", going)
	}
	l.settle("s")
	done := l.deployment(*brief.ServiceDeploymentArn)
	if done.Status != "SUCCESSFUL" || done.FinishedAt == nil || done.TargetServiceRevision.RunningTaskCount != 2 || done.LifecycleStage != "" || done.Rollback != nil {
		t.Fatalf("%+v", done)
	}

	l.register("web")
	began = l.clock()
	updated := must[*ecs.UpdateServiceOutput](t)(l.UpdateService(t.Context(), &ecs.UpdateServiceInput{Service: aws.String("s"), TaskDefinition: aws.String("web")})).Service
	next := find(updated, began)
	if got := l.deploymentsOf("s"); len(got) != 2 || *got[0].ServiceDeploymentArn != *next.ServiceDeploymentArn {
		t.Fatalf("the newest is not the first: %+v", got)
	}
	l.schedule("s")
	second := l.deployment(*next.ServiceDeploymentArn)
	if len(second.SourceServiceRevisions) != 1 || *second.SourceServiceRevisions[0].Arn != *brief.TargetServiceRevisionArn || second.SourceServiceRevisions[0].RunningTaskCount != 2 ||
		second.TargetServiceRevision.PendingTaskCount != 1 {
		t.Fatalf("%+v", second)
	}
	if now := l.described("s"); len(now.CurrentServiceRevisions) != 2 || *now.CurrentServiceRevisions[0].Arn != *next.TargetServiceRevisionArn ||
		now.CurrentServiceRevisions[0].RequestedTaskCount != 2 || now.CurrentServiceRevisions[1].RunningTaskCount != 2 {
		t.Fatalf("%+v", now.CurrentServiceRevisions)
	}
	l.settle("s")
	old := l.revision(*brief.TargetServiceRevisionArn)
	if *old.TaskDefinition != first || old.LaunchType != "EC2" || old.CapacityProviderStrategy != nil || len(old.ContainerImages) != 1 ||
		*old.ContainerImages[0].Image != "web:1" || *old.ContainerImages[0].ContainerName != "web" || *old.ServiceArn != *s.ServiceArn {
		t.Fatalf("%+v", old)
	}
	done = l.deployment(*next.ServiceDeploymentArn)
	if done.Status != "SUCCESSFUL" || done.SourceServiceRevisions[0].RunningTaskCount != 0 {
		t.Fatalf("%+v", done)
	}
}

func TestServiceRevisionShowsDigestsThatWereSeen(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.instance("default", 4096, 4096)
	l.register("web")
	s := l.serve("s", 1)
	l.settle("s")
	task := l.task(l.tasksOf("s")[0]).Clone()
	digest := "sha256:" + strings.Repeat("ab", 32)
	task.Status.Containers[0].Digest = digest
	l.commit(task)
	revision := l.revision(*s.CurrentServiceRevisions[0].Arn)
	if *revision.ContainerImages[0].ImageDigest != digest {
		t.Fatalf("%+v", revision.ContainerImages)
	}
}

func TestListServiceDeploymentsFiltersAndPages(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.register("web")
	l.serve("s", 0)
	var made []string
	var at []time.Time
	for range 4 {
		l.advance(time.Minute)
		at = append(at, l.clock())
		made = append([]string{l.force()}, made...)
	}
	arns := func(b []types.ServiceDeploymentBrief) (all []string) {
		for _, d := range b {
			all = append(all, *d.ServiceDeploymentArn)
		}
		return all
	}
	page := must[*ecs.ListServiceDeploymentsOutput](t)(l.ListServiceDeployments(t.Context(), &ecs.ListServiceDeploymentsInput{Service: aws.String("s"), MaxResults: aws.Int32(2)}))
	if !slices.Equal(arns(page.ServiceDeployments), made[:2]) || page.NextToken == nil {
		t.Fatalf("%v", arns(page.ServiceDeployments))
	}
	rest := must[*ecs.ListServiceDeploymentsOutput](t)(l.ListServiceDeployments(t.Context(), &ecs.ListServiceDeploymentsInput{Service: aws.String("s"), NextToken: page.NextToken}))
	if len(rest.ServiceDeployments) != 3 || !slices.Equal(arns(rest.ServiceDeployments[:2]), made[2:]) || rest.NextToken != nil {
		t.Fatalf("%v", arns(rest.ServiceDeployments))
	}
	between := l.deploymentsOf("s", func(in *ecs.ListServiceDeploymentsInput) {
		in.CreatedAt = &types.CreatedAt{After: &at[1], Before: &at[2]}
	})
	if !slices.Equal(arns(between), made[1:3]) {
		t.Fatalf("%v", arns(between))
	}
	pending := l.deploymentsOf("s", func(in *ecs.ListServiceDeploymentsInput) {
		in.Status = []types.ServiceDeploymentStatus{types.ServiceDeploymentStatusPending}
	})
	if !slices.Equal(arns(pending), made[:1]) {
		t.Fatalf("%v", arns(pending))
	}
	for _, c := range []struct {
		code, message string
		in            ecs.ListServiceDeploymentsInput
	}{
		{"ServiceNotFoundException", "Service not found.", ecs.ListServiceDeploymentsInput{Service: aws.String("none")}},
		{"ClusterNotFoundException", "Cluster not found.", ecs.ListServiceDeploymentsInput{Service: aws.String("s"), Cluster: aws.String("none")}},
		{"InvalidParameterException", "Invalid status: DONE", ecs.ListServiceDeploymentsInput{Service: aws.String("s"), Status: []types.ServiceDeploymentStatus{"DONE"}}},
		{"InvalidParameterException", "Invalid token", ecs.ListServiceDeploymentsInput{Service: aws.String("s"), NextToken: aws.String("x")}},
		{"InvalidParameterException", "maxResults must be between 1 and 100.", ecs.ListServiceDeploymentsInput{Service: aws.String("s"), MaxResults: aws.Int32(0)}},
	} {
		_, err := l.ListServiceDeployments(t.Context(), &c.in)
		refused(t, err, c.code, c.message)
	}
}

func TestDescribeServiceDeploymentsFailures(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	gone := []string{arn + "service-deployment/default/s/" + strings.Repeat("x", 21), arn + "service-deployment/default/s", arn + "service/default/s"}
	out := must[*ecs.DescribeServiceDeploymentsOutput](t)(l.DescribeServiceDeployments(t.Context(), &ecs.DescribeServiceDeploymentsInput{ServiceDeploymentArns: gone}))
	if len(out.Failures) != 3 || *out.Failures[0].Arn != gone[0] || *out.Failures[0].Reason != "MISSING" || out.ServiceDeployments == nil {
		t.Fatalf("%+v", out)
	}
	revisions := must[*ecs.DescribeServiceRevisionsOutput](t)(l.DescribeServiceRevisions(t.Context(), &ecs.DescribeServiceRevisionsInput{
		ServiceRevisionArns: []string{arn + "service-revision/default/s/1234567890123456789"}}))
	if len(revisions.Failures) != 1 || *revisions.Failures[0].Reason != "MISSING" || revisions.ServiceRevisions == nil {
		t.Fatalf("%+v", revisions)
	}
	many := make([]string, 21)
	for i := range many {
		many[i] = fmt.Sprintf("%sservice-deployment/default/s/%021d", arn, i)
	}
	_, err := l.DescribeServiceDeployments(t.Context(), &ecs.DescribeServiceDeploymentsInput{ServiceDeploymentArns: many})
	refused(t, err, "InvalidParameterException", "serviceDeploymentArns can have at most 20 items.")
	_, err = l.DescribeServiceRevisions(t.Context(), &ecs.DescribeServiceRevisionsInput{ServiceRevisionArns: many})
	refused(t, err, "InvalidParameterException", "serviceRevisionArns can have at most 20 items.")
	_, err = l.DescribeServiceRevisions(t.Context(), &ecs.DescribeServiceRevisionsInput{ServiceRevisionArns: []string{"s"}})
	refused(t, err, "InvalidParameterException", "The specified ARN is invalid: s")
}

// TestServiceDeploymentIsRolledBackOnRequest stops a rollout that cannot
// succeed and finds the old revision restored.
func TestServiceDeploymentIsRolledBackOnRequest(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.instance("default", 4096, 4096)
	first := l.register("web")
	source := *l.serve("s", 2).CurrentServiceRevisions[0].Arn
	l.settle("s")
	l.register("web", func(in *ecs.RegisterTaskDefinitionInput) { in.ContainerDefinitions[0].Cpu = 5000 })
	going := l.force(func(in *ecs.UpdateServiceInput) { in.TaskDefinition = aws.String("web") })
	l.schedule("s")
	stop := func(arn string, how types.StopServiceDeploymentStopType) error {
		_, err := l.StopServiceDeployment(t.Context(), &ecs.StopServiceDeploymentInput{ServiceDeploymentArn: &arn, StopType: how})
		return err
	}
	for range 2 { // asking twice is no mistake
		if err := stop(going, ""); err != nil {
			t.Fatal(err)
		}
	}
	if got := l.deployment(going); got.Status != "ROLLBACK_REQUESTED" {
		t.Fatalf("%+v", got)
	}
	refused(t, stop(going, "ABORT"), "ConflictException", "The service deployment cannot be stopped because it is in the ROLLBACK_REQUESTED state.")
	l.schedule("s")
	if got := l.deployment(going); got.Status != "ROLLBACK_IN_PROGRESS" && got.Status != "ROLLBACK_SUCCESSFUL" || got.Rollback == nil {
		t.Fatalf("%+v", got)
	}
	l.settle("s")
	got := l.deployment(going)
	if got.Status != "ROLLBACK_SUCCESSFUL" || *got.Rollback.ServiceRevisionArn != source || got.Rollback.StartedAt == nil || got.StatusReason == nil || got.FinishedAt == nil {
		t.Fatalf("%+v %+v", got, got.Rollback)
	}
	s := l.described("s")
	if *s.TaskDefinition != first || s.RunningCount != 2 || len(s.Deployments) != 1 || *s.CurrentServiceDeployment != going || *s.CurrentServiceRevisions[0].Arn != source {
		t.Fatalf("%+v", s)
	}
	if all := l.deploymentsOf("s"); len(all) != 2 {
		t.Fatalf("the rollback is listed as a service deployment: %+v", all)
	}
	refused(t, stop(going, "ROLLBACK"), "ConflictException", "The service deployment cannot be stopped because it is in the ROLLBACK_SUCCESSFUL state.")
	refused(t, stop(arn+"service-deployment/default/s/"+strings.Repeat("x", 21), "ROLLBACK"), "ServiceDeploymentNotFoundException", "...")
	refused(t, stop("s", "ROLLBACK"), "InvalidParameterException", "The specified ARN is invalid: s")
	refused(t, stop(going, "PAUSE"), "InvalidParameterException", "Invalid stopType: PAUSE")

	aborted := l.force()
	if err := stop(aborted, "ABORT"); err != nil {
		t.Fatal(err)
	}
	l.settle("s")
	if got := l.deployment(aborted); got.Status != "STOPPED" || got.StoppedAt == nil || got.Rollback != nil {
		t.Fatalf("%+v", got)
	}
}

func TestServiceDeploymentHasNothingToContinue(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.register("web")
	going := l.serve("s", 0).CurrentServiceDeployment
	_, err := l.ContinueServiceDeployment(t.Context(), &ecs.ContinueServiceDeploymentInput{ServiceDeploymentArn: going, HookId: aws.String("h")})
	refused(t, err, "InvalidParameterException", "The service deployment is not paused at a lifecycle hook with the ID h.")
	_, err = l.ContinueServiceDeployment(t.Context(), &ecs.ContinueServiceDeploymentInput{HookId: aws.String("h"),
		ServiceDeploymentArn: aws.String(arn + "service-deployment/default/none/" + strings.Repeat("x", 21))})
	refused(t, err, "ServiceDeploymentNotFoundException", "The specified service deployment wasn't found.")
}

// TestCircuitBreakerAndAlarmsAreShown has a deployment fail by each of them.
func TestCircuitBreakerAndAlarmsAreShown(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.instance("default", 8192, 8192)
	l.register("web")
	l.commit(&model.Alarm{Account: account, Name: "errors", State: model.AlarmOK, UpdatedAt: l.clock()})
	l.serve("s", 1, func(in *ecs.CreateServiceInput) {
		in.DeploymentConfiguration = &types.DeploymentConfiguration{
			DeploymentCircuitBreaker: &types.DeploymentCircuitBreaker{Enable: true, Rollback: true,
				ThresholdConfiguration: &types.ThresholdConfiguration{Type: types.ThresholdTypeCount, Value: 2}},
			Alarms: &types.DeploymentAlarms{AlarmNames: []string{"errors"}, Enable: true, Rollback: true}}
	})
	l.settle("s")
	broken := l.force(func(in *ecs.UpdateServiceInput) { in.TaskDefinition = aws.String(l.register("web")) })
	revision := *l.deployment(broken).TargetServiceRevision.Arn
	digits := revision[strings.LastIndexByte(revision, '/')+1:]
	for range 10 {
		l.schedule("s")
		for task := range store.All[*model.Task](l.db.View()) {
			switch {
			case task.Stopped():
			case task.Spec.Deployment == "ecs-svc/"+digits && task.Status.Last == model.TaskPending:
				l.report(task.ARN(region), "STOPPED")
			}
		}
		l.agents()
		l.advance(10 * time.Second)
	}
	l.settle("s")
	got := l.deployment(broken)
	if got.Status != "ROLLBACK_SUCCESSFUL" || got.DeploymentCircuitBreaker.Status != "TRIGGERED" || got.DeploymentCircuitBreaker.Threshold != 2 ||
		got.DeploymentCircuitBreaker.FailureCount < 2 || got.Alarms.Status != "MONITORING_COMPLETE" || got.Rollback == nil {
		t.Fatalf("%+v %+v %+v", got, got.DeploymentCircuitBreaker, got.Alarms)
	}

	loud := l.force()
	l.schedule("s")
	if got := l.deployment(loud); got.Alarms.Status != "MONITORING" || got.DeploymentCircuitBreaker.Status != "MONITORING" {
		t.Fatalf("%+v %+v", got.Alarms, got.DeploymentCircuitBreaker)
	}
	alarm, _ := store.Get[*model.Alarm](l.db.View(), model.AlarmID(account, "errors"))
	alarm = alarm.Clone()
	alarm.State = model.AlarmAlarm
	l.commit(alarm)
	l.schedule("s")
	if got := l.deployment(loud); got.Alarms.Status != "TRIGGERED" || !slices.Equal(got.Alarms.TriggeredAlarmNames, []string{"errors"}) ||
		!strings.HasPrefix(string(got.Status), "ROLLBACK_") {
		t.Fatalf("%+v %+v", got, got.Alarms)
	}
}
