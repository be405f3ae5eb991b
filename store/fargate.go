package store

import (
	"iter"

	"github.com/roadstead/roadstead/model"
)

// FargateInstances returns the container instances of an account that take
// tasks of Fargate, by id. They are of any cluster, or of model.FargateCluster.
func FargateInstances(v View, account string) iter.Seq[*model.ContainerInstance] {
	return lookup[*model.ContainerInstance](v, byFargate, account)
}

// FargateTasks returns the tasks of a cluster (model.ClusterID) that run on
// Fargate, or are to, and have not stopped, by id.
func FargateTasks(v View, clusterID string) iter.Seq[*model.Task] {
	return lookup[*model.Task](v, byFargate, clusterID)
}

// SpotUsage returns what the tasks of FARGATE_SPOT on an instance
// (model.InstanceID) hold: what could be made free for others.
func SpotUsage(v View, instanceID string) (held model.Usage) {
	for t := range TasksByInstance(v, instanceID) {
		if t.Spec.CapacityProvider == model.ProviderFargateSpot {
			held = held.Add(t)
		}
	}
	return held
}

// FargateWanted reports whether on-demand tasks of Fargate of an account wait
// for room, so that those of FARGATE_SPOT are to get none.
func FargateWanted(v View, account string) bool {
	for range FargateWaiting(v, account) {
		return true
	}
	return false
}

// FargateWaiting returns those tasks, cluster by cluster.
func FargateWaiting(v View, account string) iter.Seq[*model.Task] {
	return func(yield func(*model.Task) bool) {
		for c := range Prefix[*model.Cluster](v, account+"/") {
			for t := range TasksWithoutInstance(v, c.Key().ID) {
				if t.Waiting() && t.Desired == model.TaskRunning && t.Spec.LaunchType == model.LaunchFargate &&
					t.Spec.CapacityProvider != model.ProviderFargateSpot && !yield(t) {
					return
				}
			}
		}
	}
}
