package control

import (
	"maps"
	"slices"
	"strings"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/place"
	"github.com/roadstead/roadstead/store"
)

// fleetOf returns the instances that the cluster's tasks can be on, as they are
// in v: its own and, unless the cache is to have none, those that take tasks of
// Fargate.
func (c *clusterCache) fleetOf(v store.View, cluster string) *place.Fleet {
	if c.fleet == nil {
		c.fleet = place.NewFleet(c.nodes(v, cluster))
		clear(c.stale)
		return c.fleet
	}
	for _, id := range slices.Sorted(maps.Keys(c.stale)) {
		if i, ok := store.Get[*model.ContainerInstance](v, id); ok && c.has(i, cluster) {
			c.fleet.Set(nodeOf(v, i, cluster))
		} else {
			c.fleet.Remove(id)
		}
	}
	clear(c.stale)
	return c.fleet
}

// runtimeOf returns the OCI runtime for new tasks of a cluster, by its id.
func runtimeOf(v store.View, cluster string) string {
	c, _ := store.Get[*model.Cluster](v, cluster)
	return c.Runtime()
}

func (c *clusterCache) nodes(v store.View, cluster string) (nodes []place.Node) {
	for i := range store.Prefix[*model.ContainerInstance](v, cluster+"/") {
		nodes = append(nodes, nodeOf(v, i, cluster))
	}
	if c.own {
		return nodes
	}
	account, _, _ := strings.Cut(cluster, "/")
	for i := range store.FargateInstances(v, account) {
		if n := nodeOf(v, i, cluster); n.Guest {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

// has reports whether the instance is one that the cluster's tasks can be on.
func (c *clusterCache) has(i *model.ContainerInstance, cluster string) bool {
	return clusterOf(i.Key().ID) == cluster || i.Fargate && !c.own
}

func nodeOf(v store.View, i *model.ContainerInstance, cluster string) place.Node {
	id := i.Key().ID
	return place.Node{Instance: i, Usage: store.Usage(v, id), Guest: clusterOf(id) != cluster}
}

// sharing calls visit for the caches whose fleets may have the instance, by the
// clusters' ids in order: that of its own cluster, and where it takes tasks of
// Fargate, or did, those of all clusters of its account.
func sharing(v store.View, caches map[string]*clusterCache, id string, visit func(c *clusterCache)) {
	own := clusterOf(id)
	if i, ok := store.Get[*model.ContainerInstance](v, id); ok && !i.Fargate && !strings.HasSuffix(own, "/"+model.FargateCluster) {
		if c := caches[own]; c != nil && !wasShared(c, id) {
			visit(c)
			return
		}
	}
	account, _, _ := strings.Cut(id, "/")
	for _, name := range slices.Sorted(maps.Keys(caches)) {
		if strings.HasPrefix(name, account+"/") {
			visit(caches[name])
		}
	}
}

// wasShared reports whether the instance took tasks of Fargate when the cache
// last saw it.
func wasShared(c *clusterCache, id string) bool {
	if c.fleet == nil {
		return false
	}
	n, ok := c.fleet.Node(id)
	return ok && n.Instance.Fargate
}

// hold counts tasks that are planned and not in the tables yet in at their
// instances, in every fleet that those are in, until it is let go.
func (s *services) hold(v store.View, tasks []*model.Task) {
	for _, t := range tasks {
		sharing(v, s.clusters, t.Spec.Instance, func(c *clusterCache) {
			if c.fleet != nil {
				c.fleet.Hold(t)
				s.held[t.Spec.Instance] = true
			}
		})
	}
}

// letGo has the instances at which something was held read again.
func (s *services) letGo() {
	for _, c := range s.clusters {
		for id := range s.held {
			if c.fleet != nil {
				if _, known := c.fleet.Node(id); known {
					c.stale[id] = true
				}
			}
		}
	}
	clear(s.held)
}
