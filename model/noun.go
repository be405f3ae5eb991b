// Package model holds the stored nouns and their invariants, one file each.
//
// It is pure ground: it does no I/O, reads no clock, draws no random numbers
// and starts nothing. Every stored noun embeds Meta and says, field by field,
// who writes it. The numbers in the `f` tags are the fields' numbers in the
// stored encoding (see store/encoding.go): they are never reused and never
// change meaning, so that any later version can read what an earlier one wrote.
package model

// Revision is the store's revision: it grows by at least one with every
// committed transaction. 0 means "never stored".
type Revision int64

// Kind names a table of the store.
type Kind string

// Key identifies one stored noun: its table and its id within the table.
// Ids begin with the account, so that one account's nouns are contiguous.
type Key struct {
	Kind Kind
	ID   string
}

// String returns the key as "kind/id".
func (k Key) String() string { return string(k.Kind) + "/" + k.ID }

// Meta is what the store keeps about every noun. It is written by the store
// alone when a transaction is applied and is not part of the encoded value.
type Meta struct {
	// Rev is the revision of the last change of this noun; 0 before the first.
	Rev Revision
}

// Metadata returns the noun's Meta; it makes an embedding struct a Noun.
func (m *Meta) Metadata() *Meta { return m }

// Noun is anything the store keeps. A Noun that came out of a View is shared
// and must not be changed: copy it first (every noun has Clone).
type Noun interface {
	Key() Key
	Metadata() *Meta
}

// Guard says what a decision has read: the noun at Key must still be at Rev
// (0: must still be absent) when the decision is committed.
type Guard struct {
	Key Key
	Rev Revision
}

// Write is one change of a Change: Noun is the new value, nil deletes.
type Write struct {
	Key  Key
	Noun Noun
}

// Change is one transaction: all guards hold and all writes happen, or
// nothing does.
type Change struct {
	Guards []Guard
	Writes []Write
}

// Put adds a write of n, guarded by the revision n was read at (n.Rev, 0 for
// a noun that is new): the ordinary read-modify-write.
func (c *Change) Put(n Noun) {
	c.Guards = append(c.Guards, Guard{n.Key(), n.Metadata().Rev})
	c.Writes = append(c.Writes, Write{n.Key(), n})
}

// PutUnguarded adds a write of n that does not care what is stored now.
func (c *Change) PutUnguarded(n Noun) { c.Writes = append(c.Writes, Write{n.Key(), n}) }

// Delete adds the deletion of n, guarded by the revision n was read at.
func (c *Change) Delete(n Noun) {
	c.Guards = append(c.Guards, Guard{n.Key(), n.Metadata().Rev})
	c.Writes = append(c.Writes, Write{Key: n.Key()})
}

// Expect adds a guard without a write: the decision depends on n as it is.
func (c *Change) Expect(n Noun) {
	c.Guards = append(c.Guards, Guard{n.Key(), n.Metadata().Rev})
}

// ExpectAbsent adds a guard that nothing is stored at k.
func (c *Change) ExpectAbsent(k Key) { c.Guards = append(c.Guards, Guard{Key: k}) }

// Empty reports whether the change writes nothing.
func (c *Change) Empty() bool { return len(c.Writes) == 0 }
