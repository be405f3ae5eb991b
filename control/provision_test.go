package control

import (
	"fmt"
	"testing"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/provision"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
)

// waitingTask stores a task that waits for room in a capacity provider.
func (c *testCluster) waitingTask(id, provider string, memory int) {
	t := &model.Task{Account: "1", Cluster: "c", ID: id, Desired: model.TaskRunning,
		Spec: model.TaskSpec{TaskDefinition: model.TaskDefinitionID("1", "web", 1), Group: "family:web", CapacityProvider: provider,
			Resources: model.Resources{Memory: memory}, CreatedAt: c.now},
		Status: model.TaskObserved{Version: 1, Containers: []model.ContainerObserved{{Name: "main", Last: model.TaskPending}}}}
	provision.Wait(t, nil, nil, nil)
	c.put(t)
}

func (c *testCluster) taskNow(id string) *model.Task {
	t, _ := store.Get[*model.Task](c.db.View(), model.TaskID("1", "c", id))
	return t
}

func newProvisioned(t *testing.T) *testCluster {
	c := newTestCluster(t, memlog.Options{})
	loop := New(c.db, NewProvisioner(ProvisionOptions{}), Options{})
	t.Cleanup(loop.Close)
	c.loops = append(c.loops, loop)
	return c
}

// TestWaitingTasksGetRoom: tasks wait in vain on the instances of others, get
// the room of an instance that joins their provider, then that of a task that
// ends; nothing is written in between.
func TestWaitingTasksGetRoom(t *testing.T) {
	c := newProvisioned(t)
	c.instance("stranger")
	for i := range 3 {
		c.waitingTask(fmt.Sprint("t", i), "p", 600)
		c.now = c.now.Add(time.Second)
	}
	c.run(time.Second)
	rev := c.db.View().Rev()
	c.run(time.Minute)
	if got := c.db.View().Rev(); got != rev {
		t.Errorf("waiting writes: revision %d, then %d", rev, got)
	}
	c.put(&model.ContainerInstance{Account: "1", Cluster: "c", ID: "joined", Status: model.InstanceActive, AgentConnected: true,
		CapacityProvider: "p", RegisteredAt: c.now, ConnectedAt: c.now, Registered: model.Resources{CPU: 1000, Memory: 1000}})
	c.run(time.Second)
	for id, want := range map[string]model.TaskStatus{"t0": model.TaskRunning, "t1": model.TaskProvisioning, "t2": model.TaskProvisioning} {
		if got := c.taskNow(id).Status.Last; got != want {
			t.Errorf("%s is %s, want %s", id, got, want)
		}
	}
	c.put(c.taskNow("t0").Stop(model.StopUserInitiated, "done", c.now))
	c.run(time.Second)
	if got := c.taskNow("t1"); got.Status.Last != model.TaskRunning || got.Spec.Instance != "1/c/joined" {
		t.Errorf("t1 is %s on %q", got.Status.Last, got.Spec.Instance)
	}
	if got := c.taskNow("t2"); !got.Waiting() {
		t.Errorf("t2 is %s", got.Status.Last)
	}
}

// TestWaitingEnds: a task that waits in vain stops, stays visible for a while
// and is forgotten; so is one that somebody stopped while it waited, at once.
func TestWaitingEnds(t *testing.T) {
	c := newProvisioned(t)
	c.waitingTask("vain", "p", 100)
	c.waitingTask("enough", "p", 100)
	c.run(time.Second)
	c.put(c.taskNow("enough").Stop(model.StopUserInitiated, "Task stopped by user", c.now))
	if got := c.taskNow("enough"); !got.Stopped() || got.Status.Containers[0].Last != model.TaskStopped || got.Status.StoppedAt.IsZero() {
		t.Errorf("it is %+v", got.Status)
	}
	c.run(provision.DefaultTimeout)
	if got := c.taskNow("vain"); !got.Stopped() || got.StopCode != model.StopTaskFailedToStart || got.StoppedReason != provision.ReasonNoCapacity {
		t.Errorf("it is %s: %s %s", got.Status.Last, got.StopCode, got.StoppedReason)
	}
	if c.taskNow("enough") == nil {
		t.Error("stopped tasks are forgotten too early")
	}
	c.run(time.Hour)
	if n := store.Len[*model.Task](c.db.View()); n != 0 {
		t.Errorf("%d tasks are still there", n)
	}
}

// TestServicesKeepTheirWaitingTasks: a task of a service that waits has not
// lost its instance, and goes on to serve when it gets one.
func TestServicesKeepTheirWaitingTasks(t *testing.T) {
	c := newProvisioned(t)
	c.service("s", "web", 1, func(s *model.Service) { s.Spec.CapacityStrategy = []model.CapacityStrategy{{Provider: "p", Weight: 1}} })
	c.waitingTask("t", "p", 100)
	waiting := c.taskNow("t").Clone()
	waiting.Spec.Service, waiting.Spec.Group = model.ServiceID("1", "c", "s"), "service:s"
	waiting.Spec.Deployment = fmt.Sprintf("ecs-svc/%019d", c.made)
	c.put(waiting)
	c.run(time.Minute)
	if got := c.taskNow("t"); !got.Waiting() || got.Desired != model.TaskRunning {
		t.Fatalf("it is %s, to be %s: %s", got.Status.Last, got.Desired, got.StoppedReason)
	}
	c.put(&model.ContainerInstance{Account: "1", Cluster: "c", ID: "joined", Status: model.InstanceActive, AgentConnected: true,
		CapacityProvider: "p", RegisteredAt: c.now, ConnectedAt: c.now, Registered: model.Resources{CPU: 1000, Memory: 1000}})
	c.run(time.Minute)
	c.expect("s", 1)
}
