package agent

import (
	"sync"

	"github.com/roadstead/roadstead/agent/step"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// keep is the record of one task: saved before a container starts, changed
// when the task is to stop, and forgotten once. Whoever comes late changes
// nothing: a record that came back after it was forgotten would start the task
// again in the agent's next life.
type keep struct {
	records *records
	// transient tasks are not recorded: nothing of them was ever to be started.
	transient bool

	mu        sync.Mutex
	saved     string // the desired status that the record names; "" before it is there
	forgotten bool
}

// save makes the record say what is desired of the task. STOPPED is final.
// Everybody who needs the record waits for it.
func (k *keep) save(payload acs.Task, desired string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.transient || k.forgotten || k.saved == step.Stopped || k.saved == desired {
		return nil
	}
	payload.DesiredStatus = desired
	if err := k.records.save(payload); err != nil {
		return err
	}
	k.saved = desired
	return nil
}

// forget removes the record.
func (k *keep) forget(arn string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forgotten = true
	if k.transient {
		return nil
	}
	return k.records.remove(arn)
}
