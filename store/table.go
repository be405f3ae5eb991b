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

// rows is a tree of rows. A copy costs nothing until one of the two changes.
type rows = btree.BTreeG[*row]

func byID(a, b *row) bool { return a.id < b.id }

// posting is a row in an index, under the value that it is found by.
type posting struct {
	value string
	row   *row
}

type postings = btree.BTreeG[posting]

func byValue(a, b posting) bool {
	if a.value != b.value {
		return a.value < b.value
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
	rows    *rows
	indexes []*postings
}

func newTable(t Table) table {
	n := table{rows: newRows()}
	for range t.indexes {
		n.indexes = append(n.indexes, newPostings())
	}
	return n
}

// frozen returns a copy that is never written again and may be read by
// anybody while t goes on changing.
func (t table) frozen() table {
	f := table{rows: t.rows.Copy()}
	for _, x := range t.indexes {
		f.indexes = append(f.indexes, x.Copy())
	}
	return f
}

// put adds or replaces a row and returns the one that it replaces.
func (t table) put(d Table, r *row) (old *row) {
	old, replaced := t.rows.Set(r)
	for i, x := range t.indexes {
		value := d.indexes[i].Of(r.noun)
		if replaced {
			if was := d.indexes[i].Of(old.noun); was != "" && was != value {
				x.Delete(posting{was, old})
			}
		}
		if value != "" {
			x.Set(posting{value, r})
		}
	}
	return old
}

// remove deletes the row with the id and returns it, nil if there is none.
func (t table) remove(d Table, id string) (old *row) {
	old, found := t.rows.Delete(&row{id: id})
	if !found {
		return nil
	}
	for i, x := range t.indexes {
		if was := d.indexes[i].Of(old.noun); was != "" {
			x.Delete(posting{was, old})
		}
	}
	return old
}
