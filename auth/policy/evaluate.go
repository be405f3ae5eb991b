package policy

import "strings"

// Request is what is to be decided.
type Request struct {
	Action   string // such as ecs:RunTask
	Resource string // an ARN, or "*" for an action that knows no resource
	// Account is the account that the resource belongs to; "" for the caller's.
	Account string
	Caller  Caller
	Context Context
}

// Named is a document and its name, for people.
type Named struct {
	Name string // such as a managed policy's ARN, or an inline policy's name
	*Document
}

// Policies are all that apply to a request.
type Policies struct {
	// Identity are attached to the caller: the user and its groups, or the role.
	Identity []Named
	// Boundary is the caller's permissions boundary; nil: none.
	Boundary *Named
	// Session are the policies that were passed when the session was made;
	// nil: none. An empty, not nil, list allows nothing.
	Session []Named
	// Resource is the resource's own policy; nil: none.
	Resource *Named
	// Required says that the resource's policy has to allow the action, whatever
	// the caller's own allow: a role's trust policy, a key's policy. An
	// account's root named there hands the decision to the identity policies.
	Required bool
	// Trust says that the resource's policy is a role's trust policy, which
	// denials call so.
	Trust bool
}

// Cause is what stands against a request.
type Cause int

// The causes of a denial; Allowed is none.
const (
	Allowed Cause = iota
	ExplicitDeny
	NoIdentityPolicy
	NoBoundary
	NoSessionPolicy
	NoResourcePolicy
	NoTrustPolicy
)

// Decision is the answer.
type Decision struct {
	Cause Cause
	// Type is the type of policy of an explicit denial: identity-based policy,
	// permissions boundary, session policy, resource-based policy, role trust
	// policy.
	Type string
	// Policy and Sid name the statement that allowed or denied; "" for an
	// implicit denial.
	Policy string
	Sid    string
	// Statement is that statement; nil for an implicit denial. It is not to be
	// changed.
	Statement *Statement
}

// Allowed reports whether the request may be carried out.
func (d Decision) Allowed() bool { return d.Cause == Allowed }

// The types of policies, in the words of denials.
const (
	typeIdentity = "identity-based policy"
	typeBoundary = "permissions boundary"
	typeSession  = "session policy"
	typeResource = "resource-based policy"
	typeTrust    = "role trust policy"
)

// Evaluate decides. An explicit denial anywhere comes first. Then, within one
// account, either the identity policies or the resource's policy allow, and
// boundary and session policies have to allow too, unless the resource's
// policy names the user or the session itself. Across accounts both sides have
// to allow.
// Source: IAM user guide, "Policy evaluation logic".
func Evaluate(r *Request, p *Policies) Decision {
	if d, denied := p.denial(r); denied {
		return d
	}
	own := r.Account == "" || r.Account == r.Caller.Account
	granted, by, how := p.resourceAllows(r)
	switch {
	case r.Caller.Service != "" || r.Caller.Federated != "":
		// Services and federated users have no policies of their own.
		if granted {
			return by
		}
		return Decision{Cause: p.silent()}
	case !own && !granted:
		return Decision{Cause: p.silent()}
	case p.Required && !granted:
		return Decision{Cause: p.silent()}
	}
	if r.Caller.Root && own {
		return Decision{}
	}
	if own && granted && direct(how) {
		if how == byItself || (how == byAnybody && r.Caller.Role == "") {
			return by // the user or the session itself: nothing else limits it
		}
		return p.limited(r, by)
	}
	if r.Caller.Root {
		return Decision{} // its account may pass on what it was given
	}
	d := find(r, p.Identity, false)
	if d == nil {
		return Decision{Cause: NoIdentityPolicy}
	}
	return p.limited(r, *d)
}

// direct reports whether a resource's policy that names the caller so lets it
// in by itself. An account is named to hand the decision on.
func direct(how naming) bool { return how != byAccount && how != unnamed }

// silent is the cause when the resource's policy does not allow.
func (p *Policies) silent() Cause {
	if p.Trust {
		return NoTrustPolicy
	}
	return NoResourcePolicy
}

// limited returns d unless boundary or session policies do not allow.
func (p *Policies) limited(r *Request, d Decision) Decision {
	if p.Boundary != nil && find(r, []Named{*p.Boundary}, false) == nil {
		return Decision{Cause: NoBoundary}
	}
	if p.Session != nil && find(r, p.Session, false) == nil {
		return Decision{Cause: NoSessionPolicy}
	}
	return d
}

func (p *Policies) denial(r *Request) (Decision, bool) {
	for _, of := range []struct {
		typ      string
		policies []Named
	}{{typeIdentity, p.Identity}, {typeBoundary, one(p.Boundary)}, {typeSession, p.Session}, {typeResource, one(p.Resource)}} {
		if of.typ != typeResource && r.Caller.Root && (r.Account == "" || r.Account == r.Caller.Account) {
			continue // root has no policies of its own
		}
		if d := find(r, of.policies, true); d != nil {
			d.Cause, d.Type = ExplicitDeny, of.typ
			if of.typ == typeResource && p.Trust {
				d.Type = typeTrust
			}
			return *d, true
		}
	}
	return Decision{}, false
}

func one(n *Named) []Named {
	if n == nil {
		return nil
	}
	return []Named{*n}
}

// find returns the first statement of the effect that speaks of the request.
func find(r *Request, policies []Named, deny bool) *Decision {
	for i := range policies {
		d := policies[i].Document
		for k := range d.Statements {
			if s := &d.Statements[k]; s.Deny == deny && s.matches(r) {
				return &Decision{Policy: policies[i].Name, Sid: s.Sid, Statement: s}
			}
		}
	}
	return nil
}

// resourceAllows looks for the statement of the resource's policy that allows
// and names the caller most directly.
func (p *Policies) resourceAllows(r *Request) (granted bool, by Decision, how naming) {
	if p.Resource == nil {
		return false, by, unnamed
	}
	for k := range p.Resource.Statements {
		s := &p.Resource.Statements[k]
		if s.Deny || !s.matches(r) {
			continue
		}
		if n := s.Principals.names(&r.Caller); !granted || n > how {
			granted, how = true, n
			by = Decision{Policy: p.Resource.Name, Sid: s.Sid, Statement: s}
		}
	}
	return granted, by, how
}

// matches reports whether the statement speaks of the request.
func (s *Statement) matches(r *Request) bool {
	if !s.about(&r.Caller) || s.acts(r.Action) == s.NotAction {
		return false
	}
	if len(s.resources) > 0 && s.covers(r) == s.NotResource {
		return false
	}
	for i := range s.Conditions {
		if !s.Conditions[i].holds(r.Context) {
			return false
		}
	}
	return true
}

func (s *Statement) acts(action string) bool {
	action = strings.ToLower(action)
	for _, p := range s.actions {
		if p.match(action) {
			return true
		}
	}
	return false
}

func (s *Statement) covers(r *Request) bool {
	for i := range s.resources {
		if s.resources[i].match(r.Resource, r.Context) {
			return true
		}
	}
	return false
}
