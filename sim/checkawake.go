package sim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// idle is what somebody who looks at everything would have done when it was
// last asked, and had not been done.
type idle struct {
	rev  model.Revision
	keys map[string]bool // by planner and key
}

// awake asks planners that are made anew, and so look at everything, what is
// to be done now. If they want something done that was wanted at the last
// asking, and nothing was committed since, a wake-up was forgotten: the loop
// sleeps until its next look at everything.
func (c *checker) awake() {
	p := c.w.plane
	if p == nil {
		c.idle = idle{}
		return
	}
	now, v := c.w.clock.now, p.db.View()
	next := idle{rev: v.Rev(), keys: map[string]bool{}}
	c.mayWait(v, &next)
	for _, planner := range planners(newDice(c.w.seed, "awake")) {
		var keys []string
		planner.All(v, p.began, func(key string) { keys = append(keys, key) })
		for _, key := range keys {
			plan := planner.Plan(v, key, now)
			if !moves(v, plan.Change) {
				continue
			}
			name := planner.Name() + " of " + key
			next.keys[name] = true
			if c.idle.rev == v.Rev() && c.idle.keys[name] {
				c.w.fail("awake", "the planner %s has had something to write for %v and has slept: %s",
					name, settleEvery, writes(plan.Change))
			}
		}
	}
	c.idle = next
}

// moves reports whether a change does more than to say anew why nothing can be
// done: that may wait, for nothing follows from it.
func moves(v store.View, c model.Change) bool {
	return slices.ContainsFunc(c.Writes, func(w model.Write) bool {
		switch now := w.Noun.(type) {
		case *model.ServiceEvents:
			return false
		case *model.Deployment:
			was, ok := store.Get[*model.Deployment](v, now.Key().ID)
			return !ok || was.Status.State != now.Status.State || was.Status.Rollout != now.Status.Rollout ||
				was.Status.FailedTasks != now.Status.FailedTasks || was.Status.Steady != now.Status.Steady
		case *model.TaskSet:
			was, ok := store.Get[*model.TaskSet](v, now.Key().ID)
			return !ok || was.Stability != now.Stability || was.State.FailedTasks != now.State.FailedTasks
		case *model.DaemonDeployment:
			was, ok := store.Get[*model.DaemonDeployment](v, now.Key().ID)
			return !ok || was.Status.State != now.Status.State || was.Status.FailedTasks != now.Status.FailedTasks
		}
		return true
	})
}

// writes says what a change writes.
func writes(c model.Change) string {
	var b strings.Builder
	for _, w := range c.Writes {
		fmt.Fprintf(&b, "%s %s; ", shortKey(w.Key), words(w.Noun))
	}
	return b.String()
}
