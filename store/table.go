package store

import (
	"github.com/tidwall/btree"

	"github.com/roadstead/roadstead/model"
)

// row is one noun in a table. A row never changes; a new version of its noun
// is a new row.
type row struct {
	id   string
	noun model.Noun
}

func (r *row) rev() model.Revision { return r.noun.Metadata().Rev }

// entry is a row in a tree, with the mark of its id.
type entry struct {
	mark mark
	row  *row
}

// rows is a tree of rows. A copy costs nothing until one of the two changes.
type rows = btree.BTreeG[entry]

func byID(a, b entry) bool {
	if less, known := a.mark.before(b.mark); known {
		return less
	}
	return a.row.id < b.row.id
}

// posting is a row in an index, under the hash of the value that it is found
// by: whoever looks for a value compares it himself.
type posting struct {
	hash uint64
	mark mark
	row  *row
}

type postings = btree.BTreeG[posting]

func byValue(a, b posting) bool {
	if a.hash != b.hash {
		return a.hash < b.hash
	}
	if less, known := a.mark.before(b.mark); known {
		return less
	}
	return a.row.id < b.row.id
}

// Nodes of this degree hold up to 31 items: a commit copies a few of them for
// each row that it writes, so they are kept small.
const treeDegree = 16

func newRows() *rows {
	return btree.NewBTreeGOptions(byID, btree.Options{NoLocks: true, Degree: treeDegree})
}

func newPostings() *postings {
	return btree.NewBTreeGOptions(byValue, btree.Options{NoLocks: true, Degree: treeDegree})
}

// table is the content of one table at one moment.
type table struct {
	*marker
	rows    *rows
	indexes []*postings
}

func newTable(t Table, m *marker) table {
	n := table{marker: m, rows: newRows()}
	for range t.indexes {
		n.indexes = append(n.indexes, newPostings())
	}
	return n
}

// frozen returns a copy that is never written again and may be read by
// anybody while t goes on changing.
func (t table) frozen() table {
	f := table{marker: t.marker, rows: t.rows.Copy()}
	for _, x := range t.indexes {
		f.indexes = append(f.indexes, x.Copy())
	}
	return f
}

// get returns the row with the id, nil if there is none.
func (t table) get(id string) *row {
	sought := t.seek(id)
	e, _ := t.rows.Get(entry{t.find(id), sought})
	t.giveBack(sought)
	return e.row
}

// load adds a row whose id is greater than all others; the indexes are built
// afterwards.
func (t table) load(r *row) { t.rows.Load(entry{t.mark(r.id), r}) }

// put adds or replaces a row and returns the one that it replaces.
func (t table) put(d Table, r *row) (old *row) {
	m := t.mark(r.id)
	was, replaced := t.rows.Set(entry{m, r})
	for i, x := range t.indexes {
		value := d.indexes[i].Of(r.noun)
		if replaced {
			if before := d.indexes[i].Of(was.row.noun); before != "" && before != value {
				x.Delete(posting{t.hash(before), m, was.row})
			}
		}
		if value != "" {
			x.Set(posting{t.hash(value), m, r})
		}
	}
	return was.row
}

// remove deletes the row with the id and returns it, nil if there is none.
func (t table) remove(d Table, id string) (old *row) {
	m := t.find(id)
	was, found := t.rows.Delete(entry{m, &row{id: id}})
	if !found {
		return nil
	}
	for i, x := range t.indexes {
		if value := d.indexes[i].Of(was.row.noun); value != "" {
			x.Delete(posting{t.hash(value), m, was.row})
		}
	}
	return was.row
}

// found visits the rows that index i of d finds by value, by id, until visit
// returns false.
func (t table) found(d Table, i int, value string, visit func(*row) bool) {
	t.hashed(i, value, func(r *row) bool { return d.indexes[i].Of(r.noun) != value || visit(r) })
}

// hashed visits the rows that index i has under the hash of value, by id, until
// visit returns false: those that it finds by value, and perhaps others.
func (t table) hashed(i int, value string, visit func(*row) bool) {
	hash := t.hash(value)
	t.indexes[i].Ascend(posting{hash, 0, &row{}}, func(p posting) bool { return p.hash == hash && visit(p.row) })
}
