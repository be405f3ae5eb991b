package plan

import (
	"regexp"
	"testing"
	"time"
)

func TestIDs(t *testing.T) {
	s, again := NewIDs(Seed{1}), NewIDs(Seed{1})
	seen := map[string]bool{}
	for _, c := range []struct {
		name, pattern string
		next          func(*IDs) string
	}{
		{"task", `^[0-9a-f]{32}$`, (*IDs).Hex},
		{"container", `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, (*IDs).UUID},
		{"deployment", `^ecs-svc/[0-9]{19}$`, (*IDs).Deployment},
	} {
		for range 1000 {
			id := c.next(s)
			if id != c.next(again) {
				t.Fatalf("%s: the same seed gives different ids", c.name)
			}
			if seen[id] || !regexp.MustCompile(c.pattern).MatchString(id) {
				t.Fatalf("%s: %q", c.name, id)
			}
			seen[id] = true
		}
	}
	if NewIDs(Seed{1}).Hex() == NewIDs(Seed{2}).Hex() {
		t.Error("different seeds give the same ids")
	}
}

func TestWakeAtKeepsTheEarliest(t *testing.T) {
	at := time.Unix(100, 0)
	var p Plan
	for _, w := range []time.Time{{}, at.Add(time.Second), at, at.Add(time.Hour), {}} {
		p.WakeAt(w)
	}
	if !p.Wake.Equal(at) {
		t.Errorf("wake %v", p.Wake)
	}
}
