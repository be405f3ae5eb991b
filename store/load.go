package store

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store/codec"
)

// Entries of a page are decoded by several goroutines from this size on.
const parallelPage = 2000

// load reads the whole log into a new state.
func load(ctx context.Context, s *schema, log Log) (*state, error) {
	st := newState(s)
	memories := make([]*codec.Memory, runtime.GOMAXPROCS(0))
	for i := range memories {
		memories[i] = codec.NewMemory()
	}
	rev, err := log.Load(ctx, func(page []Entry) error {
		changes, err := decodePage(s, page, memories)
		if err != nil {
			return err
		}
		for _, c := range changes {
			st.tables[c.table].rows.Load(c.row)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("load the log: %w", err)
	}
	st.rev = rev
	st.buildIndexes()
	st.freeze(nil, true)
	return st, nil
}

// decodePage decodes a page, a large one on all cores.
func decodePage(s *schema, page []Entry, memories []*codec.Memory) ([]change, error) {
	changes := make([]change, len(page))
	decode := func(from, to int, m *codec.Memory) error {
		for i := from; i < to; i++ {
			table, r, err := s.decode(page[i], m)
			if err != nil {
				return err
			}
			changes[i] = change{table, r.id, r}
		}
		return nil
	}
	if len(page) < parallelPage {
		return changes, decode(0, len(page), memories[0])
	}
	var wg sync.WaitGroup
	errs := make([]error, len(memories))
	for i, m := range memories {
		from, to := len(page)*i/len(memories), len(page)*(i+1)/len(memories)
		wg.Go(func() { errs[i] = decode(from, to, m) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return changes, nil
}

// buildIndexes fills the indexes and usages from the rows.
func (st *state) buildIndexes() {
	for i, d := range st.schema.tables {
		t := st.tables[i]
		for j, x := range d.indexes {
			found := map[string][]*row{} // by value, each in the order of ids
			t.rows.Scan(func(r *row) bool {
				if value := x.Of(r.noun); value != "" {
					found[value] = append(found[value], r)
				}
				return true
			})
			for _, value := range slices.Sorted(maps.Keys(found)) {
				for _, r := range found[value] {
					t.indexes[j].Load(posting{value, r})
				}
			}
		}
	}
	if st.task < 0 {
		return
	}
	st.tables[st.task].rows.Scan(func(r *row) bool {
		countIn(st.usage, r.noun.(*model.Task))
		return true
	})
}
