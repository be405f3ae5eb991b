package refresh

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/plan/deploy"
)

// View is all that a plan for one service depends on. Everything in it is left
// as it is.
type View struct {
	Service     *model.Service
	Deployments []*model.Deployment // all of the service
	Tasks       []*model.Task       // all of the service
	// Changed are the secrets and parameters that its containers use, those
	// that are there.
	Changed []Change
	Now     time.Time
	Seed    plan.Seed
}

// Change is when a secret or parameter got the value that it has.
type Change struct {
	Name string // for people: what it is, and its name
	At   time.Time
}

// Wanted reports whether the service is to be deployed anew when secrets
// change.
func Wanted(s *model.Service) bool {
	if s.Status != model.ServiceActive || s.Spec.Controller == string(types.DeploymentControllerTypeExternal) {
		return false
	}
	for _, t := range s.Tags {
		if t.Key == TagMode {
			return t.Value == ModeRedeploy
		}
	}
	return false
}

// Plan makes a deployment of the service's spec if something that its
// containers use has changed since the newest was made.
func Plan(v View) (out plan.Plan) {
	if !Wanted(v.Service) {
		return out
	}
	var primary *model.Deployment
	at := v.Now
	for _, d := range v.Deployments {
		if d.ID == v.Service.Primary {
			primary = d
		}
		if !at.After(d.CreatedAt) { // which deployment is the newer one is told by when they were made
			at = d.CreatedAt.Add(time.Millisecond)
		}
	}
	if primary == nil {
		return out
	}
	var why *Change
	for i := range v.Changed {
		c := &v.Changed[i]
		if c.At.After(primary.CreatedAt) {
			why = c
			if at.Before(c.At) { // by another machine's clock; it must not be newer again
				at = c.At
			}
		}
	}
	if why == nil {
		return out
	}
	s := v.Service.Clone()
	d := deploy.Begin(s, v.Deployments, v.Tasks, plan.NewIDs(v.Seed), at)
	s.Primary = d.ID
	out.Change.Put(s)
	out.Change.Put(d)
	out.Because(s.Key(), "Refreshed", "A new deployment was made, because "+why.Name+" has another value.")
	return out
}
