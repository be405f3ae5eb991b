package reap

import (
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
)

// Due returns the plan for what goes at a time that its owner chose: a deleted
// secret after its recovery window, a parameter when it expires. A zero time
// is never.
func Due(n model.Noun, at, now time.Time) (p plan.Plan) {
	switch {
	case at.IsZero():
	case now.Before(at):
		p.WakeAt(at)
	default:
		p.Change.Delete(n)
		p.Because(n.Key(), "Deleted", "Its time had come.")
	}
	return p
}

// KMSKey returns the plan for one key: its aliases go with it.
// Source: KMS API reference, ScheduleKeyDeletion.
func KMSKey(k *model.KMSKey, aliases []*model.KMSAlias, now time.Time) plan.Plan {
	p := Due(k, k.DeleteAt, now)
	if p.Change.Empty() {
		return p
	}
	for _, a := range aliases {
		p.Change.Delete(a)
	}
	return p
}
