package sim

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// waits is how long a task waits for an instance before it is stopped.
const waits = 15 * time.Minute

// supplied checks where a task is that has an instance, and when one gives up
// that has none ("provider", "waiting").
func (c *checker) supplied(v store.View, was, now *model.Task) {
	i, placed := store.Get[*model.ContainerInstance](v, now.Spec.Instance)
	if placed && now.Spec.CapacityProvider != "" && now.Spec.LaunchType != model.LaunchFargate && i.CapacityProvider != now.Spec.CapacityProvider && (was == nil || was.Waiting()) {
		c.w.fail("provider", "task %s is by %s, and its instance of %q", now.ID, now.Spec.CapacityProvider, i.CapacityProvider)
	}
	waited := c.w.clock.now.Sub(now.Spec.CreatedAt)
	if was != nil && was.Waiting() && now.StoppedReason == "EMPTY CAPACITY PROVIDER" && waited < waits {
		c.w.fail("waiting", "task %s has waited for %v and gives up", now.ID, waited)
	}
}

// mayWait checks that no task waits for too long, nor while there is room for
// it since the last asking ("waiting"): the oldest of each provider is looked
// at.
func (c *checker) mayWait(v store.View, next *idle) {
	oldest := map[string]*model.Task{}
	for t := range store.TasksWithoutInstance(v, account+"/main") {
		if !t.Waiting() {
			continue
		}
		if old := oldest[t.Spec.CapacityProvider]; old == nil || t.Spec.CreatedAt.Before(old.Spec.CreatedAt) {
			oldest[t.Spec.CapacityProvider] = t
		}
	}
	for _, name := range slices.Sorted(maps.Keys(oldest)) {
		t := oldest[name]
		if waited := c.w.clock.now.Sub(t.Spec.CreatedAt); waited > waits+time.Minute && c.w.clock.now.Sub(c.w.plane.began) > time.Minute {
			c.w.fail("waiting", "task %s has waited for %v", t.ID, waited)
		}
		if len(t.Spec.Constraints) > 0 || !c.roomFor(v, t) {
			continue
		}
		key := "room for " + t.ID
		next.keys[key] = true
		if c.idle.rev == v.Rev() && c.idle.keys[key] {
			c.w.fail("waiting", "task %s waits for an instance of %s and has had room for %v", t.ID, name, settleEvery)
		}
	}
}

func (c *checker) roomFor(v store.View, t *model.Task) bool {
	for i := range store.All[*model.ContainerInstance](v) {
		of := i.CapacityProvider == t.Spec.CapacityProvider
		if t.Spec.LaunchType == model.LaunchFargate {
			of = i.Fargate
		}
		if of && i.Status == model.InstanceActive && i.AgentConnected && fits(v, i, t.Spec.Resources) {
			return true
		}
	}
	return false
}

// shares checks how tasks that were all made at once are shared out by a
// strategy: every base first, the rest by the weights ("strategy").
func (c *checker) shares(who string, strategy []model.CapacityStrategy, counts map[string]int) {
	rest, weights := 0, 0
	for _, n := range counts {
		rest += n
	}
	total := rest
	for _, s := range strategy {
		rest, weights = rest-s.Base, weights+s.Weight
	}
	for _, s := range strategy {
		n := float64(counts[s.Provider])
		switch {
		case rest <= 0 && int(n) > s.Base:
			c.w.fail("strategy", "%s: %d of %d tasks are by %s, which has a base of %d, and others lack theirs", who, int(n), total, s.Provider, s.Base)
		case rest > 0 && weights > 0:
			if share := float64(s.Base) + float64(rest*s.Weight)/float64(weights); n <= share-1 || n >= share+1 {
				c.w.fail("strategy", "%s: %d of %d tasks are by %s, and its share is %.2f", who, int(n), total, s.Provider, share)
			}
		}
	}
}

// firstShares checks a service's first tasks of a deployment, if all of them
// are made by one plan.
func (c *checker) firstShares(seen store.View, s *model.Service, written map[string]*model.Task) {
	if len(s.Spec.CapacityStrategy) == 0 || s.Spec.Controller == external {
		return
	}
	counts, made := map[string]int{}, 0
	for _, t := range written {
		if _, old := store.Get[*model.Task](seen, t.Key().ID); !old && t.Spec.Service == s.Key().ID {
			counts[t.Spec.CapacityProvider]++
			made++
		}
	}
	for t := range store.TasksByService(seen, s.Key().ID) {
		if t.Spec.Deployment == s.Primary && !t.Stopped() {
			return
		}
	}
	if made == s.Spec.DesiredCount {
		c.shares("service "+s.Name, s.Spec.CapacityStrategy, counts)
	}
}

// runShares checks the tasks that a call of RunTask made, if it made all.
func (c *checker) runShares(in *ecs.RunTaskInput, out *ecs.RunTaskOutput) {
	if len(in.CapacityProviderStrategy) == 0 || len(out.Tasks) != int(aws.ToInt32(in.Count)) {
		return
	}
	var strategy []model.CapacityStrategy
	for _, s := range in.CapacityProviderStrategy {
		strategy = append(strategy, model.CapacityStrategy{Provider: *s.CapacityProvider, Base: int(s.Base), Weight: int(s.Weight)})
	}
	counts := map[string]int{}
	for _, t := range out.Tasks {
		counts[aws.ToString(t.CapacityProviderName)]++
	}
	c.shares(fmt.Sprintf("RunTask of %d", len(out.Tasks)), strategy, counts)
}
