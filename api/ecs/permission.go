package ecs

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/wire"
)

// Condition keys of ECS.
// Source: Service Authorization Reference, Amazon Elastic Container Service.
const (
	keyCluster    = "ecs:cluster"
	keyService    = "ecs:service"
	keyDefinition = "ecs:task-definition"
	keyProvider   = "ecs:capacity-provider"
	keyInstances  = "ecs:container-instances"
	keyContainer  = "ecs:container-name"
	keyTask       = "ecs:task"
	keySetting    = "ecs:account-setting"
	keyNamespace  = "ecs:namespace"
	keyExec       = "ecs:enable-execute-command"
	keyManaged    = "ecs:enable-ecs-managed-tags"
	keyPropagate  = "ecs:propagate-tags"
	keyVolumes    = "ecs:enable-ebs-volumes"
	keyConnect    = "ecs:enable-service-connect"
	keyLattice    = "ecs:enable-vpc-lattice"
	keySubnet     = "ecs:subnet"
	keyPublicIP   = "ecs:auto-assign-public-ip"
	keyPrivileged = "ecs:privileged"
	keyCPU        = "ecs:task-cpu"
	keyMemory     = "ecs:task-memory"
	keyCompatible = "ecs:compute-compatibility"
	keyCreate     = "ecs:CreateAction"
	keyKMS        = "ecs:fargate-ephemeral-storage-kms-key"
)

// Principals that roles are passed to.
const (
	passedToTasks   = "ecs-tasks.amazonaws.com"
	passedToService = "ecs.amazonaws.com"
)

// names makes the ARNs of what a request names, in the caller's account.
type names struct {
	request
	door *frontDoor
}

// on makes a Permission of a function that is told how to name things.
func on[I any](d *frontDoor, f func(n names, in *I) []wire.Need) wire.Permission {
	return wire.Needs(func(ctx context.Context, in *I) []wire.Need {
		who, _ := caller.From(ctx)
		return f(names{request{ctx: ctx, scope: model.Scope{Region: d.opts.Region, Account: who.Account}, who: who}, d}, in)
	})
}

// keys are condition keys. Its methods add to it and return it.
type keys map[string][]string

func (k keys) set(key string, values ...string) keys {
	if len(values) > 0 {
		k[key] = values
	}
	return k
}

// text sets a key unless the request leaves the member out.
func (k keys) text(key string, value *string) keys {
	if value != nil {
		k[key] = []string{*value}
	}
	return k
}

func (k keys) flag(key string, value bool) keys {
	if value {
		return k.set(key, "true")
	}
	return k.set(key, "false")
}

// optional sets a flag unless the request leaves it out.
func (k keys) optional(key string, value *bool) keys {
	if value != nil {
		k.flag(key, *value)
	}
	return k
}

// tags sets the keys of the tags that a request brings.
func (k keys) tags(tags []types.Tag) keys {
	for _, t := range tags {
		k.set("aws:RequestTag/"+aws.ToString(t.Key), aws.ToString(t.Value))
	}
	return k.set("aws:TagKeys", tagKeys(tags)...)
}

func tagKeys(tags []types.Tag) (found []string) {
	for _, t := range tags {
		found = append(found, aws.ToString(t.Key))
	}
	return found
}

func (k keys) network(c *types.NetworkConfiguration) keys {
	if c == nil || c.AwsvpcConfiguration == nil {
		return k
	}
	k.set(keySubnet, c.AwsvpcConfiguration.Subnets...)
	return k.flag(keyPublicIP, c.AwsvpcConfiguration.AssignPublicIp == types.AssignPublicIpEnabled)
}

// providers sets the capacity providers of a strategy, by their ARNs.
func (n names) providers(k keys, strategy []types.CapacityProviderStrategyItem) keys {
	var arns []string
	for _, s := range strategy {
		arns = append(arns, n.provider(s.CapacityProvider))
	}
	return k.set(keyProvider, arns...)
}

// in begins the keys of an action within a cluster.
func (n names) in(cluster *string) keys { return keys{keyCluster: {n.clusterARN(cluster)}} }

// clusterARN returns the ARN of the cluster that ref names.
func (n names) clusterARN(ref *string) string {
	if strings.HasPrefix(aws.ToString(ref), "arn:") {
		return *ref
	}
	return n.scope.ClusterARN(n.request.clusterName(ref))
}

// short returns the name of the cluster that ref names, also in another
// account.
func (n names) short(ref *string) string {
	_, name, _ := strings.Cut(n.clusterARN(ref), ":cluster/")
	return name
}

// home is the account and region of a cluster: the caller's, or the ARN's.
func (n names) home(cluster *string) model.Scope {
	if a, ok := model.ParseARN(aws.ToString(cluster)); ok {
		return model.Scope{Region: a.Region, Account: a.Account}
	}
	return n.scope
}

// members returns the ARNs of things in a cluster: kind/cluster/id. Where the
// request names none, all of the cluster are meant.
func (n names) members(kind string, cluster *string, refs ...string) []string {
	if len(refs) == 0 {
		refs = []string{"*"}
	}
	s, name := n.home(cluster), n.short(cluster)
	arns := make([]string, len(refs))
	for i, ref := range refs {
		if !strings.HasPrefix(ref, "arn:") {
			arns[i] = "arn:aws:ecs:" + s.Region + ":" + s.Account + ":" + kind + "/" + name + "/" + ref
			continue
		}
		arns[i] = ref
		if head, id, ok := strings.Cut(ref, ":"+kind+"/"); ok && !strings.Contains(id, "/") {
			arns[i] = head + ":" + kind + "/" + name + "/" + id // a short ARN
		}
	}
	return arns
}

// member is members of one, which the request has to name.
func (n names) member(kind string, cluster, ref *string) []string {
	return n.members(kind, cluster, aws.ToString(ref))
}

// arn returns ref if it is an ARN, else the one of the kind with that name.
func (n names) arn(kind string, ref *string) string {
	if r := aws.ToString(ref); strings.HasPrefix(r, "arn:") {
		return r
	}
	return "arn:aws:ecs:" + n.scope.Region + ":" + n.scope.Account + ":" + kind + "/" + aws.ToString(ref)
}

func (n names) provider(ref *string) string { return n.arn("capacity-provider", ref) }

// definitionARN returns the task definition's ARN with the revision that
// would be run; family:* where there is none.
func (n names) definitionARN(ref *string) string {
	t, ok := n.definition(ref)
	if ok {
		return n.scope.TaskDefinitionARN(t.Family, t.Revision)
	}
	if r := n.arn("task-definition", ref); strings.Count(r, ":") > 5 {
		return r
	}
	return n.arn("task-definition", ref) + ":*"
}

func (n names) definition(ref *string) (*model.TaskDefinition, bool) {
	t, ok, err := n.taskDefinition(n.door.db.View(), aws.ToString(ref))
	return t, ok && err == nil
}

// taskSet returns task-set/cluster/service/id.
func (n names) taskSet(cluster, service *string, ids ...string) []string {
	if len(ids) == 0 {
		ids = []string{"*"}
	}
	head, _, _ := strings.Cut(n.member("service", cluster, service)[0], ":service/")
	rest := n.short(cluster) + "/" + last(aws.ToString(service))
	arns := make([]string, len(ids))
	for i, id := range ids {
		if arns[i] = id; !strings.HasPrefix(id, "arn:") {
			arns[i] = head + ":task-set/" + rest + "/" + id
		}
	}
	return arns
}

// taggable returns the ARN of what is tagged, as policies write it.
func (n names) taggable(ref *string) string {
	a, _ := model.ParseARN(aws.ToString(ref))
	switch kind, rest := a.Path(); kind {
	case "service", "task", "container-instance":
		if !strings.Contains(rest, "/") {
			return n.member(kind, nil, ref)[0]
		}
	}
	return aws.ToString(ref)
}

// last returns what is behind the last slash.
func last(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }

// part returns the keys of something below a cluster or a service, whose ARN
// says which: kind/cluster/id, kind/cluster/service/id.
func (n names) part(arn string) keys {
	a, _ := model.ParseARN(arn)
	parts := strings.Split(a.Resource, "/")
	s, k := model.Scope{Region: a.Region, Account: a.Account}, keys{}
	if len(parts) > 2 {
		k.set(keyCluster, s.ClusterARN(parts[1]))
	}
	if len(parts) > 3 && strings.HasPrefix(parts[0], "service-") {
		k.set(keyService, s.ServiceARN(parts[1], parts[2]))
	}
	return k
}

// parts are one Need per thing below a service.
func (n names) parts(arns []string) []wire.Need {
	if len(arns) == 0 {
		return []wire.Need{{}}
	}
	var needs []wire.Need
	for _, arn := range arns {
		needs = append(needs, wire.Need{Resources: []string{arn}, Keys: n.part(arn)})
	}
	return needs
}

// need is a Need of one action on resources.
func need(k keys, resources ...string) []wire.Need {
	return []wire.Need{{Resources: resources, Keys: k}}
}

// making adds that whoever makes a thing with tags must be allowed to tag it.
// Source: ECS developer guide, "Tag resources during creation".
func (n names) making(needs []wire.Need, operation string, tags []types.Tag, resource string) []wire.Need {
	if len(tags) == 0 {
		return needs
	}
	return append(needs, wire.Need{Action: "ecs:TagResource", Resources: []string{resource}, Keys: keys{}.tags(tags).set(keyCreate, operation)})
}

// passing adds that the caller must be allowed to hand over roles, given by
// ARN or name. Those left out are none.
// Source: IAM user guide, "Granting a user permissions to pass a role".
func (n names) passing(needs []wire.Need, to string, roles ...*string) []wire.Need {
	var arns []string
	for _, r := range roles {
		arn := aws.ToString(r)
		switch {
		case arn == "":
			continue
		case !strings.HasPrefix(arn, "arn:"):
			arn = n.scope.RoleARN("/", strings.TrimPrefix(arn, "/"))
		}
		if !slices.Contains(arns, arn) {
			arns = append(arns, arn)
		}
	}
	if len(arns) == 0 {
		return needs
	}
	return append(needs, wire.Need{Action: "iam:PassRole", Resources: arns, Keys: keys{"iam:PassedToService": {to}}})
}

// rolesOf are the roles that a task of the definition gets, the overrides in
// front of what it says itself.
func (n names) rolesOf(definition *string, o *types.TaskOverride) []*string {
	var roles [2]*string
	if t, ok := n.definition(definition); ok && t.Definition != nil {
		roles = [2]*string{t.Definition.TaskRoleArn, t.Definition.ExecutionRoleArn}
	}
	if o != nil {
		roles[0], roles[1] = over(roles[0], o.TaskRoleArn), over(roles[1], o.ExecutionRoleArn)
	}
	return roles[:]
}

func over(value, override *string) *string {
	if override != nil {
		return override
	}
	return value
}
