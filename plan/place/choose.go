package place

import (
	"cmp"
	"slices"

	"github.com/roadstead/roadstead/model/mutant"
)

// choose returns the best of the nodes that pass all checks, -1 when none
// does: no other that does is better by the chain of strategies. What is equal
// to it is decided by the seed and, where a chain does not draw, by how busy
// the nodes of a class are.
func (p *placement) choose() int {
	p.draws++
	for {
		tied, nodes := p.leastFilled()
		if len(tied) == 0 {
			return -1
		}
		best := int32(-1)
		first := p.draw(tied, nodes)
		for k := range tied {
			c := tied[(first+k)%len(tied)]
			i := p.probe(&p.index.classes[c])
			if i < 0 {
				p.closed[c] = true // nothing will fit here any more
				continue
			}
			if best < 0 || p.better(i, best) {
				best = i
			}
			if p.unbeatable(best) {
				break
			}
		}
		if best >= 0 {
			return int(best)
		}
	}
}

// leastFilled returns the open classes that the levels of the chain prefer,
// and how many nodes are in them.
func (p *placement) leastFilled() (tied []int32, nodes int) {
	tied = p.tied[:0]
	for c := range p.index.classes {
		x := &p.index.classes[c]
		if p.closed[c] || p.req.Provider != "" && x.provider != p.req.Provider && !mutant.On(mutant.ProviderIgnored) {
			continue
		}
		if p.req.Fargate && !x.fargate && !mutant.On(mutant.FargateAnywhere) || !p.req.Fargate && x.guest {
			continue
		}
		if len(tied) > 0 {
			d := p.compareLevels(x, &p.index.classes[tied[0]])
			if d > 0 {
				continue
			}
			if d < 0 {
				tied, nodes = tied[:0], 0
			}
		}
		tied = append(tied, int32(c))
		nodes += len(x.nodes)
	}
	p.tied = tied
	return tied, nodes
}

func (p *placement) compareLevels(a, b *class) int {
	for k := range p.chain.levels {
		if d := cmp.Compare(p.counts[a.bins[k]], p.counts[b.bins[k]]); d != 0 {
			return d
		}
	}
	return 0
}

// draw returns which of the classes is looked at first, so that each of their
// nodes has the same chance.
func (p *placement) draw(tied []int32, nodes int) int {
	n := p.random(nodes)
	for k, c := range tied {
		if n -= len(p.index.classes[c].nodes); n < 0 {
			return k
		}
	}
	return 0
}

// random returns a number below n that the seed and how many tasks were placed
// decide.
func (p *placement) random(n int) int {
	if n <= 1 {
		return 0
	}
	return int(mix(p.seed^p.draws*0x9e3779b97f4a7c15) % uint64(n))
}

// probe returns the best node of the class that passes all checks, -1 for
// none. It goes through the nodes in order, run by run of those that are
// alike, and ends as soon as no later one can be better.
func (p *placement) probe(c *class) int32 {
	best := int32(-1)
	for at := p.enough(c.nodes); at < len(c.nodes); {
		if best >= 0 && p.behind(c.nodes[at], best) {
			break
		}
		end := p.index.runEnd(p.fleet, c.nodes, at)
		run := c.nodes[at:end]
		at = end
		shift := p.random(len(run))
		for k := range run {
			if k += shift; k >= len(run) {
				k -= len(run)
			}
			i := run[k]
			if best >= 0 && p.group[i] >= p.group[best] || !p.passes(i) {
				continue
			}
			if best = i; !p.chain.own || p.group[i] == 0 {
				return best
			}
		}
	}
	return best
}

// enough returns where the nodes begin that have enough of what is packed
// first.
func (p *placement) enough(nodes []int32) int {
	if len(p.chain.packs) == 0 {
		return 0
	}
	kind, want := p.chain.packs[0], p.req.Resources.CPU
	if kind == packMemory {
		want = p.req.Resources.Memory
	}
	at, _ := slices.BinarySearchFunc(nodes, want, func(i int32, want int) int {
		return cmp.Compare(p.fleet.slots[i].free(kind), want)
	})
	return at
}

// behind reports whether a resource that is packed before the group's own
// tasks count prefers best to node i, and so to all behind that.
func (p *placement) behind(i, best int32) bool {
	for _, k := range p.chain.packs[:p.chain.early] {
		if d := cmp.Compare(p.fleet.slots[i].free(k), p.fleet.slots[best].free(k)); d != 0 {
			return d > 0
		}
	}
	return !p.chain.own
}

// passes reports whether node i can take one more task. What was refused once
// stays so: a placement only takes room.
func (p *placement) passes(i int32) bool {
	s := &p.fleet.slots[i]
	if !s.ready || p.refused[i] || p.req.Resources.CPU > s.cpu || p.req.Resources.Memory > s.memory ||
		p.allowed != nil && !p.allowed[i] {
		return false
	}
	if p.check(int(i)) != "" {
		p.refused[i] = true
		p.refusals = append(p.refusals, i)
		return false
	}
	return true
}

// better reports whether node a is better than b by the chain.
func (p *placement) better(a, b int32) bool {
	x, y := &p.index.classes[p.index.classOf[a]], &p.index.classes[p.index.classOf[b]]
	for _, s := range p.chain.steps {
		d := 0
		switch s.kind {
		case spreadAttribute:
			d = cmp.Compare(p.counts[x.bins[s.field]], p.counts[y.bins[s.field]])
		case spreadInstance:
			d = cmp.Compare(p.group[a], p.group[b])
		default:
			d = cmp.Compare(p.fleet.slots[a].free(s.kind), p.fleet.slots[b].free(s.kind))
		}
		if d != 0 {
			return d < 0
		}
	}
	return false
}

// unbeatable reports whether no node of the classes that are tied can be
// better than i.
func (p *placement) unbeatable(i int32) bool {
	c := p.chain
	return len(c.packs) == 0 && len(c.fields) == c.levels && (!c.own || p.group[i] == 0)
}
