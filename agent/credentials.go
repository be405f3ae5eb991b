package agent

import (
	"context"
	"encoding/json"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// CredentialsPath is where a task fetches the credentials of its role, behind
// 169.254.170.2; the containers' environment names it.
// Source: specs/agent-protocol.md section 4.
const CredentialsPath = "/v2/credentials/"

// credentials are those of the tasks' roles, in memory alone: after a restart
// the control plane sends them again.
type credentials struct {
	mu   sync.Mutex
	byID map[string]held
}

type held struct {
	acs.Credentials
	task string // the only task that may have them
}

// keep takes over credentials for a task; false when there are none.
func (c *credentials) keep(task string, given *acs.Credentials) bool {
	if given == nil || given.CredentialsID == "" {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byID == nil {
		c.byID = map[string]held{}
	}
	c.byID[given.CredentialsID] = held{*given, task}
	return true
}

func (c *credentials) empty() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.byID) == 0
}

func (c *credentials) get(id, task string) (acs.Credentials, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	h, ok := c.byID[id]
	return h.Credentials, ok && h.task == task && task != ""
}

// retain forgets the credentials of tasks that are not there any more.
func (c *credentials) retain(there func(task string) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, h := range c.byID {
		if !there(h.task) {
			delete(c.byID, id)
		}
	}
}

// TaskEndpoint answers what tasks ask at 169.254.170.2. It knows the task by
// the address that the request comes from and gives nobody another's.
func (a *Agent) TaskEndpoint() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+CredentialsPath+"{id}", func(w http.ResponseWriter, r *http.Request) {
		task, err := a.taskBehind(r)
		if err != nil {
			refuseTask(w, http.StatusServiceUnavailable, "AgentNotReady", "the agent is not ready")
			return
		}
		c, ok := a.creds.get(r.PathValue("id"), task)
		if !ok {
			refuseTask(w, http.StatusBadRequest, "InvalidIdInRequest", "CredentialsV2Request: Credentials not found")
			return
		}
		answerTask(w, http.StatusOK, map[string]string{"RoleArn": c.RoleARN, "AccessKeyId": c.AccessKeyID,
			"SecretAccessKey": c.SecretAccessKey, "Token": c.SessionToken, "Expiration": c.Expiration})
	})
	return mux
}

// taskBehind returns the ARN of the task that sent the request; "" when no
// task of this instance has the address.
func (a *Agent) taskBehind(r *http.Request) (string, error) {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return "", nil
	}
	return a.node.taskAt(r.Context(), from.Addr().Unmap())
}

// taskAt returns the task that one of whose containers has the address.
func (n *Node) taskAt(ctx context.Context, addr netip.Addr) (task string, err error) {
	err = n.do(ctx, func(time.Time) {
		for arn, l := range n.live {
			for _, r := range l.runs {
				if r.sandbox.IPv4 == addr {
					task = arn
				}
			}
		}
	})
	return task, err
}

func refuseTask(w http.ResponseWriter, status int, code, message string) {
	answerTask(w, status, map[string]any{"code": code, "message": message, "HTTPErrorCode": status})
}

func answerTask(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a task that has gone needs no answer
}
