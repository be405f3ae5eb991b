package ecs

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// daemonTally counts the instances of one revision by capacity provider:
// those on which its task runs, those that are changing, and those that are
// used without it because it is not critical.
type daemonTally struct{ running, draining, without map[string]int32 }

func newDaemonTally() daemonTally {
	return daemonTally{map[string]int32{}, map[string]int32{}, map[string]int32{}}
}

// providers returns the names of all providers that were counted, sorted.
func (t daemonTally) providers(more []string) []string {
	all := slices.Concat(more, slices.Collect(maps.Keys(t.running)), slices.Collect(maps.Keys(t.draining)), slices.Collect(maps.Keys(t.without)))
	slices.Sort(all)
	return slices.Compact(all)
}

func total(counts map[string]int32) (n int32) {
	for _, c := range counts {
		n += c
	}
	return n
}

// daemonTallies counts the daemon's instances by revision.
func daemonTallies(v store.View, n *model.Daemon) map[string]daemonTally {
	counts := map[string]daemonTally{}
	of := func(revision string) daemonTally {
		if _, ok := counts[revision]; !ok {
			counts[revision] = newDaemonTally()
		}
		return counts[revision]
	}
	has := map[string]bool{}
	for t := range store.TasksByDaemon(v, n.Key().ID) {
		switch {
		case t.Stopped():
		case t.Desired == model.TaskStopped:
			of(t.Spec.Deployment).draining[t.Spec.CapacityProvider]++
		case t.Status.Last == model.TaskRunning:
			of(t.Spec.Deployment).running[t.Spec.CapacityProvider]++
			has[t.Spec.Instance] = true
		}
	}
	newest := store.NewestDeployment(v, n)
	if newest == nil {
		return counts
	}
	id, providers := newest.InForce()
	r := store.RevisionsOf(v, n)(id)
	if r == nil {
		return counts
	}
	in := of(id)
	for i := range store.Prefix[*model.ContainerInstance](v, model.ClusterID(n.Account, n.Cluster)+"/") {
		switch {
		case !slices.Contains(providers, i.CapacityProvider) || has[i.Key().ID]:
		case i.DrainedFor == n.Name:
			in.draining[i.CapacityProvider]++
		case !r.Spec.Critical && i.Status == model.InstanceActive:
			in.without[i.CapacityProvider]++
		}
	}
	return counts
}

// currentRevisions describes the revisions that have instances, and the one
// that is in force.
func currentRevisions(r request, v store.View, n *model.Daemon) []types.DaemonRevisionDetail {
	counts := daemonTallies(v, n)
	var id string
	var providers []string
	if newest := store.NewestDeployment(v, n); newest != nil {
		id, providers = newest.InForce()
		if _, ok := counts[id]; !ok && id != "" {
			counts[id] = newDaemonTally()
		}
	}
	shown := []types.DaemonRevisionDetail{}
	for _, revision := range slices.Sorted(maps.Keys(counts)) {
		t := counts[revision]
		out := types.DaemonRevisionDetail{Arn: new(r.scope.DaemonRevisionARN(n.Cluster, n.Name, revision)),
			CapacityProviders: []types.DaemonCapacityProvider{}, TotalRunningCount: total(t.running), TotalWithoutDaemonCount: total(t.without)}
		more := providers
		if revision != id {
			more = nil
		}
		for _, p := range t.providers(more) {
			out.CapacityProviders = append(out.CapacityProviders, types.DaemonCapacityProvider{
				Arn: new(r.scope.CapacityProviderARN(p)), RunningCount: t.running[p], WithoutDaemonCount: t.without[p]})
		}
		shown = append(shown, out)
	}
	return shown
}

// deployedRevision describes a revision in a deployment.
func deployedRevision(r request, d *model.DaemonDeployment, revision string, t daemonTally, providers []string) types.DaemonDeploymentRevisionDetail {
	out := types.DaemonDeploymentRevisionDetail{Arn: new(r.scope.DaemonRevisionARN(d.Cluster, d.Daemon, revision)),
		CapacityProviders:         []types.DaemonDeploymentCapacityProvider{},
		TotalRunningInstanceCount: new(total(t.running)), TotalDrainingInstanceCount: new(total(t.draining)),
		TotalWithoutDaemonInstanceCount: new(total(t.without))}
	for _, p := range t.providers(providers) {
		out.CapacityProviders = append(out.CapacityProviders, types.DaemonDeploymentCapacityProvider{Arn: new(r.scope.CapacityProviderARN(p)),
			RunningInstanceCount: new(t.running[p]), DrainingInstanceCount: new(t.draining[p]), WithoutDaemonInstanceCount: new(t.without[p])})
	}
	return out
}

// showDaemonRevision describes a revision, with the digests of its images as
// its tasks reported them.
func showDaemonRevision(r request, v store.View, n *model.DaemonRevision) types.DaemonRevision {
	owner := model.DaemonID(n.Account, n.Cluster, n.Daemon)
	out := types.DaemonRevision{DaemonRevisionArn: new(n.ARN(r.scope.Region)), ClusterArn: new(r.scope.ClusterARN(n.Cluster)),
		DaemonArn: new(r.scope.DaemonARN(n.Cluster, n.Daemon)), CreatedAt: instant(n.CreatedAt), Critical: new(n.Spec.Critical),
		EnableECSManagedTags: new(n.Spec.EnableManagedTags), EnableExecuteCommand: new(n.Spec.EnableExecuteCommand),
		PropagateTags: types.DaemonPropagateTags(n.Spec.PropagateTags), ContainerImages: []types.DaemonContainerImage{}}
	def, ok := store.Get[*model.DaemonTaskDefinition](v, n.Spec.TaskDefinition)
	if !ok {
		return out
	}
	out.DaemonTaskDefinitionArn = new(def.ARN(r.scope.Region))
	digests := map[string]string{}
	for t := range store.TasksByDaemon(v, owner) {
		for _, c := range t.Status.Containers {
			if t.Spec.Deployment == n.ID && c.Digest != "" {
				digests[c.Name] = c.Digest
			}
		}
	}
	for _, c := range def.Definition.ContainerDefinitions {
		out.ContainerImages = append(out.ContainerImages, types.DaemonContainerImage{ContainerName: c.Name, Image: c.Image,
			ImageDigest: text(digests[aws.ToString(c.Name)])})
	}
	return out
}

// daemonPart returns the key id of a daemon's deployment or revision by its
// ARN; an error for what is none.
func (r request) daemonPart(kind, arn string) (string, error) {
	a, ok := model.ParseARN(arn)
	if k, rest := a.Path(); !ok || a.Service != "ecs" || k != kind || strings.Count(rest, "/") != 2 {
		return "", invalid("The specified ARN is invalid: %s", arn)
	}
	_, rest := r.own(arn)
	return r.id(rest), nil
}
