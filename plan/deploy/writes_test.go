package deploy

import (
	"testing"

	"github.com/roadstead/roadstead/plan"
)

// A plan holds as many writes as it is given, and as many as others without.
func TestPlanHoldsTheWritesItIsGiven(t *testing.T) {
	v := crowd(100, 50)
	v.Service = v.Service.Clone()
	v.Service.Spec.DesiredCount = 2000
	for _, c := range []struct{ given, least, most int }{{0, maxTaskWrites, plan.MaxWrites}, {500, 500 - plan.MaxWrites, 500}} {
		v.Writes = c.given
		if n := len(Plan(v).Change.Writes); n < c.least || n > c.most {
			t.Errorf("given %d: %d writes, want %d to %d", c.given, n, c.least, c.most)
		}
	}
}
