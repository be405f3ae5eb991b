package bench

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"testing"
	"time"

	"github.com/roadstead/roadstead/control"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/store"
)

// The whole size of the scale measurement, and its bars.
const (
	scaleInstances    = 10_000
	scaleTasks        = 1_000_000
	scaleServiceTasks = 5_000  // the most that the API lets a service have
	wideServiceTasks  = 10_000 // of the one that is planned alone
	runningBar        = 150 * time.Second
	planBar           = 5 * time.Millisecond
	coldStartBar      = 15 * time.Second
	tenThousandBar    = 30e6
	fillPatience      = 8 * time.Minute
)

// scaleFactor is how much of the whole size is measured: ROADSTEAD_BENCH_SCALE,
// for development; 1 without it. Bars of rates hold at every size, those of a
// million tasks are divided along.
func scaleFactor(t testing.TB) float64 {
	text := os.Getenv("ROADSTEAD_BENCH_SCALE")
	if text == "" {
		return 1
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f <= 0 || f > 1 {
		t.Fatalf("ROADSTEAD_BENCH_SCALE=%q is not above 0 and at most 1", text)
	}
	return f
}

// scale measures the control plane with ten thousand simulated instances and a
// million tasks: how fast they come to run, how long a redeployment and a plan
// take beside them, what they weigh, what reading costs, and how long a start
// with them takes.
func scale(t *testing.T, r *report, _ sample) {
	factor := scaleFactor(t)
	w := &scaleWorld{t: t, r: r, dir: t.TempDir(),
		instances: max(100, int(scaleInstances*factor)),
		services:  max(1, (int(scaleTasks*factor)-wideServiceTasks)/scaleServiceTasks)}
	w.tasks = w.services*scaleServiceTasks + wideServiceTasks
	w.share = float64(w.tasks) / scaleTasks
	log, db := openStore(t, w.dir)
	w.plane = planeOver(t, db).run(log.PlanWrites())
	w.populate()
	w.fill()
	w.redeploy()
	w.plane.stop()
	w.plan()
	w.stop()
	w.read()
	w.plane, db = nil, nil
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	w.coldStart()
	w.startServer()
}

// scaleWorld is one measurement of scale.
type scaleWorld struct {
	t                          *testing.T
	r                          *report
	dir                        string
	instances, services, tasks int
	share                      float64 // of a million tasks
	plane                      *scalePlane
	herd                       *herd
	hangUp                     func()
}

// populate registers the instances and connects their agents.
func (w *scaleWorld) populate() {
	w.t.Helper()
	began := time.Now()
	w.plane.register(w.instances)
	registered := time.Since(began)
	began = time.Now()
	ctx, cancel := context.WithCancel(context.Background())
	w.herd = &herd{t: w.t, plane: w.plane, channel: &inMemory{handler: w.plane.server.ACS()}, reports: make(chan struct{}, reportsAtATime)}
	w.hangUp = cancel
	w.herd.join(ctx, w.plane.instances())
	w.r.note("%d instances registered in %.1f s, their agents connected in %.1f s", w.instances, registered.Seconds(), time.Since(began).Seconds())
	w.plane.must("RegisterTaskDefinition", scaleDefinition("1"))
}

// scaleDefinition is of one container, as a web service's: with a command, an
// environment and a port of the node's choice.
func scaleDefinition(release string) string {
	return fmt.Sprintf(`{"family":"web","networkMode":"bridge","containerDefinitions":[{"name":"app","image":"127.0.0.1:1/web:%s","cpu":10,"memory":16,
		"command":["serve","--port","8080"],"environment":[{"name":"RELEASE","value":%q},{"name":"STAGE","value":"production"}],
		"portMappings":[{"containerPort":8080,"protocol":"tcp"}]}]}`, release, release)
}

// fill creates the services and waits until all their tasks run.
func (w *scaleWorld) fill() {
	w.t.Helper()
	before := w.settled()
	began, cpu, kernel := time.Now(), ownCPU(w.t), ownKernel(w.t)
	for i := range w.services {
		w.plane.must("CreateService", fmt.Sprintf(`{"serviceName":"s%d","taskDefinition":"web","desiredCount":%d}`, i, scaleServiceTasks))
	}
	w.plane.must("CreateService", fmt.Sprintf(`{"serviceName":"wide","taskDefinition":"web","desiredCount":%d}`, scaleServiceTasks))
	w.widen()
	var placed, running time.Duration
	w.until(fillPatience, func() string {
		n, m := store.Len[*model.Task](w.plane.db.View()), w.herd.running.Load()
		if placed == 0 && n >= w.tasks {
			placed = time.Since(began)
		}
		if m < int64(w.tasks) {
			return fmt.Sprintf("%d of %d tasks are placed, %d run", n, w.tasks, m)
		}
		running = time.Since(began)
		return ""
	})
	used, below := ownCPU(w.t)-cpu, ownKernel(w.t)-kernel
	rate := float64(w.tasks) / placed.Seconds()
	w.r.add(row{what: fmt.Sprintf("placements committed, services of 5,000 tasks, on %d connected instances", w.instances),
		measured: fmt.Sprintf("%.0f/s", rate), ratio: times(rate / placementsBar), bar: ">= 10,000/s", verdict: atLeast(rate, placementsBar)})
	bar := time.Duration(w.share * float64(runningBar))
	w.r.add(row{what: fmt.Sprintf("%d tasks RUNNING", w.tasks), measured: fmt.Sprintf("%.1f s, %.0f µs of CPU each (%.0f µs in the kernel), simulated agents included",
		running.Seconds(), float64(used.Microseconds())/float64(w.tasks), float64(below.Microseconds())/float64(w.tasks)),
		bar: fmt.Sprintf("<= %.1f s", bar.Seconds()), verdict: atMost(running.Seconds(), bar.Seconds())})
	w.until(fillPatience, func() string {
		for i := range w.services {
			if d := w.plane.deployment(fmt.Sprintf("s%d", i)); d.Status.Rollout != model.RolloutCompleted {
				return "service " + d.Service + " is " + d.Status.Rollout
			}
		}
		return ""
	})
	w.r.note("all services steady after %.1f s; %d reports were refused and sent again", time.Since(began).Seconds(), w.herd.retried.Load())
	w.r.note("%s", &w.plane.planned)
	after := w.settled()
	each := (after.anonymous - before.anonymous) / float64(w.tasks) * 10_000
	w.r.add(row{what: "anonymous memory for each 10,000 tasks, in use", measured: fmt.Sprintf("%s (%s with no tasks, %s with all)",
		megabytes(each), megabytes(before.anonymous), megabytes(after.anonymous)), bar: "<= 30 MB", verdict: atMost(each, tenThousandBar)})
}

// widen gives the service wide more tasks than the API lets one have: the
// planner's budget is for twice as many.
func (w *scaleWorld) widen() {
	w.t.Helper()
	w.until(time.Minute, func() string {
		s, ok := store.Get[*model.Service](w.plane.db.View(), model.ServiceID(benchAccount, "default", "wide"))
		if !ok {
			return "no service wide"
		}
		s = s.Clone()
		s.Spec.DesiredCount = wideServiceTasks
		var c model.Change
		c.Put(s)
		if _, err := w.plane.db.Commit(context.Background(), c); err != nil {
			return err.Error()
		}
		return ""
	})
}

// settled is the memory of this process once garbage has been collected: with
// each collection stacks that were deep are halved, and pools are emptied after
// the second.
func (w *scaleWorld) settled() memoryOf {
	w.t.Helper()
	for range 4 {
		debug.FreeOSMemory()
	}
	return residentOf(w.t, os.Getpid())
}

// until asks again and again until what it waits for is there.
func (w *scaleWorld) until(limit time.Duration, missing func() string) {
	w.t.Helper()
	for deadline := time.Now().Add(limit); ; pause(10 * time.Millisecond) {
		what := missing()
		if what == "" {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("after %v: %s", limit, what)
		}
	}
}

// redeploy gives one service of 5,000 tasks another task definition.
func (w *scaleWorld) redeploy() {
	w.t.Helper()
	w.plane.must("RegisterTaskDefinition", scaleDefinition("2"))
	old := w.plane.deployment("s0").ID
	began, cpu := time.Now(), ownCPU(w.t)
	w.plane.must("UpdateService", `{"service":"s0","taskDefinition":"web"}`)
	w.until(fillPatience, func() string {
		d := w.plane.deployment("s0")
		if d.ID == old || d.Status.Rollout != model.RolloutCompleted {
			return "the redeployment is " + d.Status.Rollout
		}
		return ""
	})
	took := time.Since(began)
	w.r.add(row{what: "a service of 5,000 tasks redeployed, until COMPLETED", measured: fmt.Sprintf("%.1f s, %.0f µs of CPU a task",
		took.Seconds(), float64((ownCPU(w.t)-cpu).Microseconds())/scaleServiceTasks)})
}

// plan measures the planner of services on the one of 10,000 tasks: reading
// the view and deciding, settled and at the begin of a deployment. The loops
// must have ended, and the agents be connected: instances that are not are lost
// within seconds.
func (w *scaleWorld) plan() {
	w.t.Helper()
	id := model.ServiceID(benchAccount, "default", "wide")
	measure := func(what string) {
		planner := control.NewServices(control.ServicesOptions{})
		planner.All(w.plane.db.View(), time.Now(), func(string) {})
		var p plan.Plan
		const rounds = 20
		p = planner.Plan(w.plane.db.View(), id, time.Now()) // makes the fleet
		before := ownCPU(w.t)
		took := []time.Duration{}
		for range rounds {
			began := time.Now()
			p = planner.Plan(w.plane.db.View(), id, time.Now())
			took = append(took, time.Since(began))
		}
		cpu := (ownCPU(w.t) - before) / rounds
		w.r.add(row{what: "plan of one service of 10,000 tasks, " + what, measured: fmt.Sprintf("%s CPU, p50 %s by the clock, %d writes",
			milliseconds(cpu), milliseconds(percentile(took, 0.5)), len(p.Change.Writes)), bar: "<= 5 ms", verdict: atMost(cpu.Seconds(), planBar.Seconds())})
	}
	measure("settled")
	w.plane.must("UpdateService", `{"service":"wide","taskDefinition":"web","forceNewDeployment":true}`)
	measure("deploying")
}

// stop ends the channels.
func (w *scaleWorld) stop() {
	w.hangUp()
	w.plane.server.Shutdown()
	w.herd.channel.all.Wait()
	w.herd.all.Wait()
	w.herd = nil
}
