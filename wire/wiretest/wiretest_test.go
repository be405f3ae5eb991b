package wiretest_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/document"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/wire/wiretest"
)

func TestRequiredMembersAreTheSDKs(t *testing.T) {
	client := ecs.New(ecs.Options{Region: "us-east-1", Credentials: wiretest.Credentials(), RetryMaxAttempts: 1})
	input := &ecs.CreateServiceInput{VolumeConfigurations: []types.ServiceVolumeConfiguration{{}}}
	got, err := wiretest.Required(client, "CreateService", input)
	want := []string{"CreateServiceInput.ServiceName", "CreateServiceInput.VolumeConfigurations[0].Name"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	input = &ecs.CreateServiceInput{ServiceName: aws.String("web")}
	if got, err := wiretest.Required(client, "CreateService", input); err != nil || len(got) != 0 {
		t.Errorf("got %q, %v for a whole input", got, err)
	}
	if _, err := wiretest.Required(client, "Sail", input); err == nil {
		t.Error("an unknown operation has required members")
	}
}

func TestFillingIsCompleteAndRepeatable(t *testing.T) {
	task := reflect.TypeFor[types.Task]()
	one, err := wiretest.NewFiller(1).New(task)
	if err != nil {
		t.Fatal(err)
	}
	same, _ := wiretest.NewFiller(1).New(task)
	other, _ := wiretest.NewFiller(2).New(task)
	if diff := wiretest.Diff(one, same); diff != "" {
		t.Errorf("equal seeds fill differently: %s", diff)
	}
	if wiretest.Diff(one, other) == "" {
		t.Error("different seeds fill equally")
	}
	v := reflect.ValueOf(one).Elem()
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() && v.Field(i).IsZero() {
			t.Errorf("%s is not filled", v.Type().Field(i).Name)
		}
	}
}

func TestDifferencesAreSeen(t *testing.T) {
	hook := func(v any) *types.DeploymentLifecycleHook {
		return &types.DeploymentLifecycleHook{HookDetails: document.NewLazyDocument(v)}
	}
	at := func(millis int64) *types.TaskSet { return &types.TaskSet{CreatedAt: aws.Time(time.UnixMilli(millis))} }
	for name, c := range map[string]struct {
		a, b any
		same bool
	}{
		"documents alike":      {hook(map[string]any{"a": 1, "b": 2}), hook(map[string]any{"b": 2, "a": 1}), true},
		"documents apart":      {hook(map[string]any{"a": 1}), hook(map[string]any{"a": 2}), false},
		"a document and none":  {hook(1), &types.DeploymentLifecycleHook{}, false},
		"times alike":          {at(5), at(5), true},
		"times apart":          {at(5), at(6), false},
		"nil and empty lists":  {&types.TaskSet{}, &types.TaskSet{Tags: []types.Tag{}}, false},
		"nil and empty string": {&types.Tag{}, &types.Tag{Key: aws.String("")}, false},
	} {
		if diff := wiretest.Diff(c.a, c.b); (diff == "") != c.same {
			t.Errorf("%s: %q", name, diff)
		}
	}
	if wiretest.JSONDiff([]byte(`{"a":1}`), []byte(`{"a":1.0}`)) == "" || wiretest.JSONDiff([]byte(`{"a":1}`), []byte(`{`)) == "" {
		t.Error("JSON that differs is equal")
	}
}
