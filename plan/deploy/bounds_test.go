package deploy

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/judge"
)

// rest plans and lets the world work until nothing is left to do; apply
// refuses plans that are too large.
func rest(t *testing.T, w *world) {
	t.Helper()
	for range 1000 {
		p := Plan(w.view())
		if err := w.apply(p.Change); err != nil {
			t.Fatal(err)
		}
		if w.cooperate() || !p.Change.Empty() {
			continue
		}
		if p.Wake.IsZero() {
			return
		}
		w.now = p.Wake
	}
	t.Fatal("does not come to rest")
}

func large(t *testing.T, desired int) *world {
	w := newWorld()
	d := &draw{world: w}
	for i := range 40 {
		d.putInstance(fmt.Sprintf("n%02d", i), model.InstanceActive, true)
	}
	w.define("web:1", 10, 10, 0, false)
	w.define("web:2", 10, 10, 0, false)
	w.service = &model.Service{Account: "1", Cluster: "c", Name: "web", Status: model.ServiceActive,
		Spec: model.ServiceSpec{TaskDefinition: "web:1", DesiredCount: desired, Rollout: model.Rollout{MinimumHealthyPercent: 100, MaximumPercent: 200}}}
	w.newDeployment()
	rest(t, w)
	return w
}

func (w *world) alive() (n int) {
	for _, t := range w.tasks {
		if judge.Alive(t) {
			n++
		}
	}
	return n
}

// TestLargeServices: much happens at once, and every plan stays within its
// bounds and the service comes to rest.
func TestLargeServices(t *testing.T) {
	const desired = 500
	w := large(t, desired)
	w.service = w.service.Clone()
	w.service.Spec.TaskDefinition = "web:2"
	w.newDeployment()
	rest(t, w)
	if n := w.alive(); n != desired {
		t.Fatalf("%d tasks", n)
	}
	d := &draw{world: w}
	for i := range 20 {
		d.putInstance(fmt.Sprintf("n%02d", i), model.InstanceActive, false)
	}
	w.now = w.now.Add(DefaultLostAfter)
	rest(t, w)
	if n := w.alive(); n != desired {
		t.Fatalf("%d tasks after instances were lost", n)
	}
	w.service = w.service.Clone()
	w.service.Status = model.ServiceDraining
	rest(t, w)
	if n := w.alive(); n != 0 || w.service.Status != model.ServiceInactive || len(w.deployments) != 0 {
		t.Fatalf("%d tasks, %s, %d deployments", n, w.service.Status, len(w.deployments))
	}
	if n := len(w.events.Events); n > model.MaxServiceEvents {
		t.Errorf("%d events", n)
	}
	for _, e := range w.events.Events {
		if strings.Count(e.Message, "(task ") > maxNamed {
			t.Errorf("long event: %s", e.Message)
		}
	}
}

// TestOldDeploymentsAreForgotten, except the last completed one.
func TestOldDeploymentsAreForgotten(t *testing.T) {
	w := large(t, 1)
	completed := w.service.Primary
	for range 60 {
		w.now = w.now.Add(time.Second)
		w.service = w.service.Clone()
		w.service.Spec.TaskDefinition = "missing:1" // never completes
		w.newDeployment()
	}
	for range 20 {
		if err := w.apply(Plan(w.view()).Change); err != nil {
			t.Fatal(err)
		}
	}
	inactive := 0
	for _, d := range w.deployments {
		if d.Status.State == model.DeploymentInactive {
			inactive++
		}
	}
	if inactive > KeepInactive+1 {
		t.Errorf("%d inactive deployments are kept", inactive)
	}
	if _, ok := w.deployments[model.DeploymentKeyID("1", "c", "web", completed)]; !ok {
		t.Error("the completed deployment was forgotten")
	}
	if w.alive() != 1 {
		t.Errorf("%d tasks", w.alive())
	}
}

// TestMassFailure: many tasks that fail together are one round of failures,
// and each is counted once although the list of counted ones is bounded.
func TestMassFailure(t *testing.T) {
	w := large(t, 0)
	w.service = w.service.Clone()
	w.service.Spec.DesiredCount = 600
	primary := func() *model.Deployment {
		return w.deployments[model.DeploymentKeyID("1", "c", "web", w.service.Primary)]
	}
	for range 40 {
		for range 10 {
			if err := w.apply(Plan(w.view()).Change); err != nil {
				t.Fatal(err)
			}
		}
		for _, task := range w.tasks {
			w.observe(task, model.TaskReport{Status: model.TaskStopped, Reason: "CannotPullContainerError"})
		}
		w.now = w.now.Add(time.Second)
	}
	if err := w.apply(Plan(w.view()).Change); err != nil {
		t.Fatal(err)
	}
	s := primary().Status
	if s.FailedTasks != min(len(w.tasks), MaxCounted) || len(s.Counted) != s.FailedTasks {
		t.Errorf("%d tasks failed, %d counted, %d remembered", len(w.tasks), s.FailedTasks, len(s.Counted))
	}
	if wait := s.RetryAt.Sub(w.now); wait < 2*time.Second {
		t.Errorf("the next start waits for %v only", wait)
	}
}
