package agent

import (
	"context"
	"errors"
	"sync"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// CredentialsPath is where a task fetches the credentials of its role, behind
// 169.254.170.2; the containers' environment names it.
// Source: specs/agent-protocol.md section 4.
const CredentialsPath = "/v2/credentials/"

// credentials are those of the tasks' roles, in memory alone: after a restart
// the control plane sends them again.
type credentials struct {
	mu     sync.Mutex
	byID   map[string]grant
	byTask map[string][]string // ids
	came   chan struct{}       // closed when some arrive; nil: nobody waits
}

type grant struct {
	acs.Credentials
	task    string // the only task that may have them
	forTask bool   // they are for the task itself, not for what starts it
}

// keep takes over credentials for a task; false when there are none.
func (c *credentials) keep(task string, given *acs.Credentials, forTask bool) bool {
	if given == nil || given.CredentialsID == "" {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byID == nil {
		c.byID, c.byTask = map[string]grant{}, map[string][]string{}
	}
	if old, known := c.byID[given.CredentialsID]; known && old.task != task {
		return false // an id is one task's for ever
	} else if !known {
		c.byTask[task] = append(c.byTask[task], given.CredentialsID)
	}
	c.byID[given.CredentialsID] = grant{*given, task, forTask}
	if c.came != nil {
		close(c.came)
		c.came = nil
	}
	return true
}

// execution returns the credentials of a task's execution role. They are sent
// with the task, and again after a restart of the agent: it waits for them, but
// not for ever.
func (c *credentials) execution(ctx context.Context, t acs.Task) (acs.Credentials, error) {
	if t.ExecutionRoleCredentials == nil {
		return acs.Credentials{}, errors.New("unable to find execution role credentials: the task has no execution role")
	}
	ctx, cancel := context.WithTimeout(ctx, credentialsPatience)
	defer cancel()
	for {
		held, ok, came := c.executionOr(t)
		if ok {
			return held, nil
		}
		select {
		case <-came:
		case <-ctx.Done():
			return acs.Credentials{}, errors.New("unable to find execution role credentials")
		}
	}
}

func (c *credentials) executionOr(t acs.Task) (acs.Credentials, bool, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	h, ok := c.byID[t.ExecutionRoleCredentials.CredentialsID]
	if ok && h.task == t.ARN {
		return h.Credentials, true, nil
	}
	if c.came == nil {
		c.came = make(chan struct{})
	}
	return acs.Credentials{}, false, c.came
}

func (c *credentials) has(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.byID[id]
	return ok
}

// get returns a task's own credentials.
func (c *credentials) get(id, task string) (acs.Credentials, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	h, ok := c.byID[id]
	return h.Credentials, ok && h.forTask && h.task == task
}

// forget drops the credentials of a task that is not there any more.
func (c *credentials) forget(task string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range c.byTask[task] {
		delete(c.byID, id)
	}
	delete(c.byTask, task)
}
