package control

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/plan/reap"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
)

// testCluster is a store with the loops over it and instances that do what
// they are told.
type testCluster struct {
	t        testing.TB
	db       *store.DB
	services *services
	loops    []*Loop
	now      time.Time
	seeds    uint64
	dead     map[string]bool // instances that report nothing
	failing  bool            // tasks stop instead of running
	made     int
}

func newTestCluster(t testing.TB, opts memlog.Options) *testCluster {
	c := &testCluster{t: t, db: open(t, opts), now: start, dead: map[string]bool{}}
	p := NewServices(ServicesOptions{Seed: func() (s plan.Seed) {
		c.seeds++
		s[0], s[1], s[2] = byte(c.seeds), byte(c.seeds>>8), byte(c.seeds>>16)
		return s
	}})
	c.services = p.(*services)
	c.loops = []*Loop{New(c.db, p, Options{}), New(c.db, NewReaper(reap.Timing{}), Options{})}
	t.Cleanup(func() {
		for _, l := range c.loops {
			l.Close()
		}
	})
	c.put(&model.Cluster{Account: "1", Name: "c", Status: model.ClusterActive})
	c.define("web", 100)
	return c
}

// put commits nouns as the API would, again and again while faults are injected.
func (c *testCluster) put(nouns ...model.Noun) {
	c.t.Helper()
	var ch model.Change
	for _, n := range nouns {
		ch.PutUnguarded(n)
	}
	for range 100 {
		if _, err := c.db.Commit(c.t.Context(), ch); err == nil {
			return
		}
	}
	c.t.Fatal("cannot commit")
}

func (c *testCluster) define(family string, amount int) {
	name, memory := "main", int32(amount)
	c.put(&model.TaskDefinition{Account: "1", Family: family, Revision: 1, Status: model.TaskDefinitionActive,
		Definition: &types.TaskDefinition{ContainerDefinitions: []types.ContainerDefinition{{Name: &name, Cpu: memory, Memory: &memory}}}})
}

func (c *testCluster) instance(name string) {
	c.put(&model.ContainerInstance{Account: "1", Cluster: "c", ID: name, Status: model.InstanceActive, AgentConnected: true,
		RegisteredAt: c.now, ConnectedAt: c.now, Registered: model.Resources{CPU: 1000, Memory: 1000}})
}

func (c *testCluster) change(name string, f func(*model.ContainerInstance)) {
	i, _ := store.Get[*model.ContainerInstance](c.db.View(), model.InstanceID("1", "c", name))
	n := i.Clone()
	f(n)
	c.put(n)
}

func (c *testCluster) service(name, family string, desired int, edit ...func(*model.Service)) {
	c.made++
	spec := model.ServiceSpec{TaskDefinition: model.TaskDefinitionID("1", family, 1), DesiredCount: desired, LaunchType: "EC2",
		Scheduling: model.SchedulingReplica, Rollout: model.Rollout{MinimumHealthyPercent: 100, MaximumPercent: 200}}
	s := &model.Service{Account: "1", Cluster: "c", Name: name, Status: model.ServiceActive, Spec: spec, CreatedAt: c.now,
		Primary: fmt.Sprintf("ecs-svc/%019d", c.made)}
	for _, f := range edit {
		f(s)
	}
	c.put(s, &model.Deployment{Account: "1", Cluster: "c", Service: name, ID: s.Primary, Spec: s.Spec, CreatedAt: c.now,
		Status: model.DeploymentStatus{State: model.DeploymentPrimary, Rollout: model.RolloutInProgress}})
}

func (c *testCluster) edit(name string, f func(*model.Service)) {
	s, _ := store.Get[*model.Service](c.db.View(), model.ServiceID("1", "c", name))
	n := s.Clone()
	f(n)
	c.put(n)
}

// step runs the loops once and returns the earliest time to run them again.
func (c *testCluster) step() (next time.Time) {
	c.t.Helper()
	for _, l := range c.loops {
		at, err := l.Step(c.t.Context(), c.now)
		if err != nil {
			c.t.Fatal(err)
		}
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next
}

// agents lets every instance report on its tasks.
func (c *testCluster) agents() (moved bool) {
	for t := range store.All[*model.Task](c.db.View()) {
		i, ok := store.Get[*model.ContainerInstance](c.db.View(), t.Spec.Instance)
		if t.Stopped() || !ok || c.dead[i.ID] {
			continue
		}
		r := model.TaskReport{Status: model.TaskRunning}
		if t.Desired == model.TaskStopped || c.failing {
			r.Status = model.TaskStopped
		}
		if o := t.Observe(r, c.now); o != t {
			c.put(o)
			moved = true
		}
	}
	return moved
}

// run lets time pass until end, step by step.
func (c *testCluster) run(d time.Duration) {
	c.t.Helper()
	end := c.now.Add(d)
	for range 10000 {
		next := c.step()
		if c.agents() {
			continue
		}
		if next.After(end) {
			c.now = end
			c.checkFleet()
			c.checkCrowds()
			return
		}
		if next.After(c.now) {
			c.now = next
		}
	}
	c.t.Fatal("does not come to rest")
}

// checkFleet compares the planner's cache with the store.
func (c *testCluster) checkFleet() {
	c.t.Helper()
	cache := c.services.clusters["1/c"]
	if cache == nil || cache.fleet == nil {
		return
	}
	c.services.clusters["1/c"].fleetOf(c.db.View(), "1/c")
	fresh := (&clusterCache{}).fleetOf(c.db.View(), "1/c")
	for _, id := range append(fresh.Nodes(), cache.fleet.Nodes()...) {
		a, _ := fresh.Node(id)
		b, _ := cache.fleet.Node(id)
		if fmt.Sprint(a) != fmt.Sprint(b) {
			c.t.Fatalf("the cache says %+v, the store %+v", b, a)
		}
	}
}

// checkCrowds compares what the planner remembers of tasks with the store.
func (c *testCluster) checkCrowds() {
	c.t.Helper()
	v := c.db.View()
	for id, known := range c.services.crowds {
		defs := map[string]*model.TaskDefinition{}
		have := c.services.crowdOf(v, id, known.fleet, defs)
		var fresh crowd
		for t := range store.TasksByService(v, id) {
			define(v, defs, t.Spec.TaskDefinition)
			fresh.tasks = append(fresh.tasks, t)
		}
		if !slices.Equal(have.tasks, fresh.tasks) || len(have.briefs.List) != len(fresh.tasks) {
			c.t.Fatalf("%s: %d tasks are remembered with %d briefs, %d there", id, len(have.tasks), len(have.briefs.List), len(fresh.tasks))
		}
		for i, t := range fresh.tasks {
			if b := have.briefs.Of(t, defs[t.Spec.TaskDefinition], known.fleet); b != have.briefs.List[i] {
				c.t.Fatalf("%s: %+v is remembered of task %s, which is %+v", id, have.briefs.List[i], t.ID, b)
			}
		}
	}
}

// counts returns how many tasks of the service are to run, by instance, and
// how many of those do.
func (c *testCluster) counts(service string) (on map[string]int, alive, running int) {
	on = map[string]int{}
	for t := range store.TasksByService(c.db.View(), model.ServiceID("1", "c", service)) {
		if t.Desired == model.TaskStopped || t.Stopped() {
			continue
		}
		on[t.Spec.Instance[len("1/c/"):]]++
		alive++
		if t.Status.Last == model.TaskRunning {
			running++
		}
	}
	return on, alive, running
}

func (c *testCluster) expect(service string, want int) {
	c.t.Helper()
	if on, alive, running := c.counts(service); alive != want || running != want {
		c.t.Fatalf("%s: %d tasks, %d run, on %v; want %d", service, alive, running, on, want)
	}
}

func TestServicesComeUpAndAreKept(t *testing.T) {
	c := newTestCluster(t, memlog.Options{})
	c.instance("a")
	c.instance("b")
	c.service("web", "web", 4)
	c.service("log", "web", 0, func(s *model.Service) { s.Spec.Scheduling = model.SchedulingDaemon })
	c.run(5 * time.Second)
	c.expect("web", 4)
	c.expect("log", 2)

	c.instance("d") // the daemon follows, the replicas stay
	c.run(5 * time.Second)
	c.expect("log", 3)

	c.dead["a"] = true
	c.change("a", func(i *model.ContainerInstance) { i.AgentConnected, i.ConnectedAt = false, c.now })
	c.run(4 * time.Second)
	if on, _, _ := c.counts("web"); on["a"] != 0 || on["b"]+on["d"] != 4 {
		t.Fatalf("tasks on %v", on)
	}
	c.expect("web", 4)
	c.expect("log", 2)

	delete(c.dead, "a")
	c.change("a", func(i *model.ContainerInstance) { i.AgentConnected, i.ConnectedAt = true, c.now })
	c.run(4 * time.Second)
	c.expect("web", 4)
	c.expect("log", 3)

	c.edit("web", func(s *model.Service) { s.Status = model.ServiceDraining })
	c.run(time.Second)
	c.expect("web", 0)
	if s, _ := store.Get[*model.Service](c.db.View(), "1/c/web"); s.Status != model.ServiceInactive {
		t.Errorf("service is %s", s.Status)
	}
	for d := range store.DeploymentsByService(c.db.View(), "1/c/web") {
		t.Errorf("deployment %s is left", d.ID)
	}

	c.run(2 * time.Hour) // the reaper forgets the stopped tasks
	if n := store.Len[*model.Task](c.db.View()); n != 3 {
		t.Errorf("%d tasks are left", n)
	}
	c.run(25 * time.Hour)
	if _, ok := store.Get[*model.Service](c.db.View(), "1/c/web"); ok {
		t.Error("the inactive service is left")
	}
}

// TestStuckServicesWakeUp: a service without room runs as soon as there is
// some: by another's end, or by a new instance.
func TestStuckServicesWakeUp(t *testing.T) {
	c := newTestCluster(t, memlog.Options{})
	c.define("big", 900)
	c.instance("a")
	c.service("one", "big", 1)
	c.service("two", "big", 1)
	c.service("three", "big", 1)
	c.run(5 * time.Second)
	if n := store.Len[*model.Task](c.db.View()); n != 1 {
		t.Fatalf("%d tasks", n)
	}
	c.instance("b")
	c.run(time.Second)
	_, one, _ := c.counts("one")
	_, two, _ := c.counts("two")
	_, three, _ := c.counts("three")
	if one+two+three != 2 {
		t.Fatalf("%d %d %d", one, two, three)
	}
	c.edit(map[bool]string{true: "one", false: "two"}[one == 1], func(s *model.Service) { s.Spec.DesiredCount = 0 })
	c.run(time.Second)
	c.run(time.Second)
	if n := len(c.services.clusters["1/c"].stuck); n != 0 {
		t.Errorf("%d services are stuck", n)
	}
}

// TestQuiet: a settled cluster writes nothing, resync or not.
func TestQuiet(t *testing.T) {
	c := newTestCluster(t, memlog.Options{})
	c.instance("a")
	c.service("web", "web", 4)
	c.run(time.Minute)
	rev := c.db.View().Rev()
	c.run(30 * time.Minute)
	if now := c.db.View().Rev(); now != rev {
		t.Errorf("revision went from %d to %d", rev, now)
	}
}

// TestFaults: whatever the log does to commits, the cluster ends as it is
// wanted to be, without a task too many.
func TestFaults(t *testing.T) {
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 0))
		calm, hits := true, 0
		c := newTestCluster(t, memlog.Options{Fault: func(op memlog.Op) memlog.Fault {
			if calm || op != memlog.OpAppend || rng.IntN(4) > 0 {
				return memlog.None
			}
			hits++
			return []memlog.Fault{memlog.Conflict, memlog.LostAnswer, memlog.LostRequest, memlog.NoSpace}[rng.IntN(4)]
		}})
		calm = false
		for i := range 3 {
			c.instance(fmt.Sprint("n", i))
		}
		c.service("web", "web", 6)
		c.run(20 * time.Second)
		c.failing = true
		c.run(5 * time.Second)
		c.failing = false
		c.edit("web", func(s *model.Service) { s.Spec.DesiredCount = 9 })
		c.change("n1", func(i *model.ContainerInstance) { i.Status = model.InstanceDraining })
		c.run(20 * time.Minute)
		calm = true
		c.run(time.Minute)
		c.expect("web", 9)
		if hits == 0 {
			t.Errorf("seed %d: no fault", seed)
		}
		if on, _, _ := c.counts("web"); on["n1"] != 0 {
			t.Fatalf("seed %d: tasks on %v", seed, on)
		}
	}
}

// BenchmarkPlacements counts the tasks per second that services start on
// 10,000 instances, from View to commit in memory.
func BenchmarkPlacements(b *testing.B) {
	for _, size := range []int{1, 10, 1000} {
		b.Run(fmt.Sprintf("services-of-%d", size), func(b *testing.B) {
			c := newTestCluster(b, memlog.Options{})
			for i := range 10_000 {
				c.put(&model.ContainerInstance{Account: "1", Cluster: "c", ID: fmt.Sprintf("%032x", i), Status: model.InstanceActive,
					AgentConnected: true, Registered: model.Resources{CPU: 1 << 20, Memory: 1 << 20},
					Attributes: []model.Attribute{{Name: "ecs.availability-zone", Value: fmt.Sprint("z", i%3)}}})
			}
			c.step()
			n, started := 0, 0
			for b.Loop() {
				b.StopTimer()
				n++
				before := store.Len[*model.Task](c.db.View())
				for i := range max(100/size, 1) {
					c.service(fmt.Sprintf("s%d-%d", n, i), "web", size)
				}
				b.StartTimer()
				for next := c.step(); !next.After(c.now); next = c.step() {
				}
				started += store.Len[*model.Task](c.db.View()) - before
			}
			b.ReportMetric(float64(started)/b.Elapsed().Seconds(), "tasks/s")
			if want := n * max(100, size); started != want {
				b.Fatalf("%d tasks, want %d", started, want)
			}
		})
	}
}
