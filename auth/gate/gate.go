package gate

import (
	"context"
	"strings"
	"time"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/policy"
	"github.com/roadstead/roadstead/auth/static"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/wire"
)

// Nouns is one snapshot of what is stored.
type Nouns interface {
	Lookup(model.Key) (model.Noun, bool)
}

// Sealer hides why a request was denied from who may not know it.
type Sealer interface {
	SealText(text []byte, audience string) (string, error)
	OpenText(sealed, audience string) ([]byte, error)
}

// Options of a Gate. The zero value works.
type Options struct {
	// Region is the platform's; "" means us-east-1.
	Region string
	// Managed returns AWS's own managed policy with an ARN; nil: there are none.
	Managed func(arn string) (document string, ok bool)
	// Sealer seals the reasons of denials; nil: they are not told at all.
	Sealer Sealer
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Gate decides. It is safe for concurrent use.
type Gate struct {
	view      func() Nouns
	opts      Options
	documents *documents
	// floors are the policies of the platform's own sessions.
	floors map[caller.Purpose]*policy.Document
}

// New returns a Gate over what view shows at the time of each request.
func New(view func() Nouns, o Options) *Gate {
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if o.Managed == nil {
		o.Managed = func(string) (string, bool) { return "", false }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	g := &Gate{view: view, opts: o, documents: newDocuments(maxDocuments), floors: map[caller.Purpose]*policy.Document{}}
	for _, p := range []caller.Purpose{caller.ExecutionRole, caller.Instance} {
		g.floors[p] = g.documents.parsed(static.Policy(p), policy.Identity)
	}
	return g
}

// Authorize is the router's hook: nil if the caller in ctx may make the
// request, else a *Denied.
func (g *Gate) Authorize(ctx context.Context, s *wire.Service, op *wire.Operation, input any) error {
	needs, ok := op.Needs(ctx, s, input)
	if ok && len(needs) == 0 {
		return nil
	}
	who, _ := caller.From(ctx)
	if !ok {
		if who.Kind == caller.Root {
			return nil
		}
		needs = []wire.Need{{Action: s.SigningName + ":" + op.Name}}
		return g.denied(&policy.Request{Action: needs[0].Action, Resource: everything, Caller: subject(who)},
			policy.Decision{Cause: policy.NoIdentityPolicy})
	}
	return g.Check(ctx, who, needs...)
}

// everything stands for the resource of actions that know none.
const everything = "*"

// Check returns nil if the caller has all the permissions, else a *Denied for
// the first that it has not.
func (g *Gate) Check(ctx context.Context, who caller.Identity, needs ...wire.Need) error {
	v := g.view()
	own := g.policiesOf(v, who)
	global := g.globalKeys(ctx, v, who)
	subject := subject(who)
	for i := range needs {
		n := &needs[i]
		resources := n.Resources
		if len(resources) == 0 {
			resources = []string{everything}
		}
		for _, arn := range resources {
			f := resourceOf(v, arn)
			r := &policy.Request{Action: n.Action, Resource: arn, Account: f.account, Caller: subject, Context: keysFor(global, n.Keys, &f, n.Action)}
			applying := own
			applying.Resource, applying.Required = g.resourcePolicy(&f, n.Action)
			applying.Trust = f.trust()
			d := decide(who, r, &applying)
			if !d.Allowed() && !g.granted(&f, who, n, d) {
				return g.denied(r, d)
			}
		}
	}
	return nil
}

// Admits returns nil if the resources' own policies let in who has no policies
// of its own: a service, or somebody for whom an identity provider speaks.
func (g *Gate) Admits(ctx context.Context, c policy.Caller, n wire.Need) error {
	v := g.view()
	global := g.globalKeys(ctx, v, caller.Identity{})
	for _, arn := range n.Resources {
		f := resourceOf(v, arn)
		r := &policy.Request{Action: n.Action, Resource: arn, Account: f.account, Caller: c, Context: keysFor(global, n.Keys, &f, n.Action)}
		var p policy.Policies
		p.Resource, p.Required = g.resourcePolicy(&f, n.Action)
		p.Trust = f.trust()
		if d := policy.Evaluate(r, &p); !d.Allowed() {
			return g.denied(r, d)
		}
	}
	return nil
}

// decide evaluates. Nobody has no permissions, whatever a policy says of
// everybody: anonymous requests end at authentication.
func decide(who caller.Identity, r *policy.Request, p *policy.Policies) policy.Decision {
	if who.Kind == caller.Nobody {
		return policy.Decision{Cause: policy.NoIdentityPolicy}
	}
	if !within(who.Purpose, r.Action) {
		return policy.Decision{Cause: policy.NoSessionPolicy}
	}
	return policy.Evaluate(r, p)
}

// within reports whether sessions of a purpose may call the action at all:
// those that users make for themselves or for others may not touch IAM, and
// of STS only what says who they are or, for the first, what leads to a role.
// Source: IAM user guide, "Compare AWS STS credentials".
func within(p caller.Purpose, action string) bool {
	service, operation, _ := strings.Cut(action, ":")
	switch {
	case p == caller.Joining:
		return false // whatever the role may do that it is of
	case p != caller.Token && p != caller.Federation:
		return true
	case service == "sts":
		return operation == "GetCallerIdentity" || p == caller.Token && operation != "GetFederationToken"
	}
	return service != "iam" || operation == "PassRole"
}

// subject is the caller as policies see it.
func subject(who caller.Identity) policy.Caller {
	c := policy.Caller{Account: who.Account, ARN: who.ARN, Root: who.Kind == caller.Root}
	if who.Kind == caller.AssumedRole {
		c.Role = who.RoleARN
	}
	return c
}
