package sim

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// external is the deployment controller of services that consist of task sets.
const external = "EXTERNAL"

// setsSettled looks whether every task set of a service has its share of the
// tasks, or says why not, and whether there are no others ("sets").
func (c *checker) setsSettled(v store.View, s *model.Service) string {
	alive := map[string]int{}
	for t := range store.TasksByService(v, s.Key().ID) {
		if !t.Stopped() && !draining(v, t) { // one that is to be moved has no place yet
			alive[t.Spec.Deployment]++
		}
	}
	for set := range store.TaskSetsByService(v, s.Key().ID) {
		wanted := int(math.Ceil(float64(s.Spec.DesiredCount) * set.Scale / 100))
		n := alive[set.ID]
		delete(alive, set.ID)
		switch {
		case set.Status != model.TaskSetActive:
			return c.blame("sets", "task set %s of service %s is still %s", set.ID, s.Name, set.Status)
		case n > wanted:
			return c.blame("sets", "task set %s of service %s has %d tasks and is to have %d", set.ID, s.Name, n, wanted)
		case n == wanted && set.Stability != model.SteadyState:
			return c.blame("sets", "task set %s of service %s has all its tasks and is %s", set.ID, s.Name, set.Stability)
		case n < wanted && set.State.RetryAt.After(c.w.clock.now):
			return c.blame("sets", "task set %s of service %s tries again at %v", set.ID, s.Name, set.State.RetryAt)
		case n < wanted && set.State.LastStuck == "":
			return c.blame("sets", "task set %s of service %s has %d tasks, is to have %d, and does not say why", set.ID, s.Name, n, wanted)
		case n < wanted:
			if why := c.reallyStuck(v, s, set.ID, set.State.LastStuck); why != "" {
				return why
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(alive)) {
		return c.blame("sets", "%d tasks of service %s are of no task set: %s", alive[id], s.Name, id)
	}
	return ""
}

// blame names the check that a world that has not settled fails, and returns
// why.
func (c *checker) blame(check, format string, args ...any) string {
	c.culprit = check
	return fmt.Sprintf(format, args...)
}
