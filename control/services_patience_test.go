package control

import (
	"fmt"
	"testing"
	"time"

	"github.com/roadstead/roadstead/model"
)

// Reports of a large service's tasks are gathered, the longer the more services
// are reported on; what was decided is followed up at once.
func TestReportsAreGathered(t *testing.T) {
	task := func(service string, desired, last model.TaskStatus) *model.Task {
		return &model.Task{Spec: model.TaskSpec{Service: service}, Desired: desired, Status: model.TaskObserved{Last: last}}
	}
	s := NewServices(ServicesOptions{}).(*services)
	s.sizes["large"], s.sizes["small"] = 5000, 20
	for _, c := range []struct {
		what string
		task *model.Task
		want time.Duration
	}{
		{"a new task", task("large", model.TaskRunning, model.TaskPending), 0},
		{"a task that is to stop", task("large", model.TaskStopped, model.TaskRunning), 0},
		{"RUNNING", task("large", model.TaskRunning, model.TaskRunning), 100 * time.Millisecond},
		{"STOPPED", task("large", model.TaskStopped, model.TaskStopped), 100 * time.Millisecond},
		{"RUNNING, of a small service", task("small", model.TaskRunning, model.TaskRunning), 400 * time.Microsecond},
		{"RUNNING, of a service that was not planned yet", task("new", model.TaskRunning, model.TaskRunning), 0},
	} {
		if got := s.patience(c.task); got != c.want {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
	for i := range 97 { // and the three above
		s.patience(task(fmt.Sprint(i), model.TaskRunning, model.TaskRunning))
	}
	if got := s.patience(task("large", model.TaskRunning, model.TaskRunning)); got != time.Second {
		t.Errorf("among a hundred services: %v, want 1s", got)
	}
}
