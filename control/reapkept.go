package control

import (
	"slices"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/plan/reap"
	"github.com/roadstead/roadstead/store"
)

// allKept wakes the reaper for the keys, secrets and parameters that have a
// time at which they go.
func allKept(v store.View, wake func(string)) {
	for k := range store.All[*model.KMSKey](v) {
		if !k.DeleteAt.IsZero() {
			wake(k.Key().String())
		}
	}
	for s := range store.All[*model.Secret](v) {
		if !s.DeleteAt.IsZero() {
			wake(s.Key().String())
		}
	}
	for p := range store.All[*model.Parameter](v) {
		if !p.Expires.IsZero() {
			wake(p.Key().String())
		}
	}
}

// planKept plans for a key, secret or parameter.
func planKept(v store.View, kind model.Kind, id string, now time.Time) plan.Plan {
	switch kind {
	case model.KindKMSKey:
		if k, ok := store.Get[*model.KMSKey](v, id); ok {
			aliases := slices.Collect(store.Prefix[*model.KMSAlias](v, k.Account+"/"))
			return reap.KMSKey(k, slices.DeleteFunc(aliases, func(a *model.KMSAlias) bool { return a.KeyID != k.ID }), now)
		}
	case model.KindSecret:
		if s, ok := store.Get[*model.Secret](v, id); ok {
			return reap.Due(s, s.DeleteAt, now)
		}
	case model.KindParameter:
		if p, ok := store.Get[*model.Parameter](v, id); ok {
			return reap.Due(p, p.Expires, now)
		}
	}
	return plan.Plan{}
}
