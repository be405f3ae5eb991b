package ecs

import (
	"strings"
	"sync"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/place"
	"github.com/roadstead/roadstead/store"
)

// fleets are the container instances of each cluster as RunTask sees them,
// with those that take the tasks of Fargate of all clusters of the account:
// what is stored, and what calls under way have chosen and not stored yet, so
// that they do not choose the same room. They are a cache of the store.
type fleets struct {
	db *store.DB

	mu sync.Mutex
	// byCluster holds the fleets in use, by model.ClusterID.
	byCluster map[string]*place.Fleet
	// underWay holds the tasks that were placed and are being committed, by
	// the instance that they are to run on.
	underWay map[string]map[*model.Task]bool

	changes sync.Mutex
	// changed are the instances that changed, or whose tasks did, since their
	// fleets were brought up to date. It is bounded by the number of instances.
	changed map[string]bool
}

func newFleets(db *store.DB) *fleets {
	f := &fleets{db: db, byCluster: map[string]*place.Fleet{}, underWay: map[string]map[*model.Task]bool{},
		changed: map[string]bool{}}
	db.OnCommit(f.observe)
	return f
}

// observe notes which instances a transaction concerns.
func (f *fleets) observe(v store.View, keys []model.Key) {
	f.changes.Lock()
	defer f.changes.Unlock()
	for _, k := range keys {
		switch k.Kind {
		case model.KindContainerInstance:
			f.changed[k.ID] = true
		case model.KindTask:
			// A task that is deleted has stopped before and held nothing.
			if t, ok := store.Get[*model.Task](v, k.ID); ok {
				f.changed[t.Spec.Instance] = true
			}
		}
	}
}

// choose lets decide place tasks on the fleet of a cluster, and counts the
// tasks that it returns in until release is called, which must be when their
// commit has returned.
func (f *fleets) choose(cluster *model.Cluster, decide func(v store.View, fleet *place.Fleet) ([]*model.Task, error)) (release func(), err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	v, fleet := f.refresh(cluster)
	tasks, err := decide(v, fleet)
	if err != nil {
		return nil, err
	}
	for _, t := range tasks {
		held := f.underWay[t.Spec.Instance]
		if held == nil {
			held = map[*model.Task]bool{}
			f.underWay[t.Spec.Instance] = held
		}
		held[t] = true
		for _, other := range f.byCluster {
			other.Hold(t)
		}
	}
	return func() { f.release(tasks) }, nil
}

// release counts tasks out that are stored by now, or never will be.
func (f *fleets) release(tasks []*model.Task) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changes.Lock()
	defer f.changes.Unlock()
	for _, t := range tasks {
		delete(f.underWay[t.Spec.Instance], t)
		if len(f.underWay[t.Spec.Instance]) == 0 {
			delete(f.underWay, t.Spec.Instance)
		}
		f.changed[t.Spec.Instance] = true
	}
}

// refresh brings all fleets up to date and returns that of the cluster and
// the view that it is of.
func (f *fleets) refresh(cluster *model.Cluster) (store.View, *place.Fleet) {
	f.changes.Lock()
	changed := f.changed
	f.changed = map[string]bool{}
	f.changes.Unlock()
	// The view is taken after the changes, so that it shows them.
	v := f.db.View()
	for id := range changed {
		f.renew(v, id)
	}
	id := cluster.Key().ID
	fleet, ok := f.byCluster[id]
	if !ok {
		var nodes []place.Node
		for i := range store.Prefix[*model.ContainerInstance](v, id+"/") {
			nodes = append(nodes, f.node(v, i, id))
		}
		for i := range store.FargateInstances(v, cluster.Account) {
			if n := f.node(v, i, id); n.Guest {
				nodes = append(nodes, n)
			}
		}
		fleet = place.NewFleet(nodes)
		f.byCluster[id] = fleet
	}
	return v, fleet
}

// renew puts an instance into the fleets that it belongs to as it is now, as
// far as those are in use: that of its cluster and, where it takes tasks of
// Fargate, or did, those of all clusters of its account.
func (f *fleets) renew(v store.View, id string) {
	own, ok := clusterOf(id)
	if !ok {
		return
	}
	i, exists := store.Get[*model.ContainerInstance](v, id)
	if fleet := f.byCluster[own]; exists && fleet != nil {
		before, known := fleet.Node(id)
		if fleet.Set(f.node(v, i, own)); !i.Fargate && (!known || !before.Instance.Fargate) {
			return
		}
	}
	account, _, _ := strings.Cut(id, "/")
	for cluster, fleet := range f.byCluster {
		switch {
		case !strings.HasPrefix(cluster, account+"/"):
		case exists && (i.Fargate || cluster == own):
			fleet.Set(f.node(v, i, cluster))
		default:
			fleet.Remove(id)
		}
	}
}

// node is an instance of a cluster's fleet with what its tasks hold, those under
// way included unless the view has them already.
func (f *fleets) node(v store.View, i *model.ContainerInstance, cluster string) place.Node {
	id := i.Key().ID
	own, _ := clusterOf(id)
	n := place.Node{Instance: i, Usage: store.Usage(v, id), Guest: own != cluster}
	for t := range f.underWay[id] {
		if _, stored := store.Get[*model.Task](v, t.Key().ID); !stored {
			n.Usage = n.Usage.Add(t)
		}
	}
	return n
}
