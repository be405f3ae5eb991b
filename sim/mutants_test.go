//go:build mutants

package sim

import (
	"flag"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/roadstead/roadstead/model/mutant"
)

// plant plants a defect until the test is over.
func plant(t *testing.T, n mutant.Name) {
	mutant.Plant(n)
	t.Cleanup(func() { mutant.Plant("") })
}

// mutantSeeds is how many seeds a defect may survive.
var mutantSeeds = flag.Uint64("mutant-seeds", 3000, "how many seeds a planted defect may survive")

// TestMutantsAreFound plants each defect and wants a check that is made for it
// to find it.
func TestMutantsAreFound(t *testing.T) {
	found := map[mutant.Name]uint64{}
	for _, d := range mutant.List() {
		t.Run(string(d.Name), func(t *testing.T) {
			plant(t, d.Name)
			r := hunt(slices.Contains(foundBy[d.Name], "same"))
			switch {
			case r.Failure == nil:
				t.Fatalf("%d seeds did not find it", *mutantSeeds)
			case !slices.Contains(foundBy[d.Name], r.Failure.Check):
				t.Fatalf("seed %d fails %s: %v\n%s", r.Seed, r.Failure.Check, r.Failure, tail(r))
			}
			t.Logf("seed %d: %v", r.Seed, r.Failure)
			found[d.Name] = r.Seed
		})
	}
	if !t.Failed() {
		document(t, found)
	}
}

// hunt returns the first seed at which a check fails, or a result without a
// failure. Seeds are run a handful at a time, in as many goroutines as there
// are processors.
func hunt(twice bool) Result {
	width := uint64(2 * runtime.GOMAXPROCS(0))
	for first := uint64(1); first <= *mutantSeeds; first += width {
		results := make([]Result, width)
		var wg sync.WaitGroup
		for i := range results {
			wg.Go(func() {
				r := Run(first+uint64(i), Options{})
				if twice && r.Failure == nil {
					if again := Run(r.Seed, Options{}); again.Hash != r.Hash {
						r.Failure = &Failure{Check: "same", Message: "two runs of the seed differ"}
					}
				}
				results[i] = r
			})
		}
		wg.Wait()
		for _, r := range results {
			if r.Failure != nil {
				return r
			}
		}
	}
	return Result{}
}

// TestControlGroup runs this build with nothing planted: it must not be the
// build itself that the checks find.
func TestControlGroup(t *testing.T) {
	for seed := uint64(1); seed <= 60; seed++ {
		if r := Run(seed, Options{}); r.Failure != nil {
			t.Fatalf("seed %d: %v\n%s", seed, r.Failure, tail(r))
		}
	}
}

// TestMutantScenarios runs testdata/mutants: what defects look like.
func TestMutantScenarios(t *testing.T) { runScenarios(t, "testdata/mutants") }
