package store

import (
	"iter"

	"github.com/roadstead/roadstead/model"
)

// Reading remembers what a query found, so that whoever asks the same again and
// again looks only at what has changed. The zero Reading remembers nothing. It
// keeps the nouns that it found from being collected, and is used by one
// goroutine at a time.
type Reading struct {
	of   string
	rows []*row
}

// Fresh is the place of what the reading before did not find as it is now.
const Fresh = -1

// TasksByService returns the tasks of a service as the function does, each as its
// place in the order of the reading before and nil where it has not changed since,
// and as Fresh and the task where it has. It must be read to its end.
func (r *Reading) TasksByService(v View, serviceID string) iter.Seq2[int, *model.Task] {
	return func(yield func(int, *model.Task) bool) {
		before := r.rows
		if r.of != serviceID {
			before = nil
		}
		r.of, r.rows = serviceID, make([]*row, 0, len(before)+len(before)/8)
		t, d, ok := tableFor[*model.Task](v)
		if !ok {
			return
		}
		at, index := 0, d.index(byService)
		t.hashed(index, serviceID, func(now *row) bool {
			for at < len(before) && before[at] != now && before[at].id < now.id {
				at++
			}
			if at < len(before) && before[at] == now { // nothing of it is looked at: it was found by the same value
				r.rows = append(r.rows, now)
				at++
				return yield(at-1, nil)
			}
			if at < len(before) && before[at].id == now.id {
				at++
			}
			if d.indexes[index].Of(now.noun) != serviceID {
				return true
			}
			r.rows = append(r.rows, now)
			return yield(Fresh, now.noun.(*model.Task))
		})
	}
}
