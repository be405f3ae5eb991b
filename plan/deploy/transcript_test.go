package deploy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/cockroachdb/datadriven"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/judge"
	"github.com/roadstead/roadstead/plan/provision"
)

// TestTranscripts plays the stories in testdata. Their language:
//
//	world                     begins anew; lines "instance NAME ..." and "definition NAME ..."
//	service                   creates the service; update changes it
//	plan                      one plan: what it writes, says and waits for
//	settle                    plans until nothing is left to do, without passing of time
//	report                    lines "TASK RUNNING|STOPPED|HEALTHY|UNHEALTHY [reason]"
//	instance                  changes an instance
//	advance DURATION          passes time
//	alarm NAME STATE [TIME]   sets an alarm's state, and for how long it looks back
//	protect TASK DURATION     protects a task from scale-in
//	stop ROLLBACK|ABORT       stops the primary deployment
//	taskset NAME scale=N ...  makes or changes a task set
//	provider NAME [fixed]     makes a capacity provider, with managed scaling or without
//	history                   the service deployments, as the API shows them
//	state [all]               the service, its deployments and its tasks, with all also the stopped
//	work DURATION             a cooperative world: what waits gets an instance that has room or
//	                          gives up, what is pending runs, what is to stop stops, and time
//	                          passes up to each Wake
func TestTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		if strings.Contains(path, "rapid") {
			return
		}
		var s story
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			s.t, s.out = t, &strings.Builder{}
			s.command(d)
			return s.w.named(s.out.String())
		})
	})
}

type story struct {
	t   *testing.T
	w   *world
	out *strings.Builder
}

func (s *story) command(d *datadriven.TestData) {
	switch d.Cmd {
	case "world":
		s.w = newWorld()
		for line := range strings.SplitSeq(d.Input, "\n") {
			words := strings.Fields(line)
			if words[0] == "instance" {
				s.instance(words[1:])
			} else {
				s.definition(words[1:])
			}
		}
	case "service":
		s.w.service = &model.Service{Account: "1", Cluster: "c", Name: "web", Status: model.ServiceActive, CreatedAt: s.w.now,
			Spec: model.ServiceSpec{Scheduling: model.SchedulingReplica, Rollout: model.Rollout{MinimumHealthyPercent: 100, MaximumPercent: 200}}}
		s.update(d)
	case "update":
		s.update(d)
	case "plan":
		s.plan(true)
	case "settle":
		s.settle()
	case "report":
		for line := range strings.SplitSeq(d.Input, "\n") {
			s.report(strings.Fields(line))
		}
	case "instance":
		for line := range strings.SplitSeq(d.Input, "\n") {
			s.instance(strings.Fields(line))
		}
	case "advance":
		s.w.now = s.w.now.Add(s.duration(d.CmdArgs[0].Key))
	case "work":
		s.work(s.duration(d.CmdArgs[0].Key))
	case "alarm":
		s.w.rev++
		a := &model.Alarm{Account: "1", Name: d.CmdArgs[0].Key, State: d.CmdArgs[1].Key}
		if len(d.CmdArgs) > 2 {
			a.Evaluation = s.duration(d.CmdArgs[2].Key)
		}
		a.Metadata().Rev = s.w.rev
		s.w.alarms[a.Name] = a
	case "protect":
		t := s.w.task(d.CmdArgs[0].Key).Clone()
		t.ProtectedUntil = s.w.now.Add(s.duration(d.CmdArgs[1].Key))
		s.w.put(t)
	case "stop":
		c := s.w.primary().Clone()
		c.StopRequested, c.StopRequestedAt = d.CmdArgs[0].Key, s.w.now
		s.w.put(c)
	case "taskset":
		s.taskSet(d)
	case "provider":
		status := types.ManagedScalingStatusEnabled
		if d.HasArg("fixed") {
			status = types.ManagedScalingStatusDisabled
		}
		name := d.CmdArgs[0].Key
		s.w.providers[name] = &model.CapacityProvider{Account: "1", Name: name, Status: model.CapacityProviderActive,
			AutoScaling: &types.AutoScalingGroupProvider{ManagedScaling: &types.ManagedScaling{Status: status}}}
	case "history":
		s.history()
	case "state":
		s.state(d.HasArg("all"))
	default:
		s.t.Fatalf("unknown command %s", d.Cmd)
	}
}

func (s *story) duration(v string) time.Duration {
	d, err := time.ParseDuration(v)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

func (s *story) number(v string) int {
	n, err := strconv.Atoi(v)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

func (s *story) instance(words []string) {
	id := model.InstanceID("1", "c", words[0])
	i := &model.ContainerInstance{Account: "1", Cluster: "c", ID: words[0], Status: model.InstanceActive, AgentConnected: true,
		Registered: model.Resources{CPU: 1000, Memory: 1000}}
	if old := s.w.instances[id]; old != nil {
		i = old.Clone()
	}
	for _, w := range words[1:] {
		name, value, _ := strings.Cut(w, "=")
		switch name {
		case "cpu":
			i.Registered.CPU = s.number(value)
		case "memory":
			i.Registered.Memory = s.number(value)
		case "gpus":
			i.Registered.GPUs = s.number(value)
		case "status":
			i.Status = value
		case "provider":
			i.CapacityProvider = value
		case "fargate":
			i.Fargate = true
		case "guest":
			i.Cluster, i.Fargate = model.FargateCluster, true
		case "zone":
			i.Attributes = append(i.Attributes, model.Attribute{Name: "ecs.availability-zone", Value: value})
		case "disconnected":
			i.AgentConnected, i.ConnectedAt = false, s.w.now
		case "connected":
			i.AgentConnected, i.ConnectedAt = true, s.w.now
		default:
			i.Attributes = append(i.Attributes, model.Attribute{Name: name, Value: value})
		}
	}
	s.w.rev++
	i.Metadata().Rev = s.w.rev
	s.w.instances[id] = i
}

func (s *story) definition(words []string) {
	cpu, memory, port, health, image, consistency, gpus := 100, 100, 0, false, "", "", ""
	for _, w := range words[1:] {
		name, value, _ := strings.Cut(w, "=")
		switch name {
		case "cpu":
			cpu = s.number(value)
		case "memory":
			memory = s.number(value)
		case "port":
			port = s.number(value)
		case "health":
			health = true
		case "gpus":
			gpus = value
		case "image":
			image = value
		case "consistency":
			consistency = value
		}
	}
	s.w.define(words[0], cpu, memory, port, health)
	c := &s.w.definitions[words[0]].Definition.ContainerDefinitions[0]
	if image != "" {
		c.Image, c.VersionConsistency = &image, types.VersionConsistency(consistency)
	}
	if gpus != "" {
		c.ResourceRequirements = []types.ResourceRequirement{{Type: types.ResourceTypeGpu, Value: &gpus}}
	}
}

func (s *story) update(d *datadriven.TestData) {
	svc := s.w.service.Clone()
	fresh := false
	for _, a := range d.CmdArgs {
		value := strings.Join(a.Vals, ",")
		switch a.Key {
		case "definition":
			svc.Spec.TaskDefinition, fresh = value, true
		case "force":
			fresh = true
		case "desired":
			svc.Spec.DesiredCount = s.number(value)
		case "min":
			svc.Spec.Rollout.MinimumHealthyPercent = s.number(value)
		case "max":
			svc.Spec.Rollout.MaximumPercent = s.number(value)
		case "breaker":
			svc.Spec.Rollout.CircuitBreaker = true
			if kind, count, ok := strings.Cut(value, ":"); ok {
				svc.Spec.Rollout.BreakerThreshold = &model.BreakerThreshold{Type: kind, Value: s.number(count)}
			}
		case "keep":
			svc.Spec.Rollout.BreakerKeep = true
		case "alarms":
			svc.Spec.Rollout.Alarms, svc.Spec.Rollout.AlarmsEnabled = a.Vals, true
		case "alarmrollback":
			svc.Spec.Rollout.AlarmsRollback = true
		case "bake":
			svc.Spec.Rollout.BakeTime = s.duration(value)
		case "rebalance":
			svc.Spec.ZoneRebalancing = "ENABLED"
		case "external":
			svc.Spec.Controller = ControllerExternal
		case "strategy":
			svc.Spec.CapacityStrategy = nil
			for _, v := range a.Vals {
				parts := strings.Split(v, ":")
				svc.Spec.CapacityStrategy = append(svc.Spec.CapacityStrategy,
					model.CapacityStrategy{Provider: parts[0], Base: s.number(parts[1]), Weight: s.number(parts[2])})
			}
		case "rollback":
			svc.Spec.Rollout.Rollback = true
		case "daemon":
			svc.Spec.Scheduling = model.SchedulingDaemon
		case "distinct":
			svc.Spec.Constraints = append(svc.Spec.Constraints, model.PlacementConstraint{Type: "distinctInstance"})
		case "member":
			svc.Spec.Constraints = append(svc.Spec.Constraints, model.PlacementConstraint{Type: "memberOf", Expression: value})
		case "status":
			svc.Status = value
		case "tags":
			svc.Spec.PropagateTags, svc.Spec.EnableManagedTags = value, true
			svc.Tags = []model.Tag{{Key: "team", Value: "blue"}}
		default:
			s.t.Fatalf("unknown argument %s", a.Key)
		}
	}
	s.w.rev++
	s.w.write(model.Write{Key: svc.Key(), Noun: svc})
	if fresh && svc.Spec.Controller != ControllerExternal {
		s.w.newDeployment()
	}
}

func (w *world) primary() *model.Deployment {
	return w.deployments[model.DeploymentKeyID("1", "c", "web", w.service.Primary)]
}

func (s *story) taskSet(d *datadriven.TestData) {
	id := "ecs-svc/" + d.CmdArgs[0].Key
	t := &model.TaskSet{Account: "1", Cluster: "c", Service: "web", ID: id, Status: model.TaskSetActive, CreatedAt: s.w.now}
	if old := s.w.sets[t.Key().ID]; old != nil {
		t = old.Clone()
	}
	for _, a := range d.CmdArgs[1:] {
		switch a.Key {
		case "definition":
			t.Spec.TaskDefinition = a.Vals[0]
		case "scale":
			t.Scale = float64(s.number(a.Vals[0]))
		case "status":
			t.Status = a.Vals[0]
		case "primary":
			svc := s.w.service.Clone()
			svc.Primary = id
			s.w.put(svc)
		default:
			s.t.Fatalf("unknown argument %s", a.Key)
		}
	}
	s.w.put(t)
}

// history shows what ListServiceDeployments and DescribeServiceDeployments
// say, the oldest first.
func (s *story) history() {
	all := sorted(s.w.deployments)
	slices.SortFunc(all, func(a, b *model.Deployment) int { return strings.Compare(s.w.names[a.ID], s.w.names[b.ID]) })
	since := func(t time.Time) string {
		if t.IsZero() {
			return "-"
		}
		return fmt.Sprint(t.Sub(start))
	}
	for _, d := range all {
		if !Shown(d) {
			continue
		}
		fmt.Fprintf(s.out, "%s %s started %s finished %s stopped %s from %v breaker %s %d alarms %s", d.ID, Status(d, all), since(d.Status.StartedAt),
			since(FinishedAt(d, all)), since(d.Status.StoppedAt), d.Sources, Breaker(d), FailureCount(d), AlarmMonitor(d))
		if r := RollbackOf(d, all); r != nil {
			fmt.Fprintf(s.out, "; rollback by %s to %s started %s", r.ID, "ecs-svc/"+r.RevisionNumber(), since(r.CreatedAt))
		}
		if d.Status.Reason != "" {
			fmt.Fprintf(s.out, ": %s", d.Status.Reason)
		}
		fmt.Fprintln(s.out)
	}
}

// plan plans once and commits it. It returns whether anything was written.
func (s *story) plan(reasons bool) bool {
	before := int64(0)
	if s.w.events != nil {
		before = s.w.events.Sequence
	}
	p := Plan(s.w.view())
	if err := s.w.apply(p.Change); err != nil {
		s.t.Fatal(err)
	}
	if e := s.w.events; e != nil {
		for i := len(e.Events) - int(e.Sequence-before); i < len(e.Events); i++ {
			fmt.Fprintf(s.out, "%s %s\n", s.at(), e.Events[i].Message)
		}
	}
	for _, r := range p.Reasons {
		if reasons {
			fmt.Fprintf(s.out, "  %s: %s\n", r.Code, r.Message)
		}
	}
	if reasons {
		fmt.Fprintf(s.out, "%d writes", len(p.Change.Writes))
		if !p.Wake.IsZero() {
			fmt.Fprintf(s.out, ", wake at %v", p.Wake.Sub(start))
		}
		fmt.Fprintln(s.out)
	}
	return !p.Change.Empty()
}

func (s *story) at() string { return fmt.Sprintf("%6.1fs", s.w.now.Sub(start).Seconds()) }

const maxPlans = 200

func (s *story) settle() {
	for range maxPlans {
		if !s.plan(false) {
			return
		}
	}
	s.t.Fatal("does not settle")
}

func (s *story) report(words []string) {
	t := s.w.task(words[0])
	if t == nil {
		s.t.Fatalf("no task %s", words[0])
	}
	switch words[1] {
	case "HEALTHY", "UNHEALTHY", "UNKNOWN":
		s.w.health(t, words[1])
	case "TELLS":
		s.w.observe(t, model.TaskReport{Status: model.TaskPending, Containers: []model.ContainerReport{{Name: "main", Digest: words[2]}}})
	default:
		s.w.observe(t, model.TaskReport{Status: model.TaskStatus(words[1]), Reason: strings.Join(words[2:], " ")})
	}
}

func (s *story) work(d time.Duration) {
	end := s.w.now.Add(d)
	for range maxPlans {
		wrote := s.plan(false)
		moved := s.w.cooperate()
		provided, until := s.w.provision()
		if wrote || moved || provided {
			continue
		}
		wake := Plan(s.w.view()).Wake
		if wake.IsZero() || !until.IsZero() && until.Before(wake) {
			wake = until
		}
		if wake.IsZero() || wake.After(end) {
			s.w.now = end
			return
		}
		s.w.now = wake
	}
	s.t.Fatal("does not come to rest")
}

// cooperate lets every connected instance do what it is told.
func (w *world) cooperate() (moved bool) {
	for _, id := range w.order {
		t := w.tasks[id]
		if t == nil || t.Waiting() || t.Stopped() || !w.instances[t.Spec.Instance].AgentConnected {
			continue
		}
		switch {
		case t.Desired == model.TaskStopped:
			w.observe(t, model.TaskReport{Status: model.TaskStopped})
		case t.Status.Last == model.TaskPending:
			w.observe(t, model.TaskReport{Status: model.TaskRunning})
		case w.wantsHealth(t) && (t.Status.Health == "" || t.Status.Health == "UNKNOWN"):
			w.health(t, "HEALTHY")
		default:
			continue
		}
		moved = true
	}
	return moved
}

// provision lets the provisioner do what it can for the tasks that wait for an
// instance, and returns when it is to be asked again.
func (w *world) provision() (wrote bool, wake time.Time) {
	v := provision.View{Tasks: sorted(w.tasks), Definitions: w.definitions, Fleet: w.fleet(), Now: w.now}
	v.Seed[0], v.Seed[4] = byte(w.plans), 1
	p := provision.Plan(v)
	for _, write := range p.Change.Writes {
		w.put(write.Noun)
	}
	return !p.Change.Empty(), p.Wake
}

func (w *world) wantsHealth(t *model.Task) bool {
	return judge.HasHealthCheck(w.definitions[t.Spec.TaskDefinition])
}

func (s *story) state(all bool) {
	fmt.Fprintf(s.out, "service %s %s primary %s\n", s.w.service.Status, s.w.service.Spec.TaskDefinition, s.w.service.Primary)
	ds := sorted(s.w.deployments)
	slices.SortFunc(ds, func(a, b *model.Deployment) int { return strings.Compare(s.w.names[a.ID], s.w.names[b.ID]) })
	for _, d := range ds {
		fmt.Fprintf(s.out, "%s %s %s %s failed=%d: %s\n", d.ID, d.Spec.TaskDefinition, d.Status.State, d.Status.Rollout,
			d.Status.FailedTasks, d.Status.RolloutReason)
	}
	for _, t := range sorted(s.w.sets) {
		fmt.Fprintf(s.out, "%s %s %s %s failed=%d\n", t.ID, t.Spec.TaskDefinition, t.Status, t.Stability, t.State.FailedTasks)
	}
	for _, id := range s.w.order {
		t, ok := s.w.tasks[id]
		if !ok || (t.Stopped() && !all) {
			continue
		}
		fmt.Fprintf(s.out, "%s %s %s on %s %s->%s", t.ID, t.Spec.Deployment, t.Spec.TaskDefinition,
			strings.TrimPrefix(t.Spec.Instance, "1/c/"), t.Status.Last, t.Desired)
		if t.Spec.CapacityProvider != "" {
			fmt.Fprintf(s.out, " by %s", t.Spec.CapacityProvider)
		}
		if t.StoppedReason != "" {
			fmt.Fprintf(s.out, " (%s: %s)", t.StopCode, t.StoppedReason)
		}
		if len(t.Tags) > 0 {
			fmt.Fprintf(s.out, " %v", t.Tags)
		}
		fmt.Fprintln(s.out)
	}
}
