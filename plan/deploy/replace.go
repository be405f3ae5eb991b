package deploy

import (
	"fmt"
	"slices"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
	"github.com/roadstead/roadstead/plan/judge"
	"github.com/roadstead/roadstead/plan/place"
	"github.com/roadstead/roadstead/plan/provision"
	"github.com/roadstead/roadstead/plan/reclaim"
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
	// What others give up may be what the waiting tasks wait for.
	stopFirst := (wait == waitRoom || wait == waitPlace) && started == 0 && s.starting == s.waiting

	settled := min(s.settled, s.desired) + s.shielded
	if settled+len(s.serving) >= s.desired || stopFirst {
		gone = append(gone, p.stop(s.unhealthy, judge.Unhealthy)...)
		gone = append(gone, p.stop(s.doubtful, scaling)...)
	}
	floor := s.desired
	if stopFirst {
		floor = min(s.least, s.desired)
	}
	spared := settled + len(s.serving) - floor
	if stopFirst && spared > 1 { // no more room than for those that may take it
		spared = max(p.pioneers(spared), 1)
	}
	gone = append(gone, p.stop(place.VictimsAt(p.Fleet, s.serving, s.servingAt, s.keepAt, p.rules, spared), scaling)...)
	var free, guarded []*model.Task
	surplus := len(s.keep) - s.moving - s.desired
	if surplus > 0 {
		free, guarded = p.unprotected(s.keep)
	}
	stops := surplus
	if len(guarded) > 0 { // those that are spared may be the ones that do not serve
		serve := p.serving(free)
		stops = min(stops, len(free)-serve+max(serve+p.serving(guarded)-s.least, 0))
	}
	gone = append(gone, p.stop(p.victims(free, p.placesOf(s, free), p.placesOf(s, guarded), stops), scaling)...)
	p.sayStopped(gone)
	if surplus > len(free) || (len(s.held) > 0 && started+len(gone)+s.starting == 0 && !s.busy) {
		p.blocked(append(guarded, s.held...))
	}
	if wait == waitRoom && stopFirst && len(gone) == 0 && !s.busy {
		p.stuck(stuckConfiguration, "was unable to stop or start tasks during a deployment because of the service deployment configuration. "+
			"Update the minimumHealthyPercent or maximumPercent value and try again.")
	}
	if (wait == waitNothing || s.waiting > 0 && s.missing() == 0) && started == 0 {
		p.unstuck()
	}
}

// unprotected parts the tasks that may be stopped when scaling in from those
// that are protected from it.
func (p *planning) unprotected(tasks []*model.Task) (free, guarded []*model.Task) {
	if mutant.On(mutant.ProtectionIgnored) || !slices.ContainsFunc(tasks, func(t *model.Task) bool { return t.Protected(p.Now) }) {
		return tasks, nil
	}
	for _, t := range tasks {
		if t.Protected(p.Now) {
			guarded = append(guarded, t)
		} else {
			free = append(free, t)
		}
	}
	return free, guarded
}

// serving counts the tasks that serve.
func (p *planning) serving(tasks []*model.Task) (n int) {
	for _, t := range tasks {
		if p.ready(t) {
			n++
		}
	}
	return n
}

// blocked says that protection keeps tasks from stopping, until it ends.
// Source of the words: ECS developer guide, "Amazon ECS service event
// messages", and events of real services.
func (p *planning) blocked(by []*model.Task) {
	for _, t := range by {
		p.out.WakeAt(t.ProtectedUntil)
	}
	why := fmt.Sprintf("was unable to scale in due to (reason %d tasks under protection)", len(by))
	if p.set == nil {
		why = fmt.Sprintf("was unable to reach steady state because (taskSet %s) %s", by[0].Spec.Deployment, why)
	}
	p.waits("Protected", stuckProtected, why)
}

// victims chooses n of the tasks, those that serve last. At are the indexes of
// their instances, and staying those of others that stay.
func (p *planning) victims(of []*model.Task, at, staying []int32, n int) []*model.Task {
	if n <= 0 || len(of) == 0 {
		return nil
	}
	rest, restAt := make([]*model.Task, 0, len(of)), make([]int32, 0, len(of)+len(staying))
	var first, chosen []*model.Task
	var firstAt []int32
	for i, t := range of {
		if p.ready(t) {
			rest, restAt = append(rest, t), append(restAt, at[i])
		} else {
			first, firstAt = append(first, t), append(firstAt, at[i])
		}
	}
	if len(first) > 0 {
		chosen = place.VictimsAt(p.Fleet, first, firstAt, append(restAt, staying...), p.rules, n)
	}
	if len(chosen) < n {
		chosen = append(chosen, place.VictimsAt(p.Fleet, rest, restAt, staying, p.rules, n-len(chosen))...)
	}
	return chosen
}

// placesOf returns the indexes of the instances of tasks that are all or some of
// those of s that are to stay; nil: of any.
func (p *planning) placesOf(s *survey, tasks []*model.Task) []int32 {
	if s != nil && len(tasks) == len(s.keep) {
		return s.keepAt
	}
	at := make([]int32, len(tasks))
	for i, t := range tasks {
		at[i] = p.Fleet.Index(t.Spec.Instance)
	}
	return at
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
	case missing == 0 && s.waiting > 0 && st.Rollout != model.RolloutFailed:
		return 0, waitPlace
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
	count := min(missing, room, p.spare)
	may := p.pioneers(count)
	switch {
	case may == 0:
		p.out.Because(p.primary.Key(), "Resolving", "The deployment's first task has not told the digests of its images yet.")
		return 0, waitForbidden
	case may == count && count < min(missing, room):
		p.more()
	}
	switch {
	case s.nodes == nil && p.set == nil && !req.Fargate: // what waits for tasks of FARGATE_SPOT is checked by ids
		req.GroupAt, req.OccupiedAt = s.keepAt, p.holdingAt()
	case s.nodes == nil:
		req.Group, req.Occupied = instances(s.keep), p.holding()
	default:
		req.Only, req.Occupied = s.open, []string{}
		req.Rules = req.Rules.WithDistinct()
		req.Group = append(instances(s.keep), append(instances(s.serving), instances(s.unhealthy)...)...)
	}
	made, wait := p.place(s, req, may)
	switch {
	case wait == waitNothing && may < count:
		wait = waitForbidden
	case wait == waitNothing && len(made) < missing:
		wait = waitRoom
	}
	if len(made) > 0 {
		p.say("has started %d tasks: %s.", len(made), named(p.create(made, req.Resources)))
	}
	return len(made), wait
}

// spot is where a task is to be, "" for one that has to wait for an instance,
// by which capacity provider, "" for none, and with which interface; nil for none.
type spot struct {
	instance, provider string
	network            *model.NetworkInterface
}

// place chooses instances for count tasks. It says why there were not enough,
// unless tasks of the service are stopping, whose room will be free in a
// moment.
func (p *planning) place(s *survey, req *place.Request, count int) (spots []spot, wait stuckWait) {
	if len(p.primary.Spec.CapacityStrategy) == 0 {
		req.Count = count
		return p.placeBy(s, req, "")
	}
	split := place.Split(p.primary.Spec.CapacityStrategy, providers(s.keep), count)
	if len(split) < count {
		p.waits("NoProvider", stuckProvider, "was unable to place a task. Reason: no capacity provider of the strategy takes more tasks.")
		wait = waitForbidden
	}
	var before []place.Node
	defer func() {
		for _, n := range slices.Backward(before) {
			p.Fleet.Set(n)
		}
	}()
	for len(split) > 0 {
		provider := split[0]
		req.Provider, req.Count = provider, 0
		if req.Fargate { // its instances belong to no provider
			req.Provider = ""
		}
		split = slices.DeleteFunc(split, func(other string) bool {
			if other == provider {
				req.Count++
			}
			return other == provider
		})
		more, why := p.placeBy(s, req, provider)
		spots, wait = append(spots, more...), max(wait, why)
		for _, m := range more {
			if m.instance == "" {
				continue
			}
			req.Group, req.Occupied = append(req.Group, m.instance), append(req.Occupied, m.instance)
			if req.Fargate && len(split) > 0 { // the next provider has the same instances
				n, _ := p.Fleet.Node(m.instance)
				before = append(before, n)
				p.Fleet.Hold(&model.Task{Spec: model.TaskSpec{Instance: m.instance, Resources: req.Resources}})
			}
		}
	}
	return spots, wait
}

// providers counts the tasks by capacity provider.
func providers(tasks []*model.Task) map[string]int {
	have := map[string]int{}
	for _, t := range tasks {
		have[t.Spec.CapacityProvider]++
	}
	return have
}

// placeBy chooses instances of one capacity provider, or of any.
func (p *planning) placeBy(s *survey, req *place.Request, provider string) (spots []spot, wait stuckWait) {
	var r place.Result
	if provider != model.ProviderFargateSpot || !p.Scarce {
		spots, r = p.spots(req, provider)
	}
	for range p.reclaimable(s, req, provider, r) {
		spots = append(spots, spot{provider: provider})
		s.waiting++
	}
	if provision.Waits(p.Providers[provider]) && s.nodes == nil {
		for len(spots) < req.Count && s.waiting < MaxWaiting && p.Waiting < provision.MaxWaiting {
			spots = append(spots, spot{provider: provider})
			s.waiting++
			p.Waiting++
		}
	}
	if len(spots) == req.Count {
		return spots, waitNothing
	}
	closest, any := r.Closest()
	if s.busy { // nothing is said, but room that others leave is taken at once
		p.out.Because(p.primary.Key(), CodeStuck, "Tasks of the service are stopping; what is missing waits for room.")
	} else {
		code := stuckNoInstances
		if any {
			code = closest.Reason
		}
		if provider != "" {
			code = provider + ":" + code
		}
		why := unplaced(r, provider)
		if req.Fargate {
			why = unplacedFargate
		}
		p.stuck(code, why)
		p.out.Reasons[len(p.out.Reasons)-1].Instance = closest.Instance
	}
	switch closest.Reason {
	case place.FailCPU, place.FailMemory, place.FailGPU, place.FailPorts, place.FailDistinct, place.FailInterface:
		return spots, waitPlace
	}
	return spots, waitNoPlace
}

// reclaimable returns how many more tasks of the request than were placed may
// wait for the room of tasks of FARGATE_SPOT.
func (p *planning) reclaimable(s *survey, req *place.Request, provider string, r place.Result) int {
	if !req.Fargate || provider == model.ProviderFargateSpot {
		return 0
	}
	return max(min(reclaim.More(p.Fleet, req, r, p.SpotOn), MaxWaiting-s.waiting), 0)
}

// holding returns the instances of all tasks of the service that may still be
// running: what distinctInstance looks at. Tasks of other task sets count, because
// the group that the constraint keeps apart is the service's.
// Source: ECS API reference, PlacementConstraint.type; ECS developer guide,
// "Group related Amazon ECS tasks".
func (p *planning) holding() []string {
	ids := []string{}
	for _, i := range p.living {
		ids = append(ids, p.tasks[i].Spec.Instance)
	}
	if p.set == nil {
		return ids
	}
	for _, t := range p.Tasks {
		if t.Spec.Deployment != p.set.ID && !t.Stopped() {
			ids = append(ids, t.Spec.Instance)
		}
	}
	return append(ids, p.elsewhere...)
}

// holdingAt is holding by the indexes of the instances, where there are no task sets.
func (p *planning) holdingAt() []int32 {
	at := make([]int32, 0, len(p.living))
	for _, i := range p.living {
		at = append(at, p.seen.List[i].at)
	}
	return at
}
