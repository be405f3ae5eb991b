package place

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// maxIndexes is how many indexes a fleet keeps: one for each chain of
// strategies that was asked for lately.
const maxIndexes = 8

// slot is what ordering and cheap checks need of a node, close together
// because they look at many.
type slot struct {
	cpu, memory int // free
	tasks       int // on the instance, of whatever group
	ready       bool
}

func (s *slot) free(k stepKind) int {
	if k == packCPU {
		return s.cpu
	}
	return s.memory
}

// index holds the nodes of a fleet in the order in which a chain of strategies
// prefers them, as far as that does not depend on what is to be placed. Nodes
// that differ in an attribute that is spread over, or in their capacity
// provider, are in different classes.
type index struct {
	chain   *chain
	classOf []int32 // by node
	classes []class
	bins    int
}

// class is nodes that are alike to everything but what they have left.
type class struct {
	provider       string
	fargate, guest bool
	// bins numbers the bin that its tasks are counted in, by field of the chain.
	bins  []int32
	nodes []int32 // in order
}

// indexFor returns the index for the chain; the least lately made one goes
// when there are too many.
func (f *Fleet) indexFor(c *chain) *index {
	for _, x := range f.indexes {
		if x.chain.key == c.key {
			return x
		}
	}
	x := &index{chain: c, classOf: make([]int32, len(f.nodes))}
	classes, bins := map[string]int32{}, map[string]int32{}
	for i := range f.nodes {
		x.classify(f, int32(i), classes, bins)
	}
	x.bins = len(bins)
	for i := range x.classes {
		slices.SortFunc(x.classes[i].nodes, func(a, b int32) int { return x.compare(f, a, b) })
	}
	if len(f.indexes) == maxIndexes {
		f.indexes = slices.Delete(f.indexes, 0, 1)
	}
	f.indexes = append(f.indexes, x)
	return x
}

// classify puts node i into its class.
func (x *index) classify(f *Fleet, i int32, classes, bins map[string]int32) {
	n := &f.nodes[i]
	values := make([]string, len(x.chain.fields))
	for k, field := range x.chain.fields {
		values[k] = n.field(field)
	}
	name := strings.Join(append(values, n.Instance.CapacityProvider, fmt.Sprint(n.Instance.Fargate, n.Guest)), "\x00")
	at, ok := classes[name]
	if !ok {
		at = int32(len(x.classes))
		classes[name] = at
		c := class{provider: n.Instance.CapacityProvider, fargate: n.Instance.Fargate, guest: n.Guest}
		for k := range values {
			path := slices.Clone(values[:min(k, x.chain.levels)])
			bin := strings.Join(append(path, values[k], string(rune('0'+k))), "\x00")
			if _, ok := bins[bin]; !ok {
				bins[bin] = int32(len(bins))
			}
			c.bins = append(c.bins, bins[bin])
		}
		x.classes = append(x.classes, c)
	}
	x.classOf[i] = at
	x.classes[at].nodes = append(x.classes[at].nodes, i)
}

// order compares what the chain sees of two nodes of one class: what is left
// of packed resources, then, unless it draws, how busy they are.
func (x *index) order(f *Fleet, a, b int32) int {
	s, t := &f.slots[a], &f.slots[b]
	for _, k := range x.chain.packs {
		if d := cmp.Compare(s.free(k), t.free(k)); d != 0 {
			return d
		}
	}
	if x.chain.random {
		return 0
	}
	return cmp.Compare(s.tasks, t.tasks)
}

func (x *index) compare(f *Fleet, a, b int32) int {
	return cmp.Or(x.order(f, a, b), cmp.Compare(a, b))
}

// runEnd returns the end of the run of nodes that are alike to order with that
// at begin.
func (x *index) runEnd(f *Fleet, nodes []int32, begin int) int {
	first := nodes[begin]
	if begin+1 == len(nodes) || x.order(f, nodes[begin+1], first) != 0 {
		return begin + 1
	}
	n, _ := slices.BinarySearchFunc(nodes[begin:], first, func(i, first int32) int {
		if x.order(f, i, first) > 0 {
			return 1
		}
		return -1
	})
	return begin + n
}

// update makes node i fn, which belongs to the same classes, and moves it to
// where it now belongs.
func (f *Fleet) update(i int, fn fleetNode) {
	s := newSlot(&fn)
	if f.slots[i] == s {
		f.nodes[i] = fn
		return
	}
	var from [maxIndexes]int
	for k, x := range f.indexes {
		from[k] = x.position(f, int32(i))
	}
	f.nodes[i], f.slots[i] = fn, s
	for k, x := range f.indexes {
		x.move(f, from[k], int32(i))
	}
}

// position returns where node i is in its class.
func (x *index) position(f *Fleet, i int32) int {
	nodes := x.classes[x.classOf[i]].nodes
	at, found := slices.BinarySearchFunc(nodes, i, func(a, b int32) int { return x.compare(f, a, b) })
	if !found {
		panic("place: a node is not where its index has it")
	}
	return at
}

// move puts node i, which is at from and has changed, where it belongs. Nodes
// change by little, so that what lies between is mostly short.
func (x *index) move(f *Fleet, from int, i int32) {
	nodes := x.classes[x.classOf[i]].nodes
	compare := func(a, b int32) int { return x.compare(f, a, b) }
	if before, _ := slices.BinarySearchFunc(nodes[:from], i, compare); before < from {
		copy(nodes[before+1:from+1], nodes[before:from])
		nodes[before] = i
		return
	}
	after, _ := slices.BinarySearchFunc(nodes[from+1:], i, compare)
	copy(nodes[from:], nodes[from+1:from+1+after])
	nodes[from+after] = i
}
