package place

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/roadstead/roadstead/model"
)

func TestSplit(t *testing.T) {
	strategy := func(items ...string) (s []model.CapacityStrategy) {
		for _, i := range items {
			var c model.CapacityStrategy
			fmt.Sscan(i, &c.Provider, &c.Base, &c.Weight)
			s = append(s, c)
		}
		return s
	}
	for _, c := range []struct {
		name     string
		strategy []model.CapacityStrategy
		have     map[string]int
		count    int
		want     string
	}{
		{"one", strategy("a 0 1"), nil, 3, "a a a"},
		{"half and half", strategy("a 0 1", "b 0 1"), nil, 4, "a b a b"},
		{"one to four", strategy("a 0 1", "b 0 4"), nil, 10, "b b a b b b b a b b"},
		{"base first", strategy("a 0 1", "b 2 1"), nil, 6, "b b a b a b"},
		{"base is there already", strategy("a 0 1", "b 2 1"), map[string]int{"b": 2}, 2, "a b"},
		{"the base's provider grows again", strategy("a 0 1", "b 2 1"), map[string]int{"a": 3}, 6, "b b b b b a"},
		{"weight 0 takes its base only", strategy("a 2 0", "b 0 1"), nil, 4, "a a b b"},
		{"nobody takes what is beyond", strategy("a 2 0"), nil, 4, "a a"},
		{"weights count what is there", strategy("a 0 1", "b 0 1"), map[string]int{"a": 4, "other": 9}, 5, "b b b b a"},
		{"none", nil, nil, 3, ""},
		{"none wanted", strategy("a 0 1"), nil, 0, ""},
	} {
		if got := strings.Join(Split(c.strategy, c.have, c.count), " "); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func drawStrategy(t *rapid.T) []model.CapacityStrategy {
	s := make([]model.CapacityStrategy, rapid.IntRange(1, 6).Draw(t, "providers"))
	for i := range s {
		s[i] = model.CapacityStrategy{Provider: fmt.Sprint("p", i), Weight: rapid.IntRange(0, 10).Draw(t, "weight"), Base: rapid.IntRange(0, 4).Draw(t, "base")}
	}
	return s
}

// TestSplitProperties: bases are filled before anything else; what is beyond
// is in proportion to the weights, exactly whenever that is possible with
// whole tasks; and splitting one by one is splitting at once.
func TestSplitProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		strategy := drawStrategy(t)
		weights, bases := 0, 0
		for _, s := range strategy {
			weights += s.Weight
			bases += s.Base
		}
		rounds := rapid.IntRange(0, 4).Draw(t, "rounds")
		got := Split(strategy, nil, bases+rounds*weights)
		counts, step := map[string]int{}, map[string]int{}
		for i, p := range got {
			if next := Split(strategy, step, 1); len(next) != 1 || next[0] != p {
				t.Fatalf("task %d: %v alone, %s together", i, next, p)
			}
			step[p]++
			if counts[p]++; i < bases && counts[p] > strategy[slices.IndexFunc(strategy, func(s model.CapacityStrategy) bool { return s.Provider == p })].Base {
				t.Fatalf("task %d goes to %s before the bases are full: %v", i, p, got)
			}
		}
		for _, s := range strategy {
			if counts[s.Provider] != s.Base+rounds*s.Weight {
				t.Fatalf("%s has %d, want %d + %d x %d", s.Provider, counts[s.Provider], s.Base, rounds, s.Weight)
			}
		}
	})
}

// TestSplitEvensOut: from whatever is there, nobody is given a task while
// another is further below its share.
func TestSplitEvensOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		strategy := drawStrategy(t)
		have := map[string]int{}
		for _, s := range strategy {
			have[s.Provider] = rapid.IntRange(0, 20).Draw(t, "have")
		}
		for _, p := range Split(strategy, have, rapid.IntRange(0, 30).Draw(t, "count")) {
			var to model.CapacityStrategy
			lacking := false
			for _, s := range strategy {
				lacking = lacking || have[s.Provider] < s.Base
				if s.Provider == p {
					to = s
				}
			}
			for _, s := range strategy {
				switch mine, other := have[p]-to.Base, have[s.Provider]-s.Base; {
				case lacking && mine >= 0:
					t.Fatalf("%s is given a task although a base is open: %v", p, have)
				case !lacking && to.Weight == 0:
					t.Fatalf("%s has weight 0", p)
				case !lacking && float64(2*mine+1)/float64(to.Weight) > float64(2*other+1)/float64(s.Weight)+1e-9 && s.Weight > 0:
					t.Fatalf("%s is given a task although %s is further behind: %v", p, s.Provider, have)
				}
			}
			have[p]++
		}
	})
}
