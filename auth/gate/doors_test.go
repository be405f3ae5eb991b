package gate_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/roadstead/roadstead/api/cloudtrail"
	"github.com/roadstead/roadstead/api/ec2"
	"github.com/roadstead/roadstead/api/ecr"
	"github.com/roadstead/roadstead/api/ecs"
	"github.com/roadstead/roadstead/api/iam"
	"github.com/roadstead/roadstead/api/kms"
	"github.com/roadstead/roadstead/api/logs"
	"github.com/roadstead/roadstead/api/organizations"
	"github.com/roadstead/roadstead/api/secretsmanager"
	"github.com/roadstead/roadstead/api/ssm"
	"github.com/roadstead/roadstead/api/sts"
	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/gate"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
	"github.com/roadstead/roadstead/wire"
)

// doors are all front doors.
func doors(t *testing.T) (*store.DB, []*wire.Service) {
	t.Helper()
	db, err := store.Open(t.Context(), memlog.New(memlog.Options{}), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return db, []*wire.Service{
		ecs.New(db, ecs.Options{}), ecr.New(db, nil, nil, nil, ecr.Options{}).Service(), logs.New(nil, logs.Options{}),
		iam.New(db, nil, iam.Options{}), sts.New(db, nil, nil, sts.Options{}), kms.New(db, nil, kms.Options{}).Service(),
		secretsmanager.New(db, nil, secretsmanager.Options{}), ssm.New(db, nil, ssm.Options{}), cloudtrail.New(nil, cloudtrail.Options{}),
		ec2.New(db, ec2.Options{}),
		organizations.New(db, organizations.Options{Management: home}).Service(),
	}
}

// filled returns an input whose strings are all said.
func filled(t reflect.Type) any {
	in := reflect.New(t)
	for i := range t.NumField() {
		switch f := in.Elem().Field(i); {
		case !f.CanSet():
		case f.Type() == reflect.TypeFor[*string]():
			f.Set(reflect.ValueOf(new("thing")))
		case f.Type() == reflect.TypeFor[[]string]():
			f.Set(reflect.ValueOf([]string{"thing", "other"}))
		}
	}
	return in.Interface()
}

// free are the operations that no policy can deny.
var free = []string{"sts:GetCallerIdentity", "sts:GetSessionToken", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"}

func TestEveryDoorIsShutWithoutAPolicy(t *testing.T) {
	db, services := doors(t)
	var c model.Change
	c.Put(user(home, "nobody", ""))
	c.Put(user(home, "admin", admin))
	c.Put(user(other, "admin", admin))
	if _, err := db.Commit(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	g := gate.New(func() gate.Nouns { return db.View() }, gate.Options{})
	operations := 0
	for _, s := range services {
		for i := range s.Operations {
			op := &s.Operations[i]
			operations++
			name := s.SigningName + ":" + op.Name
			for _, input := range []any{reflect.New(op.Input()).Interface(), filled(op.Input())} {
				shut(t, g, s, op, input, name)
			}
		}
	}
	if operations < 320 {
		t.Errorf("only %d operations were looked at", operations)
	}
}

func shut(t *testing.T, g *gate.Gate, s *wire.Service, op *wire.Operation, input any, name string) {
	t.Helper()
	var denied *gate.Denied
	err := g.Authorize(caller.With(t.Context(), as(home, "nobody")), s, op, input)
	if slices.Contains(free, name) {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return
	}
	if !errors.As(err, &denied) {
		t.Errorf("%s: a user without policies may: %v", name, err)
	}
	for _, who := range []caller.Identity{{}, caller.NewSession(caller.TaskRole, "arn:aws:iam::"+home+":role/none", "AROA", "s")} {
		if err := g.Authorize(caller.With(t.Context(), who), s, op, input); !errors.As(err, &denied) {
			t.Errorf("%s: %v may: %v", name, who.Kind, err)
		}
	}
	if err := g.Authorize(caller.With(t.Context(), as(home, "admin")), s, op, input); err != nil {
		t.Errorf("%s: an administrator may not: %v", name, err)
	}
	abroad(t, g, s, op, input, name)
}

// abroad asks as the administrator and as the root of another account for
// what the request is about at home.
func abroad(t *testing.T, g *gate.Gate, s *wire.Service, op *wire.Operation, input any, name string) {
	t.Helper()
	needs, ok := op.Needs(caller.With(t.Context(), as(home, "admin")), s, input)
	if !ok {
		t.Errorf("%s does not say what it needs", name)
	}
	for _, n := range needs {
		for _, arn := range n.Resources {
			if a, ok := model.ParseARN(arn); !ok || a.Account != home {
				continue // a name that is none, or what belongs to nobody
			}
			one := wire.Need{Action: n.Action, Resources: []string{arn}, Keys: n.Keys}
			for _, who := range []caller.Identity{as(other, "admin"), caller.NewRoot(other, "AKIA")} {
				if err := g.Check(t.Context(), who, one); err == nil {
					t.Errorf("%s: %s may %s on %s", name, who.ARN, n.Action, arn)
				}
			}
		}
	}
}
