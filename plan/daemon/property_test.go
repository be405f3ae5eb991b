package daemon

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/judge"
)

// draw is a world that rapid moves, with the checks of every plan.
type draw struct {
	*world
	t *rapid.T
}

func (d *draw) putInstance(name, status string, connected bool) {
	i := &model.ContainerInstance{Account: "1", Cluster: "c", ID: name, Status: status, AgentConnected: connected, ConnectedAt: d.now,
		Registered: model.Resources{CPU: 1000, Memory: 1000}, CapacityProvider: rapid.SampledFrom([]string{"p", "p", "q"}).Draw(d.t, "provider")}
	if old, ok := d.nouns[i.Key()].(*model.ContainerInstance); ok {
		i.CapacityProvider = old.CapacityProvider
		if old.Status != model.InstanceRegistering && status == model.InstanceRegistering {
			i.Status = old.Status // nothing becomes new again
		}
	}
	d.put(i)
}

func (d *draw) update() {
	d.deploy(model.DaemonRevisionSpec{TaskDefinition: rapid.SampledFrom([]string{"log:1", "log:2", "big:1"}).Draw(d.t, "definition"),
		Critical: rapid.Bool().Draw(d.t, "critical")},
		model.DaemonDeploymentSpec{Providers: rapid.SampledFrom([][]string{{"p"}, {"q"}, {"p", "q"}}).Draw(d.t, "providers"),
			DrainPercent: float64(rapid.SampledFrom([]int{0, 25, 50, 100}).Draw(d.t, "percent")),
			BakeTime:     rapid.SampledFrom([]time.Duration{0, 0, time.Minute}).Draw(d.t, "bake")})
}

func (d *draw) step() {
	switch rapid.SampledFrom([]string{"report", "report", "report", "advance", "instance", "update", "lag"}).Draw(d.t, "step") {
	case "report":
		d.reportSome()
	case "advance":
		d.now = d.now.Add(rapid.SampledFrom([]time.Duration{100 * time.Millisecond, time.Second, 4 * time.Second, time.Minute}).Draw(d.t, "by"))
	case "instance":
		name := fmt.Sprintf("n%d", rapid.IntRange(0, 4).Draw(d.t, "which"))
		d.putInstance(name, rapid.SampledFrom([]string{"ACTIVE", "REGISTERING", "DRAINING", "INACTIVE"}).Draw(d.t, "status"), rapid.Bool().Draw(d.t, "connected"))
	case "update":
		d.update()
	}
}

func (d *draw) reportSome() {
	for _, k := range d.order {
		t := d.nouns[k].(*model.Task)
		if t.Stopped() || rapid.Bool().Draw(d.t, "skip") {
			continue
		}
		switch what := rapid.IntRange(0, 7).Draw(d.t, "what"); {
		case what == 0, t.Desired == model.TaskStopped && what > 1:
			d.observe(t, model.TaskReport{Status: model.TaskStopped})
		case what == 1:
			d.health(t, rapid.SampledFrom([]string{"HEALTHY", "UNHEALTHY", "UNKNOWN"}).Draw(d.t, "is"))
		case what == 2:
			d.put(t.Stop(model.StopUserInitiated, "by a user", d.now))
		default:
			d.observe(t, model.TaskReport{Status: model.TaskRunning})
		}
	}
}

// planOnce plans the daemon and all gates, checks the plans, and commits them.
func (d *draw) planOnce() (wrote bool, wake time.Time) {
	p := Plan(d.view())
	if again := Plan(d.view()); !reflect.DeepEqual(p, again) {
		d.t.Fatalf("planned twice, differently")
	}
	d.checkStarted(p.Change)
	other := d.view()
	other.Seed[0] ^= 0xff
	late := Plan(other).Change
	if err := d.apply(p.Change); err != nil {
		d.t.Fatal(err)
	}
	if starts(late) && d.apply(late) == nil {
		d.t.Fatal("two plans of one view start tasks")
	}
	wrote, wake = !p.Change.Empty(), p.Wake
	for _, i := range all[*model.ContainerInstance](d.world) {
		g := d.gate(i)
		if err := d.apply(g.Change); err != nil {
			d.t.Fatal(err)
		}
		wrote, wake = wrote || !g.Change.Empty(), earlier(wake, g.Wake)
	}
	return wrote, wake
}

// starts reports whether the change makes a task.
func starts(c model.Change) bool {
	return slices.ContainsFunc(c.Writes, func(w model.Write) bool {
		t, ok := w.Noun.(*model.Task)
		return ok && t.Rev == 0
	})
}

// checkStarted checks where a plan starts tasks: on connected instances of
// the providers in force that nobody empties and that have no task of the
// daemon left.
func (d *draw) checkStarted(c model.Change) {
	_, providers := d.newest().InForce()
	for _, w := range c.Writes {
		t, ok := w.Noun.(*model.Task)
		if !ok || d.nouns[w.Key] != nil {
			continue
		}
		i := d.nouns[model.Key{Kind: model.KindContainerInstance, ID: t.Spec.Instance}].(*model.ContainerInstance)
		if !i.AgentConnected || i.Status == model.InstanceInactive || i.Status == model.InstanceDraining && i.DrainedFor == "" {
			d.t.Fatalf("started on %s, which is %s, connected %v", i.ID, i.Status, i.AgentConnected)
		}
		if !slices.Contains(providers, i.CapacityProvider) {
			d.t.Fatalf("started on %s of provider %s", i.ID, i.CapacityProvider)
		}
		for _, old := range all[*model.Task](d.world) {
			if old.Spec.Instance == t.Spec.Instance && !old.Stopped() {
				d.t.Fatalf("started on %s beside task %s", i.ID, d.names[old.ID])
			}
		}
	}
}

// settle lets everything go well until nothing is left to do.
func (d *draw) settle() {
	for range 3000 {
		wrote, wake := d.planOnce()
		moved := d.cooperate()
		for _, t := range all[*model.Task](d.world) {
			if t.Status.Health != "" && t.Status.Health != "HEALTHY" && t.Status.Last == model.TaskRunning && judge.Alive(t) {
				d.health(t, "HEALTHY")
				moved = true
			}
		}
		if wrote || moved {
			continue
		}
		if wake.IsZero() {
			return
		}
		d.now = wake
	}
	d.t.Fatal("does not settle")
}

// checkSettled checks that every instance has what it is to have, and that
// none is kept out of use.
func (d *draw) checkSettled() {
	revision, providers := d.newest().InForce()
	for _, i := range all[*model.ContainerInstance](d.world) {
		var living []*model.Task
		for _, t := range all[*model.Task](d.world) {
			if t.Spec.Instance == i.Key().ID && judge.Alive(t) {
				living = append(living, t)
			}
		}
		covered := slices.Contains(providers, i.CapacityProvider) && i.Status != model.InstanceInactive
		switch {
		case !i.AgentConnected || i.Status == model.InstanceInactive:
		case i.Status == model.InstanceRegistering, i.DrainedFor != "":
			d.t.Fatalf("%s is %s for %q", i.ID, i.Status, i.DrainedFor)
		case i.Status == model.InstanceDraining || !covered:
			if len(living) > 0 {
				d.t.Fatalf("%s has %d tasks", i.ID, len(living))
			}
		case revision != "" && (len(living) != 1 || living[0].Spec.Deployment != revision || living[0].Status.Last != model.TaskRunning):
			d.t.Fatalf("%s has %d tasks and not one of %s", i.ID, len(living), d.names[revision])
		}
	}
}

func TestProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &draw{newWorld(), t}
		for n := range rapid.IntRange(1, 4).Draw(t, "instances") {
			d.putInstance(fmt.Sprintf("n%d", n), model.InstanceActive, true)
		}
		d.define("log:1", 100, false)
		d.define("log:2", 100, true)
		d.define("big:1", 900, false)
		d.update()
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			d.step()
			if rapid.Bool().Draw(t, "plan") {
				d.planOnce()
			}
		}
		d.settle()
		d.checkSettled()
		if !d.newest().Ended() {
			t.Fatalf("the deployment is %s: %s", d.newest().Status.State, d.newest().Status.Reason)
		}
		d.deploy(model.DaemonRevisionSpec{}, model.DaemonDeploymentSpec{Delete: true})
		d.leave()
	})
}

// leave lets the daemon go, and checks that nothing of it stays where
// instances can be reached.
func (d *draw) leave() {
	for range 100 {
		if d.daemon() == nil {
			break
		}
		p := Plan(d.view())
		if err := d.apply(p.Change); err != nil {
			d.t.Fatal(err)
		}
		if !d.cooperate() && p.Change.Empty() {
			d.now = d.now.Add(time.Minute)
		}
	}
	if n := len(all[*model.DaemonDeployment](d.world)) + len(all[*model.DaemonRevision](d.world)); d.daemon() != nil || n > 0 {
		d.t.Fatalf("the daemon stays, with %d deployments and revisions", n)
	}
}
