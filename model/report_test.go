package model

import (
	"testing"
	"time"
)

// TestWhyATaskStopped gives a task the reports of an agent, in order, and
// expects how its end is explained.
func TestWhyATaskStopped(t *testing.T) {
	noImage := ContainerReport{Name: "main", Status: TaskStopped, Reason: "CannotPullContainerError: not found"}
	exited := ContainerReport{Name: "main", Status: TaskStopped, Reason: "OutOfMemoryError: Container killed due to memory usage"}
	ended := func(name, reason string) ContainerReport {
		code := int32(137)
		return ContainerReport{Name: name, Status: TaskStopped, ExitCode: &code, Reason: reason}
	}
	for _, c := range []struct {
		name         string
		stop         bool // the control plane stops it first
		reports      []TaskReport
		code, reason string
	}{
		{"a container tells why the task did not start", false,
			[]TaskReport{{Status: TaskStopped, Containers: []ContainerReport{noImage}}},
			StopTaskFailedToStart, noImage.Reason},
		{"the container's reason came earlier", false,
			[]TaskReport{{Status: TaskPending, Containers: []ContainerReport{noImage}}, {Status: TaskStopped}},
			StopTaskFailedToStart, noImage.Reason},
		{"the task's own reason counts more", false,
			[]TaskReport{{Status: TaskStopped, Reason: "ResourceInitializationError: no", Containers: []ContainerReport{noImage}}},
			StopTaskFailedToStart, "ResourceInitializationError: no"},
		{"nobody says why it did not start", false,
			[]TaskReport{{Status: TaskStopped}}, StopTaskFailedToStart, ReasonEssentialContainerExited},
		{"a container of a running task ends", false,
			[]TaskReport{{Status: TaskRunning}, {Status: TaskStopped, Containers: []ContainerReport{exited}}},
			StopEssentialContainerExited, ReasonEssentialContainerExited},
		{"all containers ended before the task was told to run", false,
			[]TaskReport{{Status: TaskStopped, Containers: []ContainerReport{ended("side", ""), ended("main", exited.Reason)}}},
			StopEssentialContainerExited, ReasonEssentialContainerExited},
		{"one ended, and another never ran", false,
			[]TaskReport{{Status: TaskStopped, Reason: "dependency", Containers: []ContainerReport{ended("side", "")}}},
			StopTaskFailedToStart, "dependency"},
		{"a container that could not be started has an exit code", false,
			[]TaskReport{{Status: TaskStopped, Containers: []ContainerReport{ended("side", ""), ended("main", "CannotStartContainerError: no")}}},
			StopTaskFailedToStart, "CannotStartContainerError: no"},
		{"it was to stop", true,
			[]TaskReport{{Status: TaskStopped, Containers: []ContainerReport{noImage}}}, StopUserInitiated, "enough"},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := time.Unix(1_700_000_000, 0)
			task := &Task{ID: "t", Desired: TaskRunning, Status: TaskObserved{Last: TaskPending,
				Containers: []ContainerObserved{{Name: "side", Last: TaskPending}, {Name: "main", Last: TaskPending}}}}
			if c.stop {
				task = task.Stop(StopUserInitiated, "enough", now)
			}
			for _, r := range c.reports {
				task = task.Observe(r, now)
			}
			if task.StopCode != c.code || task.StoppedReason != c.reason {
				t.Errorf("stopped with %s: %s", task.StopCode, task.StoppedReason)
			}
		})
	}
}

func TestAWrongClockOfTheNodeIsNotBelieved(t *testing.T) {
	start := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, said := range []time.Time{start.Add(-time.Hour), start.Add(time.Hour)} {
		task := &Task{Desired: TaskRunning, Status: TaskObserved{Last: TaskPending}}
		task = task.Observe(TaskReport{Status: TaskRunning}, start)
		task = task.Observe(TaskReport{Status: TaskStopped, ExecutionStopped: said}, start.Add(time.Minute))
		if got := task.Status.ExecutionStopped; !got.Equal(start.Add(time.Minute)) {
			t.Errorf("the node said %v; the task shows %v", said, got)
		}
	}
}
