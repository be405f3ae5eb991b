package rotate

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
)

// View is all that a plan for one secret depends on. Everything in it is left
// as it is.
type View struct {
	Secret *model.Secret
	// Definition is the task definition that RotationTask names now; nil if
	// there is none that is ACTIVE.
	Definition *model.TaskDefinition
	// Cluster is the one that the rotation runs in; nil if it is not there.
	Cluster *model.Cluster
	// Task is the secret's Rotation.Task and Ran its definition; nil if they
	// are not there.
	Task   *model.Task
	Ran    *model.TaskDefinition
	Region string
	Now    time.Time
	Seed   plan.Seed
	Timing Timing
}

// Plan does what is to be done next.
func Plan(v View) plan.Plan {
	v.Timing = Timing{cmp.Or(v.Timing.Step, DefaultStep), cmp.Or(v.Timing.Retry, DefaultRetry), cmp.Or(v.Timing.Attempts, DefaultAttempts)}
	p := planning{View: v, ids: plan.NewIDs(v.Seed)}
	s := v.Secret
	switch {
	case !s.DeletedAt.IsZero() || !s.RotationEnabled && s.Rotation == nil:
	case s.Rotation != nil:
		p.secret = s.Clone()
		p.goOn()
	case !s.RotateAt.IsZero() && v.Now.Before(s.RotateAt):
		p.out.WakeAt(s.RotateAt)
	case !s.RotateAt.IsZero():
		p.secret = s.Clone()
		Begin(p.secret, p.ids.UUID(), v.Now)
		p.because(Started, "The rotation began as scheduled.")
		p.start()
	}
	return p.out
}

// Begin begins the rotation of a secret, the caller's own copy, to the version
// with an id. Nothing may be under way.
func Begin(s *model.Secret, token string, now time.Time) {
	s.Pend(token, now)
	s.Rotation = &model.SecretRotation{Token: token, Step: StepCreate, Attempt: 1}
}

// planning is one call of Plan.
type planning struct {
	View
	secret *model.Secret // the plan's own
	out    plan.Plan
	ids    *plan.IDs
}

func (p *planning) because(code, message string) { p.out.Because(p.secret.Key(), code, message) }

// goOn continues a rotation.
func (p *planning) goOn() {
	r := p.secret.Rotation
	switch {
	case r.Task == "" && p.ended():
	case r.Task == "" && p.Now.Before(r.RetryAt):
		p.out.WakeAt(r.RetryAt)
	case r.Task == "":
		p.start()
	case p.Task == nil:
		p.fail("its task is gone")
	case !p.Task.Stopped():
		p.watch()
	default:
		p.judge()
	}
}

// ended ends a rotation whose version has become AWSCURRENT, or is not to
// become it any more, and reports whether it did.
func (p *planning) ended() bool {
	i := p.secret.Version(p.secret.Rotation.Token)
	switch {
	case i >= 0 && slices.Contains(p.secret.Versions[i].Stages, model.StageCurrent):
		p.succeed(i)
	case i < 0 || !slices.Contains(p.secret.Versions[i].Stages, model.StagePending):
		if i >= 0 && p.secret.Versions[i].Empty() && len(p.secret.Versions[i].Stages) == 0 {
			p.secret.Versions = slices.Delete(p.secret.Versions, i, i+1)
		}
		p.secret.Rotation = nil
		p.reschedule()
		p.because(Abandoned, "The version lost AWSPENDING, so the rotation was given up.")
		p.out.Change.Put(p.secret)
	default:
		return false
	}
	return true
}

func (p *planning) succeed(version int) {
	if slices.Contains(p.secret.Versions[version].Stages, model.StagePending) {
		p.secret.Detach(version, model.StagePending)
	}
	p.secret.Rotation = nil
	p.secret.RotatedAt = p.Now
	p.reschedule()
	p.because(Succeeded, "The rotation is complete.")
	p.out.Change.Put(p.secret)
}

// reschedule says when the next rotation begins.
func (p *planning) reschedule() {
	p.secret.RotateAt = time.Time{}
	if s, err := ScheduleOf(p.secret); err == nil && p.secret.RotationEnabled {
		p.secret.RotateAt = s.Next(p.Now)
	}
	p.out.WakeAt(p.secret.RotateAt)
}

// watch waits for a step's task, up to its limit.
func (p *planning) watch() {
	end := p.secret.Rotation.Since.Add(p.Timing.Step)
	if p.Now.Before(end) {
		p.out.WakeAt(end)
		return
	}
	if p.Task.Desired != model.TaskStopped {
		p.out.Change.Put(p.Task.Stop(model.StopUserInitiated, fmt.Sprintf("The step of the rotation took more than %v.", p.Timing.Step), p.Now))
	} // else it is stopping: its end wakes the plan
}

// judge reads how a step's task has ended.
func (p *planning) judge() {
	r := p.secret.Rotation
	if why := failureOf(p.Task, p.Ran); why != "" {
		p.fail(why)
		return
	}
	step := next(r.Step)
	if step != "" {
		r.Step, r.Task = step, ""
		if !p.ended() { // finishSecret has nothing to do where the version is AWSCURRENT already
			p.start()
		}
		return
	}
	if r.Task = ""; !p.ended() {
		p.fail("AWSCURRENT is not at the version after finishSecret")
	}
}

// fail ends an attempt. The next begins after a pause, or, after too many, when
// the schedule has the next rotation.
func (p *planning) fail(why string) {
	r := p.secret.Rotation
	r.Failure = fmt.Sprintf("%s failed in attempt %d: %s", r.Step, r.Attempt, why)
	r.FailedAt, r.Task, r.Step = p.Now, "", StepCreate
	pause := p.Timing.Retry
	for range r.Attempt - 1 {
		pause = min(2*pause, maxRetry)
	}
	r.RetryAt = p.Now.Add(pause)
	if r.Attempt++; r.Attempt > p.Timing.Attempts {
		r.Attempt = 1
		if p.reschedule(); !p.secret.RotateAt.IsZero() {
			r.RetryAt = p.secret.RotateAt
		} else {
			r.RetryAt = p.Now.Add(maxRetry)
		}
	}
	p.out.WakeAt(r.RetryAt)
	p.because(Failed, r.Failure)
	p.out.Change.Put(p.secret)
}
