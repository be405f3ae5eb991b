package deploy

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/roadstead/roadstead/model"
)

// TestTaskSetsConverge: whatever happens to task sets, once the world
// cooperates each has as many tasks as its scale says, those that drained are
// gone, and nothing more is written.
func TestTaskSetsConverge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &draw{world: newWorld(), t: t, ended: map[string]string{}}
		for i := range 3 {
			d.putInstance(fmt.Sprintf("n%d", i), model.InstanceActive, true)
		}
		d.define("web:1", 10, 10, 0, false)
		d.define("web:2", 10, 10, 0, true)
		d.service = &model.Service{Account: "1", Cluster: "c", Name: "web", Status: model.ServiceActive,
			Spec: model.ServiceSpec{Controller: ControllerExternal, DesiredCount: rapid.IntRange(0, 7).Draw(t, "desired")}}
		d.put(d.service)
		for n := range rapid.IntRange(1, 25).Draw(t, "steps") {
			d.setStep(n)
			for range rapid.IntRange(0, 3).Draw(t, "plans") {
				d.planSets()
			}
		}
		for i := range 4 {
			d.putInstance(fmt.Sprintf("n%d", i), model.InstanceActive, true)
		}
		for range 300 {
			wrote, wake := d.planSets()
			if moved := d.cooperate(); wrote || moved {
				continue
			}
			if wake.IsZero() {
				break
			}
			d.now = wake
		}
		alive := map[string]int{}
		for _, task := range d.tasks {
			if task.Desired != model.TaskStopped && !task.Stopped() {
				alive[task.Spec.Deployment]++
			}
		}
		for _, set := range d.sets {
			if set.Status == model.TaskSetDraining || alive[set.ID] != Wanted(set, d.service.Spec.DesiredCount) || set.Stability != model.SteadyState {
				t.Fatalf("%s is %s and %s with %d tasks of %d", set.ID, set.Status, set.Stability, alive[set.ID], Wanted(set, d.service.Spec.DesiredCount))
			}
			delete(alive, set.ID)
		}
		if len(alive) > 0 {
			t.Fatalf("tasks of no task set: %v", alive)
		}
		if p := Plan(d.view()); !p.Change.Empty() || !p.Wake.IsZero() {
			t.Fatalf("not quiet: %+v", p)
		}
	})
}

func (d *draw) setStep(n int) {
	all := sorted(d.sets)
	switch what := rapid.SampledFrom([]string{"create", "scale", "drain", "report", "report", "desired", "advance", "instance"}).Draw(d.t, "step"); {
	case what == "create" && len(all) < 4:
		d.put(&model.TaskSet{Account: "1", Cluster: "c", Service: "web", ID: fmt.Sprintf("ecs-svc/%d", n), Status: model.TaskSetActive, CreatedAt: d.now,
			Spec:  model.ServiceSpec{TaskDefinition: rapid.SampledFrom([]string{"web:1", "web:2"}).Draw(d.t, "definition")},
			Scale: float64(rapid.IntRange(0, 100).Draw(d.t, "scale"))})
	case what == "scale" && len(all) > 0:
		c := rapid.SampledFrom(all).Draw(d.t, "which").Clone()
		c.Scale = float64(rapid.IntRange(0, 100).Draw(d.t, "scale"))
		d.put(c)
	case what == "drain" && len(all) > 0:
		c := rapid.SampledFrom(all).Draw(d.t, "which").Clone()
		c.Status = model.TaskSetDraining
		d.put(c)
	case what == "report":
		d.reportSome()
	case what == "desired":
		s := d.service.Clone()
		s.Spec.DesiredCount = rapid.IntRange(0, 7).Draw(d.t, "desired")
		d.put(s)
	case what == "advance":
		d.now = d.now.Add(rapid.SampledFrom([]time.Duration{time.Second, time.Minute}).Draw(d.t, "by"))
	case what == "instance":
		d.putInstance(fmt.Sprintf("n%d", rapid.IntRange(0, 2).Draw(d.t, "which")),
			rapid.SampledFrom([]string{"ACTIVE", "DRAINING", "INACTIVE"}).Draw(d.t, "status"), rapid.Bool().Draw(d.t, "connected"))
	}
}

// planSets plans and commits; what was committed is not planned again.
func (d *draw) planSets() (wrote bool, wake time.Time) {
	p := Plan(d.view())
	d.checkPlaced(d.view())
	if err := d.apply(p.Change); err != nil {
		d.t.Fatal(err)
	}
	return !p.Change.Empty(), p.Wake
}

// TestWanted: the scale is rounded up.
func TestWanted(t *testing.T) {
	for _, c := range []struct {
		desired int
		scale   float64
		want    int
	}{{3, 50, 2}, {3, 100, 3}, {3, 0, 0}, {0, 100, 0}, {10, 0.1, 1}, {7, 30, 3}, {100, 7, 7}, {1000, 0.7, 7}} {
		if got := Wanted(&model.TaskSet{Status: model.TaskSetActive, Scale: c.scale}, c.desired); got != c.want {
			t.Errorf("%v%% of %d: %d, want %d", c.scale, c.desired, got, c.want)
		}
	}
}
