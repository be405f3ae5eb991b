package control

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/rotate"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
)

// rotated is a cluster whose tasks do the steps of a secret's rotation.
type rotated struct {
	*testCluster
	fails map[string]int    // how often a step fails before it does not
	did   []string          // the steps that were done, in order
	seen  map[string]string // attempt and step by task
}

func newRotated(t *testing.T, opts memlog.Options) *rotated {
	c := newTestCluster(t, opts)
	r := &rotated{testCluster: c, fails: map[string]int{}, seen: map[string]string{}}
	r.lead()
	c.put(&model.Cluster{Account: "1", Name: rotate.DefaultCluster, Status: model.ClusterActive},
		&model.ContainerInstance{Account: "1", Cluster: rotate.DefaultCluster, ID: "i", Status: model.InstanceActive, AgentConnected: true,
			RegisteredAt: c.now, ConnectedAt: c.now, Registered: model.Resources{CPU: 1000, Memory: 1000}},
		&model.Secret{Account: "1", Name: "db", Suffix: "AbCdEf", RotationEnabled: true, RotationDays: 10, RotateAt: c.now.Add(time.Minute),
			RotationTask: "arn:aws:ecs:us-east-1:1:task-definition/web",
			Versions:     []model.SecretVersion{{ID: "first", Sealed: []byte{1}, Stages: []string{model.StageCurrent}}}})
	return r
}

// lead begins new loops, as the next leader does.
func (r *rotated) lead() {
	for _, l := range r.loops {
		l.Close()
	}
	r.loops = []*Loop{New(r.db, NewProvisioner(ProvisionOptions{}), Options{}), New(r.db, NewRotations(RotationsOptions{}), Options{})}
}

func (r *rotated) secret() *model.Secret {
	s, _ := store.Get[*model.Secret](r.db.View(), model.SecretID("1", "db"))
	return s
}

// work does the steps of tasks that have an instance and have not ended.
func (r *rotated) work() (moved bool) {
	r.t.Helper()
	for t := range store.All[*model.Task](r.db.View()) {
		if t.Stopped() || t.Waiting() {
			continue
		}
		step := *t.Spec.Overrides.ContainerOverrides[0].Environment[2].Value
		id := fmt.Sprint(r.secret().Rotation.Token, r.secret().Rotation.Attempt, step)
		for _, other := range r.seen {
			if other == id {
				r.t.Errorf("two tasks for %s", id)
			}
		}
		r.seen[t.ID] = id
		code := 0
		if r.fails[step] > 0 {
			r.fails[step]--
			code = 1
		} else {
			r.did = append(r.did, step)
			r.put(r.after(step))
		}
		o := t.Observe(model.TaskReport{Status: model.TaskStopped, Containers: []model.ContainerReport{{Name: "main", Status: model.TaskStopped, ExitCode: aws.Int32(int32(code))}}}, r.now)
		r.put(o)
		moved = true
	}
	return moved
}

// after is the secret after a step.
func (r *rotated) after(step string) *model.Secret {
	s := r.secret().Clone()
	i := s.Version(s.Rotation.Token)
	switch step {
	case rotate.StepCreate:
		s.Versions[i].Sealed = []byte{2}
	case rotate.StepFinish:
		s.Detach(s.WithStage(model.StageCurrent), model.StageCurrent)
		s.Versions[i].Stages = append(s.Versions[i].Stages, model.StageCurrent)
	}
	return s
}

// pass lets time pass, until d has passed or the secret is at rest again.
func (r *rotated) pass(d time.Duration, each func()) {
	r.t.Helper()
	for end := r.now.Add(d); r.now.Before(end); {
		if each != nil {
			each()
		}
		next := r.step()
		if !r.work() && next.After(r.now) {
			r.now = next
		}
	}
}

func (r *rotated) complete(t *testing.T) {
	t.Helper()
	s := r.secret()
	if s.Rotation != nil || s.RotatedAt.IsZero() || s.WithStage(model.StageCurrent) != 1 || s.WithStage(model.StagePending) >= 0 || len(s.Versions) != 2 {
		t.Errorf("the secret is %+v, its rotation %+v", s, s.Rotation)
	}
}

func TestASecretIsRotatedWhenItIsDue(t *testing.T) {
	r := newRotated(t, memlog.Options{})
	r.pass(time.Hour, nil)
	r.complete(t)
	if got := fmt.Sprint(r.did); got != "[createSecret setSecret testSecret finishSecret]" {
		t.Errorf("steps: %s", got)
	}
	rev := r.db.View().Rev()
	r.pass(24*time.Hour, nil)
	if got := r.db.View().Rev(); got != rev {
		t.Errorf("a secret at rest is written: revision %d, then %d", rev, got)
	}
	r.pass(9*24*time.Hour, nil)
	if len(r.secret().Versions) != 3 {
		t.Errorf("after ten days there are %d versions", len(r.secret().Versions))
	}
}

func TestAFailedStepIsRepeated(t *testing.T) {
	r := newRotated(t, memlog.Options{})
	r.fails[rotate.StepSet], r.fails[rotate.StepFinish] = 2, 1
	r.pass(time.Hour, nil)
	r.complete(t)
	if got := fmt.Sprint(r.did); got != "[createSecret createSecret createSecret setSecret testSecret createSecret setSecret testSecret finishSecret]" {
		t.Errorf("steps: %s", got)
	}
}

// TestARotationSurvivesItsLeader: another leader before every step of the
// loops, and nothing is done twice.
func TestARotationSurvivesItsLeader(t *testing.T) {
	r := newRotated(t, memlog.Options{})
	r.fails[rotate.StepTest] = 1
	r.pass(time.Hour, r.lead)
	r.complete(t)
}
