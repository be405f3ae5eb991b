package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestMarkKeepsTheOrder: a tree is in the order of ids whatever they are,
// whether their scopes are numbered or not.
func TestMarkKeepsTheOrder(t *testing.T) {
	part := rapid.StringMatching(`[a-c/\x00\x01]{0,9}`)
	rapid.Check(t, func(t *rapid.T) {
		k := newMarker()
		rows := table{marker: k, rows: newRows()}
		var ids []string
		for _, id := range rapid.SliceOfN(part, 1, 40).Draw(t, "ids") {
			if rows.get(id) == nil {
				rows.put(Table{}, &row{id: id})
				ids = append(ids, id)
			}
		}
		slices.Sort(ids)
		var held []string
		rows.rows.Scan(func(e entry) bool { held = append(held, e.row.id); return true })
		if !slices.Equal(ids, held) {
			t.Fatalf("the tree has %q in place of %q", held, ids)
		}
		prefix := part.Draw(t, "prefix")
		var want, got []string
		for _, id := range ids {
			if id >= prefix {
				want = append(want, id)
			}
		}
		rows.rows.Ascend(entry{k.find(prefix), &row{id: prefix}}, func(e entry) bool { got = append(got, e.row.id); return true })
		if !slices.Equal(want, got) {
			t.Fatalf("from %q come %q, not %q", prefix, got, want)
		}
		for _, id := range ids {
			if r := rows.remove(Table{}, id); r == nil || r.id != id {
				t.Fatalf("removing %q removed %v", id, r)
			}
		}
	})
}

// TestMarksAreBounded: looking for what is not there remembers nothing, and
// what no number is left for is compared in full.
func TestMarksAreBounded(t *testing.T) {
	k := newMarker()
	for i := range 1000 {
		if m := k.find(fmt.Sprintf("account/cluster%d/task", i)); m != 0 {
			t.Fatalf("an unknown scope has mark %x", m)
		}
	}
	if len(k.scopes) != 0 {
		t.Fatalf("%d scopes are remembered", len(k.scopes))
	}
	for i := range maxScopes + 10 {
		k.mark(fmt.Sprintf("account/cluster%d/task", i))
	}
	if len(k.scopes) != maxScopes {
		t.Fatalf("%d scopes are numbered, at most %d may be", len(k.scopes), maxScopes)
	}
	if m := k.mark("account/" + strings.Repeat("z", 9) + "/task"); m != 0 {
		t.Fatalf("one scope too many has mark %x", m)
	}
}
