package deploy

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
	"github.com/roadstead/roadstead/plan/judge"
)

// countFailures counts each failed task of the primary deployment once, lets
// the next start wait when they keep failing, and forgets the failures once a
// later task has run for long enough.
func (p *planning) countFailures(s *survey) {
	st := &p.primary.Status
	fresh, counted, last := p.failures()
	st.Counted = counted
	if len(fresh) > 0 {
		st.FailedTasks += len(fresh)
		st.Failures += len(fresh)
		delay := p.delay(s, st.FailedTasks)
		if at := fresh[len(fresh)-1].Status.StoppedAt.Add(delay); delay > 0 && at.After(st.RetryAt) {
			st.RetryAt = at
		}
		p.out.Because(p.primary.Key(), "Failed", fmt.Sprintf("%d tasks failed, %d since the last that did not.", len(fresh), st.FailedTasks))
		if delay >= 4*p.Timing.FirstDelay {
			p.stuck(stuckFailing, "is unable to consistently start tasks successfully. "+moreInformation)
		}
	}
	if st.FailedTasks > 0 && p.recovered(s, last) {
		st.FailedTasks, st.RetryAt = 0, time.Time{}
		if st.LastStuck == stuckFailing {
			st.LastStuck = ""
		}
	}
}

// failures returns the failed tasks that were not counted before, in the
// order of their ends, the ids of all that are counted now and still in the
// tables, and when the last of them stopped.
func (p *planning) failures() (fresh []*model.Task, counted []string, last time.Time) {
	for _, i := range p.ended {
		t := p.tasks[i]
		if p.seen.List[i].of != p.current || !p.failed(t) {
			continue
		}
		if t.Status.StoppedAt.After(last) {
			last = t.Status.StoppedAt
		}
		if contains(p.primary.Status.Counted, t.ID) && !mutant.On(mutant.FailuresRecounted) {
			counted = append(counted, t.ID)
		} else {
			fresh = append(fresh, t)
		}
	}
	slices.SortFunc(fresh, func(a, b *model.Task) int {
		return cmp.Or(a.Status.StoppedAt.Compare(b.Status.StoppedAt), cmp.Compare(a.ID, b.ID))
	})
	fresh = fresh[:min(len(fresh), max(MaxCounted-len(counted), 0))]
	for _, t := range fresh {
		counted = append(counted, t.ID)
	}
	slices.Sort(counted)
	return fresh, counted, last
}

// failed reports whether a stopped task ended by its own fault: it did not
// start, ended too soon, or failed its health checks. A task that somebody
// stopped has not failed.
func (p *planning) failed(t *model.Task) bool {
	return judge.EndedItself(t) && (t.StopCode != model.StopEssentialContainerExited || judge.Ran(t) < p.Timing.HealthyRun)
}

// recovered reports whether the failures are over: a task that began to run
// after the last of them has run for HealthyRun, or none is missing and there
// was no failure for as long.
func (p *planning) recovered(s *survey, last time.Time) bool {
	if s.missing() == 0 && s.settled >= s.desired {
		at := last.Add(p.Timing.HealthyRun)
		if !p.Now.Before(at) {
			return true
		}
		p.out.WakeAt(at)
	}
	for _, i := range p.living {
		t := p.tasks[i]
		if p.seen.List[i].of != p.current || !judge.Alive(t) || !p.ready(t) || !t.Status.StartedAt.After(last) {
			continue
		}
		at := t.Status.StartedAt.Add(p.Timing.HealthyRun)
		if !p.Now.Before(at) {
			return true
		}
		p.out.WakeAt(at)
	}
	return false
}

// delay is how long to wait after the failed-th failure: nothing in the first
// round, then twice as long from round to round. A round is as many failures
// as there are tasks still to be had, so that ten tasks that fail together
// count as one that fails once.
func (p *planning) delay(s *survey, failed int) time.Duration {
	slots := min(max(s.desired-s.settled, 1), 100)
	return judge.Delay((failed-1)/slots+1, p.Timing.FirstDelay, p.Timing.MaxDelay)
}
