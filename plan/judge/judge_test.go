package judge

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/place"
)

func TestDelayDoublesUpToItsLimit(t *testing.T) {
	want := []time.Duration{0, 0, time.Second, 2 * time.Second, 4 * time.Second, 5 * time.Second, 5 * time.Second}
	for rounds, w := range want {
		if d := Delay(rounds, time.Second, 5*time.Second); d != w {
			t.Errorf("after %d rounds: %v, want %v", rounds, d, w)
		}
	}
	if d := Delay(10_000, time.Second, time.Minute); d != time.Minute {
		t.Errorf("after very many rounds: %v", d)
	}
}

func TestThreshold(t *testing.T) {
	for desired, want := range map[int]int{0: 3, 1: 3, 6: 3, 7: 4, 100: 50, 399: 200, 10_000: 200} {
		if n := Threshold(desired, ThresholdPercent); n != want {
			t.Errorf("of %d: %d, want %d", desired, n, want)
		}
	}
}

func TestReady(t *testing.T) {
	checked := &model.TaskDefinition{Definition: &types.TaskDefinition{ContainerDefinitions: []types.ContainerDefinition{{HealthCheck: &types.HealthCheck{}}}}}
	for _, c := range []struct {
		last   model.TaskStatus
		health string
		def    *model.TaskDefinition
		want   bool
	}{
		{model.TaskPending, "", nil, false},
		{model.TaskRunning, "", nil, true},
		{model.TaskRunning, "UNHEALTHY", nil, false},
		{model.TaskRunning, "", checked, false},
		{model.TaskRunning, "UNKNOWN", checked, false},
		{model.TaskRunning, "HEALTHY", checked, true},
		{model.TaskStopped, "HEALTHY", checked, false},
	} {
		task := &model.Task{Status: model.TaskObserved{Last: c.last, Health: c.health}}
		if Ready(task, c.def) != c.want {
			t.Errorf("%s %s checked=%v is ready: %v", c.last, c.health, c.def != nil, !c.want)
		}
	}
}

func TestEndedItself(t *testing.T) {
	for code, want := range map[string]bool{model.StopTaskFailedToStart: true, model.StopEssentialContainerExited: true,
		model.StopUserInitiated: false, model.StopServiceSchedulerInitiated: false, model.StopTerminationNotice: false} {
		if EndedItself(&model.Task{StopCode: code}) != want {
			t.Errorf("%s: %v", code, !want)
		}
	}
	if !EndedItself(&model.Task{StopCode: model.StopServiceSchedulerInitiated, StoppedReason: Unhealthy}) {
		t.Error("an unhealthy task did not end by itself")
	}
}

func TestLost(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 10, 0, time.UTC)
	i := &model.ContainerInstance{Status: model.InstanceActive, ConnectedAt: now.Add(-time.Second)}
	n := &place.Node{Instance: i}
	if lost, _ := Lost(nil, now, time.Time{}, time.Second); !lost {
		t.Error("an unknown instance is not lost")
	}
	if lost, at := Lost(n, now, time.Time{}, 3*time.Second); lost || !at.Equal(now.Add(2*time.Second)) {
		t.Errorf("lost %v at %v, want at two seconds from now", lost, at)
	}
	if lost, _ := Lost(n, now, now, time.Second); lost {
		t.Error("lost before anybody watched for long enough")
	}
	if lost, _ := Lost(n, now, time.Time{}, time.Second); !lost {
		t.Error("not lost in the end")
	}
	i.AgentConnected = true
	if lost, at := Lost(n, now, time.Time{}, time.Second); lost || !at.IsZero() {
		t.Error("a connected instance may be lost")
	}
	i.Status = model.InstanceInactive
	if lost, _ := Lost(n, now, time.Time{}, time.Second); !lost {
		t.Error("a deregistered instance is not lost")
	}
}
