package cli

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/throttle"
	"github.com/roadstead/roadstead/cli/audit"
	"github.com/roadstead/roadstead/cli/images"
	"github.com/roadstead/roadstead/model"
)

// recordedImages records what the registry's own protocol does, as ECR's
// operations.
type recordedImages struct {
	*audit.Auditor
	log *slog.Logger
}

var _ images.Record = recordedImages{}

type imageID struct {
	ImageDigest string `json:"imageDigest,omitempty"`
	ImageTag    string `json:"imageTag,omitempty"`
}

type imageRequest struct {
	RegistryID     string    `json:"registryId"`
	RepositoryName string    `json:"repositoryName"`
	ImageDigest    string    `json:"imageDigest,omitempty"`
	ImageTag       string    `json:"imageTag,omitempty"`
	ImageIDs       []imageID `json:"imageIds,omitempty"`
}

// Did implements images.Record.
func (r recordedImages) Did(ctx context.Context, operation, repository, digest string, tags []string, denied error) {
	asked := imageRequest{RegistryID: account, RepositoryName: repository}
	h := audit.Happening{Service: "ecr", Name: operation, Time: time.Now(), Kind: audit.KindOf("ecr", operation), Request: &asked,
		About: []string{model.Scope{Region: region, Account: account}.RepositoryARN(repository)}}
	switch {
	case denied != nil:
		h.Code, h.Message = "AccessDenied", denied.Error()
	case operation == "PutImage":
		asked.ImageDigest = digest
		if len(tags) > 0 {
			asked.ImageTag = tags[0]
		}
	default:
		asked.ImageIDs = []imageID{{ImageDigest: digest}}
	}
	if err := r.Note(ctx, h); err != nil {
		r.log.Error("the record of an image could not be kept yet", "operation", operation, "repository", repository, "error", err)
	}
}

// recordedChannels records the channels that agents open, as the data events
// that CloudTrail has for them.
// Source: ECS developer guide, "Log Amazon ECS API calls using AWS CloudTrail".
func (g *guard) recordedChannels(next func(*http.Request) (context.Context, error)) func(*http.Request) (context.Context, error) {
	return func(r *http.Request) (context.Context, error) {
		ctx, err := next(r)
		h := audit.Happening{Service: "ecs", Name: "Poll", Time: time.Now(), Kind: audit.Reporting}
		if strings.HasPrefix(r.URL.Path, "/tcs") {
			h.Name = "StartTelemetrySession"
		}
		asked := map[string]string{}
		for _, name := range []string{"cluster", "containerInstance"} {
			q := r.URL.Query()
			if value := cmp.Or(q.Get(name+"Arn"), q.Get(name)); value != "" {
				asked[name] = value
				h.About = append(h.About, value)
			}
		}
		h.Request = asked
		noted := ctx
		if err != nil {
			noted = caller.WithOrigin(r.Context(), caller.Origin{SourceIP: throttle.Address(r), UserAgent: r.UserAgent(), Secure: r.TLS != nil})
			h.Code, h.Message = "AccessDeniedException", err.Error()
		}
		_ = g.audit.Note(noted, h) // nobody waits for it: what a full disk did not take is written later
		return ctx, err
	}
}
