package deploy

import (
	"fmt"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/place"
)

// stuckWait says why fewer tasks were started than are missing.
type stuckWait int

const (
	waitNothing   stuckWait = iota // none is missing, or all that were could be started
	waitForbidden                  // the deployment has failed, waits, or cannot be carried out
	waitRoom                       // more would exceed the maximum
	waitPlace                      // no instance would take one, which stopping others could change
	waitNoPlace                    // no instance would take one, whatever stops
)

// replace starts what is missing and stops what is too much or to be
// replaced. Tasks are replaced by starting first, as far as the maximum and
// the instances' room allow; if neither does, by stopping first, as far as the
// minimum allows.
func (p *planning) replace(s *survey) {
	scaling := scalingReason(p.primary.ID)
	gone := p.stop(s.astray, scaling)
	gone = append(gone, p.stop(s.unready, scaling)...)
	s.alive -= len(gone)
	s.busy = s.busy || len(gone) > 0

	started, wait := p.start(s)
	if started > 0 && wait < waitPlace {
		p.unstuck()
	}
	stopFirst := (wait == waitRoom || wait == waitPlace) && started == 0 && s.starting == 0

	settled := min(s.settled, s.desired)
	if settled+len(s.serving) >= s.desired || stopFirst {
		gone = append(gone, p.stop(s.unhealthy, reasonUnhealthy)...)
		gone = append(gone, p.stop(s.doubtful, scaling)...)
	}
	floor := s.desired
	if stopFirst {
		floor = min(s.least, s.desired)
	}
	gone = append(gone, p.stop(p.victims(s.serving, s.keep, settled+len(s.serving)-floor), scaling)...)
	gone = append(gone, p.stop(p.victims(s.keep, nil, len(s.keep)-s.desired), scaling)...)
	p.sayStopped(gone)
	if wait == waitRoom && stopFirst && len(gone) == 0 && !s.busy {
		p.stuck(stuckConfiguration, "was unable to stop or start tasks during a deployment because of the service deployment configuration. "+
			"Update the minimumHealthyPercent or maximumPercent value and try again.")
	}
	if wait == waitNothing && started == 0 {
		p.unstuck()
	}
}

// victims chooses n of the tasks, those that serve last.
func (p *planning) victims(of, staying []*model.Task, n int) []*model.Task {
	if n <= 0 || len(of) == 0 {
		return nil
	}
	var first, rest []*model.Task
	for _, t := range of {
		if p.ready(t) {
			rest = append(rest, t)
		} else {
			first = append(first, t)
		}
	}
	on := instances(staying)
	chosen := place.Victims(p.Fleet, first, append(instances(rest), on...), p.rules, n)
	return append(chosen, place.Victims(p.Fleet, rest, on, p.rules, n-len(chosen))...)
}

// missing is how many tasks have to be started in the end.
func (s *survey) missing() int {
	if s.nodes != nil {
		return len(s.open)
	}
	return max(s.desired-len(s.keep), 0)
}

// start starts missing tasks and returns how many, and why not all.
func (p *planning) start(s *survey) (int, stuckWait) {
	missing := s.missing()
	st := &p.primary.Status
	switch {
	case missing == 0:
		return 0, waitNothing
	case st.Rollout == model.RolloutFailed, p.spare == 0:
		return 0, waitForbidden
	case p.Now.Before(st.RetryAt):
		p.out.WakeAt(st.RetryAt)
		p.out.Because(p.primary.Key(), "BackingOff", fmt.Sprintf("%d tasks failed; the next starts at %s.", st.FailedTasks, st.RetryAt.Format("15:04:05.000")))
		return 0, waitForbidden
	}
	req, err := p.request()
	if err != nil {
		p.stuck(stuckDefinition, fmt.Sprintf("was unable to place a task. Reason: %v.", err))
		return 0, waitForbidden
	}
	room := s.most - s.alive
	if room <= 0 {
		return 0, waitRoom
	}
	req.Count = min(missing, room, p.spare)
	if req.Count < min(missing, room) {
		p.more()
	}
	placed, wait := p.place(s, req)
	if wait == waitNothing && len(placed) < missing {
		wait = waitRoom
	}
	p.create(placed, req.Resources)
	return len(placed), wait
}

// place chooses instances. It says why there were not enough, unless tasks of
// the service are stopping, whose room will be free in a moment.
func (p *planning) place(s *survey, req *place.Request) (placed []string, wait stuckWait) {
	req.Group = instances(s.keep)
	req.Occupied = p.holding()
	if s.nodes != nil {
		req.Only, req.Occupied = s.open, []string{}
		req.Rules = req.Rules.WithDistinct()
		req.Group = append(req.Group, append(instances(s.serving), instances(s.unhealthy)...)...)
	}
	r := place.Place(p.Fleet, req, p.ids.Uint64())
	if len(r.Placed) == req.Count {
		return r.Placed, waitNothing
	}
	closest, any := r.Closest()
	if !s.busy {
		code := stuckNoInstances
		if any {
			code = closest.Reason
		}
		p.stuck(code, unplaced(closest, any))
		p.out.Reasons[len(p.out.Reasons)-1].Instance = closest.Instance
	}
	switch closest.Reason {
	case place.FailCPU, place.FailMemory, place.FailPorts, place.FailDistinct:
		return r.Placed, waitPlace
	}
	return r.Placed, waitNoPlace
}

// holding returns the instances of all tasks of the service that may still be
// running: what distinctInstance looks at.
func (p *planning) holding() []string {
	ids := []string{}
	for _, t := range p.tasks {
		if t.HoldsResources() {
			ids = append(ids, t.Spec.Instance)
		}
	}
	return ids
}
