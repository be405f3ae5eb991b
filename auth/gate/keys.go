package gate

import (
	"context"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/policy"
	"github.com/roadstead/roadstead/model"
)

// globalKeys are the condition keys that are the same for everything that a
// request needs. aws:MultiFactorAuthPresent is false for sessions of people
// and not there otherwise: nobody has a second factor here.
// Source: IAM user guide, "AWS global condition context keys".
func (g *Gate) globalKeys(ctx context.Context, v Nouns, who caller.Identity) policy.Context {
	now, from := g.opts.Now().UTC(), caller.OriginOf(ctx)
	if from.Region == "" {
		from.Region = g.opts.Region
	}
	c := policy.Context{
		"aws:currenttime":           {now.Format(time.RFC3339)},
		"aws:epochtime":             {strconv.FormatInt(now.Unix(), 10)},
		"aws:securetransport":       {strconv.FormatBool(from.Secure)},
		"aws:requestedregion":       {from.Region},
		"aws:viaawsservice":         {"false"},
		"aws:principalisawsservice": {"false"},
		"aws:principalarn":          {who.ARN},
		"aws:principalaccount":      {who.Account},
		"aws:principaltype":         {principalType(who.Kind)},
		"aws:userid":                {who.UserID},
	}
	set(c, "aws:sourceip", from.SourceIP)
	set(c, "aws:useragent", from.UserAgent)
	switch who.Kind {
	case caller.AssumedRole:
		c["aws:principalarn"] = []string{who.RoleARN}
		if r, ok := roleOf(v, who.RoleARN); ok {
			tagKeys(c, "aws:principaltag/", r.Tags)
		}
	case caller.User:
		c["aws:username"] = []string{who.Name()}
		if u, ok := get[*model.User](v, model.Key{Kind: model.KindUser, ID: model.UserID(who.Account, who.Name())}); ok {
			tagKeys(c, "aws:principaltag/", u.Tags)
		}
	}
	if !who.IssuedAt.IsZero() {
		c["aws:tokenissuetime"] = []string{who.IssuedAt.UTC().Format(time.RFC3339)}
	}
	if who.Purpose == caller.Assumed || who.Purpose == caller.Token {
		c["aws:multifactorauthpresent"] = []string{"false"}
	}
	passedKeys(c, who.Passed)
	return c
}

// passedKeys are the keys of what a session was given.
func passedKeys(c policy.Context, p *caller.Passed) {
	if p == nil {
		return
	}
	for _, t := range p.Tags { // they come before the role's
		c["aws:principaltag/"+strings.ToLower(t.Key)] = []string{t.Value}
	}
	set(c, "aws:sourceidentity", p.SourceIdentity)
	set(c, "aws:federatedprovider", p.Provider)
	for _, claim := range p.Claims {
		key := strings.ToLower(claim.Key)
		c[key] = append(c[key], claim.Value)
	}
}

func set(c policy.Context, key, value string) {
	if value != "" {
		c[key] = []string{value}
	}
}

func tagKeys(c policy.Context, prefix string, tags []model.Tag) {
	for _, t := range tags {
		c[prefix+strings.ToLower(t.Key)] = []string{t.Value}
	}
}

// principalType is the word for a kind of caller in aws:PrincipalType.
func principalType(k caller.Kind) string {
	if k == caller.Root {
		return "Account"
	}
	return k.String()
}

// keysFor adds to the global keys those of one need and its resource: what the
// operation tells, and the resource's tags, which services call by a key of
// their own as well.
func keysFor(global policy.Context, told map[string][]string, f *at, action string) policy.Context {
	if len(told) == 0 && len(f.tags) == 0 && f.account == "" {
		return global
	}
	c := maps.Clone(global)
	set(c, "aws:resourceaccount", f.account)
	service, _, _ := strings.Cut(action, ":")
	tagKeys(c, "aws:resourcetag/", f.tags)
	tagKeys(c, strings.ToLower(service)+":resourcetag/", f.tags)
	for key, values := range told {
		c[strings.ToLower(key)] = values
	}
	return c
}
