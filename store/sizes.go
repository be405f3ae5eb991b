package store

import "github.com/roadstead/roadstead/model"

// Sizes returns how many nouns each table has.
func (v View) Sizes() map[model.Kind]int {
	out := map[model.Kind]int{}
	if v.s == nil {
		return out
	}
	for i, t := range v.s.schema.tables {
		out[t.kind] = v.s.tables[i].rows.Len()
	}
	return out
}
