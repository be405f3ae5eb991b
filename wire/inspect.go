package wire

import (
	"fmt"
	"reflect"
)

// Unions returns the members of every union that values of the struct type t can hold, at any depth: for each
// interface type, the struct types whose pointers implement it, in the order of their wire names.
func Unions(t reflect.Type) (map[reflect.Type][]reflect.Type, error) {
	p, err := planOf(t)
	if err != nil {
		return nil, fmt.Errorf("unions: %w", err)
	}
	found := map[reflect.Type][]reflect.Type{}
	p.find(func(q *plan) bool {
		if q.kind == kindUnion {
			members := make([]reflect.Type, len(q.variants))
			for i := range q.variants {
				members[i] = q.variants[i].typ
			}
			found[q.typ] = members
		}
		return false
	})
	return found, nil
}

// find looks for a plan at any depth of p, which may contain itself.
func (p *plan) find(wanted func(*plan) bool) *plan {
	return p.search(wanted, map[*plan]bool{})
}

func (p *plan) search(wanted func(*plan) bool, seen map[*plan]bool) *plan {
	if p == nil || seen[p] {
		return nil
	}
	seen[p] = true
	if wanted(p) {
		return p
	}
	if q := p.elem.search(wanted, seen); q != nil {
		return q
	}
	for i := range p.fields {
		if q := p.fields[i].plan.search(wanted, seen); q != nil {
			return q
		}
	}
	for i := range p.variants {
		if q := p.variants[i].plan.search(wanted, seen); q != nil {
			return q
		}
	}
	return nil
}
