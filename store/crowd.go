package store

import (
	"slices"

	"github.com/roadstead/roadstead/model"
)

// crowd is how many tasks the changes of a batch let wait for an instance, by
// the id of their cluster.
type crowd map[string]int

// add checks that no cluster comes to have more waiting tasks than it may, and
// counts those of a change in. As with room no revision can guard that: each who
// lets tasks wait reads how many there are, and none changes what another read.
// One too many is a conflict with its cluster.
func (w crowd) add(st *state, c model.Change) error {
	added := crowd{}
	for _, write := range c.Writes {
		t, ok := write.Noun.(*model.Task)
		if !ok || !t.Waiting() || st.task < 0 {
			continue
		}
		if _, old := st.noun(write.Key); old {
			continue
		}
		cluster := model.ClusterID(t.Account, t.Cluster)
		if _, known := added[cluster]; !known {
			added[cluster] = w[cluster]
		}
		if added[cluster]++; added[cluster]+st.waitingIn(cluster) > model.MaxProvisioning {
			return &ConflictError{model.Key{Kind: model.KindCluster, ID: cluster}}
		}
	}
	for cluster, n := range added {
		w[cluster] = n
	}
	return nil
}

// waitingIn counts a cluster's tasks that wait for an instance.
func (st *state) waitingIn(cluster string) (n int) {
	d := st.schema.tables[st.task]
	at := slices.IndexFunc(d.indexes, func(x Index) bool { return x.Name == byWaiting })
	if at < 0 {
		return 0
	}
	st.tables[st.task].found(d, at, cluster, func(r *row) bool {
		if r.noun.(*model.Task).Waiting() {
			n++
		}
		return true
	})
	return n
}
