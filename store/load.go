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
			st.tables[c.table].load(c.row)
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
		for j, x := range d.indexes {
			st.tables[i].build(j, x)
		}
	}
	if st.task < 0 {
		return
	}
	st.tables[st.task].rows.Scan(func(e entry) bool {
		countIn(st.usage, e.row.noun.(*model.Task))
		return true
	})
}

// build fills the empty index i from the rows, in the order of the index:
// appending is much quicker than searching a place for each.
func (t table) build(i int, x Index) {
	byHash := map[uint64][]posting{} // each in the order of ids, as the rows are
	last, hash := "", uint64(0)
	t.rows.Scan(func(e entry) bool {
		value := x.Of(e.row.noun)
		if value == "" {
			return true
		}
		if value != last {
			last, hash = value, t.hash(value)
		}
		byHash[hash] = append(byHash[hash], posting{hash, e.mark, e.row})
		return true
	})
	for _, hash := range slices.Sorted(maps.Keys(byHash)) {
		for _, p := range byHash[hash] {
			t.indexes[i].Load(p)
		}
	}
}
