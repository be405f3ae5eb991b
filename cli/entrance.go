package cli

import (
	"context"
	"net"
	"net/http"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/gate"
	"github.com/roadstead/roadstead/auth/keyring"
	"github.com/roadstead/roadstead/auth/policy/managed"
	"github.com/roadstead/roadstead/auth/sigv4"
	"github.com/roadstead/roadstead/cli/lastuse"
	"github.com/roadstead/roadstead/wire"
)

// entrance is the keyring and the gate together, as the registry knows them.
type entrance struct {
	*keyring.Stored
	*gate.Gate
}

// managedPolicies returns AWS's managed policies by ARN. Their texts are made
// once, because every request asks.
func managedPolicies() func(arn string) (string, bool) {
	texts := map[string]string{}
	for _, p := range managed.All() {
		texts[p.ARN()] = p.Document
	}
	return func(arn string) (string, bool) { text, ok := texts[arn]; return text, ok }
}

// authenticate is the router's hook: who calls, and how the request came.
func authenticate(v *sigv4.Verifier, uses *lastuse.Uses) func(*http.Request, []byte) (context.Context, error) {
	return func(r *http.Request, body []byte) (context.Context, error) {
		result, err := v.Verify(r, body)
		if err != nil {
			return nil, err
		}
		if result.Identity.Purpose == caller.None { // a session has no key of its own
			uses.Used(result.AccessKeyID, result.Service, result.Region)
		}
		return arrived(r, result), nil
	}
}

func arrived(r *http.Request, result sigv4.Result) context.Context {
	address, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		address = ""
	}
	return caller.WithOrigin(caller.With(r.Context(), result.Identity), caller.Origin{
		SourceIP: address, UserAgent: r.UserAgent(), Region: result.Region, Secure: r.TLS != nil})
}

// authenticateAgent lets agents open their channels.
func authenticateAgent(v *sigv4.Verifier, g *gate.Gate) func(*http.Request) (context.Context, error) {
	return func(r *http.Request) (context.Context, error) {
		result, err := v.Verify(r, nil)
		if err == nil {
			err = result.For("ecs")
		}
		if err != nil {
			return nil, err
		}
		ctx := arrived(r, result)
		if err := g.Check(ctx, result.Identity, polling(r)); err != nil {
			return nil, err
		}
		return ctx, nil
	}
}

// polling is what an agent needs for its channel: its URL names the instance
// and the cluster.
// Source: Service Authorization Reference, Amazon ECS, Poll.
func polling(r *http.Request) wire.Need {
	n := wire.Need{Action: "ecs:Poll"}
	if arn := r.URL.Query().Get("containerInstanceArn"); arn != "" {
		n.Resources = []string{arn}
	}
	if arn := r.URL.Query().Get("clusterArn"); arn != "" {
		n.Keys = map[string][]string{"ecs:cluster": {arn}}
	}
	return n
}
