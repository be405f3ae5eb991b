package store

import (
	"fmt"
	"slices"
	"strings"

	"github.com/roadstead/roadstead/model"
)

// change is one row that a transaction writes: nil deletes.
type change struct {
	table int
	id    string
	row   *row
}

// state is the tables as the one writer changes them. After every
// transaction it gives out a snapshot of them.
type state struct {
	schema *schema
	rev    model.Revision
	tables []table
	usage  *usages
	task   int // index of the table of tasks, -1 without one
	by     int // index of the tasks' index by instance
	// addresses is the index of the tasks' index by address.
	addresses int
	last      *snapshot
}

func newState(s *schema) *state {
	st := &state{schema: s, usage: newUsages(), task: -1, addresses: -1}
	m := newMarker()
	for i, t := range s.tables {
		st.tables = append(st.tables, newTable(t, m))
		if t.kind == model.KindTask {
			st.task = i
			st.by = slices.IndexFunc(t.indexes, func(x Index) bool { return x.Name == byInstance })
			st.addresses = slices.IndexFunc(t.indexes, func(x Index) bool { return x.Name == byAddress })
		}
	}
	return st
}

// revOf returns the revision of the noun at k, 0 when there is none.
func (st *state) revOf(k model.Key) model.Revision {
	r := st.tables[st.schema.byKind[k.Kind]].get(k.ID)
	if r == nil {
		return 0
	}
	return r.rev()
}

// noun returns the noun at k.
func (st *state) noun(k model.Key) (model.Noun, bool) {
	i, ok := st.schema.byKind[k.Kind]
	if !ok {
		return nil, false
	}
	r := st.tables[i].get(k.ID)
	if r == nil {
		return nil, false
	}
	return r.noun, true
}

// apply makes the changes, which led to rev, and returns the snapshot.
func (st *state) apply(rev model.Revision, changes []change) *snapshot {
	if rev <= st.rev {
		panic(fmt.Sprintf("store: revision %d after %d", rev, st.rev))
	}
	touched := make([]bool, len(st.tables))
	counted := false
	for _, c := range changes {
		touched[c.table] = true
		t, d := st.tables[c.table], st.schema.tables[c.table]
		var old *row
		if c.row == nil {
			old = t.remove(d, c.id)
		} else {
			old = t.put(d, c.row)
		}
		if c.table == st.task && st.by >= 0 {
			recount(st.usage, func(id string, visit func(*row) bool) { t.found(d, st.by, id, visit) }, old, c.row)
			counted = true
		}
	}
	st.rev = rev
	return st.freeze(func(i int) bool { return touched[i] }, counted)
}

// freeze makes the next snapshot: new copies of what has changed, the last
// snapshot's for the rest.
func (st *state) freeze(changed func(table int) bool, counted bool) *snapshot {
	next := &snapshot{schema: st.schema, rev: st.rev, tables: make([]table, len(st.tables))}
	for i := range st.tables {
		if st.last == nil || changed(i) {
			next.tables[i] = st.tables[i].frozen()
		} else {
			next.tables[i] = st.last.tables[i]
		}
	}
	if st.last == nil || counted {
		next.usage = st.usage.Copy()
	} else {
		next.usage = st.last.usage
	}
	st.last = next
	return next
}

// keysOf returns the keys of changes in order.
func (st *state) keysOf(changes []change) []model.Key {
	keys := make([]model.Key, 0, len(changes))
	for _, c := range changes {
		keys = append(keys, model.Key{Kind: st.schema.tables[c.table].kind, ID: c.id})
	}
	slices.SortFunc(keys, compareKeys)
	return keys
}

func compareKeys(a, b model.Key) int {
	if c := strings.Compare(string(a.Kind), string(b.Kind)); c != 0 {
		return c
	}
	return strings.Compare(a.ID, b.ID)
}
