package ecs

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// maxProviders bounds the capacity providers of an account, so that lists of
// them stay small.
const maxProviders = 500

// fargate reports whether name is one of the providers that every account has.
func fargate(name string) bool {
	return name == model.ProviderFargate || name == model.ProviderFargateSpot
}

// providerName returns the name in a provider's short name or ARN, "" for an
// ARN of something else, or of another account or region.
func (r request) providerName(ref string) string {
	if !strings.HasPrefix(ref, "arn:") {
		return ref
	}
	kind, rest := r.own(ref)
	if kind != "capacity-provider" {
		return ""
	}
	return rest
}

// provider returns the stored provider that ref names, in whatever state.
func (r request) provider(v store.View, ref string) (*model.CapacityProvider, bool) {
	name := r.providerName(ref)
	if name == "" {
		return nil, false
	}
	return store.Get[*model.CapacityProvider](v, model.CapacityProviderID(r.scope.Account, name))
}

// ownProvider returns the ACTIVE provider that ref names, to be changed or
// deleted by a caller who may name its cluster.
func (r request) ownProvider(v store.View, ref, cluster *string) (*model.CapacityProvider, error) {
	name := r.providerName(aws.ToString(ref))
	switch {
	case aws.ToString(ref) == "":
		return nil, invalid("The capacity provider can not be blank.")
	case fargate(name):
		return nil, invalid("The capacity provider %s is reserved. It cannot be changed or deleted.", name)
	}
	p, ok := r.provider(v, name)
	if !ok || p.Status != model.CapacityProviderActive {
		return nil, clientError("The specified capacity provider does not exist. Specify a valid name or ARN and try again.")
	}
	if aws.ToString(cluster) == "" {
		return p, nil
	}
	c, err := r.cluster(v, cluster)
	if err != nil {
		return nil, err
	}
	if p.Cluster != c.Name {
		return nil, invalid("The capacity provider %s does not belong to the cluster %s.", p.Name, c.Name)
	}
	return p, nil
}

// CreateCapacityProvider makes a capacity provider. Instances become its own
// when they register with its name. One of managed instances can be used in
// its cluster alone, and there at once.
func (d *frontDoor) CreateCapacityProvider(ctx context.Context, in *ecs.CreateCapacityProviderInput) (*ecs.CreateCapacityProviderOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	wanted, err := r.newProvider(in)
	if err != nil {
		return nil, err
	}
	d.structure.Lock()
	defer d.structure.Unlock()
	var made *model.CapacityProvider
	err = d.commit(r, func(v store.View, c *model.Change) error {
		made = wanted.Clone()
		old, exists := r.provider(v, made.Name)
		switch {
		case exists && old.Status == model.CapacityProviderActive:
			return clientError("The specified capacity provider already exists. To change the configuration of an existing capacity provider, update the capacity provider.")
		case exists:
			made.Rev = old.Rev
		}
		if activeProviders(v, r.id("")) >= maxProviders {
			return &types.LimitExceededException{Message: new("The limit for the number of capacity providers has been reached.")}
		}
		if made.Managed != nil {
			if err := r.joinCluster(v, c, made, in.Cluster); err != nil {
				return err
			}
		}
		c.Put(made)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ecs.CreateCapacityProviderOutput{CapacityProvider: showProvider(r, made, true)}, nil
}

// newProvider reads a provider from the request that makes it.
func (r request) newProvider(in *ecs.CreateCapacityProviderInput) (*model.CapacityProvider, error) {
	name := aws.ToString(in.Name)
	if !validProviderName(name) {
		// AWS's words, from reports of deployments that failed.
		return nil, invalid(`The specified capacity provider name is invalid. Up to %d characters are allowed, including letters (upper and lowercase), numbers, underscores, and hyphens. The name cannot be prefixed with "aws", "ecs", or "fargate". Specify a valid name and try again.`, maxName)
	}
	tags, err := newTags(in.Tags)
	if err != nil {
		return nil, err
	}
	p := &model.CapacityProvider{Account: r.scope.Account, Name: name, Status: model.CapacityProviderActive, Tags: tags, CreatedAt: r.now}
	switch group, managed := in.AutoScalingGroupProvider, in.ManagedInstancesProvider; {
	case (group == nil) == (managed == nil):
		return nil, invalid("Exactly one of autoScalingGroupProvider and managedInstancesProvider must be specified.")
	case group != nil && aws.ToString(in.Cluster) != "":
		return nil, invalid("A cluster can only be specified for a capacity provider that uses managed instances.")
	case group != nil:
		p.AutoScaling, err = r.newGroup(group)
	default:
		if aws.ToString(in.Cluster) == "" {
			return nil, invalid("A cluster must be specified for a capacity provider that uses managed instances.")
		}
		p.UpdateStatus = string(types.CapacityProviderUpdateStatusCreateComplete)
		p.Managed, err = newManaged(managed)
	}
	return p, err
}

func validProviderName(name string) bool {
	low := strings.ToLower(name)
	for _, prefix := range []string{"aws", "ecs", "fargate"} {
		if strings.HasPrefix(low, prefix) {
			return false
		}
	}
	return validName(name)
}

func activeProviders(v store.View, prefix string) (n int) {
	for p := range store.Prefix[*model.CapacityProvider](v, prefix) {
		if p.Status == model.CapacityProviderActive {
			n++
		}
	}
	return n
}

// joinCluster binds a new provider to its cluster and adds it to those that
// the cluster uses.
func (r request) joinCluster(v store.View, c *model.Change, p *model.CapacityProvider, ref *string) error {
	cluster, err := r.activeCluster(v, ref)
	if err != nil {
		return err
	}
	p.Cluster = cluster.Name
	joined := cluster.Clone()
	joined.CapacityProviders = append(slices.Clone(cluster.CapacityProviders), p.Name)
	if len(joined.CapacityProviders) > maxClusterProviders {
		return &types.LimitExceededException{Message: new("The limit for the number of capacity providers of a cluster has been reached.")}
	}
	c.Put(joined)
	return nil
}

// UpdateCapacityProvider changes what instances of a provider are to be like.
func (d *frontDoor) UpdateCapacityProvider(ctx context.Context, in *ecs.UpdateCapacityProviderInput) (*ecs.UpdateCapacityProviderOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	group, managed := in.AutoScalingGroupProvider, in.ManagedInstancesProvider
	if (group == nil) == (managed == nil) {
		return nil, invalid("Exactly one of autoScalingGroupProvider and managedInstancesProvider must be specified.")
	}
	var changed *model.CapacityProvider
	err = d.commit(r, func(v store.View, c *model.Change) error {
		old, err := r.ownProvider(v, in.Name, in.Cluster)
		if err != nil {
			return err
		}
		changed = old.Clone()
		changed.UpdateStatus = string(types.CapacityProviderUpdateStatusUpdateComplete)
		switch {
		case group != nil && old.AutoScaling != nil:
			changed.AutoScaling, err = updatedGroup(old.AutoScaling, group)
		case managed != nil && old.Managed != nil:
			changed.Managed, err = updatedManaged(old.Managed, managed)
		default:
			err = invalid("The type of the capacity provider %s cannot be changed.", old.Name)
		}
		if err != nil {
			return err
		}
		c.Put(changed)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ecs.UpdateCapacityProviderOutput{CapacityProvider: showProvider(r, changed, true)}, nil
}

// DeleteCapacityProvider makes a provider that no cluster uses INACTIVE. One
// of managed instances leaves its cluster, if nothing there uses it.
func (d *frontDoor) DeleteCapacityProvider(ctx context.Context, in *ecs.DeleteCapacityProviderInput) (*ecs.DeleteCapacityProviderOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	d.structure.Lock()
	defer d.structure.Unlock()
	var gone *model.CapacityProvider
	err = d.commit(r, func(v store.View, c *model.Change) error {
		p, err := r.ownProvider(v, in.CapacityProvider, in.Cluster)
		if err != nil {
			return err
		}
		if err := r.leaveClusters(v, c, p); err != nil {
			return err
		}
		gone = p.Clone()
		gone.Status, gone.UpdateStatus = model.CapacityProviderInactive, string(types.CapacityProviderUpdateStatusDeleteComplete)
		gone.InactiveAt = r.now
		c.Put(gone)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ecs.DeleteCapacityProviderOutput{CapacityProvider: showProvider(r, gone, true)}, nil
}

// leaveClusters says which cluster keeps a provider from being deleted, and
// takes one of managed instances out of its own.
func (r request) leaveClusters(v store.View, c *model.Change, p *model.CapacityProvider) error {
	for cluster := range store.Prefix[*model.Cluster](v, r.id("")) {
		if cluster.Status != model.ClusterActive || !slices.Contains(cluster.CapacityProviders, p.Name) {
			continue
		}
		if p.Cluster != cluster.Name {
			return clientError("The capacity provider cannot be deleted because it is associated with cluster: %s. Remove the capacity provider from the cluster and try again.", cluster.Name)
		}
		if inUse(v, cluster, p.Name) || slices.ContainsFunc(cluster.DefaultStrategy, func(s model.CapacityStrategy) bool { return s.Provider == p.Name }) {
			return clientError("The capacity provider cannot be deleted because it is in use in cluster: %s.", cluster.Name)
		}
		left := cluster.Clone()
		left.CapacityProviders = slices.DeleteFunc(slices.Clone(cluster.CapacityProviders), func(name string) bool { return name == p.Name })
		c.Put(left)
	}
	return nil
}
