package store

import (
	"iter"
	"slices"

	"github.com/roadstead/roadstead/model"
)

// difference returns the keys whose nouns are not the same in two snapshots
// of one schema, in order: what a follower reports after it had to load the
// log again.
func difference(a, b *snapshot) []model.Key {
	var keys []model.Key
	for i, d := range a.schema.tables {
		for id := range differentIDs(a.tables[i].rows, b.tables[i].rows) {
			keys = append(keys, model.Key{Kind: d.kind, ID: id})
		}
	}
	slices.SortFunc(keys, compareKeys)
	return keys
}

// differentIDs walks two trees side by side.
func differentIDs(a, b *rows) iter.Seq[string] {
	return func(yield func(string) bool) {
		nextA, stopA := iter.Pull(iter.Seq[entry](a.Scan))
		defer stopA()
		nextB, stopB := iter.Pull(iter.Seq[entry](b.Scan))
		defer stopB()
		was, inA := nextA()
		is, inB := nextB()
		for more := true; more && (inA || inB); {
			switch {
			case !inB || inA && was.row.id < is.row.id:
				more = yield(was.row.id)
				was, inA = nextA()
			case !inA || is.row.id < was.row.id:
				more = yield(is.row.id)
				is, inB = nextB()
			default:
				if was.row.rev() != is.row.rev() {
					more = yield(is.row.id)
				}
				was, inA = nextA()
				is, inB = nextB()
			}
		}
	}
}
