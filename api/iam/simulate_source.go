package iam

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/roadstead/roadstead/auth/policy"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// principal gathers the policies of a user, group or role: of a user those of
// its groups too.
func (c *call) principal(arn string) (*simulation, error) {
	v := c.db.View()
	a, ok := model.ParseARN(arn)
	if !ok || a.Service != "iam" || a.Account != c.Account {
		return nil, invalid("Invalid Entity Arn: %s does not clearly define entity type and name.", arn)
	}
	kind, name, _ := strings.Cut(a.Resource, "/")
	name = name[strings.LastIndexByte(name, '/')+1:]
	s := &simulation{caller: policy.Caller{Account: c.Account}}
	var holders []*holder
	switch kind {
	case "user":
		u, err := c.user(v, name)
		if err != nil {
			return nil, err
		}
		s.caller.ARN = c.UserARN(u.Path, u.Name)
		holders = append(holders, userHolder(u))
		for _, name := range u.Groups {
			if g, err := c.group(v, name); err == nil {
				holders = append(holders, groupHolder(g))
			}
		}
	case "group":
		g, err := c.group(v, name)
		if err != nil {
			return nil, err
		}
		holders = append(holders, groupHolder(g))
	case "role":
		r, err := c.role(v, name)
		if err != nil {
			return nil, err
		}
		holders = append(holders, roleHolder(r))
	default:
		return nil, invalid("Invalid Entity Arn: %s does not clearly define entity type and name.", arn)
	}
	return s, c.gather(s, v, holders)
}

// gather reads the policies of holders, and the boundary of the first.
func (c *call) gather(s *simulation, v store.View, holders []*holder) error {
	for _, h := range holders {
		for _, p := range *h.inline {
			one, err := read(h.kind+"_"+h.name+"_"+p.Name, types.PolicySourceType(h.kind), p.Document, policy.Identity)
			if err != nil {
				return err
			}
			s.identity = append(s.identity, one)
		}
		for _, arn := range *h.attached {
			one, err := c.managedSource(v, arn)
			if err != nil {
				return err
			}
			s.identity = append(s.identity, one)
		}
	}
	if b := holders[0].boundary; b != nil && *b != "" {
		one, err := c.managedSource(v, *b)
		if err != nil {
			return err
		}
		s.boundary = &one
	}
	return nil
}

func (c *call) managedSource(v store.View, arn string) (source, error) {
	p, err := c.policy(v, arn)
	if err != nil {
		return source{}, err
	}
	kind := types.PolicySourceTypeUserManaged
	if p.own == nil {
		kind = types.PolicySourceTypeAwsManaged
	}
	return read(*p.described.PolicyName, kind, p.document(), policy.Identity)
}

// keys are the context keys that documents ask for, in conditions and in
// variables, sorted.
func keys(documents []policy.Named) []string {
	found := map[string]string{} // lower case -> as first written
	add := func(key string) {
		if key = strings.TrimSpace(key); key != "" && key != "*" && key != "?" && key != "$" && found[strings.ToLower(key)] == "" {
			found[strings.ToLower(key)] = key
		}
	}
	variables := func(texts []string) {
		for _, text := range texts {
			for _, rest := range strings.Split(text, "${")[1:] {
				inside, _, _ := strings.Cut(rest, "}")
				key, _, _ := strings.Cut(inside, ",")
				add(key)
			}
		}
	}
	for _, d := range documents {
		for _, s := range d.Statements {
			for _, condition := range s.Conditions {
				add(condition.Key)
				if d.Version == policy.Version2012 {
					variables(condition.Values)
				}
			}
			if d.Version == policy.Version2012 {
				variables(s.Resources)
			}
		}
	}
	names := []string{}
	for _, key := range found {
		names = append(names, key)
	}
	slices.Sort(names)
	return names
}

// missing are the context keys that the policies ask for and nobody gave.
func (s *simulation) missing() []string {
	documents := named(s.identity)
	for _, one := range []*source{s.boundary, s.resource} {
		if one != nil {
			documents = append(documents, one.Named)
		}
	}
	return slices.DeleteFunc(keys(documents), func(key string) bool { _, given := s.context[strings.ToLower(key)]; return given })
}

// GetContextKeysForCustomPolicy lists the context keys that policies ask for.
func (c *call) GetContextKeysForCustomPolicy(in *iam.GetContextKeysForCustomPolicyInput) (*iam.GetContextKeysForCustomPolicyOutput, error) {
	policies, err := inputs(in.PolicyInputList)
	if err != nil {
		return nil, err
	}
	return &iam.GetContextKeysForCustomPolicyOutput{ContextKeyNames: keys(named(policies))}, nil
}

// GetContextKeysForPrincipalPolicy lists the context keys that the policies of
// a user, group or role ask for, and further ones that are given.
func (c *call) GetContextKeysForPrincipalPolicy(in *iam.GetContextKeysForPrincipalPolicyInput) (*iam.GetContextKeysForPrincipalPolicyOutput, error) {
	s, err := c.principal(*in.PolicySourceArn)
	if err != nil {
		return nil, err
	}
	policies, err := inputs(in.PolicyInputList)
	if err != nil {
		return nil, err
	}
	return &iam.GetContextKeysForPrincipalPolicyOutput{ContextKeyNames: keys(named(append(s.identity, policies...)))}, nil
}
