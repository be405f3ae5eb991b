package reap

import (
	"testing"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
)

// TestDeleted looks at what callers have deleted: an hour later it goes,
// unless it is needed, and what was not deleted stays.
func TestDeleted(t *testing.T) {
	for name, look := range map[string]func(deleted, needed bool, now time.Time) plan.Plan{
		"cluster": func(deleted, needed bool, now time.Time) plan.Plan {
			c := &model.Cluster{Account: "1", Name: "c", Status: model.ClusterActive, CreatedAt: start.Add(-24 * time.Hour)}
			if deleted {
				c.Status, c.InactiveAt = model.ClusterInactive, start
			}
			return Cluster(c, needed, now, Timing{})
		},
		"capacity-provider": func(deleted, _ bool, now time.Time) plan.Plan {
			c := &model.CapacityProvider{Account: "1", Name: "c", Status: model.CapacityProviderActive}
			if deleted {
				c.Status, c.InactiveAt = model.CapacityProviderInactive, start
			}
			return CapacityProvider(c, now, Timing{})
		},
		"task-definition": func(deleted, needed bool, now time.Time) plan.Plan {
			d := &model.TaskDefinition{Account: "1", Family: "c", Revision: 1, Status: model.TaskDefinitionInactive}
			if deleted {
				d.Status, d.DeleteAt = model.TaskDefinitionDeleteInProgress, start
			}
			return TaskDefinition(d, needed, now, Timing{})
		},
	} {
		hour := start.Add(DefaultDeleted)
		if p := look(false, false, hour.Add(1000*time.Hour)); !p.Change.Empty() || !p.Wake.IsZero() {
			t.Errorf("%s that is not deleted: %+v", name, p)
		}
		if p := look(true, false, hour.Add(-time.Second)); !p.Change.Empty() || !p.Wake.Equal(hour) {
			t.Errorf("%s, too early: %+v", name, p)
		}
		if p := look(true, false, hour); len(p.Change.Writes) != 1 || p.Change.Writes[0].Noun != nil || len(p.Change.Guards) != 1 {
			t.Errorf("%s: %+v", name, p)
		}
		if p := look(true, true, hour); name != "capacity-provider" && (!p.Change.Empty() || !p.Wake.Equal(hour.Add(DefaultDeleted))) {
			t.Errorf("%s that is needed: %+v", name, p)
		}
	}
}
