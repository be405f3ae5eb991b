package ecs_test

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/wire"
	"github.com/roadstead/roadstead/wire/wiretest"
)

// row is one line of testdata/parameters.txt.
type row struct {
	member, verdict, message string
	attributes               []string
	patch                    map[string]any
}

func parameterTable(t *testing.T) []row {
	data, err := os.ReadFile("testdata/parameters.txt")
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		columns := strings.SplitN(line, " | ", 3)
		r := row{member: columns[0], patch: map[string]any{}}
		if err := json.Unmarshal([]byte(columns[2]), &r.patch); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		r.verdict, r.message, _ = strings.Cut(columns[1], " ")
		if r.verdict != "refused" {
			r.attributes = strings.Fields(abbreviations.Replace(r.message))
		}
		rows = append(rows, r)
	}
	return rows
}

// registration merges a row over a definition of one container, and of a
// second one, "side", where the row speaks of it.
func (r row) registration(t *testing.T) *ecs.RegisterTaskDefinitionInput {
	in := map[string]any{"family": "probe"}
	container := map[string]any{"name": "web", "image": "web", "memory": 128}
	containers := []any{container}
	for name, value := range r.patch {
		switch name {
		case "container":
			maps.Copy(container, value.(map[string]any))
		case "side":
			side := map[string]any{"name": "side", "image": "side", "memory": 16}
			maps.Copy(side, value.(map[string]any))
			containers = append(containers, side)
		default:
			in[name] = value
		}
	}
	in["containerDefinitions"] = containers
	return decode(t, in)
}

func decode(t *testing.T, v any) *ecs.RegisterTaskDefinitionInput {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var in ecs.RegisterTaskDefinitionInput
	if err := wire.Unmarshal(wire.AWSJSON11, data, &in); err != nil {
		t.Fatal(err)
	}
	return &in
}

// TestEveryParameter registers a definition with each parameter and tries to
// run it on an instance of our agent: either the agent honours it, or the task
// is not placed there.
func TestEveryParameter(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	instance := l.instance("default", 1<<20, 1<<20)
	l.lendGPUs(instance, 10)
	raw := l.bare()
	for _, r := range parameterTable(t) {
		out, err := raw.RegisterTaskDefinition(t.Context(), r.registration(t))
		if r.verdict == "refused" {
			refused(t, err, "ClientException", r.message)
			continue
		}
		if err != nil {
			t.Errorf("%s %v: %v", r.member, r.patch, err)
			continue
		}
		var required []string
		for _, a := range out.TaskDefinition.RequiresAttributes {
			required = append(required, *a.Name)
		}
		for _, name := range r.attributes {
			if !slices.Contains(required, name) {
				t.Errorf("%s %v requires %v, without %s", r.member, r.patch, required, name)
			}
		}
		ran, err := l.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: out.TaskDefinition.TaskDefinitionArn})
		switch r.verdict {
		case "placed":
			if err != nil || len(ran.Tasks) != 1 {
				t.Errorf("%s %v is not placed: %v, %v", r.member, r.patch, ran, err)
			}
		case "needs":
			if !notPlaced(out.TaskDefinition, ran, err) {
				t.Errorf("%s %v is placed, or not for the attribute: %+v, %v", r.member, r.patch, ran, err)
			}
			started, err := l.StartTask(t.Context(), &ecs.StartTaskInput{TaskDefinition: out.TaskDefinition.TaskDefinitionArn, ContainerInstances: []string{instance}})
			if err == nil && len(started.Tasks) > 0 {
				t.Errorf("%s %v is started", r.member, r.patch)
			}
		default:
			t.Fatalf("%s: what is %q?", r.member, r.verdict)
		}
	}
}

// notPlaced reports whether nothing was placed for want of an attribute; what
// has a network of its own, or is for Fargate, may be refused before that.
func notPlaced(def *types.TaskDefinition, out *ecs.RunTaskOutput, err error) bool {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode() == "InvalidParameterException" && (def.NetworkMode == types.NetworkModeAwsvpc || slices.ContainsFunc(def.Volumes,
			func(v types.Volume) bool { return v.ConfiguredAtLaunch != nil }))
	}
	return err == nil && len(out.Tasks) == 0 && len(out.Failures) == 1 && strings.HasPrefix(*out.Failures[0].Reason, "ATTRIBUTE")
}

// TestNoParameterIsForgotten walks the types of the SDK: each member has a
// line in the table, and each line a member.
func TestNoParameterIsForgotten(t *testing.T) {
	members := map[string]bool{}
	walkMembers(reflect.TypeFor[ecs.RegisterTaskDefinitionInput](), members)
	for _, r := range parameterTable(t) {
		if _, ok := members[r.member]; !ok {
			t.Errorf("there is no %s", r.member)
		}
		members[r.member] = true
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if !members[name] {
			t.Errorf("%s is not in the table", name)
		}
	}
}

func walkMembers(of reflect.Type, into map[string]bool) {
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct {
		return
	}
	for i := range of.NumField() {
		f := of.Field(i)
		name := of.Name() + "." + f.Name
		if _, seen := into[name]; seen || !f.IsExported() {
			continue
		}
		into[name] = false
		walkMembers(f.Type, into)
	}
}

// TestOwnCapabilities holds that each attribute of ours is required by a line
// of the table or is a log option, and that the agent registers what the table
// calls placed and not what it calls needed.
func TestOwnCapabilities(t *testing.T) {
	needed := map[string]bool{}
	for _, r := range parameterTable(t) {
		for _, name := range r.attributes {
			has := slices.ContainsFunc(model.Capabilities(), func(a model.Attribute) bool { return a.Name == name })
			if r.verdict == "placed" && !has {
				t.Errorf("the agent lacks %s, which is placed", name)
			}
			needed[name] = needed[name] || r.verdict == "needs"
		}
	}
	for _, name := range model.OwnCapabilities() {
		if !needed[name] && !strings.Contains(name, ".log-option.") {
			t.Errorf("nothing in the table needs %s", name)
		}
	}
}

// bare is a client that does not validate by itself.
func (l *lab) bare() *ecs.Client {
	return ecs.New(ecs.Options{Region: region, BaseEndpoint: &l.url, RetryMaxAttempts: 1, Credentials: l.Options().Credentials,
		APIOptions: unvalidated()})
}

func unvalidated() []func(*middleware.Stack) error {
	return []func(*middleware.Stack) error{wiretest.Unvalidated}
}
