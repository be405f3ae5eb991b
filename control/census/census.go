// Package census counts what is in the clusters, for those who show numbers:
// tasks, services and container instances, and what of the instances' processors
// and memory is taken.
//
// It reads a View and decides only what counts as what. It changes nothing, and
// it may not be asked for every call: it walks over all tasks.
package census

import (
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// Cluster is what one active cluster has.
type Cluster struct {
	*model.Cluster
	Running, Pending int // tasks, those of Fargate included
	Services         []*Service
	// Instances counts those that are registered, by status, and Connected those
	// of them whose agent is connected. Instances that are lent to Fargate alone
	// are in no cluster.
	Instances map[string]int
	Connected int
	// Registered is what its instances lend, and Reserved what tasks hold of it.
	Registered, Reserved model.Resources
}

// Service is one service that is not INACTIVE.
type Service struct {
	*model.Service
	Running, Pending      int // tasks
	Deployments, TaskSets int
}

// RegisteredInstances is how many container instances the cluster has.
func (c *Cluster) RegisteredInstances() (n int) {
	for _, of := range c.Instances {
		n += of
	}
	return n
}

// Desired is how many tasks the service should have; a service with a task on
// each instance should have those that it has.
func (s *Service) Desired() int {
	if s.Spec.Scheduling == model.SchedulingDaemon {
		return s.Running + s.Pending
	}
	return s.Spec.DesiredCount
}

// Insights is the cluster's setting containerInsights: enabled, enhanced or
// disabled.
func (c *Cluster) Insights() string {
	for _, s := range c.Settings {
		if s.Name == "containerInsights" {
			return s.Value
		}
	}
	return "disabled"
}

// Take counts. Clusters, and their services, are sorted by id.
func Take(v store.View) []*Cluster {
	var all []*Cluster
	clusters, services := map[string]*Cluster{}, map[string]*Service{}
	for c := range store.All[*model.Cluster](v) {
		if c.Status != model.ClusterActive {
			continue
		}
		n := &Cluster{Cluster: c, Instances: map[string]int{}}
		all, clusters[c.Key().ID] = append(all, n), n
		for s := range store.Prefix[*model.Service](v, c.Key().ID+"/") {
			if s.Status == model.ServiceInactive {
				continue
			}
			of := &Service{Service: s}
			for d := range store.DeploymentsByService(v, s.Key().ID) {
				if d.Status.State != model.DeploymentInactive || d.ID == s.Primary {
					of.Deployments++
				}
			}
			for range store.TaskSetsByService(v, s.Key().ID) {
				of.TaskSets++
			}
			n.Services, services[s.Key().ID] = append(n.Services, of), of
		}
		n.countInstances(v)
	}
	for t := range store.All[*model.Task](v) {
		running, pending := t.Status.Last == model.TaskRunning, t.Status.Last.Before(model.TaskRunning)
		if c := clusters[model.ClusterID(t.Account, t.Cluster)]; c != nil {
			c.Running, c.Pending = c.Running+one(running), c.Pending+one(pending)
		}
		if s := services[t.Spec.Service]; s != nil {
			s.Running, s.Pending = s.Running+one(running), s.Pending+one(pending)
		}
	}
	return all
}

func (c *Cluster) countInstances(v store.View) {
	for i := range store.Prefix[*model.ContainerInstance](v, c.Key().ID+"/") {
		if i.Status == model.InstanceInactive {
			continue
		}
		c.Instances[i.Status]++
		c.Connected += one(i.AgentConnected)
		u := store.Usage(v, i.Key().ID)
		c.Registered.CPU += i.Registered.CPU
		c.Registered.Memory += i.Registered.Memory
		c.Reserved.CPU += u.CPU
		c.Reserved.Memory += u.Memory
	}
}

func one(so bool) int {
	if so {
		return 1
	}
	return 0
}
