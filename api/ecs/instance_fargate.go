package ecs

import (
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// home returns the cluster that ref names for what concerns container
// instances. Beside clusters that is model.FargateCluster, where the instances
// are that take tasks of Fargate alone: no operation on clusters, services or
// tasks knows it, and it is there as soon as it has an instance.
func (r request) home(v store.View, ref *string) (*model.Cluster, error) {
	if r.clusterName(ref) != model.FargateCluster {
		return r.cluster(v, ref)
	}
	home := r.fargateHome()
	for range store.Prefix[*model.ContainerInstance](v, home.Key().ID+"/") {
		return home, nil
	}
	return nil, clusterNotFound()
}

// activeHome is home for what takes an ACTIVE cluster.
func (r request) activeHome(v store.View, ref *string) (*model.Cluster, error) {
	c, err := r.home(v, ref)
	if err == nil && c.Status != model.ClusterActive {
		return nil, clusterInactive()
	}
	return c, err
}

// joined returns the cluster that an instance registers in.
func (r request) joined(v store.View, ref *string) (*model.Cluster, error) {
	if r.clusterName(ref) == model.FargateCluster {
		return r.fargateHome(), nil
	}
	c, err := r.cluster(v, ref)
	if err == nil && c.Status != model.ClusterActive {
		return nil, clientError("The referenced cluster was inactive.")
	}
	return c, err
}

// fargateHome stands for model.FargateCluster; it is stored nowhere.
func (r request) fargateHome() *model.Cluster {
	return &model.Cluster{Account: r.scope.Account, Name: model.FargateCluster, Status: model.ClusterActive}
}

// lend notes whether the instance takes tasks of Fargate: all of
// model.FargateCluster do, and those that say so themselves, which any agent
// can be told to.
func lend(i *model.ContainerInstance) {
	_, given := i.Attribute(model.AttributeFargate)
	i.Fargate = given || i.Cluster == model.FargateCluster
}
