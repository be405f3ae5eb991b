package ecs

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// CreateCluster makes a cluster, or answers with the one that has the name.
func (d *frontDoor) CreateCluster(ctx context.Context, in *ecs.CreateClusterInput) (*ecs.CreateClusterOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	name := aws.ToString(in.ClusterName)
	if name == "" {
		name = defaultCluster
	}
	if !validName(name) {
		return nil, invalid("Cluster names can have up to %d letters (uppercase and lowercase), numbers, underscores, and hyphens.", maxName)
	}
	configuration, err := newClusterConfiguration(in.Configuration)
	if err != nil {
		return nil, err
	}
	if err := checkNamespace(in.ServiceConnectDefaults); err != nil {
		return nil, err
	}
	strategy, err := r.newStrategy(in.DefaultCapacityProviderStrategy)
	if err != nil {
		return nil, err
	}
	tags, err := newTags(in.Tags)
	if err == nil {
		err = checkRuntime(tags)
	}
	if err != nil {
		return nil, err
	}
	d.structure.Lock()
	defer d.structure.Unlock()
	var made *model.Cluster
	err = d.commit(r, func(v store.View, c *model.Change) error {
		old, exists := store.Get[*model.Cluster](v, model.ClusterID(r.scope.Account, name))
		if exists && old.Status == model.ClusterActive {
			made = old
			return nil
		}
		settings, err := clusterSettings([]model.ClusterSetting{{Name: settingContainerInsights,
			Value: effective(v, r, settingContainerInsights)}}, in.Settings)
		if err != nil {
			return err
		}
		made = &model.Cluster{Account: r.scope.Account, Name: name, Status: model.ClusterActive,
			Settings: settings, Tags: tags, CreatedAt: r.now, Configuration: configuration}
		if exists {
			made.Rev = old.Rev
		}
		if err := r.provide(v, c, made, in.CapacityProviders, strategy); err != nil {
			return err
		}
		c.Put(made)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ecs.CreateClusterOutput{Cluster: d.showCluster(r, made, types.ClusterFieldTags, types.ClusterFieldSettings, types.ClusterFieldConfigurations, types.ClusterFieldAttachments)}, nil
}

const settingContainerInsights = "containerInsights"

// clusterSettings returns settings with the given ones put in.
func clusterSettings(settings []model.ClusterSetting, given []types.ClusterSetting) ([]model.ClusterSetting, error) {
	settings = slices.Clone(settings)
	for _, s := range given {
		value := aws.ToString(s.Value)
		if s.Name != settingContainerInsights {
			return nil, invalid("Invalid setting name: %s", s.Name)
		}
		if !slices.Contains(settingValues[settingContainerInsights], value) {
			return nil, invalid("Invalid setting value %q for %s", value, s.Name)
		}
		at := slices.IndexFunc(settings, func(m model.ClusterSetting) bool { return m.Name == string(s.Name) })
		if at < 0 {
			settings = append(settings, model.ClusterSetting{Name: string(s.Name), Value: value})
			continue
		}
		settings[at].Value = value
	}
	return settings, nil
}

// changeCluster commits a change of the ACTIVE cluster that ref names.
func (d *frontDoor) changeCluster(r request, ref *string, change func(c *model.Cluster) error) (*model.Cluster, error) {
	var changed *model.Cluster
	err := d.commit(r, func(v store.View, c *model.Change) error {
		old, err := r.activeCluster(v, ref)
		if err != nil {
			return err
		}
		changed = old.Clone()
		if err := change(changed); err != nil {
			return err
		}
		c.Put(changed)
		return nil
	})
	return changed, err
}

// UpdateCluster changes a cluster's settings and configuration.
func (d *frontDoor) UpdateCluster(ctx context.Context, in *ecs.UpdateClusterInput) (*ecs.UpdateClusterOutput, error) {
	configuration, err := newClusterConfiguration(in.Configuration)
	if err != nil {
		return nil, err
	}
	if err := checkNamespace(in.ServiceConnectDefaults); err != nil {
		return nil, err
	}
	c, err := d.updateSettings(ctx, in.Cluster, func(c *model.Cluster) (err error) {
		if configuration != nil {
			c.Configuration = configuration
		}
		c.Settings, err = clusterSettings(c.Settings, in.Settings)
		return err
	})
	return &ecs.UpdateClusterOutput{Cluster: c}, err
}

// UpdateClusterSettings changes a cluster's settings.
func (d *frontDoor) UpdateClusterSettings(ctx context.Context, in *ecs.UpdateClusterSettingsInput) (*ecs.UpdateClusterSettingsOutput, error) {
	if len(in.Settings) == 0 {
		return nil, invalid("settings cannot be empty.")
	}
	c, err := d.updateSettings(ctx, in.Cluster, func(c *model.Cluster) (err error) {
		c.Settings, err = clusterSettings(c.Settings, in.Settings)
		return err
	})
	return &ecs.UpdateClusterSettingsOutput{Cluster: c}, err
}

func (d *frontDoor) updateSettings(ctx context.Context, cluster *string, change func(c *model.Cluster) error) (*types.Cluster, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if aws.ToString(cluster) == "" {
		return nil, invalid("cluster can not be blank.")
	}
	changed, err := d.changeCluster(r, cluster, change)
	if err != nil {
		return nil, err
	}
	return d.showCluster(r, changed, types.ClusterFieldSettings, types.ClusterFieldConfigurations), nil
}

// DeleteCluster makes an empty cluster INACTIVE. It stays describable.
func (d *frontDoor) DeleteCluster(ctx context.Context, in *ecs.DeleteClusterInput) (*ecs.DeleteClusterOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if aws.ToString(in.Cluster) == "" {
		return nil, invalid("cluster can not be blank.")
	}
	d.structure.Lock()
	defer d.structure.Unlock()
	var deleted *model.Cluster
	err = d.commit(r, func(v store.View, c *model.Change) error {
		old, err := r.cluster(v, in.Cluster)
		if err != nil {
			return err
		}
		deleted = old
		if old.Status == model.ClusterInactive {
			return nil
		}
		if err := emptyCluster(v, old); err != nil {
			return err
		}
		deleted = old.Clone()
		deleted.Status, deleted.InactiveAt = model.ClusterInactive, r.now
		c.Put(deleted)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ecs.DeleteClusterOutput{Cluster: d.showCluster(r, deleted, types.ClusterFieldSettings)}, nil
}

// emptyCluster says what keeps a cluster from being deleted. Capacity
// providers that other clusters can use, too, are left behind.
func emptyCluster(v store.View, c *model.Cluster) error {
	prefix := c.Key().ID + "/"
	for p := range store.Prefix[*model.CapacityProvider](v, c.Account+"/") {
		if p.Cluster == c.Name && p.Status == model.CapacityProviderActive {
			return &types.ClusterContainsCapacityProviderException{
				Message: new("The Cluster cannot be deleted while Capacity Providers are active.")}
		}
	}
	for s := range store.Prefix[*model.Service](v, prefix) {
		if s.Status != model.ServiceInactive {
			return &types.ClusterContainsServicesException{Message: new("The Cluster cannot be deleted while Services are active.")}
		}
	}
	for range store.Prefix[*model.Daemon](v, prefix) {
		return clientError("The Cluster cannot be deleted while Daemons are active.")
	}
	for i := range store.Prefix[*model.ContainerInstance](v, prefix) {
		if i.Status != model.InstanceInactive {
			return &types.ClusterContainsContainerInstancesException{
				Message: new("The Cluster cannot be deleted while Container Instances are active or draining.")}
		}
	}
	for t := range store.Prefix[*model.Task](v, prefix) {
		if !t.Stopped() {
			return &types.ClusterContainsTasksException{Message: new("The Cluster cannot be deleted while Tasks are active.")}
		}
	}
	return nil
}
