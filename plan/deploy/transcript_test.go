package deploy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/roadstead/roadstead/model"
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
//	state [all]               the service, its deployments and its tasks, with all also the stopped
//	work DURATION             a cooperative world: what is pending runs, what is to stop
//	                          stops, and time passes up to each Wake
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
		case "status":
			i.Status = value
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
	cpu, memory, port, health := 100, 100, 0, false
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
		}
	}
	s.w.define(words[0], cpu, memory, port, health)
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
	if fresh {
		s.w.newDeployment()
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
	default:
		s.w.observe(t, model.TaskReport{Status: model.TaskStatus(words[1]), Reason: strings.Join(words[2:], " ")})
	}
}

func (s *story) work(d time.Duration) {
	end := s.w.now.Add(d)
	for range maxPlans {
		wrote := s.plan(false)
		moved := s.w.cooperate()
		if wrote || moved {
			continue
		}
		wake := Plan(s.w.view()).Wake
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
		if t == nil || !w.instances[t.Spec.Instance].AgentConnected || t.Stopped() {
			continue
		}
		switch {
		case t.Desired == model.TaskStopped:
			w.observe(t, model.TaskReport{Status: model.TaskStopped})
		case t.Status.Last == model.TaskPending:
			w.observe(t, model.TaskReport{Status: model.TaskRunning})
		case w.wantsHealth(t) && t.Status.Health == "":
			w.health(t, "HEALTHY")
		default:
			continue
		}
		moved = true
	}
	return moved
}

func (w *world) wantsHealth(t *model.Task) bool {
	p := planning{View: View{Definitions: w.definitions}}
	return p.hasHealthCheck(t)
}

func (s *story) state(all bool) {
	fmt.Fprintf(s.out, "service %s %s primary %s\n", s.w.service.Status, s.w.service.Spec.TaskDefinition, s.w.service.Primary)
	ds := sorted(s.w.deployments)
	slices.SortFunc(ds, func(a, b *model.Deployment) int { return strings.Compare(s.w.names[a.ID], s.w.names[b.ID]) })
	for _, d := range ds {
		fmt.Fprintf(s.out, "%s %s %s %s failed=%d: %s\n", d.ID, d.Spec.TaskDefinition, d.Status.State, d.Status.Rollout,
			d.Status.FailedTasks, d.Status.RolloutReason)
	}
	for _, id := range s.w.order {
		t, ok := s.w.tasks[id]
		if !ok || (t.Stopped() && !all) {
			continue
		}
		fmt.Fprintf(s.out, "%s %s %s on %s %s->%s", t.ID, t.Spec.Deployment, t.Spec.TaskDefinition,
			t.Spec.Instance[len("1/c/"):], t.Status.Last, t.Desired)
		if t.StoppedReason != "" {
			fmt.Fprintf(s.out, " (%s: %s)", t.StopCode, t.StoppedReason)
		}
		if len(t.Tags) > 0 {
			fmt.Fprintf(s.out, " %v", t.Tags)
		}
		fmt.Fprintln(s.out)
	}
}
