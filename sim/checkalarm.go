package sim

import (
	"slices"
	"strings"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// ended checks that a deployment fails, goes back or is completed for what was
// to be seen ("alarms").
func (c *checker) deploymentEnds(seen store.View, change model.Change) {
	for _, w := range change.Writes {
		now, ok := w.Noun.(*model.Deployment)
		if !ok {
			continue
		}
		was, ok := store.Get[*model.Deployment](seen, now.Key().ID)
		s, owned := store.Get[*model.Service](seen, serviceOf(now))
		if !ok || !owned || was.Status.Rollout == now.Status.Rollout {
			continue
		}
		ringing, unknown := c.alarms(seen, s)
		if now.Status.AlarmsIgnored {
			ringing = false
		}
		r, why := s.Spec.Rollout, now.Status.RolloutReason
		goesBack := slices.ContainsFunc(change.Writes, func(w model.Write) bool {
			d, made := w.Noun.(*model.Deployment)
			return made && d.RollbackOf == now.ID
		})
		switch now.Status.Rollout {
		case model.RolloutCompleted:
			if ringing && r.AlarmsEnabled {
				c.w.fail("alarms", "deployment %s of service %s is completed while an alarm of its rings", now.ID, s.Name)
			}
		case model.RolloutFailed:
			byAlarm := strings.Contains(why, "alarm(s) detected")
			justified := byAlarm && r.AlarmsEnabled && ringing ||
				strings.Contains(why, "alarm(s) not found") && r.AlarmsEnabled && unknown ||
				strings.Contains(why, "circuit breaker") && r.CircuitBreaker ||
				strings.Contains(why, "was stopped") && was.StopRequested != ""
			if !justified {
				c.w.fail("alarms", "deployment %s of service %s fails, which nothing calls for: %s", now.ID, s.Name, why)
			}
			if goesBack && byAlarm && !r.AlarmsRollback {
				c.w.fail("alarms", "service %s goes back for an alarm, which it is not to do", s.Name)
			}
		}
	}
}

// alarms reports whether an alarm of the service rings, and whether one is not
// there.
func (c *checker) alarms(v store.View, s *model.Service) (ringing, unknown bool) {
	for _, name := range s.Spec.Rollout.Alarms {
		a, ok := store.Get[*model.Alarm](v, model.AlarmID(account, name))
		ringing, unknown = ringing || ok && a.State == model.AlarmAlarm, unknown || !ok
	}
	return ringing, unknown
}
