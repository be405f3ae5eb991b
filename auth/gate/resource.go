package gate

import (
	"strconv"
	"strings"

	"github.com/roadstead/roadstead/auth/policy"
	"github.com/roadstead/roadstead/model"
)

// at is what a resource's ARN leads to.
type at struct {
	arn     string
	account string // "": the caller's
	noun    model.Noun
	tags    []model.Tag
	policy  string // the resource's own; "" for none
}

// resourceOf finds what an ARN names. What is not there has no tags and no
// policy.
func resourceOf(v Nouns, arn string) at {
	found := at{arn: arn}
	a, ok := model.ParseARN(arn)
	if !ok {
		return found
	}
	if found.account = a.Account; a.Account == "aws" {
		found.account = "" // AWS's managed policies are everybody's
	}
	key, ok := keyOf(a)
	if !ok {
		return found
	}
	if found.noun, ok = v.Lookup(key); ok {
		found.read()
	}
	return found
}

// keyOf returns where the noun with an ARN is stored.
func keyOf(a model.ARN) (model.Key, bool) {
	kind, rest := a.Path()
	in := func(k model.Kind) (model.Key, bool) { return model.Key{Kind: k, ID: a.Account + "/" + rest}, true }
	switch a.Service + ":" + kind {
	case "ecs:cluster":
		return in(model.KindCluster)
	case "ecs:service":
		return in(model.KindService)
	case "ecs:task":
		return in(model.KindTask)
	case "ecs:task-set":
		return in(model.KindTaskSet)
	case "ecs:container-instance":
		return in(model.KindContainerInstance)
	case "ecs:capacity-provider":
		return in(model.KindCapacityProvider)
	case "ecs:daemon":
		return in(model.KindDaemon)
	case "ecs:task-definition":
		family, n, ok := revision(rest)
		return model.Key{Kind: model.KindTaskDefinition, ID: model.TaskDefinitionID(a.Account, family, n)}, ok
	case "ecs:daemon-task-definition":
		family, n, ok := revision(rest)
		return model.Key{Kind: model.KindDaemonTaskDefinition, ID: model.DaemonTaskDefinitionID(a.Account, family, n)}, ok
	case "ecr:repository":
		return in(model.KindRepository)
	case "kms:key":
		return in(model.KindKMSKey)
	case "kms:alias":
		return model.Key{Kind: model.KindKMSAlias, ID: model.KMSAliasID(a.Account, a.Resource)}, true
	}
	return otherKey(a, kind, rest)
}

func otherKey(a model.ARN, kind, rest string) (model.Key, bool) {
	name := rest[strings.LastIndexByte(rest, '/')+1:]
	switch {
	case a.Service == "iam" && kind == "user":
		return model.Key{Kind: model.KindUser, ID: model.UserID(a.Account, name)}, true
	case a.Service == "iam" && kind == "group":
		return model.Key{Kind: model.KindGroup, ID: model.GroupID(a.Account, name)}, true
	case a.Service == "iam" && kind == "role":
		return model.Key{Kind: model.KindRole, ID: model.RoleID(a.Account, name)}, true
	case a.Service == "iam" && kind == "policy":
		return model.Key{Kind: model.KindPolicy, ID: model.PolicyID(a.Account, name)}, true
	case a.Service == "iam" && kind == "instance-profile":
		return model.Key{Kind: model.KindInstanceProfile, ID: model.InstanceProfileID(a.Account, name)}, true
	case a.Service == "iam" && kind == "oidc-provider":
		return model.Key{Kind: model.KindOIDCProvider, ID: model.OIDCProviderID(a.Account, rest)}, true
	case a.Service == "ssm" && kind == "parameter":
		return model.Key{Kind: model.KindParameter, ID: model.ParameterID(a.Account, parameter(rest))}, true
	case a.Service == "secretsmanager":
		name, ok := strings.CutPrefix(a.Resource, "secret:")
		if i := strings.LastIndexByte(name, '-'); i > 0 && len(name)-i == 7 {
			name = name[:i]
		}
		return model.Key{Kind: model.KindSecret, ID: model.SecretID(a.Account, name)}, ok
	}
	return model.Key{}, false
}

// parameter returns the name of a parameter whose ARN ends so: hierarchies
// begin with a slash, which the ARN leaves out.
func parameter(rest string) string {
	if strings.Contains(rest, "/") {
		return "/" + rest
	}
	return rest
}

func revision(rest string) (family string, n int, ok bool) {
	family, number, ok := strings.Cut(rest, ":")
	n, err := strconv.Atoi(number)
	return family, n, ok && err == nil
}

// read takes tags and policy from the noun.
func (f *at) read() {
	switch n := f.noun.(type) {
	case *model.Cluster:
		f.tags = n.Tags
	case *model.Service:
		f.tags = n.Tags
	case *model.Task:
		f.tags = n.Tags
	case *model.TaskSet:
		f.tags = n.Tags
	case *model.ContainerInstance:
		f.tags = n.Tags
	case *model.CapacityProvider:
		f.tags = n.Tags
	case *model.Daemon:
		f.tags = n.Tags
	case *model.TaskDefinition:
		f.tags = n.Tags
	case *model.DaemonTaskDefinition:
		f.tags = n.Tags
	case *model.Repository:
		f.tags, f.policy = n.Tags, n.Policy
	case *model.User:
		f.tags = n.Tags
	case *model.Role:
		f.tags, f.policy = n.Tags, n.Trust
	case *model.Policy:
		f.tags = n.Tags
	case *model.InstanceProfile:
		f.tags = n.Tags
	case *model.OIDCProvider:
		f.tags = n.Tags
	case *model.Parameter:
		f.tags = n.Tags
	case *model.Secret:
		f.tags, f.policy = n.Tags, n.Policy
	case *model.KMSKey:
		f.tags, f.policy = n.Tags, n.Policy
	}
}

// trust reports whether the resource's policy is a role's trust policy.
func (f *at) trust() bool { _, ok := f.noun.(*model.Role); return ok }

// resourcePolicy returns the resource's own policy as far as it speaks of the
// action, and whether that has to allow it: KMS keys and roles that are
// assumed answer to nobody else.
func (g *Gate) resourcePolicy(f *at, action string) (*policy.Named, bool) {
	switch f.noun.(type) {
	case *model.Role:
		if !strings.HasPrefix(strings.ToLower(action), "sts:") {
			return nil, false // the trust policy is about assuming the role alone
		}
		return &policy.Named{Name: f.arn, Document: g.documents.parsed(f.policy, policy.Trust)}, true
	case *model.KMSKey:
		if f.policy == "" {
			return nil, true
		}
		return &policy.Named{Name: f.arn, Document: g.documents.parsed(f.policy, policy.Resource)}, true
	case *model.Repository:
		if f.policy == "" {
			return nil, false
		}
		return &policy.Named{Name: f.arn, Document: g.documents.parsed(f.policy, policy.Own)}, false
	}
	if f.policy == "" {
		return nil, false
	}
	return &policy.Named{Name: f.arn, Document: g.documents.parsed(f.policy, policy.Resource)}, false
}
