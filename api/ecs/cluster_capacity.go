package ecs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// provide gives a cluster that is being made or changed its capacity
// providers and default strategy. The change depends on the providers.
func (r request) provide(v store.View, c *model.Change, cluster *model.Cluster, refs []string, strategy []model.CapacityStrategy) error {
	names := []string{}
	for _, ref := range refs {
		name := r.providerName(ref)
		if slices.Contains(names, name) {
			return invalid("The specified capacity providers cannot contain duplicates. Remove the duplicates and try again.")
		}
		p, err := r.activeProvider(v, cluster, name)
		if err != nil {
			return err
		}
		if p != nil {
			c.Expect(p)
		}
		names = append(names, name)
	}
	if len(names) > maxClusterProviders {
		return invalid("A cluster cannot be associated with more than %d capacity providers.", maxClusterProviders)
	}
	cluster.CapacityProviders, cluster.DefaultStrategy = names, strategy
	return associated(cluster, strategy)
}

// PutClusterCapacityProviders replaces a cluster's capacity providers and
// default strategy. Providers that are in use stay. It is done when it
// answers: an attachmentsStatus of UPDATE_IN_PROGRESS is never seen.
func (d *frontDoor) PutClusterCapacityProviders(ctx context.Context, in *ecs.PutClusterCapacityProvidersInput) (*ecs.PutClusterCapacityProvidersOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if aws.ToString(in.Cluster) == "" {
		return nil, invalid("cluster can not be blank.")
	}
	if in.CapacityProviders == nil || in.DefaultCapacityProviderStrategy == nil {
		return nil, invalid("capacityProviders and defaultCapacityProviderStrategy must be specified.")
	}
	strategy, err := r.newStrategy(in.DefaultCapacityProviderStrategy)
	if err != nil {
		return nil, err
	}
	// What starts tasks reads the cluster under the same lock, shared.
	d.structure.Lock()
	defer d.structure.Unlock()
	var changed *model.Cluster
	err = d.commit(r, func(v store.View, c *model.Change) error {
		old, err := r.activeCluster(v, in.Cluster)
		if err != nil {
			return err
		}
		changed = old.Clone()
		if err := r.provide(v, c, changed, in.CapacityProviders, strategy); err != nil {
			return err
		}
		for _, name := range old.CapacityProviders {
			if !slices.Contains(changed.CapacityProviders, name) && inUse(v, old, name) {
				return &types.ResourceInUseException{Message: new("The specified capacity provider is in use and cannot be removed.")}
			}
		}
		c.Put(changed)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ecs.PutClusterCapacityProvidersOutput{Cluster: d.showCluster(r, changed, types.ClusterFieldSettings, types.ClusterFieldAttachments)}, nil
}

// showAttachments fills in how the cluster's providers that have a group are
// attached: one for each whose size ECS would manage. Nothing is to be waited
// for.
func showAttachments(v store.View, c *model.Cluster, out *types.Cluster) {
	for _, name := range c.CapacityProviders {
		p, ok := store.Get[*model.CapacityProvider](v, model.CapacityProviderID(c.Account, name))
		if !ok || p.AutoScaling == nil {
			continue
		}
		out.AttachmentsStatus = new("UPDATE_COMPLETE")
		if p.AutoScaling.ManagedScaling.Status == types.ManagedScalingStatusEnabled {
			out.Attachments = append(out.Attachments, types.Attachment{
				Id: new(attachmentID(c.Key().ID, name)), Type: new("as_policy"), Status: new("ACTIVE"),
				Details: []types.KeyValuePair{{Name: new("capacityProviderName"), Value: new(name)}}})
		}
	}
}

// attachmentID is an id in the form of a UUID that stays the same as long as
// the cluster and the provider do.
func attachmentID(cluster, provider string) string {
	sum := sha256.Sum256([]byte(cluster + "\x00" + provider))
	s := hex.EncodeToString(sum[:16])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}
