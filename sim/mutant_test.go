package sim

import (
	"maps"
	"slices"
	"testing"
)

// mutantSeeds is how many seeds a planted defect may survive.
const mutantSeeds = 1000

// expected are the checks that a planted defect may fail.
var expected = map[string][]string{
	"forgotten-guard": {"status", "room", "maximum", "minimum", "draining", "once", "liveness"},
	"wrong-rounding":  {"minimum"},
	"ignored-minimum": {"minimum"},
	"ignored-maximum": {"maximum"},
	"ignored-room":    {"room", "livelock"},
	"ignored-drain":   {"draining"},
	"restless":        {"quiet"},
	"step-back":       {"status"},
	"double-start":    {"once"},
	"lost-write":      {"durability"},
	"deserter":        {"liveness"},
	"late-payload":    {"once", "liveness"},
	"forgotten-end":   {"truth", "liveness"},
	"careless-end":    {"liveness"},
}

// TestMutantsAreFound plants each defect and wants a checker to find it.
func TestMutantsAreFound(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(Mutants())) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := uint64(1); seed <= mutantSeeds; seed++ {
				r := Run(seed, Options{Mutant: Mutants()[name]})
				if r.Failure == nil {
					continue
				}
				if !slices.Contains(expected[name], r.Failure.Check) {
					t.Fatalf("seed %d fails %s: %v\n%s", seed, r.Failure.Check, r.Failure, tail(r))
				}
				t.Logf("seed %d: %v", seed, r.Failure)
				return
			}
			t.Fatalf("%d seeds did not find it", mutantSeeds)
		})
	}
}

// TestControlGroup runs the way in which defects are planted without one: it
// must not be that way itself that the checkers find.
func TestControlGroup(t *testing.T) {
	for seed := uint64(1); seed <= 60; seed++ {
		if r := Run(seed, Options{Mutant: Undistorted}); r.Failure != nil {
			t.Fatalf("seed %d: %v\n%s", seed, r.Failure, tail(r))
		}
	}
}
