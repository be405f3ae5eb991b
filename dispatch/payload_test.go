package dispatch

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/cockroachdb/datadriven"

	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/model"
)

// TestPayloads says under testdata/payload what agents are told of a task.
//
//	definition                    a task definition, in AWS's JSON
//	payload [stopped] [service]   the task, with overrides in AWS's JSON, as
//	                              the agent is told
//
// The texts of dockerConfig are shown as the JSON that they hold.
func TestPayloads(t *testing.T) {
	platform := Platform{Region: "us-east-1", RegistryHosts: []string{"127.0.0.1:4566", "registry.test"}, Endpoint: "http://127.0.0.1:4566"}
	datadriven.Walk(t, "testdata/payload", func(t *testing.T, path string) {
		var definition *model.TaskDefinition
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "definition":
				definition = &model.TaskDefinition{Account: "000000000000", Family: "web", Revision: 7, Definition: &types.TaskDefinition{}}
				if err := json.Unmarshal([]byte(d.Input), definition.Definition); err != nil {
					t.Fatal(err)
				}
				return ""
			case "payload":
				out, err := platform.Payload(taskOf(t, definition, d), definition)
				if err != nil {
					return "error: " + err.Error()
				}
				return show(t, out)
			}
			t.Fatalf("unknown command %q", d.Cmd)
			return ""
		})
	})
}

func taskOf(t *testing.T, definition *model.TaskDefinition, d *datadriven.TestData) *model.Task {
	task := &model.Task{Account: "000000000000", Cluster: "default", ID: "0123456789abcdef0123456789abcdef", Desired: model.TaskRunning,
		Spec: model.TaskSpec{LaunchType: "EC2", Group: "family:web"}}
	for _, c := range definition.Definition.ContainerDefinitions {
		task.Status.Containers = append(task.Status.Containers, model.ContainerObserved{Name: *c.Name, ID: "id-of-" + *c.Name})
	}
	for _, a := range d.CmdArgs {
		switch a.Key {
		case "stopped":
			task.Desired = model.TaskStopped
		case "runtime":
			task.Spec.Runtime = a.Vals[0]
		case "gpus":
			task.Spec.GPUs = a.Vals
		case "service":
			task.Spec.Service, task.Spec.Group = "000000000000/default/front", "service:front"
		default:
			t.Fatalf("unknown argument %q", a.Key)
		}
	}
	if d.Input != "" {
		task.Spec.Overrides = &types.TaskOverride{}
		if err := json.Unmarshal([]byte(d.Input), task.Spec.Overrides); err != nil {
			t.Fatal(err)
		}
	}
	return task
}

func show(t *testing.T, task acs.Task) string {
	t.Helper()
	var tree map[string]any
	decode(t, task, &tree)
	for _, c := range tree["containers"].([]any) {
		docker, ok := c.(map[string]any)["dockerConfig"].(map[string]any)
		if !ok {
			continue
		}
		for _, name := range []string{"config", "hostConfig"} {
			var inner any
			if err := json.Unmarshal([]byte(docker[name].(string)), &inner); err != nil {
				t.Fatalf("%s is no JSON: %v", name, err)
			}
			docker[name] = inner
		}
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(tree); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// decode reads v back from its JSON, as the agent does.
func decode(t *testing.T, v, into any) {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// TestPayloadLeavesItsTaskAlone makes the same payload twice: what comes from
// the store is shared and must not be changed.
func TestPayloadLeavesItsTaskAlone(t *testing.T) {
	definition := &model.TaskDefinition{Account: "000000000000", Family: "web", Revision: 1, Definition: &types.TaskDefinition{
		ContainerDefinitions: []types.ContainerDefinition{{Name: new("main"), Image: new("i"), Environment: []types.KeyValuePair{{Name: new("A"), Value: new("1")}},
			LogConfiguration: &types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: map[string]string{"awslogs-group": "g", "awslogs-stream-prefix": "p"}}}}}}
	task := &model.Task{Account: "000000000000", Cluster: "default", ID: "t", Desired: model.TaskRunning, Spec: model.TaskSpec{Overrides: &types.TaskOverride{
		ContainerOverrides: []types.ContainerOverride{{Name: new("main"), Environment: []types.KeyValuePair{{Name: new("A"), Value: new("2")}}}}}}}
	platform := Platform{Region: "us-east-1", Endpoint: "http://127.0.0.1:4566"}
	texts := [2]string{}
	for i := range texts {
		p, err := platform.Payload(task, definition)
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = show(t, p)
	}
	if texts[0] != texts[1] {
		t.Errorf("the second payload is another:\n%s\n%s", texts[0], texts[1])
	}
	if o := definition.Definition.ContainerDefinitions[0].LogConfiguration.Options; len(o) != 2 {
		t.Errorf("the definition's log options were changed: %v", o)
	}
}
