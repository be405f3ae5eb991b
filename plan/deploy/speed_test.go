package deploy

import (
	"cmp"
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
)

// crowd returns the view of a service of tasks tasks on a fleet of instances
// in three zones, settled, with old deployments and other attributes as real
// ones have.
func crowd(tasks, instances int) View {
	w := newWorld()
	for i := range instances {
		c := &model.ContainerInstance{Account: "1", Cluster: "c", ID: fmt.Sprintf("%032x", i), Status: model.InstanceActive, AgentConnected: true,
			Registered: model.Resources{CPU: 100_000, Memory: 100_000}}
		for a := range 40 {
			c.Attributes = append(c.Attributes, model.Attribute{Name: fmt.Sprintf("ecs.a-capability.%02d", a)})
		}
		c.Attributes = append(c.Attributes, model.Attribute{Name: "ecs.availability-zone", Value: fmt.Sprintf("z%d", i%3)})
		w.instances[c.Key().ID] = c
	}
	w.define("web:1", 10, 10, 0, true)
	w.define("web:2", 10, 10, 0, true)
	w.service = &model.Service{Account: "1", Cluster: "c", Name: "web", Status: model.ServiceActive,
		Spec: model.ServiceSpec{TaskDefinition: "web:1", DesiredCount: tasks, ZoneRebalancing: "ENABLED",
			Rollout: model.Rollout{MinimumHealthyPercent: 100, MaximumPercent: 200}}}
	w.newDeployment()
	ids := plan.NewIDs(plan.Seed{1})
	for i := range tasks {
		t := &model.Task{Account: "1", Cluster: "c", ID: ids.Hex(), Desired: model.TaskRunning,
			Spec: model.TaskSpec{TaskDefinition: "web:1", Instance: model.InstanceID("1", "c", fmt.Sprintf("%032x", i%instances)),
				Service: w.service.Key().ID, Deployment: w.service.Primary, Resources: model.Resources{CPU: 10, Memory: 10}, CreatedAt: w.now},
			Status: model.TaskObserved{Last: model.TaskRunning, StartedAt: w.now, Health: "HEALTHY"}}
		w.tasks[t.Key().ID] = t
	}
	w.now = w.now.Add(time.Hour)
	for range 3 {
		if err := w.apply(Plan(w.view()).Change); err != nil {
			panic(err)
		}
	}
	for range KeepInactive {
		w.now = w.now.Add(time.Second)
		d := w.primary().Clone()
		d.ID, d.CreatedAt, d.Status.State = ids.Deployment(), start, model.DeploymentInactive
		w.put(d)
	}
	return w.view()
}

// redeployed is the view in which a deployment of the service has begun: some
// new tasks have just settled, so that as many old ones are to stop.
func redeployed(tasks, instances int) View {
	v := crowd(tasks, instances)
	s := v.Service.Clone()
	s.Spec.TaskDefinition = "web:2"
	d := Begin(s, v.Deployments, v.Tasks, plan.NewIDs(plan.Seed{2}), v.Now)
	d.Metadata().Rev = 1
	s.Primary = d.ID
	v.Service, v.Deployments = s, append(v.Deployments, d)
	for _, t := range v.Tasks[:60] {
		t = t.Clone()
		t.ID = t.ID[1:] + "0"
		t.Spec.TaskDefinition, t.Spec.Deployment = "web:2", d.ID
		v.Tasks = append(v.Tasks, t)
	}
	slices.SortFunc(v.Tasks, func(a, b *model.Task) int { return cmp.Compare(a.ID, b.ID) })
	v.Now = v.Now.Add(time.Minute)
	return v
}

func benchmark(b *testing.B, v View, writes bool) {
	if got := len(Plan(v).Change.Writes) > 0; got != writes {
		b.Fatalf("writes: %v", got)
	}
	b.ReportAllocs()
	for b.Loop() {
		Plan(v)
	}
	var u syscall.Rusage
	before := used(b, &u)
	for range 10 {
		Plan(v)
	}
	b.ReportMetric(float64(used(b, &u)-before)/10/1e6, "cpu-ms/plan")
}

// used is the processor time of this process, which says more than the clock
// on a machine that is shared.
func used(b *testing.B, u *syscall.Rusage) int64 {
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// The budget of each is 5 ms.
func BenchmarkPlan10000Settled(b *testing.B) { benchmark(b, crowd(10_000, 1000), false) }

func BenchmarkPlan10000SettledWide(b *testing.B) { benchmark(b, crowd(10_000, 10_000), false) }

func BenchmarkPlan10000Deploying(b *testing.B) { benchmark(b, redeployed(10_000, 1000), true) }

func BenchmarkPlan10000DeployingWide(b *testing.B) { benchmark(b, redeployed(10_000, 10_000), true) }

func BenchmarkPlan10000ScalingIn(b *testing.B) {
	v := crowd(10_000, 1000)
	v.Service = v.Service.Clone()
	v.Service.Spec.DesiredCount = 5000
	benchmark(b, v, true)
}

func BenchmarkPlan10000Starting(b *testing.B) {
	v := crowd(10_000, 10_000)
	v.Service = v.Service.Clone()
	v.Service.Spec.DesiredCount = 20_000
	benchmark(b, v, true)
}
