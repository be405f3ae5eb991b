package step

import (
	"slices"
	"time"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// Prepare fetches what the task's containers are given and the control plane
// does not send: secrets, and what registries want to know; and it makes the
// disks of the task. It is asked for once in a life of the node, and only where
// something is still to be started.
// Answer: Task.Prepared.
type Prepare struct{}

func (Prepare) effect() {}

// needsDisk reports whether something is mounted for the task that is not there
// by itself.
func needsDisk(t acs.Task) bool {
	return t.EphemeralStorage > 0 || len(t.Attachments) > 0 || slices.ContainsFunc(t.Volumes, func(v acs.Volume) bool { return v.EFS != nil })
}

// NeedsSecrets reports whether something must be fetched before a container of
// the task can be started, or its image pulled.
func NeedsSecrets(t acs.Task) bool { return slices.ContainsFunc(t.Containers, needsPreparation) }

// needsPreparation reports whether a container cannot be started with what the
// payload says.
func needsPreparation(c acs.Container) bool {
	return len(c.Secrets) > 0 || len(c.EnvironmentFiles) > 0 || waitsToPull(c)
}

// waitsToPull reports whether not even the container's image can be fetched.
func waitsToPull(c acs.Container) bool {
	return c.RegistryAuthentication != nil && c.RegistryAuthentication.Type == "asm"
}

// prepare asks for the preparation when it is due.
func (t *Task) prepare() {
	if t.prepared || t.preparing || t.desired != Running {
		return
	}
	if !needsDisk(t.payload) && !NeedsSecrets(t.payload) {
		t.prepared = true
		return
	}
	if slices.ContainsFunc(t.containers, func(c *container) bool { return c.phase < starting }) {
		t.preparing = true
		t.emit(Prepare{})
	}
}

// Prepared answers a Prepare. A task that cannot be prepared does not start,
// whichever of its containers the failure is about: the values belong to the
// task. Source: ECS developer guide, "ResourceInitializationError".
func (t *Task) Prepared(now time.Time, f Failure) {
	t.preparing = false
	if f == "" {
		t.prepared = true
	} else {
		t.fail(string(f))
	}
	t.advance(now)
}
