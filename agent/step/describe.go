package step

import "time"

// TaskState is a task as it tells of itself.
type TaskState struct {
	Desired, Known                                 string // RUNNING or STOPPED; PENDING, RUNNING or STOPPED
	PullStartedAt, PullStoppedAt, ExecutionStopped time.Time
	Containers                                     []ContainerState
}

// ContainerState is a container as it tells of itself.
type ContainerState struct {
	Name, RuntimeID, Digest, Known string
	ExitCode                       *int32
	Reason                         string
	Restarts                       int
	StartedAt                      time.Time
	Bindings                       []Binding
	Health                         *ContainerHealth // nil without a check
}

// Describe returns the task as it is.
func (t *Task) Describe() TaskState {
	r := t.snapshot()
	out := TaskState{Desired: t.desired, Known: r.Status, PullStartedAt: r.PullStartedAt, PullStoppedAt: r.PullStoppedAt, ExecutionStopped: t.executionStopped}
	for i, c := range t.containers {
		said := r.Containers[i]
		state := ContainerState{Name: said.Name, RuntimeID: said.RuntimeID, Digest: said.Digest, Known: said.Status, ExitCode: said.ExitCode,
			Reason: said.Reason, Restarts: c.restarts, StartedAt: c.startedAt, Bindings: said.Bindings}
		if c.check != nil {
			state.Health = &ContainerHealth{c.spec.Name, c.health, c.healthSince, c.lastOutput}
		}
		out.Containers = append(out.Containers, state)
	}
	return out
}
