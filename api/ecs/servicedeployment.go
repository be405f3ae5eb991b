package ecs

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/deploy"
	"github.com/roadstead/roadstead/store"
)

// history is what is kept of a service's deployments, with the tasks that they
// have now. A rollback is no service deployment of its own: it is a part of
// the one that it takes back.
type history struct {
	r       request
	v       store.View
	service *model.Service
	// all are the service's deployments, the newest first.
	all    []*model.Deployment
	counts map[string]tally
	// desired is how many tasks the service is to have.
	desired int32
}

func historyOf(r request, v store.View, s *model.Service) history {
	h := history{r: r, v: v, service: s, counts: tallies(v, s), desired: desired(v, s)}
	h.all = slices.SortedFunc(store.DeploymentsByService(v, s.Key().ID), func(a, b *model.Deployment) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(b.ID, a.ID))
	})
	return h
}

// inService splits the ARN of a service deployment or service revision, and
// returns the service's history. ok is false for an ARN of something else, or
// of a service that is not there.
func (r request) inService(v store.View, kind, arn string) (h history, id string, ok bool) {
	k, rest := r.own(arn)
	parts := strings.Split(rest, "/")
	if k != kind || len(parts) != 3 || parts[2] == "" {
		return history{}, "", false
	}
	s, ok := store.Get[*model.Service](v, model.ServiceID(r.scope.Account, parts[0], parts[1]))
	if !ok {
		return history{}, "", false
	}
	return historyOf(r, v, s), parts[2], true
}

// serviceDeployment returns the service deployment that an ARN names.
func (r request) serviceDeployment(v store.View, arn string) (history, *model.Deployment, bool) {
	h, id, ok := r.inService(v, "service-deployment", arn)
	if !ok {
		return h, nil, false
	}
	for _, d := range h.all {
		if deploy.Shown(d) && d.ServiceDeployment == id {
			return h, d, true
		}
	}
	return h, nil, false
}

// status says how the service deployment stands.
func (h history) status(d *model.Deployment) types.ServiceDeploymentStatus {
	return types.ServiceDeploymentStatus(deploy.Status(d, h.all))
}

func (h history) deploymentARN(d *model.Deployment) *string {
	return new(h.r.scope.ServiceDeploymentARN(h.service.Cluster, h.service.Name, d.ServiceDeployment))
}

func (h history) revisionARN(number string) *string {
	return new(h.r.scope.ServiceRevisionARN(h.service.Cluster, h.service.Name, number))
}

// sources are the numbers of the revisions that d replaces.
func (h history) sources(d *model.Deployment) []string {
	var numbers []string
	for _, id := range d.Sources {
		number := strings.TrimPrefix(id, "ecs-svc/") // of one that is kept no longer
		for _, o := range h.all {
			if o.ID == id {
				number = o.RevisionNumber()
			}
		}
		if !slices.Contains(numbers, number) {
			numbers = append(numbers, number)
		}
	}
	slices.Sort(numbers)
	return numbers
}

// tally counts the tasks of a revision. Wanted are those that it is to have:
// the whole service's for the one that the service is brought to now.
func (h history) tally(number string) tally {
	var n tally
	for _, d := range h.all {
		if d.RevisionNumber() != number {
			continue
		}
		c := h.counts[d.ID]
		n.running += c.running
		n.pending += c.pending
		if d.ID == h.service.Primary {
			c.wanted = h.desired
		}
		n.wanted += c.wanted
	}
	return n
}

// summary counts a revision's tasks. No weights of traffic are given: no
// service has a load balancer that could follow them.
func (h history) summary(number string) types.ServiceRevisionSummary {
	n := h.tally(number)
	return types.ServiceRevisionSummary{Arn: h.revisionARN(number), RequestedTaskCount: n.wanted, RunningTaskCount: n.running, PendingTaskCount: n.pending}
}

// current returns the ARN of the newest service deployment, nil if there is none.
func (h history) current() *string {
	for _, d := range h.all {
		if deploy.Shown(d) && d.ServiceDeployment != "" {
			return h.deploymentARN(d)
		}
	}
	return nil
}

// currentRevisions counts the tasks of the revision that the service is
// brought to, and of the others that still have some, the newest first.
func (h history) currentRevisions() []types.ServiceCurrentRevisionSummary {
	var shown []types.ServiceCurrentRevisionSummary
	var numbers []string
	for _, d := range h.all {
		c := h.counts[d.ID]
		number := d.RevisionNumber()
		if d.ID != h.service.Primary && c.running+c.pending == 0 || slices.Contains(numbers, number) {
			continue
		}
		numbers = append(numbers, number)
		n := h.tally(number)
		shown = append(shown, types.ServiceCurrentRevisionSummary{Arn: h.revisionARN(number), RequestedTaskCount: n.wanted,
			RunningTaskCount: n.running, PendingTaskCount: n.pending})
	}
	return shown
}
