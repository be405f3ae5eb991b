package deploy

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"pgregory.net/rapid"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/judge"
	"github.com/roadstead/roadstead/plan/place"
)

// draw is a world that rapid moves, with the checks of every plan.
type draw struct {
	*world
	t     *rapid.T
	ended map[string]string // statuses of service deployments that have ended, by id
}

func newDraw(t *rapid.T) *draw {
	d := &draw{world: newWorld(), t: t, ended: map[string]string{}}
	for i := range rapid.IntRange(1, 4).Draw(t, "instances") {
		d.putInstance(fmt.Sprintf("n%d", i), model.InstanceActive, true)
	}
	d.define("web:1", 100, 100, 0, false)
	d.define("web:2", 100, 200, 0, rapid.Bool().Draw(t, "health"))
	d.define("web:3", 100, 100, 8080, false)
	d.service = &model.Service{Account: "1", Cluster: "c", Name: "web", Status: model.ServiceActive,
		Spec: model.ServiceSpec{Scheduling: model.SchedulingReplica, TaskDefinition: "web:1"}}
	if rapid.IntRange(0, 4).Draw(t, "daemon") == 0 {
		d.service.Spec.Scheduling = model.SchedulingDaemon
	}
	if rapid.Bool().Draw(t, "scaling") {
		d.providers["p"] = &model.CapacityProvider{Account: "1", Name: "p", Managed: &types.ManagedInstancesProvider{}}
	}
	d.configure()
	d.newDeployment()
	return d
}

func (d *draw) putInstance(name, status string, connected bool) {
	d.rev++
	i := &model.ContainerInstance{Account: "1", Cluster: "c", ID: name, Status: status, AgentConnected: connected,
		ConnectedAt: d.now, Registered: model.Resources{CPU: 1000, Memory: 1000},
		Attributes:       []model.Attribute{{Name: place.ZoneAttribute, Value: "z" + string('0'+name[len(name)-1]%3)}},
		CapacityProvider: string('p' + name[len(name)-1]%2)}
	i.Metadata().Rev = d.rev
	d.instances[i.Key().ID] = i
}

func (d *draw) configure() {
	s := d.service.Clone()
	s.Spec.DesiredCount = rapid.IntRange(0, 8).Draw(d.t, "desired")
	s.Spec.Rollout.MinimumHealthyPercent = rapid.SampledFrom([]int{0, 50, 75, 100}).Draw(d.t, "min")
	s.Spec.Rollout.MaximumPercent = rapid.SampledFrom([]int{100, 125, 150, 200}).Draw(d.t, "max")
	s.Spec.Rollout.CircuitBreaker = rapid.Bool().Draw(d.t, "breaker")
	s.Spec.Rollout.Rollback = s.Spec.Rollout.CircuitBreaker && rapid.Bool().Draw(d.t, "rollback")
	s.Spec.Rollout.BreakerKeep = rapid.Bool().Draw(d.t, "keep")
	s.Spec.Rollout.BakeTime = rapid.SampledFrom([]time.Duration{0, 0, time.Minute}).Draw(d.t, "bake")
	s.Spec.Rollout.Alarms = []string{"errors"}
	s.Spec.Rollout.AlarmsEnabled = rapid.IntRange(0, 3).Draw(d.t, "alarms") == 0
	s.Spec.Rollout.AlarmsRollback = rapid.Bool().Draw(d.t, "alarm rollback")
	s.Spec.ZoneRebalancing = rapid.SampledFrom([]string{"", "ENABLED"}).Draw(d.t, "rebalance")
	d.rev++
	d.write(model.Write{Key: s.Key(), Noun: s})
}

// step is one thing that happens to the world.
func (d *draw) step() {
	switch rapid.SampledFrom([]string{"report", "report", "report", "advance", "instance", "update", "configure", "lag", "protect", "stop", "alarm", "provision"}).Draw(d.t, "step") {
	case "report":
		d.reportSome()
	case "advance":
		d.now = d.now.Add(rapid.SampledFrom([]time.Duration{100 * time.Millisecond, time.Second, 4 * time.Second, time.Minute}).Draw(d.t, "by"))
	case "instance":
		name := fmt.Sprintf("n%d", rapid.IntRange(0, 4).Draw(d.t, "which"))
		d.putInstance(name, rapid.SampledFrom([]string{"ACTIVE", "ACTIVE", "DRAINING", "INACTIVE"}).Draw(d.t, "status"), rapid.Bool().Draw(d.t, "connected"))
	case "update":
		s := d.service.Clone()
		s.Spec.TaskDefinition = rapid.SampledFrom([]string{"web:1", "web:2", "web:3"}).Draw(d.t, "definition")
		s.Spec.CapacityStrategy = nil
		if s.Spec.Scheduling == model.SchedulingReplica && rapid.IntRange(0, 3).Draw(d.t, "strategy") == 0 {
			s.Spec.CapacityStrategy = []model.CapacityStrategy{{Provider: "p", Base: 1, Weight: 1}, {Provider: "q", Weight: rapid.IntRange(0, 2).Draw(d.t, "weight")}}
		}
		d.write(model.Write{Key: s.Key(), Noun: s})
		d.newDeployment()
	case "provision":
		d.provision()
	case "configure":
		d.configure()
	case "protect":
		for _, t := range sorted(d.tasks) {
			if rapid.IntRange(0, 3).Draw(d.t, "whom") == 0 {
				c := t.Clone()
				c.ProtectedUntil = d.now.Add(rapid.SampledFrom([]time.Duration{0, 5 * time.Second, time.Minute}).Draw(d.t, "for"))
				d.put(c)
			}
		}
	case "stop":
		if p := d.primary(); p != nil && p.Status.Rollout == model.RolloutInProgress && p.StopRequested == "" {
			c := p.Clone()
			c.StopRequested, c.StopRequestedAt = rapid.SampledFrom([]string{StopRollback, StopAbort}).Draw(d.t, "how"), d.now
			d.put(c)
		}
	case "alarm":
		d.rev++
		a := &model.Alarm{Account: "1", Name: "errors", State: rapid.SampledFrom([]string{model.AlarmOK, model.AlarmAlarm}).Draw(d.t, "state")}
		a.Metadata().Rev = d.rev
		d.alarms[a.Name] = a
	}
}

func (d *draw) reportSome() {
	for _, id := range d.order {
		t := d.tasks[id]
		if t == nil || t.Waiting() || t.Stopped() || rapid.Bool().Draw(d.t, "skip") {
			continue
		}
		switch rapid.IntRange(0, 7).Draw(d.t, "what") {
		case 0:
			d.observe(t, model.TaskReport{Status: model.TaskStopped})
		case 1:
			d.health(t, rapid.SampledFrom([]string{"HEALTHY", "UNHEALTHY", "UNKNOWN"}).Draw(d.t, "is"))
		default:
			if t.Desired == model.TaskStopped {
				d.observe(t, model.TaskReport{Status: model.TaskStopped})
			} else {
				d.observe(t, model.TaskReport{Status: model.TaskRunning})
			}
		}
	}
}

// planOnce plans, checks the plan, and commits it.
func (d *draw) planOnce() (wrote bool, wake time.Time) {
	v := d.view()
	p := Plan(v)
	if again := Plan(briefed(d.view())); !reflect.DeepEqual(p, again) {
		d.t.Fatalf("planned twice, differently")
	}
	before := d.measure()
	d.checkPlaced(v)
	d.checkSpared(p.Change)
	if err := d.apply(p.Change); err != nil {
		d.t.Fatal(err)
	}
	d.checkCounts(before, d.measure())
	d.checkCounted()
	d.checkHistory()
	return !p.Change.Empty(), p.Wake
}

type measure struct{ alive, ready, least, most int }

func (d *draw) measure() (m measure) {
	p := begin(d.view())
	s := p.survey()
	m.least, m.most = s.least, s.most
	for _, t := range p.tasks {
		if judge.Alive(t) && !p.onLost(t) {
			m.alive++
			if p.ready(t) && !slices.Contains(s.astray, t) {
				m.ready++
			}
		}
	}
	return m
}

// checkCounts: no plan takes the tasks that serve below the minimum or those
// that live above the maximum.
func (d *draw) checkCounts(before, after measure) {
	if after.alive > max(before.alive, after.most) {
		d.t.Fatalf("%d alive, at most %d", after.alive, after.most)
	}
	if after.ready < min(before.ready, after.least) {
		d.t.Fatalf("%d serve, at least %d (before %d)", after.ready, after.least, before.ready)
	}
}

// checkPlaced: every instance that the plan gives tasks to has room for all
// of them and their ports, one by one.
func (d *draw) checkPlaced(v View) {
	f := v.Fleet
	for _, w := range Plan(v).Change.Writes {
		t, ok := w.Noun.(*model.Task)
		if !ok || t.Rev != 0 {
			continue
		}
		if t.Waiting() {
			if d.providers[t.Spec.CapacityProvider] == nil {
				d.t.Fatalf("task waits for provider %q, which brings no room", t.Spec.CapacityProvider)
			}
			continue
		}
		n, _ := f.Node(t.Spec.Instance)
		if why := place.Check(n, &place.Request{Resources: t.Spec.Resources}); why != "" {
			d.t.Fatalf("task on %s: %s", t.Spec.Instance, why)
		}
		f.Hold(t)
	}
}

// checkSpared: no plan stops a protected task that is healthy and whose
// instance is there.
func (d *draw) checkSpared(c model.Change) {
	look := begin(d.view())
	for _, w := range c.Writes {
		t, ok := w.Noun.(*model.Task)
		if !ok || t.Desired != model.TaskStopped {
			continue
		}
		if old := d.tasks[t.Key().ID]; judge.Alive(old) && old.Protected(d.now) && !look.unhealthy(old) && !look.onLost(old) {
			d.t.Fatalf("the protected %s is stopped", d.named(t.ID))
		}
	}
}

// checkHistory: every deployment has one of the statuses, a finished one keeps
// it, and only the last can be in progress.
func (d *draw) checkHistory() {
	all := sorted(d.deployments)
	open := 0
	for _, dep := range all {
		if !Shown(dep) {
			continue
		}
		switch status := Status(dep, all); status {
		case StatusSuccessful, StatusStopped, StatusRollbackSuccessful, StatusRollbackFailed:
			if old, ok := d.ended[dep.ID]; ok && old != status {
				d.t.Fatalf("%s was %s and is %s", dep.ID, old, status)
			}
			d.ended[dep.ID] = status
			if FinishedAt(dep, all).IsZero() {
				d.t.Fatalf("%s is %s and has not finished", dep.ID, status)
			}
		default:
			if open++; open > 1 {
				d.t.Fatalf("two deployments are under way")
			}
			if dep.Status.FinishedAt != (time.Time{}) {
				d.t.Fatalf("%s is %s and has finished", dep.ID, status)
			}
		}
	}
}

// checkCounted: a failed task is counted once, in its deployment.
func (d *draw) checkCounted() {
	for _, dep := range sorted(d.deployments) {
		for _, id := range dep.Status.Counted {
			if t := d.tasks[model.TaskID("1", "c", id)]; t == nil || t.Spec.Deployment != dep.ID || !t.Stopped() {
				d.t.Fatalf("%s counts %s", dep.ID, id)
			}
		}
		if dep.Status.FailedTasks > len(dep.Status.Counted) {
			d.t.Fatalf("%d failed, %d counted", dep.Status.FailedTasks, len(dep.Status.Counted))
		}
	}
}

func (d *draw) settle() (wake time.Time) {
	for range 50 {
		wrote, wake := d.planOnce()
		if !wrote {
			return wake
		}
	}
	d.t.Fatal("plans without end although nothing happens")
	return wake
}

// TestSafety: whatever happens, every plan is allowed, and plans come to an end.
func TestSafety(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDraw(t)
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			d.step()
			if rapid.Bool().Draw(t, "settle") {
				d.settle()
			} else {
				d.planOnce()
			}
		}
	})
}

// TestProgress: once the world cooperates and has room, the service becomes
// as it is wanted to be, and is quiet then.
func TestProgress(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDraw(t)
		for range rapid.IntRange(0, 20).Draw(t, "steps") {
			d.step()
			d.planOnce()
		}
		for i := range 20 { // room for all that is old and new at once
			d.putInstance(fmt.Sprintf("n%d", i), model.InstanceActive, true)
		}
		s := d.service.Clone()
		s.Spec.Rollout = model.Rollout{MinimumHealthyPercent: rapid.SampledFrom([]int{0, 50, 100}).Draw(t, "final min"), MaximumPercent: 200,
			BakeTime: s.Spec.Rollout.BakeTime}
		if s.Spec.Scheduling == model.SchedulingDaemon { // a port of a host cannot be taken over without a gap
			s.Spec.Rollout.MinimumHealthyPercent = 50
		}
		d.rev++
		d.write(model.Write{Key: s.Key(), Noun: s})
		d.newDeployment() // a failed deployment starts nothing any more
		for range 300 {
			wrote, wake := d.planOnce()
			moved := d.cooperate()
			if wrote || moved {
				continue
			}
			if wake.IsZero() {
				break
			}
			d.now = wake
		}
		primary := d.deployments[model.DeploymentKeyID("1", "c", "web", d.service.Primary)]
		if primary.Status.Rollout != model.RolloutCompleted || !primary.Status.Steady {
			t.Fatalf("not steady: %+v", primary.Status)
		}
		for _, task := range d.tasks {
			if judge.Alive(task) && task.Spec.Deployment != primary.ID {
				t.Fatalf("an old task is left: %+v", task)
			}
		}
		if s.Spec.ZoneRebalancing == "ENABLED" && s.Spec.Scheduling == model.SchedulingReplica {
			d.checkBalanced()
		}
		if p := Plan(d.view()); !p.Change.Empty() || !p.Wake.IsZero() {
			t.Fatalf("not quiet: %+v", p)
		}
	})
}

// checkBalanced: no two zones differ by more than one task.
func (d *draw) checkBalanced() {
	counts := map[string]int{}
	for _, t := range d.tasks {
		if judge.Alive(t) {
			counts[d.fleet().Zone(t.Spec.Instance)]++
		}
	}
	if most, least := max(counts["z0"], counts["z1"], counts["z2"]), min(counts["z0"], counts["z1"], counts["z2"]); most-least > 1 {
		d.t.Fatalf("not balanced: %v", counts)
	}
}

func BenchmarkRollout(b *testing.B) {
	w := newWorld()
	d := &draw{world: w}
	for i := range 1000 {
		d.putInstance(fmt.Sprintf("n%04d", i), model.InstanceActive, true)
	}
	w.define("web:1", 10, 10, 0, false)
	w.service = &model.Service{Account: "1", Cluster: "c", Name: "web", Status: model.ServiceActive,
		Spec: model.ServiceSpec{TaskDefinition: "web:1", DesiredCount: 1000, Rollout: model.Rollout{MinimumHealthyPercent: 100, MaximumPercent: 200}}}
	w.newDeployment()
	v := w.view()
	started := 0
	for b.Loop() {
		for _, wr := range Plan(v).Change.Writes {
			if wr.Key.Kind == model.KindTask {
				started++
			}
		}
	}
	b.ReportMetric(float64(started)/b.Elapsed().Seconds(), "tasks/s")
}
