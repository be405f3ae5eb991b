package deploy

import (
	"strings"
	"testing"

	"github.com/roadstead/roadstead/model"
)

// TestNewTasksRunOnTheClustersRuntime: where instances have not the runtime, the
// service says so; where they have it, new tasks run on it, and those that run
// stay as they are.
func TestNewTasksRunOnTheClustersRuntime(t *testing.T) {
	v := crowd(4, 2)
	v.Tasks, v.Runtime = v.Tasks[:3], "runsc"
	stuck := false
	p := Plan(v)
	for _, r := range p.Reasons {
		stuck = stuck || r.Code == CodeStuck && strings.Contains(r.Message, "missing an attribute")
	}
	if !stuck {
		t.Errorf("%+v", p.Reasons)
	}
	for _, id := range v.Fleet.Nodes() {
		n, _ := v.Fleet.Node(id)
		n.Instance = n.Instance.Clone()
		n.Instance.Attributes = append(n.Instance.Attributes, model.Attribute{Name: model.CapabilityRuntime("runsc")})
		v.Fleet.Set(n)
	}
	made := 0
	for _, w := range Plan(v).Change.Writes {
		if task, ok := w.Noun.(*model.Task); ok {
			made++
			if task.Spec.Runtime != "runsc" || task.Desired != model.TaskRunning {
				t.Errorf("%+v", task)
			}
		}
	}
	if made != 1 {
		t.Errorf("%d tasks were written", made)
	}
}
