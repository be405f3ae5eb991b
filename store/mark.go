package store

import (
	"hash/maphash"
	"strings"
	"sync"
)

// mark stands for the beginning of an id in a tree, so that most comparisons
// of ids need no look at the ids themselves: among a million rows those are
// twenty, and each would wait for memory twice. The upper 16 bits number the
// scope of the id, the others are the first six bytes behind it. Zero stands
// for any id.
type mark uint64

const scopeShift = 48

// before reports whether the id of m sorts before that of n, if the marks
// tell.
func (m mark) before(n mark) (less, known bool) {
	if m == n || m>>scopeShift != n>>scopeShift || m>>scopeShift == 0 {
		return false, false
	}
	return m < n, true
}

// marker makes marks and hashes for the tables of one store. It may be used by
// several goroutines at once.
type marker struct {
	seed   maphash.Seed
	mu     sync.RWMutex
	scopes map[string]mark // their numbers, from 1
	sought sync.Pool       // of *row, to compare with
}

// seek returns a row with the id, to be compared with those of a tree and given
// back: the trees take it as their own, so a new one would be garbage for each look.
func (k *marker) seek(id string) *row {
	r, ok := k.sought.Get().(*row)
	if !ok {
		r = new(row)
	}
	r.id = id
	return r
}

func (k *marker) giveBack(r *row) {
	r.id = ""
	k.sought.Put(r)
}

// maxScopes is how many scopes are numbered; ids of others are compared in
// full.
const maxScopes = 1<<16 - 1

func newMarker() *marker { return &marker{seed: maphash.MakeSeed(), scopes: map[string]mark{}} }

func (k *marker) hash(value string) uint64 { return maphash.String(k.seed, value) }

// mark returns the mark of the id of a row that a tree is to hold.
func (k *marker) mark(id string) mark {
	if m := k.find(id); m != 0 {
		return m
	}
	scope := scopeOf(id)
	k.mu.Lock()
	if _, ok := k.scopes[scope]; !ok && len(k.scopes) < maxScopes {
		k.scopes[strings.Clone(scope)] = mark(len(k.scopes) + 1)
	}
	k.mu.Unlock()
	return k.find(id)
}

// find returns the mark of an id that is looked for: zero if no row has been
// in its scope.
func (k *marker) find(id string) mark {
	scope := scopeOf(id)
	k.mu.RLock()
	n := k.scopes[scope]
	k.mu.RUnlock()
	if n == 0 {
		return 0
	}
	m, rest := n<<scopeShift, id[len(scope):]
	for i := range min(len(rest), scopeShift/8) {
		m |= mark(rest[i]) << (scopeShift - 8 - 8*i)
	}
	return m
}

// scopeOf returns what many ids begin with: account/cluster/ of a task.
func scopeOf(id string) string {
	first := strings.IndexByte(id, '/') + 1
	return id[:first+strings.IndexByte(id[first:], '/')+1]
}
