package agent

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/smithy-go"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// TaskEndpoint answers what tasks ask at 169.254.170.2. It knows the task by
// the address that the request comes from and gives nobody another's: an id in
// the URL only says which of the task's own containers is meant. Tasks that
// share the host's network have no address of their own: they are known by ids
// that nobody can guess, and only those are (see hostTask).
func (a *Agent) TaskEndpoint() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+CredentialsPath+"{id}", a.answerCredentials)
	asked := func(path string, answer func(w http.ResponseWriter, r *http.Request, t askedTask, name string)) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			t, known, err := a.taskBehind(r, (*Agent).hostTask)
			name, mine := "", true
			if id := r.PathValue("id"); id != "" {
				name, mine = t.named(id)
			}
			switch {
			case err != nil:
				answerTask(w, http.StatusServiceUnavailable, "the agent is not ready")
			case !known || !mine:
				answerTask(w, http.StatusNotFound, "unable to get task ARN or container from the request: it is not known to this container instance")
			default:
				answer(w, r, t, name)
			}
		})
	}
	for version, path := range map[int]string{3: metadataV3 + "{id}", 4: metadataPath + "{id}"} {
		asked("GET "+path, a.answerContainer(version))
		asked("GET "+path+"/task", a.answerTask(version, false))
		asked("GET "+path+"/taskWithTags", a.answerTask(version, true))
		asked("GET "+path+"/stats", a.answerStats)
		asked("GET "+path+"/task/stats", a.answerAllStats)
	}
	asked("GET /v2/metadata", a.answerTask(2, false))
	asked("GET /v2/metadataWithTags", a.answerTask(2, true))
	asked("GET /v2/metadata/{id}", a.answerContainer(2))
	asked("GET /v2/stats", a.answerAllStats)
	asked("GET /v2/stats/{id}", a.answerStats)
	protect := func(w http.ResponseWriter, r *http.Request, t askedTask, _ string) { t.agent.protect(w, r, t.payload) }
	asked("GET "+agentPath+"{id}/task-protection/v1/state", protect)
	asked("PUT "+agentPath+"{id}/task-protection/v1/state", protect)
	return mux
}

func (a *Agent) answerCredentials(w http.ResponseWriter, r *http.Request) {
	behind, known, err := a.taskBehind(r, (*Agent).credentialsTask)
	if err != nil {
		refuseTask(w, http.StatusServiceUnavailable, "AgentNotReady", "the agent is not ready")
		return
	}
	id, task := r.PathValue("id"), behind.payload
	c, ok := acs.Credentials{}, false
	if known {
		c, ok = behind.agent.creds.get(id, task.ARN)
	}
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
}

type taskAnswer = func(w http.ResponseWriter, r *http.Request, t askedTask, name string)

func (a *Agent) answerContainer(version int) taskAnswer {
	return func(w http.ResponseWriter, _ *http.Request, t askedTask, name string) {
		for _, c := range t.state.Containers {
			if c.Name == name {
				answerTask(w, http.StatusOK, t.container(version, c))
			}
		}
	}
}

func (a *Agent) answerTask(version int, tags bool) taskAnswer {
	return func(w http.ResponseWriter, r *http.Request, t askedTask, _ string) {
		out := t.metadata(version, t.agent.zone())
		if version >= 4 {
			out.Storage = t.agent.node.storageOf(t.payload)
		}
		if tags {
			t.agent.addTags(r.Context(), &out)
		}
		answerTask(w, http.StatusOK, out)
	}
}

func (a *Agent) answerStats(w http.ResponseWriter, r *http.Request, t askedTask, name string) {
	stats := t.agent.statsOf(r.Context(), t.runs[name].id, name)
	if stats == nil {
		answerTask(w, http.StatusInternalServerError, "unable to get the stats of the container: it does not run")
		return
	}
	answerTask(w, http.StatusOK, stats)
}

// answerAllStats answers with every container's stats by its id; null where
// there are none.
func (a *Agent) answerAllStats(w http.ResponseWriter, r *http.Request, t askedTask, _ string) {
	all := map[string]*dockerStats{}
	for name, c := range t.runs {
		all[c.id] = t.agent.statsOf(r.Context(), c.id, name)
	}
	answerTask(w, http.StatusOK, all)
}

// zone returns the instance's availability zone.
func (a *Agent) zone() string {
	for _, attribute := range a.options.Instance.Attributes {
		if aws.ToString(attribute.Name) == "ecs.availability-zone" {
			return aws.ToString(attribute.Value)
		}
	}
	return ""
}

// tagAPI is the part of ECS's API that tells tags; the SDK's client has it.
type tagAPI interface {
	ListTagsForResource(context.Context, *ecs.ListTagsForResourceInput, ...func(*ecs.Options)) (*ecs.ListTagsForResourceOutput, error)
}

// addTags asks the control plane for the tags of the task and the instance. What
// it does not tell is named among the errors.
func (a *Agent) addTags(ctx context.Context, out *taskMetadata) {
	api, ok := a.api.(tagAPI)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, endpointPatience)
	defer cancel()
	for _, of := range []struct {
		arn, field string
		tags       *map[string]string
	}{{a.InstanceARN(), "ContainerInstanceTags", &out.ContainerInstanceTags}, {out.TaskARN, "TaskTags", &out.TaskTags}} {
		got, err := api.ListTagsForResource(ctx, &ecs.ListTagsForResourceInput{ResourceArn: aws.String(of.arn)})
		if err != nil {
			code, message := "ServerException", "the control plane does not answer"
			var known smithy.APIError
			if errors.As(err, &known) {
				code, message = known.ErrorCode(), known.ErrorMessage()
			}
			out.Errors = append(out.Errors, metadataError{of.field, code, message})
			continue
		}
		tags := map[string]string{}
		for _, t := range got.Tags {
			tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
		}
		*of.tags = tags
	}
}

// endpointPatience is how long a task's question waits for the node.
const endpointPatience = 5 * time.Second

// taskBehind returns the task that sent the request: the one of this instance
// that has the address, or, when the machine itself is asking, the one in the
// host's network that byID knows, of this instance or a neighbour.
func (a *Agent) taskBehind(r *http.Request, byID func(*Agent, context.Context, string) (askedTask, bool, error)) (task askedTask, known bool, err error) {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return askedTask{}, false, nil
	}
	// A client that has said all it has to say may close its half of the
	// connection, which ends the request's context, and still waits.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), endpointPatience)
	defer cancel()
	addr, id := from.Addr().Unmap(), r.PathValue("id")
	task, known, err = a.node.taskAt(ctx, addr)
	if known || err != nil || id == "" || a.options.FromHost == nil || !a.options.FromHost(addr) {
		task.agent = a
		return task, known, err
	}
	for _, of := range a.options.Neighbours.with(a) {
		task, known, err = byID(of, ctx, id)
		if task.agent = of; known || err != nil {
			return task, known, err
		}
	}
	return askedTask{}, false, nil
}

// taskAt returns the task that one of whose containers has the address.
func (n *Node) taskAt(ctx context.Context, addr netip.Addr) (task askedTask, known bool, err error) {
	err = n.do(ctx, func(time.Time) {
		for _, l := range n.live {
			for _, r := range l.runs {
				if r.sandbox.IPv4.IsValid() && r.sandbox.IPv4 == addr {
					task, known = l.asked(), true
				}
			}
		}
	})
	return task, known, err
}

// asked copies what a task may be told; the loop goes on with the rest.
func (l *live) asked() askedTask {
	out := askedTask{payload: l.payload, state: l.task.Describe(), runs: map[string]run{}}
	for name, r := range l.runs {
		out.runs[name] = *r
	}
	return out
}

func refuseTask(w http.ResponseWriter, status int, code, message string) {
	answerTask(w, status, map[string]any{"code": code, "message": message, "HTTPErrorCode": status})
}

func answerTask(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a task that has gone needs no answer
}
