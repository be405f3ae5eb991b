package deploy

import (
	"fmt"
	"slices"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/plan/judge"
)

// Begin returns a new deployment of the service's spec, which whoever asked for
// it writes in one transaction with the service, whose Primary becomes the
// deployment's ID. Deployments and tasks are all of the service: those that
// have living tasks are the new one's sources.
func Begin(s *model.Service, deployments []*model.Deployment, tasks []*model.Task, ids *plan.IDs, now time.Time) *model.Deployment {
	d := &model.Deployment{Account: s.Account, Cluster: s.Cluster, Service: s.Name, ID: ids.Deployment(), Spec: s.Spec,
		CreatedAt: now, ServiceDeployment: ids.ServiceDeployment(), Sources: sources(deployments, tasks)}
	d.Status = model.DeploymentStatus{State: model.DeploymentPrimary, Rollout: model.RolloutInProgress,
		RolloutReason: fmt.Sprintf(reasonInProgress, d.ID), UpdatedAt: now}
	return d
}

// sources returns the ids of the deployments that have living tasks, sorted.
func sources(deployments []*model.Deployment, tasks []*model.Task) []string {
	living := map[string]bool{}
	for _, t := range tasks {
		if judge.Alive(t) {
			living[t.Spec.Deployment] = true
		}
	}
	var ids []string
	for _, d := range deployments {
		if living[d.ID] {
			ids = append(ids, d.ID)
		}
	}
	slices.Sort(ids)
	return ids
}
