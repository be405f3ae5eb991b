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
	collectUnions(p, found, map[*plan]bool{})
	return found, nil
}

func collectUnions(p *plan, found map[reflect.Type][]reflect.Type, seen map[*plan]bool) {
	if p == nil || seen[p] {
		return
	}
	seen[p] = true
	collectUnions(p.elem, found, seen)
	for i := range p.fields {
		collectUnions(p.fields[i].plan, found, seen)
	}
	if p.kind != kindUnion {
		return
	}
	members := make([]reflect.Type, len(p.variants))
	for i := range p.variants {
		members[i] = p.variants[i].typ
		collectUnions(p.variants[i].plan, found, seen)
	}
	found[p.typ] = members
}
