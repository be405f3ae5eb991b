package gate

import (
	"strings"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/policy"
	"github.com/roadstead/roadstead/model"
)

// all is what an account's root may do.
const all = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`

// get returns the noun of a type at a key.
func get[T model.Noun](v Nouns, k model.Key) (t T, ok bool) {
	n, ok := v.Lookup(k)
	if !ok {
		return t, false
	}
	t, ok = n.(T)
	return t, ok
}

// policiesOf gathers what belongs to the caller: identity policies, boundary
// and session policies.
func (g *Gate) policiesOf(v Nouns, who caller.Identity) policy.Policies {
	var p policy.Policies
	switch who.Kind {
	case caller.User, caller.FederatedUser:
		if u, ok := get[*model.User](v, model.Key{Kind: model.KindUser, ID: model.UserID(who.Account, who.Name())}); ok {
			p.Identity = g.user(v, u)
			p.Boundary = g.boundary(v, u.Boundary)
		} else if who.Kind == caller.FederatedUser && strings.HasSuffix(who.RoleARN, ":root") {
			p.Identity = []policy.Named{{Name: "root", Document: g.documents.parsed(all, policy.Identity)}}
		}
	case caller.AssumedRole:
		r, ok := roleOf(v, who.RoleARN)
		p.Identity = g.floor(who, ok)
		if ok {
			p.Identity = g.attached(v, p.Identity, r.Attached)
			p.Identity = g.inline(p.Identity, r.Inline)
			p.Boundary = g.boundary(v, r.Boundary)
		}
	}
	if who.Passed.Limited() || who.Kind == caller.FederatedUser {
		p.Session = g.session(v, who.Passed)
	}
	return p
}

// roleOf returns the role with the ARN.
func roleOf(v Nouns, arn string) (*model.Role, bool) {
	a, ok := model.ParseARN(arn)
	name, isRole := strings.CutPrefix(a.Resource, "role/")
	if !ok || !isRole || a.Service != "iam" {
		return nil, false
	}
	r, ok := get[*model.Role](v, model.Key{Kind: model.KindRole, ID: model.RoleID(a.Account, name[strings.LastIndexByte(name, '/')+1:])})
	if !ok || (model.Scope{Account: r.Account}).RoleARN(r.Path, r.Name) != arn {
		return nil, false
	}
	return r, true
}

func (g *Gate) user(v Nouns, u *model.User) []policy.Named {
	all := g.inline(g.attached(v, nil, u.Attached), u.Inline)
	for _, name := range u.Groups {
		if group, ok := get[*model.Group](v, model.Key{Kind: model.KindGroup, ID: model.GroupID(u.Account, name)}); ok {
			all = g.inline(g.attached(v, all, group.Attached), group.Inline)
		}
	}
	return all
}

func (g *Gate) inline(to []policy.Named, policies []model.InlinePolicy) []policy.Named {
	for _, p := range policies {
		to = append(to, policy.Named{Name: p.Name, Document: g.documents.parsed(p.Document, policy.Identity)})
	}
	return to
}

func (g *Gate) attached(v Nouns, to []policy.Named, arns []string) []policy.Named {
	for _, arn := range arns {
		if text, ok := g.managed(v, arn); ok {
			to = append(to, policy.Named{Name: arn, Document: g.documents.parsed(text, policy.Identity)})
		}
	}
	return to
}

// managed returns the version in force of a managed policy, AWS's or an
// account's.
func (g *Gate) managed(v Nouns, arn string) (string, bool) {
	if strings.HasPrefix(arn, "arn:aws:iam::aws:policy/") {
		return g.opts.Managed(arn)
	}
	a, ok := model.ParseARN(arn)
	name, isPolicy := strings.CutPrefix(a.Resource, "policy/")
	if !ok || !isPolicy {
		return "", false
	}
	p, ok := get[*model.Policy](v, model.Key{Kind: model.KindPolicy, ID: model.PolicyID(a.Account, name[strings.LastIndexByte(name, '/')+1:])})
	if !ok {
		return "", false
	}
	return p.Document(), true
}

// boundary returns the permissions boundary with the ARN. One that is gone
// allows nothing.
func (g *Gate) boundary(v Nouns, arn string) *policy.Named {
	if arn == "" {
		return nil
	}
	n := &policy.Named{Name: arn, Document: &policy.Document{}}
	if text, ok := g.managed(v, arn); ok {
		n.Document = g.documents.parsed(text, policy.Identity)
	}
	return n
}

// session returns the policies that limit a session. A managed one that is
// gone allows nothing.
func (g *Gate) session(v Nouns, given *caller.Passed) []policy.Named {
	limits := []policy.Named{}
	if given == nil {
		return limits
	}
	for _, text := range given.Policies {
		limits = append(limits, policy.Named{Name: "session policy", Document: g.documents.parsed(text, policy.Identity)})
	}
	return g.attached(v, limits, given.PolicyARNs)
}

// floor is what sessions of the platform's own making may do without a policy:
// an agent its work, always; an execution role that IAM does not know what
// AWS's managed policy for such roles allows. A role that IAM knows has
// exactly its policies.
func (g *Gate) floor(who caller.Identity, stored bool) []policy.Named {
	d := g.floors[who.Purpose]
	if d == nil || stored && who.Purpose != caller.Instance {
		return nil
	}
	return []policy.Named{{Name: "roadstead:" + who.Purpose.String(), Document: d}}
}
