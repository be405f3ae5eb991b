package images

import (
	"context"
	"fmt"
	"net"
	"net/http"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/registry"
	"github.com/roadstead/roadstead/registry/stored"
	"github.com/roadstead/roadstead/wire"
)

// authorize is the registry's Authorize: ECR's front door knows whose token a
// request shows, and the gate whether that caller may do it now.
func (i *Images) authorize(r *http.Request, access registry.Access) (context.Context, error) {
	who, err := i.door.Caller(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", registry.ErrUnauthenticated, err)
	}
	if !i.gate.Lives(who, i.now()) {
		return nil, fmt.Errorf("%w: what the token was issued for is gone", registry.ErrUnauthenticated)
	}
	address, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		address = ""
	}
	ctx := caller.WithOrigin(caller.With(r.Context(), who), caller.Origin{SourceIP: address, UserAgent: r.UserAgent(), Secure: r.TLS != nil})
	need := wire.Need{Action: string(access.Action)}
	if access.Repository != "" {
		scope := i.scope
		account, name, qualified := stored.Qualified(access.Repository)
		if qualified {
			scope.Account = account
		}
		need.Resources = []string{scope.RepositoryARN(name)}
	}
	if err := i.gate.Check(ctx, who, need); err != nil {
		if operation := recorded(access.Action); i.record != nil && operation != "" {
			i.record.Did(ctx, operation, access.Repository, "", nil, err)
		}
		return nil, fmt.Errorf("%w: %w", registry.ErrDenied, err)
	}
	if i.record != nil && (access.Action == registry.ActionPutImage || access.Action == registry.ActionBatchDeleteImage) {
		if err := i.record.Ready(); err != nil {
			return nil, fmt.Errorf("refuse what cannot be recorded: %w", err)
		}
	}
	return ctx, nil
}

// recorded is the operation that an action is recorded as when it is denied;
// "" for what manifests have no part in.
func recorded(a registry.Action) string {
	switch a {
	case registry.ActionPutImage:
		return "PutImage"
	case registry.ActionBatchGetImage:
		return "BatchGetImage"
	case registry.ActionBatchDeleteImage:
		return "BatchDeleteImage"
	}
	return ""
}

// note records what happened to an image, unless it was by ECR's front door:
// its calls are recorded as they are answered.
func (i *Images) note(ctx context.Context, e registry.Event) {
	if i.record == nil || wire.RequestID(ctx) != "" {
		return
	}
	switch e.Kind {
	case registry.ImagePushed:
		i.record.Did(ctx, "PutImage", e.Repository, string(e.Digest), e.Tags, nil)
	case registry.ImagePulled:
		i.record.Did(ctx, "BatchGetImage", e.Repository, string(e.Digest), e.Tags, nil)
	case registry.ImageDeleted:
		i.record.Did(ctx, "BatchDeleteImage", e.Repository, string(e.Digest), e.Tags, nil)
	}
}
