package place

import (
	"fmt"
	"slices"
	"strings"

	"github.com/roadstead/roadstead/model"
)

// chain is a chain of strategies as instances are compared by it: by the first
// step, among equals by the second, and so on.
type chain struct {
	steps []step
	// fields are the attributes that are spread over, in order. The first
	// levels of them come before any other step: tasks are spread over the
	// values of the first, then in each of those over the values of the second.
	// The others are spread over within the innermost level.
	fields []string
	levels int
	// packs are the resources that are packed, in order; early is how many of
	// them come before the tasks on each instance count.
	packs []stepKind
	early int
	// own: the fewest tasks of the group on the instance itself are a step.
	own bool
	// random: what is equal is drawn, not ordered by how busy it is.
	random bool
	key    string // equal for chains that order instances alike
}

type stepKind uint8

const (
	spreadAttribute stepKind = iota
	spreadInstance
	packCPU
	packMemory
)

type step struct {
	kind  stepKind
	field int // of spreadAttribute: index in fields
}

// newChain returns the chain of normal strategies. What cannot decide any
// more is left out: a step that came before, and all behind a random one.
func newChain(strategy []model.PlacementStrategy) *chain {
	c := &chain{}
	for _, s := range strategy {
		switch {
		case s.Type == Random:
			c.random = true
		case s.Type == Binpack && s.Field == FieldCPU:
			c.pack(packCPU)
		case s.Type == Binpack:
			c.pack(packMemory)
		case s.Field == FieldInstance:
			if !c.own {
				c.own, c.early = true, len(c.packs)
				c.steps = append(c.steps, step{kind: spreadInstance})
			}
		case !slices.Contains(c.fields, s.Field):
			if c.levels == len(c.steps) {
				c.levels++
			}
			c.steps = append(c.steps, step{spreadAttribute, len(c.fields)})
			c.fields = append(c.fields, s.Field)
		}
		if c.random {
			break
		}
	}
	c.key = fmt.Sprintf("%d %v %t %s", c.levels, c.packs, c.random, strings.Join(c.fields, "\x00"))
	return c
}

func (c *chain) pack(kind stepKind) {
	if !slices.Contains(c.packs, kind) {
		c.packs = append(c.packs, kind)
		c.steps = append(c.steps, step{kind: kind})
	}
}
