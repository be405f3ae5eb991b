package place

import (
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
)

// Split returns the capacity provider of each of the next count tasks of a
// strategy, where have counts the tasks that each provider has already. The
// providers get their base first, in the strategy's order; all tasks beyond
// are shared out in proportion to the weights, those that are there included,
// so that a strategy that was changed evens out again. A provider of weight 0
// gets its base and no more; fewer than count are returned when there is no
// other. The same arguments give the same answer.
// Source: ECS API reference, CapacityProviderStrategyItem.
func Split(strategy []model.CapacityStrategy, have map[string]int, count int) []string {
	counts := make([]int, len(strategy))
	for i, s := range strategy {
		counts[i] = have[s.Provider]
	}
	var split []string
	for len(split) < count {
		i := nextProvider(strategy, counts)
		if i < 0 {
			break
		}
		counts[i]++
		split = append(split, strategy[i].Provider)
	}
	return split
}

// nextProvider returns the index of the provider that the next task belongs
// to, -1 for none: the first that lacks some of its base, else the one with
// the least (2 beyond + 1) / weight. That is Sainte-Laguë's rule, which is
// exact whenever the tasks beyond the bases are a multiple of all weights, and
// as near to it as whole tasks can be in between.
func nextProvider(strategy []model.CapacityStrategy, counts []int) int {
	best := -1
	for i, s := range strategy {
		if counts[i] < s.Base {
			return i
		}
		if s.Weight <= 0 {
			continue
		}
		if best < 0 || filled(counts[i]-s.Base)*weight(strategy[best]) < filled(counts[best]-strategy[best].Base)*weight(s) {
			best = i
		}
	}
	return best
}

func weight(s model.CapacityStrategy) int {
	if mutant.On(mutant.WeightsIgnored) {
		return 1
	}
	return s.Weight
}

func filled(beyond int) int { return 2*beyond + 1 }
