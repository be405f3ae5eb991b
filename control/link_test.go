package control_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/control"
	"github.com/roadstead/roadstead/dispatch"
	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
)

const (
	linkAccount = "000000000000"
	linkRegion  = "us-east-1"
)

// linked is a store with two instances, one task on the first, and the links.
type linked struct {
	t     *testing.T
	db    *store.DB
	links *control.Links
	root  context.Context
	one   *model.ContainerInstance
	other *model.ContainerInstance
	task  *model.Task
}

func newLinked(t *testing.T) *linked {
	t.Helper()
	ctx := context.Background()
	db, err := store.Open(ctx, memlog.New(memlog.Options{}), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l := &linked{t: t, db: db, root: caller.With(ctx, caller.NewRoot(linkAccount, "AKIA")),
		one:   &model.ContainerInstance{Account: linkAccount, Cluster: "default", ID: "one", Status: model.InstanceActive},
		other: &model.ContainerInstance{Account: linkAccount, Cluster: "default", ID: "other", Status: model.InstanceActive}}
	definition := &model.TaskDefinition{Account: linkAccount, Family: "web", Revision: 1, Status: model.TaskDefinitionActive,
		Definition: &types.TaskDefinition{ContainerDefinitions: []types.ContainerDefinition{
			{Name: aws.String("main"), Image: aws.String("i"), Essential: aws.Bool(true)}}}}
	l.task = &model.Task{Account: linkAccount, Cluster: "default", ID: "t", Desired: model.TaskRunning,
		Spec: model.TaskSpec{TaskDefinition: definition.Key().ID, Instance: l.one.Key().ID},
		Status: model.TaskObserved{Last: model.TaskPending,
			Containers: []model.ContainerObserved{{Name: "main", Last: model.TaskPending}}}}
	l.put(l.one, l.other, definition, l.task)
	nonces := 0
	l.links = control.NewLinks(db, dispatch.Platform{Region: linkRegion}, nil, control.LinksOptions{
		Now: func() time.Time { return time.Unix(1_700_000_000, 0) },
		Nonce: func() string {
			nonces++
			return strconv.Itoa(nonces)
		}})
	return l
}

func (l *linked) put(nouns ...model.Noun) {
	l.t.Helper()
	var c model.Change
	for _, n := range nouns {
		c.PutUnguarded(n)
	}
	if _, err := l.db.Commit(context.Background(), c); err != nil {
		l.t.Fatal(err)
	}
}

func (l *linked) connect(ctx context.Context, i *model.ContainerInstance) (dispatch.Link, error) {
	return l.links.Connect(ctx, dispatch.Hello{Cluster: "default", Instance: i.ARN(linkRegion), AgentVersion: "1.2.3"})
}

func (l *linked) instance(i *model.ContainerInstance) *model.ContainerInstance {
	l.t.Helper()
	now, ok := store.Get[*model.ContainerInstance](l.db.View(), i.Key().ID)
	if !ok {
		l.t.Fatalf("instance %s is gone", i.ID)
	}
	return now
}

func TestConnectionIsSeenInTheInstance(t *testing.T) {
	l := newLinked(t)
	first, err := l.connect(l.root, l.one)
	if err != nil {
		t.Fatal(err)
	}
	if now := l.instance(l.one); !now.AgentConnected || now.AgentVersion != "1.2.3" {
		t.Errorf("after connecting: %+v", now)
	}
	second, err := l.connect(l.root, l.one)
	if err != nil {
		t.Fatal(err)
	}
	l.links.Disconnect(l.root, first, 0)
	if !l.instance(l.one).AgentConnected {
		t.Error("the end of a replaced connection disconnected the instance")
	}
	l.links.Disconnect(l.root, second, 0)
	if l.instance(l.one).AgentConnected {
		t.Error("the instance is still connected")
	}
}

func TestConnectionsAreRefused(t *testing.T) {
	l := newLinked(t)
	gone := l.instance(l.other).Clone()
	gone.Status = model.InstanceInactive
	l.put(gone)
	session := caller.NewSession(caller.Instance, "arn:aws:iam::"+linkAccount+":role/i", "AROA", "i")
	session.BoundTo = l.other.ARN(linkRegion)
	task := caller.NewSession(caller.TaskRole, "arn:aws:iam::"+linkAccount+":role/t", "AROA", "t")
	for _, c := range []struct {
		name string
		ctx  context.Context
		to   *model.ContainerInstance
		want string
	}{
		{"an inactive instance", l.root, l.other, "InactiveInstanceException"},
		{"an instance that is not there", l.root, &model.ContainerInstance{Account: linkAccount, Cluster: "default", ID: "x"}, "InvalidInstanceException"},
		{"another account's instance", caller.With(l.root, caller.NewRoot("111111111111", "AKIA")), l.one, "InvalidInstanceException"},
		{"a session bound to another instance", caller.With(l.root, session), l.one, "AccessDeniedException"},
		{"a task's session", caller.With(l.root, task), l.one, "AccessDeniedException"},
		{"nobody", context.Background(), l.one, "InvalidInstanceException"},
	} {
		_, err := l.connect(c.ctx, c.to)
		var refusal *dispatch.Refusal
		if !errors.As(err, &refusal) || refusal.Name != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

func TestAssignmentsAreTheInstancesTasks(t *testing.T) {
	l := newLinked(t)
	link, err := l.connect(l.root, l.one)
	if err != nil {
		t.Fatal(err)
	}
	sequence, assignments := l.links.Assignments(link)
	if sequence == 0 || len(assignments) != 1 || assignments[0].ARN != l.task.ARN(linkRegion) || assignments[0].Running {
		t.Fatalf("assignments at %d: %+v", sequence, assignments)
	}
	if p := assignments[0].Payload(time.Now()); p.DesiredStatus != "RUNNING" || len(p.Containers) != 1 || p.Containers[0].Image != "i" {
		t.Errorf("payload: %+v", p)
	}
	other, err := l.connect(l.root, l.other)
	if err != nil {
		t.Fatal(err)
	}
	if _, none := l.links.Assignments(other); len(none) != 0 {
		t.Errorf("another instance is assigned %+v", none)
	}
	stopped := l.task.Clone().Observe(model.TaskReport{Status: model.TaskStopped}, time.Now())
	l.put(stopped)
	if _, none := l.links.Assignments(link); len(none) != 0 {
		t.Errorf("a stopped task is assigned: %+v", none)
	}
}

func TestChangesWakeTheRightConnection(t *testing.T) {
	l := newLinked(t)
	link, err := l.connect(l.root, l.one)
	if err != nil {
		t.Fatal(err)
	}
	other, err := l.connect(l.root, l.other)
	if err != nil {
		t.Fatal(err)
	}
	l.links.Notify(l.db.View(), []model.Key{l.task.Key()})
	if len(link.Changed) != 1 || len(other.Changed) != 0 {
		t.Errorf("woken: %d of the task's instance, %d of another", len(link.Changed), len(other.Changed))
	}
	if _, changed, gone := l.links.Changes(link); len(changed) != 1 || changed[0].ARN != l.task.ARN(linkRegion) || len(gone) != 0 {
		t.Errorf("changed %+v, gone %v", changed, gone)
	}
	if _, changed, gone := l.links.Changes(link); len(changed)+len(gone) != 0 {
		t.Errorf("told twice: changed %+v, gone %v", changed, gone)
	}
	if _, changed, gone := l.links.Changes(other); len(changed)+len(gone) != 0 {
		t.Errorf("another instance is told: changed %+v, gone %v", changed, gone)
	}
	l.put(l.task.Clone().Observe(model.TaskReport{Status: model.TaskStopped}, time.Now()))
	l.links.Notify(l.db.View(), []model.Key{l.task.Key()})
	if _, changed, gone := l.links.Changes(link); len(changed) != 0 || !slices.Equal(gone, []string{l.task.ARN(linkRegion)}) {
		t.Errorf("after its end: changed %+v, gone %v", changed, gone)
	}
	link.Close()
	l.links.Notify(l.db.View(), []model.Key{l.task.Key()})
}

func TestHealthIsTakenOnlyFromTheTasksInstance(t *testing.T) {
	l := newLinked(t)
	say := func(i *model.ContainerInstance) {
		err := l.links.Telemetry(l.root, dispatch.Hello{Cluster: "default", Instance: i.ARN(linkRegion)},
			&acs.PublishHealthRequest{Tasks: []acs.TaskHealth{{TaskARN: l.task.ARN(linkRegion),
				Containers: []acs.ContainerHealth{{Name: "main", Status: "UNHEALTHY"}}}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	health := func() string {
		now, ok := store.Get[*model.Task](l.db.View(), l.task.Key().ID)
		if !ok {
			t.Fatal("the task is gone")
		}
		return now.Status.Health
	}
	say(l.other)
	if h := health(); h != "" {
		t.Errorf("another instance's word made the task %s", h)
	}
	say(l.one)
	if h := health(); h != "UNHEALTHY" {
		t.Errorf("the task's health is %q, want UNHEALTHY", h)
	}
}
