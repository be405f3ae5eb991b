package daemon

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
//	deploy                    creates or updates the daemon; delete deletes it
//	plan                      one plan of the daemon: what it writes, says and waits for
//	report                    lines "TASK RUNNING|STOPPED|HEALTHY|UNHEALTHY|KILL [reason]"
//	instance                  lines that change or add instances
//	task                      lines "NAME INSTANCE CPU": a task of somebody else
//	alarm NAME STATE          an alarm's state
//	fail DEFINITION [off]     tasks of it end as soon as they begin
//	advance DURATION          passes time
//	work DURATION             a cooperative world: what is pending runs, what is to stop
//	                          stops, and time passes up to each Wake
//	state [all]               the daemon, its deployments, the instances and tasks, with all also the stopped
func TestTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		if strings.Contains(path, "rapid") {
			return
		}
		s := story{t: t}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			s.out = &strings.Builder{}
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
	lines := func(each func(words []string)) {
		for line := range strings.SplitSeq(d.Input, "\n") {
			each(strings.Fields(line))
		}
	}
	switch d.Cmd {
	case "world":
		s.w = newWorld()
		lines(func(words []string) {
			if words[0] == "instance" {
				s.instance(words[1:])
			} else {
				s.define(words[1:])
			}
		})
	case "deploy":
		s.deploy(d)
	case "delete":
		s.w.deploy(model.DaemonRevisionSpec{}, model.DaemonDeploymentSpec{Delete: true})
	case "plan":
		s.plan(true)
	case "report":
		lines(s.report)
	case "instance":
		lines(s.instance)
	case "task":
		lines(s.task)
	case "alarm":
		s.w.alarms[d.CmdArgs[0].Key] = d.CmdArgs[1].Key
	case "fail":
		s.w.failing[d.CmdArgs[0].Key] = !d.HasArg("off")
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
	i := &model.ContainerInstance{Account: "1", Cluster: "c", ID: words[0], Status: model.InstanceActive, AgentConnected: true,
		Registered: model.Resources{CPU: 1000, Memory: 1000}, CapacityProvider: "p"}
	if old, ok := s.w.nouns[i.Key()].(*model.ContainerInstance); ok {
		i = old.Clone()
	}
	for _, w := range words[1:] {
		name, value, _ := strings.Cut(w, "=")
		switch name {
		case "cpu":
			i.Registered.CPU = s.number(value)
		case "provider":
			i.CapacityProvider = value
		case "status": // somebody sets it
			i.Status, i.DrainedFor, i.StatusReason = value, "", ""
		case "disconnected":
			i.AgentConnected, i.ConnectedAt = false, s.w.now
		case "connected":
			i.AgentConnected, i.ConnectedAt = true, s.w.now
		default:
			s.t.Fatalf("unknown word %s", w)
		}
	}
	s.w.put(i)
}

func (s *story) define(words []string) {
	cpu, health := 100, false
	for _, w := range words[1:] {
		name, value, _ := strings.Cut(w, "=")
		switch name {
		case "cpu":
			cpu = s.number(value)
		case "health":
			health = true
		}
	}
	s.w.define(words[0], cpu, health)
}

func (s *story) deploy(d *datadriven.TestData) {
	r := model.DaemonRevisionSpec{Critical: true}
	dep := model.DaemonDeploymentSpec{Providers: []string{"p"}, DrainPercent: 25}
	for _, a := range d.CmdArgs {
		value := strings.Join(a.Vals, ",")
		switch a.Key {
		case "definition":
			r.TaskDefinition = value
		case "optional":
			r.Critical = false
		case "tags":
			r.PropagateTags, r.EnableManagedTags = "DAEMON", true
		case "percent":
			dep.DrainPercent = float64(s.number(value))
		case "providers":
			dep.Providers = strings.Split(value, "+")
		case "bake":
			dep.BakeTime = s.duration(value)
		case "alarm":
			dep.Alarms, dep.AlarmsEnabled = append(dep.Alarms, value), true
		default:
			s.t.Fatalf("unknown argument %s", a.Key)
		}
	}
	s.w.deploy(r, dep)
}

// plan plans the daemon once and commits it. It returns whether anything was
// written, and when to plan again.
func (s *story) plan(all bool) (wrote bool, wake time.Time) {
	if s.w.daemon() == nil {
		return false, time.Time{}
	}
	p := Plan(s.w.view())
	if err := s.w.apply(p.Change); err != nil {
		s.t.Fatal(err)
	}
	for _, r := range p.Reasons {
		if all || r.Code != CodeStuck && r.Code != "BackingOff" {
			subject := r.Subject.ID[strings.LastIndexByte(r.Subject.ID, '/')+1:]
			fmt.Fprintf(s.out, "%s %s %s: %s\n", s.at(), subject, r.Code, r.Message)
		}
	}
	if all {
		fmt.Fprintf(s.out, "%d writes", len(p.Change.Writes))
		if !p.Wake.IsZero() {
			fmt.Fprintf(s.out, ", wake at %v", p.Wake.Sub(start))
		}
		fmt.Fprintln(s.out)
	}
	return !p.Change.Empty(), p.Wake
}

// gates plans the state of all instances.
func (s *story) gates() (wrote bool, wake time.Time) {
	for _, i := range all[*model.ContainerInstance](s.w) {
		p := s.w.gate(i)
		if err := s.w.apply(p.Change); err != nil {
			s.t.Fatal(err)
		}
		for _, r := range p.Reasons {
			fmt.Fprintf(s.out, "%s %s is %s %s\n", s.at(), i.ID, r.Code, r.Message)
		}
		wrote = wrote || !p.Change.Empty()
		wake = earlier(wake, p.Wake)
	}
	return wrote, wake
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func (s *story) at() string { return fmt.Sprintf("%6.1fs", s.w.now.Sub(start).Seconds()) }

func (s *story) task(words []string) {
	s.w.put(&model.Task{Account: "1", Cluster: "c", ID: words[0], Desired: model.TaskRunning,
		Spec:   model.TaskSpec{Instance: model.InstanceID("1", "c", words[1]), Resources: model.Resources{CPU: s.number(words[2])}},
		Status: model.TaskObserved{Last: model.TaskRunning}})
}

func (s *story) report(words []string) {
	t := s.w.task(words[0])
	if t == nil {
		s.t.Fatalf("no task %s", words[0])
	}
	switch words[1] {
	case "HEALTHY", "UNHEALTHY", "UNKNOWN":
		s.w.health(t, words[1])
	case "KILL": // StopTask
		s.w.put(t.Stop(model.StopUserInitiated, "Task stopped by user", s.w.now))
	default:
		s.w.observe(t, model.TaskReport{Status: model.TaskStatus(words[1]), Reason: strings.Join(words[2:], " ")})
	}
}

const maxPlans = 400

func (s *story) work(d time.Duration) {
	end := s.w.now.Add(d)
	for range maxPlans {
		wrote, wake := s.plan(false)
		gated, at := s.gates()
		if moved := s.w.cooperate(); wrote || gated || moved {
			continue
		}
		if wake = earlier(wake, at); wake.IsZero() || wake.After(end) {
			s.w.now = end
			return
		}
		s.w.now = wake
	}
	s.t.Fatal("does not come to rest")
}

func (s *story) state(stopped bool) {
	d := s.w.daemon()
	if d == nil {
		fmt.Fprintln(s.out, "no daemon")
	} else {
		fmt.Fprintf(s.out, "daemon %s deployment %s\n", d.Status, d.Deployment)
	}
	ds := all[*model.DaemonDeployment](s.w)
	slices.SortFunc(ds, func(a, b *model.DaemonDeployment) int { return strings.Compare(s.w.names[a.ID], s.w.names[b.ID]) })
	for _, d := range ds {
		fmt.Fprintf(s.out, "%s to %s %s failed=%d/%d: %s\n", d.ID, d.Spec.Revision, d.Status.State, d.Status.FailedTasks, d.Status.Threshold, d.Status.Reason)
	}
	for _, i := range all[*model.ContainerInstance](s.w) {
		fmt.Fprintf(s.out, "%s %s %s\n", i.ID, i.Status, i.StatusReason)
	}
	for _, k := range s.w.order {
		t, ok := s.w.nouns[k].(*model.Task)
		if !ok || t.Spec.Daemon == "" || t.Stopped() && !stopped {
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
