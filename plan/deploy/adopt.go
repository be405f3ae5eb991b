package deploy

import (
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
	"github.com/roadstead/roadstead/plan/judge"
)

// adopt makes a rollback take over the living tasks of the revision that it
// brings back, so that what has never failed is not replaced. It reports
// whether there were any: what follows is the next plan's affair, because a plan
// writes a task once.
// Source: AWS, "Automate rollbacks for Amazon ECS rolling deployments with
// CloudWatch alarms": the former deployment becomes the primary one again and
// is scaled up, the failed one is scaled down.
func (p *planning) adopt() bool {
	if mutant.On(mutant.KeptReplaced) || p.primary.RollbackOf == "" || p.primary.Status.Rollout != model.RolloutInProgress {
		return false
	}
	adopted := false
	for _, i := range p.living {
		t := p.tasks[i]
		of := p.stored[t.Spec.Deployment]
		if of == nil || of.ID == p.primary.ID || of.RevisionNumber() != p.primary.RevisionNumber() || !judge.Alive(t) {
			continue
		}
		adopted = true
		if p.spare == 0 {
			break
		}
		p.spare--
		kept := t.Clone()
		kept.Spec.Deployment = p.primary.ID
		p.tasks[i] = kept
		p.out.Change.Put(kept)
		p.out.Because(t.Key(), "Adopted", "Of the revision that the deployment "+p.primary.ID+" brings back.")
	}
	if adopted {
		p.more()
	}
	return adopted
}
