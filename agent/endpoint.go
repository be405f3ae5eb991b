package agent

import (
	"context"
	"encoding/json"
	"net/http"
	"net/netip"
	"time"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// TaskEndpoint answers what tasks ask at 169.254.170.2. It knows the task by
// the address that the request comes from and gives nobody another's.
func (a *Agent) TaskEndpoint() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+CredentialsPath+"{id}", func(w http.ResponseWriter, r *http.Request) {
		task, known, err := a.taskBehind(r)
		if err != nil {
			refuseTask(w, http.StatusServiceUnavailable, "AgentNotReady", "the agent is not ready")
			return
		}
		id := r.PathValue("id")
		c, ok := a.creds.get(id, task.ARN)
		switch {
		case known && ok:
			answerTask(w, http.StatusOK, map[string]string{"RoleArn": c.RoleARN, "AccessKeyId": c.AccessKeyID,
				"SecretAccessKey": c.SecretAccessKey, "Token": c.SessionToken, "Expiration": c.Expiration})
		case known && task.RoleCredentials != nil && task.RoleCredentials.CredentialsID == id:
			// The agent was restarted and the control plane has not sent them again yet.
			refuseTask(w, http.StatusServiceUnavailable, "CredentialsUninitialized", "CredentialsV2Request: Credentials uninitialized for ID")
		default:
			refuseTask(w, http.StatusBadRequest, "InvalidIdInRequest", "CredentialsV2Request: Credentials not found")
		}
	})
	return mux
}

// endpointPatience is how long a task's question waits for the node.
const endpointPatience = 5 * time.Second

// taskBehind returns the task that sent the request, if a task of this
// instance has the address.
func (a *Agent) taskBehind(r *http.Request) (task acs.Task, known bool, err error) {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return acs.Task{}, false, nil
	}
	// A client that has said all it has to say may close its half of the
	// connection, which ends the request's context, and still waits.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), endpointPatience)
	defer cancel()
	return a.node.taskAt(ctx, from.Addr().Unmap())
}

// taskAt returns the task that one of whose containers has the address.
func (n *Node) taskAt(ctx context.Context, addr netip.Addr) (task acs.Task, known bool, err error) {
	err = n.do(ctx, func(time.Time) {
		for _, l := range n.live {
			for _, r := range l.runs {
				if r.sandbox.IPv4.IsValid() && r.sandbox.IPv4 == addr {
					task, known = l.payload, true
				}
			}
		}
	})
	return task, known, err
}

func refuseTask(w http.ResponseWriter, status int, code, message string) {
	answerTask(w, status, map[string]any{"code": code, "message": message, "HTTPErrorCode": status})
}

func answerTask(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a task that has gone needs no answer
}
