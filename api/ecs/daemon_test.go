package ecs_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/plan/daemon"
	"github.com/roadstead/roadstead/plan/place"
	"github.com/roadstead/roadstead/store"
)

const daemonARN = arn + "daemon/default/log"

// daemons does for the daemons of the default cluster what the control loop
// does, until nothing is left to do; agents do what they are told.
func (l *lab) daemons() {
	l.t.Helper()
	for range 200 {
		wrote := false
		for d := range store.All[*model.Daemon](l.db.View()) {
			wrote = l.applied(l.daemonPlan(d)) || wrote
		}
		for i := range store.All[*model.ContainerInstance](l.db.View()) {
			wrote = l.applied(l.gatePlan(i)) || wrote
		}
		if !wrote {
			return
		}
		l.agents()
	}
	l.t.Fatal("the daemons are never settled")
}

func (l *lab) applied(p plan.Plan) bool {
	l.t.Helper()
	if p.Change.Empty() {
		return false
	}
	if _, err := l.db.Commit(context.Background(), p.Change); err != nil {
		l.t.Fatal(err)
	}
	return true
}

func (l *lab) daemonPlan(d *model.Daemon) plan.Plan {
	v := l.db.View()
	in := daemon.View{Daemon: d, Now: l.clock(), Seed: plan.Seed{byte(v.Rev()), byte(v.Rev() >> 8), 2}, Others: func(string) int { return 0 },
		Definitions: map[string]*model.TaskDefinition{}, Alarms: map[string]string{}}
	for t := range store.All[*model.DaemonTaskDefinition](v) {
		in.Definitions[t.Key().ID] = t.AsTaskDefinition()
	}
	var nodes []place.Node
	for i := range store.All[*model.ContainerInstance](v) {
		nodes = append(nodes, place.Node{Instance: i, Usage: store.Usage(v, i.Key().ID)})
	}
	in.Fleet = place.NewFleet(nodes)
	for a := range store.All[*model.Alarm](v) {
		in.Alarms[a.Name] = a.State
	}
	for r := range store.RevisionsByDaemon(v, d.Key().ID) {
		in.Revisions = append(in.Revisions, r)
	}
	for dep := range store.DeploymentsByDaemon(v, d.Key().ID) {
		in.Deployments = append(in.Deployments, dep)
	}
	for t := range store.TasksByDaemon(v, d.Key().ID) {
		in.Tasks = append(in.Tasks, t)
	}
	return daemon.Plan(in)
}

func (l *lab) gatePlan(i *model.ContainerInstance) plan.Plan {
	v := l.db.View()
	in := daemon.GateView{Instance: i, Definitions: map[string]*model.TaskDefinition{}, Now: l.clock()}
	for d := range store.All[*model.Daemon](v) {
		r := daemon.Covers(d, store.NewestDeployment(v, d), store.RevisionsOf(v, d), i)
		if r == nil {
			continue
		}
		c := daemon.Critical{Name: d.Name}
		for t := range store.TasksByInstance(v, i.Key().ID) {
			if t.Spec.Daemon == d.Key().ID && t.Spec.Deployment == r.ID {
				c.Tasks = append(c.Tasks, t)
			}
		}
		in.Critical = append(in.Critical, c)
	}
	return daemon.Gate(in)
}

// managedPool makes the default cluster with a provider of managed instances
// and one of an Auto Scaling group, and registers a daemon task definition.
func managedPool(t *testing.T) *lab {
	t.Helper()
	l := newLab(t)
	l.cluster("default")
	l.provider("group")
	must[*ecs.CreateCapacityProviderOutput](t)(l.CreateCapacityProvider(t.Context(), &ecs.CreateCapacityProviderInput{
		Name: aws.String("mi"), Cluster: aws.String("default"), ManagedInstancesProvider: managed()}))
	l.registerDaemon("log")
	return l
}

func (l *lab) registerDaemon(family string, change ...func(*ecs.RegisterDaemonTaskDefinitionInput)) string {
	l.t.Helper()
	in := &ecs.RegisterDaemonTaskDefinitionInput{Family: &family, ContainerDefinitions: []types.DaemonContainerDefinition{{
		Name: aws.String("web"), Image: aws.String("log:1"), Cpu: 100, Memory: aws.Int32(64)}}}
	for _, c := range change {
		c(in)
	}
	return *must[*ecs.RegisterDaemonTaskDefinitionOutput](l.t)(l.RegisterDaemonTaskDefinition(l.t.Context(), in)).DaemonTaskDefinitionArn
}

func newDaemon(change ...func(*ecs.CreateDaemonInput)) *ecs.CreateDaemonInput {
	in := &ecs.CreateDaemonInput{DaemonName: aws.String("log"), ClusterArn: aws.String(arn + "cluster/default"),
		DaemonTaskDefinitionArn: aws.String(arn + "daemon-task-definition/log:1"),
		CapacityProviderArns:    []string{arn + "capacity-provider/mi"}}
	for _, c := range change {
		c(in)
	}
	return in
}

func (l *lab) describeDaemon() *types.DaemonDetail {
	l.t.Helper()
	return must[*ecs.DescribeDaemonOutput](l.t)(l.DescribeDaemon(l.t.Context(), &ecs.DescribeDaemonInput{DaemonArn: aws.String(daemonARN)})).Daemon
}

func (l *lab) describeDaemonDeployment(arn string) types.DaemonDeployment {
	l.t.Helper()
	out := must[*ecs.DescribeDaemonDeploymentsOutput](l.t)(l.DescribeDaemonDeployments(l.t.Context(),
		&ecs.DescribeDaemonDeploymentsInput{DaemonDeploymentArns: []string{arn}}))
	if len(out.DaemonDeployments) != 1 {
		l.t.Fatalf("%+v", out)
	}
	return out.DaemonDeployments[0]
}

func (l *lab) daemonTasks() []types.Task {
	l.t.Helper()
	arns := must[*ecs.ListTasksOutput](l.t)(l.ListTasks(l.t.Context(), &ecs.ListTasksInput{DaemonName: aws.String("log")})).TaskArns
	if len(arns) == 0 {
		return nil
	}
	return must[*ecs.DescribeTasksOutput](l.t)(l.DescribeTasks(l.t.Context(), &ecs.DescribeTasksInput{Tasks: arns})).Tasks
}

// statusOf returns an instance's state and the state of its health.
func (l *lab) statusOf(instance string) (string, types.InstanceHealthCheckState) {
	l.t.Helper()
	out := must[*ecs.DescribeContainerInstancesOutput](l.t)(l.DescribeContainerInstances(l.t.Context(), &ecs.DescribeContainerInstancesInput{
		ContainerInstances: []string{instance}, Include: []types.ContainerInstanceField{types.ContainerInstanceFieldContainerInstanceHealth}}))
	details := out.ContainerInstances[0].HealthStatus.Details
	return *out.ContainerInstances[0].Status, details[len(details)-1].Status
}

func TestDaemonLife(t *testing.T) {
	l := managedPool(t)
	first := l.supply("mi", 1000)
	l.supply("group", 1000)
	made := must[*ecs.CreateDaemonOutput](t)(l.CreateDaemon(t.Context(), newDaemon(func(in *ecs.CreateDaemonInput) {
		in.Tags, in.PropagateTags, in.ClientToken = []types.Tag{tag("team", "blue")}, types.DaemonPropagateTagsDaemon, aws.String("once")
	})))
	if *made.DaemonArn != daemonARN || made.Status != types.DaemonStatusActive {
		t.Fatalf("%+v", made)
	}
	if d := l.describeDaemonDeployment(*made.DeploymentArn); d.Status != types.DaemonDeploymentStatusPending || *d.DeploymentConfiguration.DrainPercent != 25 {
		t.Fatalf("%+v", d)
	}
	l.daemons()
	l.advance(3 * time.Second)
	l.daemons()
	d := l.describeDaemonDeployment(*made.DeploymentArn)
	if d.Status != types.DaemonDeploymentStatusSuccessful || *d.StatusReason != "Deployment completed successfully." ||
		*d.TargetDaemonRevision.TotalRunningInstanceCount != 1 || *d.TargetDaemonRevision.CapacityProviders[0].Arn != arn+"capacity-provider/mi" ||
		d.CircuitBreaker.Status != types.DaemonDeploymentRollbackMonitorsStatusMonitoringComplete || d.Alarms.Status != types.DaemonDeploymentRollbackMonitorsStatusDisabled {
		t.Fatalf("%+v", d)
	}
	tasks := l.daemonTasks()
	if len(tasks) != 1 || *tasks[0].Group != "daemon:log" || *tasks[0].ContainerInstanceArn != first || tasks[0].LaunchType != types.LaunchTypeManagedInstances ||
		*tasks[0].TaskDefinitionArn != arn+"daemon-task-definition/log:1" || *tasks[0].Containers[0].Image != "log:1" {
		t.Fatalf("%+v", tasks)
	}
	tags := must[*ecs.ListTagsForResourceOutput](t)(l.ListTagsForResource(t.Context(), &ecs.ListTagsForResourceInput{ResourceArn: tasks[0].TaskArn})).Tags
	if len(tags) != 1 || *tags[0].Value != "blue" {
		t.Fatalf("%+v", tags)
	}
	revisions := must[*ecs.DescribeDaemonRevisionsOutput](t)(l.DescribeDaemonRevisions(t.Context(), &ecs.DescribeDaemonRevisionsInput{
		DaemonRevisionArns: []string{*l.describeDaemon().CurrentRevisions[0].Arn, arn + "daemon-revision/default/log/1"}}))
	if len(revisions.DaemonRevisions) != 1 || !*revisions.DaemonRevisions[0].Critical || *revisions.DaemonRevisions[0].ContainerImages[0].Image != "log:1" ||
		len(revisions.Failures) != 1 || *revisions.Failures[0].Reason != "MISSING" {
		t.Fatalf("%+v", revisions)
	}
	if _, err := l.DeleteCapacityProvider(t.Context(), &ecs.DeleteCapacityProviderInput{CapacityProvider: aws.String("mi")}); err == nil {
		t.Fatal("the daemon's provider is gone")
	}

	// The next instance is not used before the daemon serves on it.
	second := l.supply("mi", 1000)
	if status, health := l.statusOf(second); status != "REGISTERING" || health != types.InstanceHealthCheckStateImpaired {
		t.Fatalf("a new instance is %s, %s", status, health)
	}
	l.daemons()
	if status, health := l.statusOf(second); status != "ACTIVE" || health != types.InstanceHealthCheckStateOk {
		t.Fatalf("a new instance with the daemon is %s, %s", status, health)
	}

	// A critical daemon that fails drains its instance until it has served again,
	// and before anything else can take its room.
	l.report(*tasks[0].TaskArn, "STOPPED")
	if status, _ := l.statusOf(first); status != "DRAINING" {
		t.Fatalf("an instance is %s when its daemon's end was reported", status)
	}
	l.daemons()
	if status, _ := l.statusOf(first); status != "DRAINING" {
		t.Fatalf("an instance whose daemon failed is %s", status)
	}
	l.advance(11 * time.Second)
	l.daemons()
	if status, _ := l.statusOf(first); status != "ACTIVE" || len(l.daemonTasks()) != 2 {
		t.Fatalf("an instance with its daemon back is %s, %d tasks", status, len(l.daemonTasks()))
	}

	deleted := must[*ecs.DeleteDaemonOutput](t)(l.DeleteDaemon(t.Context(), &ecs.DeleteDaemonInput{DaemonArn: made.DaemonArn}))
	if deleted.Status != types.DaemonStatusDeleteInProgress || *deleted.DeploymentArn == *made.DeploymentArn {
		t.Fatalf("%+v", deleted)
	}
	update := &ecs.UpdateDaemonInput{DaemonArn: made.DaemonArn, DaemonTaskDefinitionArn: aws.String("log"), CapacityProviderArns: []string{"mi"}}
	_, err := l.UpdateDaemon(t.Context(), update)
	refused(t, err, "DaemonNotActiveException", "Daemon was not ACTIVE.")
	_, err = l.CreateDaemon(t.Context(), newDaemon())
	refused(t, err, "InvalidParameterException", "Unable to create a daemon that is still being deleted.")
	l.daemons()
	_, err = l.DescribeDaemon(t.Context(), &ecs.DescribeDaemonInput{DaemonArn: made.DaemonArn})
	refused(t, err, "DaemonNotFoundException", "Daemon not found.")
}

func TestDaemonUpdateAndRollback(t *testing.T) {
	l := managedPool(t)
	l.supply("mi", 1000)
	l.supply("mi", 1000)
	made := must[*ecs.CreateDaemonOutput](t)(l.CreateDaemon(t.Context(), newDaemon()))
	for range 3 {
		l.daemons()
		l.advance(3 * time.Second)
	}
	l.registerDaemon("log", func(in *ecs.RegisterDaemonTaskDefinitionInput) {
		in.ContainerDefinitions[0].Image = aws.String("log:2")
	})
	l.commit(&model.Alarm{Account: account, Name: "errors", State: model.AlarmOK})
	updated := must[*ecs.UpdateDaemonOutput](t)(l.UpdateDaemon(t.Context(), &ecs.UpdateDaemonInput{DaemonArn: made.DaemonArn,
		DaemonTaskDefinitionArn: aws.String("log:2"), CapacityProviderArns: []string{"mi"}, Critical: aws.Bool(false),
		DeploymentConfiguration: &types.DaemonDeploymentConfiguration{DrainPercent: aws.Float64(50), BakeTimeInMinutes: 5,
			Alarms: &types.DaemonAlarmConfiguration{Enable: true, AlarmNames: []string{"errors"}}}}))
	for range 3 {
		l.daemons()
		l.advance(3 * time.Second)
	}
	l.daemons()
	d := l.describeDaemonDeployment(*updated.DeploymentArn)
	if d.Status != types.DaemonDeploymentStatusInProgress || *d.TargetDaemonRevision.TotalRunningInstanceCount != 2 || len(d.SourceDaemonRevisions) != 1 ||
		d.Alarms.Status != types.DaemonDeploymentRollbackMonitorsStatusMonitoring || d.DeploymentConfiguration.BakeTimeInMinutes != 5 {
		t.Fatalf("%+v", d)
	}
	a, _ := store.Get[*model.Alarm](l.db.View(), model.AlarmID(account, "errors"))
	rings := a.Clone()
	rings.State = model.AlarmAlarm
	l.commit(rings)
	for range 4 {
		l.daemons()
		l.advance(3 * time.Second)
	}
	d = l.describeDaemonDeployment(*updated.DeploymentArn)
	if d.Status != types.DaemonDeploymentStatusRollbackSuccessful || d.Alarms.Status != types.DaemonDeploymentRollbackMonitorsStatusTriggered ||
		d.Alarms.TriggeredAlarmNames[0] != "errors" || *d.Rollback.RollbackTargetDaemonRevisionArn != *d.SourceDaemonRevisions[0].Arn {
		t.Fatalf("%+v", d)
	}
	listed := must[*ecs.ListDaemonDeploymentsOutput](t)(l.ListDaemonDeployments(t.Context(), &ecs.ListDaemonDeploymentsInput{DaemonArn: made.DaemonArn, MaxResults: aws.Int32(1)}))
	if len(listed.DaemonDeployments) != 1 || *listed.DaemonDeployments[0].DaemonDeploymentArn != *updated.DeploymentArn || listed.NextToken == nil {
		t.Fatalf("%+v", listed)
	}
	rest := must[*ecs.ListDaemonDeploymentsOutput](t)(l.ListDaemonDeployments(t.Context(), &ecs.ListDaemonDeploymentsInput{DaemonArn: made.DaemonArn, MaxResults: aws.Int32(1), NextToken: listed.NextToken}))
	if len(rest.DaemonDeployments) != 1 || *rest.DaemonDeployments[0].DaemonDeploymentArn != *made.DeploymentArn || rest.NextToken != nil {
		t.Fatalf("%+v", rest)
	}
	successful := must[*ecs.ListDaemonDeploymentsOutput](t)(l.ListDaemonDeployments(t.Context(), &ecs.ListDaemonDeploymentsInput{DaemonArn: made.DaemonArn,
		Status: []types.DaemonDeploymentStatus{types.DaemonDeploymentStatusSuccessful}, CreatedAt: &types.CreatedAt{Before: aws.Time(l.clock())}}))
	if len(successful.DaemonDeployments) != 1 {
		t.Fatalf("%+v", successful)
	}
}

func TestDaemonRefusals(t *testing.T) {
	l := managedPool(t)
	create := func(change func(*ecs.CreateDaemonInput)) error {
		_, err := l.CreateDaemon(t.Context(), newDaemon(change))
		return err
	}
	for _, c := range []struct {
		change        func(*ecs.CreateDaemonInput)
		code, message string
	}{
		{func(in *ecs.CreateDaemonInput) { in.DaemonName = aws.String("a b") }, "InvalidParameterException", "Daemon names can have..."},
		{func(in *ecs.CreateDaemonInput) { in.ClusterArn = aws.String("other") }, "ClusterNotFoundException", "Cluster not found."},
		{func(in *ecs.CreateDaemonInput) { in.DaemonTaskDefinitionArn = aws.String("log:9") }, "ClientException", "Daemon task definition not found."},
		{func(in *ecs.CreateDaemonInput) { in.CapacityProviderArns = []string{"none"} }, "InvalidParameterException", "The specified capacity provider 'none' was not found..."},
		{func(in *ecs.CreateDaemonInput) { in.CapacityProviderArns = []string{"group"} }, "InvalidParameterException", "ECS Managed Daemons is only supported..."},
		{func(in *ecs.CreateDaemonInput) { in.CapacityProviderArns = []string{"FARGATE"} }, "InvalidParameterException", "ECS Managed Daemons is only supported..."},
		{func(in *ecs.CreateDaemonInput) { in.CapacityProviderArns = []string{"mi", "mi"} }, "InvalidParameterException", "Duplicate capacity providers found."},
		{func(in *ecs.CreateDaemonInput) { in.PropagateTags = "SERVICE" }, "InvalidParameterException", "Invalid propagateTags: SERVICE"},
		{func(in *ecs.CreateDaemonInput) { in.ClientToken = aws.String("0123456789012345678901234567890123456") }, "InvalidParameterException", "clientToken can be at most 36 characters long."},
		{func(in *ecs.CreateDaemonInput) {
			in.DeploymentConfiguration = &types.DaemonDeploymentConfiguration{DrainPercent: aws.Float64(101)}
		}, "InvalidParameterException", "drainPercent must be between 0.0 and 100.0."},
		{func(in *ecs.CreateDaemonInput) {
			in.DeploymentConfiguration = &types.DaemonDeploymentConfiguration{BakeTimeInMinutes: 1441}
		}, "InvalidParameterException", "bakeTimeInMinutes must be between 0 and 1440."},
		{func(in *ecs.CreateDaemonInput) {
			in.DeploymentConfiguration = &types.DaemonDeploymentConfiguration{Alarms: &types.DaemonAlarmConfiguration{Enable: true, AlarmNames: []string{}}}
		}, "InvalidParameterException", "alarmNames cannot be empty when alarms are enabled."},
	} {
		refused(t, create(c.change), c.code, c.message)
	}
	once := func(in *ecs.CreateDaemonInput) { in.ClientToken = aws.String("once") }
	for range 2 {
		if err := create(once); err != nil {
			t.Fatal(err)
		}
	}
	refused(t, create(func(*ecs.CreateDaemonInput) {}), "InvalidParameterException", "Creation of daemon was not idempotent.")
	_, err := l.DeleteCluster(t.Context(), &ecs.DeleteClusterInput{Cluster: aws.String("default")})
	if err == nil {
		t.Fatal("a cluster with a daemon is gone")
	}
	gone := aws.String(arn + "daemon/default/gone")
	_, err = l.DescribeDaemon(t.Context(), &ecs.DescribeDaemonInput{DaemonArn: gone})
	refused(t, err, "DaemonNotFoundException", "Daemon not found.")
	_, err = l.DeleteDaemon(t.Context(), &ecs.DeleteDaemonInput{DaemonArn: gone})
	refused(t, err, "DaemonNotFoundException", "Daemon not found.")
	_, err = l.UpdateDaemon(t.Context(), &ecs.UpdateDaemonInput{DaemonArn: gone, DaemonTaskDefinitionArn: aws.String("log"), CapacityProviderArns: []string{"mi"}})
	refused(t, err, "DaemonNotFoundException", "Daemon not found.")
	_, err = l.ListDaemonDeployments(t.Context(), &ecs.ListDaemonDeploymentsInput{DaemonArn: aws.String("log")})
	refused(t, err, "InvalidParameterException", "Invalid daemonArn: log")
	_, err = l.DescribeDaemonRevisions(t.Context(), &ecs.DescribeDaemonRevisionsInput{DaemonRevisionArns: make([]string, 21)})
	refused(t, err, "InvalidParameterException", "daemonRevisionArns can have at most 20 items.")
	listed := must[*ecs.ListDaemonsOutput](t)(l.ListDaemons(t.Context(), &ecs.ListDaemonsInput{CapacityProviderArns: []string{arn + "capacity-provider/mi"}}))
	none := must[*ecs.ListDaemonsOutput](t)(l.ListDaemons(t.Context(), &ecs.ListDaemonsInput{CapacityProviderArns: []string{arn + "capacity-provider/group"}}))
	if len(listed.DaemonSummariesList) != 1 || len(none.DaemonSummariesList) != 0 {
		t.Fatalf("%+v %+v", listed, none)
	}
}

func TestDaemonTaskDefinitions(t *testing.T) {
	l := newLab(t)
	l.registerDaemon("log")
	l.registerDaemon("log", func(in *ecs.RegisterDaemonTaskDefinitionInput) {
		in.PidMode, in.Memory = types.DaemonPidModeShared, aws.String("128")
		in.Tags = []types.Tag{tag("a", "1")}
	})
	l.registerDaemon("logs")
	described := must[*ecs.DescribeDaemonTaskDefinitionOutput](t)(l.DescribeDaemonTaskDefinition(t.Context(),
		&ecs.DescribeDaemonTaskDefinitionInput{DaemonTaskDefinition: aws.String("log")})).DaemonTaskDefinition
	if described.Revision != 2 || described.PidMode != types.DaemonPidModeShared || *described.Memory != "128" ||
		*described.DaemonTaskDefinitionArn != arn+"daemon-task-definition/log:2" || described.Status != types.DaemonTaskDefinitionStatusActive {
		t.Fatalf("%+v", described)
	}
	stored, _ := store.Get[*model.DaemonTaskDefinition](l.db.View(), model.DaemonTaskDefinitionID(account, "log", 2))
	if stored.Runs.PidMode != types.PidModeHost || stored.Runs.NetworkMode != types.NetworkModeBridge {
		t.Fatalf("runs %+v", stored.Runs)
	}
	list := func(in ecs.ListDaemonTaskDefinitionsInput) (arns []string) {
		t.Helper()
		for {
			out := must[*ecs.ListDaemonTaskDefinitionsOutput](t)(l.ListDaemonTaskDefinitions(t.Context(), &in))
			for _, d := range out.DaemonTaskDefinitions {
				arns = append(arns, (*d.Arn)[len(arn+"daemon-task-definition/"):])
			}
			if in.NextToken = out.NextToken; in.NextToken == nil {
				return arns
			}
		}
	}
	remove := &ecs.DeleteDaemonTaskDefinitionInput{DaemonTaskDefinition: aws.String("log:1")}
	must[*ecs.DeleteDaemonTaskDefinitionOutput](t)(l.DeleteDaemonTaskDefinition(t.Context(), remove))
	_, err := l.DeleteDaemonTaskDefinition(t.Context(), remove)
	refused(t, err, "ClientException", "The specified daemon task definition is not in ACTIVE status.")
	for _, c := range []struct {
		in   ecs.ListDaemonTaskDefinitionsInput
		want string
	}{
		{ecs.ListDaemonTaskDefinitionsInput{}, "[log:2 logs:1]"},
		{ecs.ListDaemonTaskDefinitionsInput{Status: "ALL", Sort: types.SortOrderDesc, MaxResults: aws.Int32(1)}, "[logs:1 log:2 log:1]"},
		{ecs.ListDaemonTaskDefinitionsInput{Status: "ALL", MaxResults: aws.Int32(1)}, "[log:1 log:2 logs:1]"},
		{ecs.ListDaemonTaskDefinitionsInput{Status: "DELETE_IN_PROGRESS", FamilyPrefix: aws.String("lo")}, "[log:1]"},
		{ecs.ListDaemonTaskDefinitionsInput{Status: "ALL", Family: aws.String("log"), Revision: types.DaemonTaskDefinitionRevisionFilterLastRegistered}, "[log:2]"},
	} {
		if got := list(c.in); "["+join(got)+"]" != c.want {
			t.Errorf("%+v lists %v, want %s", c.in, got, c.want)
		}
	}
	for _, c := range []struct {
		change        func(*ecs.RegisterDaemonTaskDefinitionInput)
		code, message string
	}{
		{func(in *ecs.RegisterDaemonTaskDefinitionInput) { in.Family = aws.String("a b") }, "ClientException", "Family contains invalid characters."},
		{func(in *ecs.RegisterDaemonTaskDefinitionInput) { in.IpcMode = "host" }, "ClientException", "Invalid ipcMode: host"},
		{func(in *ecs.RegisterDaemonTaskDefinitionInput) { in.Cpu = aws.String("x") }, "ClientException", "Invalid 'cpu' setting for task."},
		{func(in *ecs.RegisterDaemonTaskDefinitionInput) {
			in.Volumes = []types.DaemonVolume{{Name: aws.String("v"), LogDriverVolumeConfiguration: &types.LogDriverVolumeConfiguration{Driver: types.LogDriverJsonFile}}}
		}, "ClientException", "volumes.logDriverVolumeConfiguration is not supported..."},
	} {
		in := &ecs.RegisterDaemonTaskDefinitionInput{Family: aws.String("x"), ContainerDefinitions: []types.DaemonContainerDefinition{{
			Name: aws.String("web"), Image: aws.String("log:1"), Memory: aws.Int32(64)}}}
		c.change(in)
		_, err := l.RegisterDaemonTaskDefinition(t.Context(), in)
		refused(t, err, c.code, c.message)
	}
	_, err = l.DescribeDaemonTaskDefinition(t.Context(), &ecs.DescribeDaemonTaskDefinitionInput{DaemonTaskDefinition: aws.String("none")})
	refused(t, err, "ClientException", "Unable to describe daemon task definition.")
}

func join(words []string) (s string) {
	for i, w := range words {
		if i > 0 {
			s += " "
		}
		s += w
	}
	return s
}
