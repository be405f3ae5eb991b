package control

import (
	"testing"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/deploy"
	"github.com/roadstead/roadstead/plan/place"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
)

// TestAlarmsWakeServices: an alarm fails the deployment that names it, at once.
func TestAlarmsWakeServices(t *testing.T) {
	c := newTestCluster(t, memlog.Options{})
	c.instance("a")
	c.put(&model.Alarm{Account: "1", Name: "errors", State: model.AlarmOK})
	c.service("web", "web", 1, func(s *model.Service) {
		s.Spec.Rollout.Alarms, s.Spec.Rollout.AlarmsEnabled, s.Spec.Rollout.BakeTime = []string{"errors"}, true, time.Hour
	})
	c.service("other", "web", 1)
	c.run(20 * time.Second)
	c.expect("web", 1)
	c.put(&model.Alarm{Account: "1", Name: "errors", State: model.AlarmAlarm})
	c.run(time.Millisecond)
	s, _ := store.Get[*model.Service](c.db.View(), model.ServiceID("1", "c", "web"))
	d, _ := store.Get[*model.Deployment](c.db.View(), model.DeploymentKeyID("1", "c", "web", s.Primary))
	if d.Status.Rollout != model.RolloutFailed || deploy.Status(d, []*model.Deployment{d}) != deploy.StatusStopped {
		t.Errorf("%+v", d.Status)
	}
	c.edit("web", func(s *model.Service) { s.Spec.Rollout.AlarmsEnabled = false })
	c.run(time.Second)
	if ids := c.services.alarms.watching(model.AlarmID("1", "errors")); len(ids) > 0 || len(c.services.alarms.alarms) > 0 {
		t.Errorf("%v still watch", ids)
	}
}

// TestTaskSetsWakeServices: a change of a task set takes effect at once, and
// one that drains goes away.
func TestTaskSetsWakeServices(t *testing.T) {
	c := newTestCluster(t, memlog.Options{})
	c.instance("a")
	c.put(&model.Service{Account: "1", Cluster: "c", Name: "web", Status: model.ServiceActive,
		Spec: model.ServiceSpec{Controller: deploy.ControllerExternal, DesiredCount: 4}})
	c.run(time.Second)
	set := &model.TaskSet{Account: "1", Cluster: "c", Service: "web", ID: "ecs-svc/1", Status: model.TaskSetActive, Scale: 50,
		Spec: model.ServiceSpec{TaskDefinition: model.TaskDefinitionID("1", "web", 1), LaunchType: "EC2"}}
	c.put(set)
	c.run(5 * time.Second)
	c.expect("web", 2)
	shown, _ := store.Get[*model.TaskSet](c.db.View(), set.Key().ID)
	if shown.Stability != model.SteadyState {
		t.Errorf("%+v", shown)
	}
	shown = shown.Clone()
	shown.Status = model.TaskSetDraining
	c.put(shown)
	c.run(5 * time.Second)
	c.expect("web", 0)
	if _, ok := store.Get[*model.TaskSet](c.db.View(), set.Key().ID); ok {
		t.Error("the task set is still there")
	}
}

// TestZonesWakeServices: an instance in another zone is made use of at once.
func TestZonesWakeServices(t *testing.T) {
	c := newTestCluster(t, memlog.Options{})
	zone := func(name, zone string) {
		c.instance(name)
		c.change(name, func(i *model.ContainerInstance) {
			i.Attributes = []model.Attribute{{Name: place.ZoneAttribute, Value: zone}}
		})
	}
	zone("a", "z1")
	c.service("web", "web", 4, func(s *model.Service) { s.Spec.ZoneRebalancing = deploy.RebalancingEnabled })
	c.run(10 * time.Second)
	zone("b", "z2")
	c.run(5 * time.Second)
	if on, _, _ := c.counts("web"); on["a"] != 2 || on["b"] != 2 {
		t.Errorf("%v", on)
	}
}
