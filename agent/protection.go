package agent

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// Protector reads and changes the protection of tasks through the platform's
// public API, as whoever the credentials are of.
type Protector interface {
	UpdateTaskProtection(ctx context.Context, as acs.Credentials, in *ecs.UpdateTaskProtectionInput) (*ecs.UpdateTaskProtectionOutput, error)
	GetTaskProtection(ctx context.Context, as acs.Credentials, in *ecs.GetTaskProtectionInput) (*ecs.GetTaskProtectionOutput, error)
}

// maxProtectionBody is the longest request about protection, in bytes.
const maxProtectionBody = 4 << 10

// protectionRequest is what a task says.
// Source: ECS developer guide, "Task scale-in protection endpoint".
type protectionRequest struct {
	ProtectionEnabled *bool
	ExpiresInMinutes  *int32
}

// protectionAnswer is what it is told; one field is set.
type protectionAnswer struct {
	RequestID  string             `json:"requestID,omitempty"`
	Protection *protection        `json:"protection,omitempty"`
	Failure    *protectionFailure `json:"failure,omitempty"`
	Error      *protectionRefusal `json:"error,omitempty"`
}

type protection struct {
	ExpirationDate    string `json:",omitempty"` // RFC 3339
	ProtectionEnabled bool
	TaskArn           string
}

type protectionFailure struct{ Arn, Detail, Reason string }

type protectionRefusal struct{ Arn, Code, Message string }

// protect answers a task's question about its own protection, or changes it,
// with the credentials of the task's role: the role decides what it may.
func (a *Agent) protect(w http.ResponseWriter, r *http.Request, t acs.Task) {
	refuse := func(status int, code, message string) {
		answerTask(w, status, protectionAnswer{Error: &protectionRefusal{t.ARN, code, message}})
	}
	var body protectionRequest
	if r.Method == http.MethodPut {
		decoder := json.NewDecoder(io.LimitReader(r.Body, maxProtectionBody))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&body); err != nil {
			refuse(http.StatusBadRequest, "BadRequest", "UpdateTaskProtection: failed to decode request")
			return
		}
		if body.ProtectionEnabled == nil {
			refuse(http.StatusBadRequest, "InvalidParameterException", "Invalid request: does not contain 'ProtectionEnabled' field")
			return
		}
	}
	as, ok := acs.Credentials{}, false
	if t.RoleCredentials != nil {
		as, ok = a.creds.get(t.RoleCredentials.CredentialsID, t.ARN)
	}
	if !ok || a.protector == nil {
		refuse(http.StatusForbidden, "AccessDeniedException", "Invalid Request: no task IAM role credentials available for task")
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), endpointPatience)
	defer cancel()
	protected, failures, err := a.protection(ctx, as, t, body)
	var api smithy.APIError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		refuse(http.StatusGatewayTimeout, "RequestCanceled", "Timed out calling Amazon ECS Task Protection API")
	case errors.As(err, &api) && api.ErrorFault() == smithy.FaultServer:
		refuse(http.StatusInternalServerError, api.ErrorCode(), api.ErrorMessage())
	case errors.As(err, &api):
		refuse(http.StatusBadRequest, api.ErrorCode(), api.ErrorMessage())
	case err != nil:
		refuse(http.StatusInternalServerError, "ServerException", "the control plane does not answer")
	case len(failures) > 0:
		f := failures[0]
		answerTask(w, http.StatusOK, protectionAnswer{Failure: &protectionFailure{aws.ToString(f.Arn), aws.ToString(f.Detail), aws.ToString(f.Reason)}})
	case len(protected) == 0:
		refuse(http.StatusInternalServerError, "ServerException", "Unexpected error occurred")
	default:
		p := &protection{ProtectionEnabled: protected[0].ProtectionEnabled, TaskArn: aws.ToString(protected[0].TaskArn)}
		if at := protected[0].ExpirationDate; at != nil {
			p.ExpirationDate = at.UTC().Format("2006-01-02T15:04:05Z")
		}
		answerTask(w, http.StatusOK, protectionAnswer{Protection: p})
	}
}

// protection asks for the task's protection, or changes it when the body says
// how.
func (a *Agent) protection(ctx context.Context, as acs.Credentials, t acs.Task, body protectionRequest) ([]types.ProtectedTask, []types.Failure, error) {
	if body.ProtectionEnabled == nil {
		out, err := a.protector.GetTaskProtection(ctx, as, &ecs.GetTaskProtectionInput{Cluster: aws.String(t.ClusterARN), Tasks: []string{t.ARN}})
		if err != nil {
			return nil, nil, err
		}
		return out.ProtectedTasks, out.Failures, nil
	}
	out, err := a.protector.UpdateTaskProtection(ctx, as, &ecs.UpdateTaskProtectionInput{Cluster: aws.String(t.ClusterARN), Tasks: []string{t.ARN},
		ProtectionEnabled: *body.ProtectionEnabled, ExpiresInMinutes: body.ExpiresInMinutes})
	if err != nil {
		return nil, nil, err
	}
	return out.ProtectedTasks, out.Failures, nil
}
