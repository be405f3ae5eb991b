package place

import (
	"cmp"
	"slices"
)

// bin is one value of an attribute that tasks are spread over, such as one
// availability zone, with the bins of the next attribute or, innermost, the
// instances in it. The least filled bin comes first, so that choosing means
// walking down from the root.
type bin struct {
	value string
	tie   uint64
	count int // tasks of the group in it
	bins  []*bin
	named map[string]*bin
	nodes []item
	// spread counts the group's tasks by the value of each attribute that a
	// strategy behind the first ones spreads over.
	spread []map[string]int64
}

// item is an instance in a bin with the scores that order it.
type item struct {
	scores [MaxStrategies]int64
	tasks  int64 // on the instance, of whatever group
	tie    uint64
	at     int32 // index of the node
}

func (b *bin) child(value string, seed uint64) *bin {
	if c := b.named[value]; c != nil {
		return c
	}
	if b.named == nil {
		b.named = map[string]*bin{}
	}
	c := &bin{value: value, tie: hash(seed, value)}
	b.named[value] = c
	b.bins = append(b.bins, c)
	return c
}

func compareBins(a, b *bin) int {
	return cmp.Or(cmp.Compare(a.count, b.count), cmp.Compare(a.tie, b.tie), cmp.Compare(a.value, b.value))
}

func compareItems(a, b *item) int {
	return cmp.Or(slices.Compare(a.scores[:], b.scores[:]), cmp.Compare(a.tasks, b.tasks),
		cmp.Compare(a.tie, b.tie), cmp.Compare(a.at, b.at))
}

// init orders the bin and all within.
func (b *bin) init(p *placement) {
	for _, c := range b.bins {
		c.init(p)
	}
	slices.SortFunc(b.bins, compareBins)
	b.countSpread(p)
	for i := range b.nodes {
		b.score(p, &b.nodes[i])
	}
	for i := len(b.nodes)/2 - 1; i >= 0; i-- {
		b.down(i)
	}
}

// choose takes the best instance that passes all checks and returns its
// index, or -1 when none does.
func (b *bin) choose(p *placement) int {
	if len(b.named) == 0 {
		return b.chooseNode(p)
	}
	for len(b.bins) > 0 {
		c := b.bins[0]
		i := c.choose(p)
		if i < 0 { // nothing will fit here any more
			b.bins = b.bins[1:]
			continue
		}
		c.count++
		// c moves behind the bins that are now less filled.
		rest := b.bins[1:]
		to, _ := slices.BinarySearchFunc(rest, c, compareBins)
		copy(b.bins, rest[:to])
		b.bins[to] = c
		return i
	}
	return -1
}

func (b *bin) chooseNode(p *placement) int {
	for len(b.nodes) > 0 {
		top := &b.nodes[0]
		i := int(top.at)
		before := *top
		if b.score(p, top); compareItems(&before, top) < 0 {
			b.down(0) // its bin filled up since it was scored
			continue
		}
		if p.check(i) != "" {
			last := len(b.nodes) - 1
			b.nodes[0] = b.nodes[last]
			b.nodes = b.nodes[:last]
			b.down(0)
			continue
		}
		p.take(i)
		b.countTaken(p, i)
		b.score(p, top)
		b.down(0)
		return i
	}
	return -1
}

// down restores the heap below i.
func (b *bin) down(i int) {
	for {
		least := i
		for c := 2*i + 1; c <= 2*i+2 && c < len(b.nodes); c++ {
			if compareItems(&b.nodes[c], &b.nodes[least]) < 0 {
				least = c
			}
		}
		if least == i {
			return
		}
		b.nodes[i], b.nodes[least] = b.nodes[least], b.nodes[i]
		i = least
	}
}
