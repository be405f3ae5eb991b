package logs

import (
	"cmp"
	"slices"
	"strings"
)

// Group returns one group, or ErrGroupNotFound.
func (s *Store) Group(account, name string) (Group, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	g, err := s.catalog.group(account, name)
	if err != nil {
		return Group{}, err
	}
	return g.Group.clone(), nil
}

// Stream returns one stream, or ErrGroupNotFound or ErrStreamNotFound.
func (s *Store) Stream(account, group, name string) (Stream, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	st, err := s.catalog.stream(account, group, name)
	if err != nil {
		return Stream{}, err
	}
	return st.Stream, nil
}

// GroupQuery chooses groups of one account, in order of name.
type GroupQuery struct {
	Account string
	Prefix  string
	After   string            // only names that come after this one
	Match   func(*Group) bool // nil matches; it may not change or keep the group
	Limit   int               // at most so many
}

// Groups returns the groups that q chooses.
func (s *Store) Groups(q GroupQuery) []Group {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var all []Group
	prefix := groupKey(q.Account, q.Prefix)
	after := groupKey(q.Account, q.After)
	s.catalog.groups.Ascend(max(prefix, after), func(key string, g *group) bool {
		if !strings.HasPrefix(key, prefix) {
			return key < prefix
		}
		if (q.After == "" || key > after) && (q.Match == nil || q.Match(&g.Group)) {
			if len(all) == q.Limit {
				return false
			}
			all = append(all, g.Group.clone())
		}
		return true
	})
	return all
}

// StreamQuery chooses streams of one group.
type StreamQuery struct {
	Prefix      string
	ByLastEvent bool // in order of last event, then name; else in order of name
	Descending  bool
	After       *Stream // only streams behind this one in the order asked for
	Limit       int
}

// compare orders two streams as q asks. A stream without events comes before
// all that have some.
func (q *StreamQuery) compare(a, b *Stream) int {
	c := 0
	if q.ByLastEvent {
		c = cmp.Or(cmp.Compare(lastEvent(a), lastEvent(b)))
	}
	c = cmp.Or(c, strings.Compare(a.Name, b.Name))
	if q.Descending {
		return -c
	}
	return c
}

func lastEvent(s *Stream) int64 {
	if !s.HasEvents {
		return -1
	}
	return s.LastEvent
}

// Streams returns the streams that q chooses, or ErrGroupNotFound.
func (s *Store) Streams(account, group string, q StreamQuery) ([]Stream, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	g, err := s.catalog.group(account, group)
	if err != nil {
		return nil, err
	}
	if q.ByLastEvent {
		return firstStreams(g, &q), nil
	}
	var all []Stream
	visit := func(name string, st *stream) bool {
		if !strings.HasPrefix(name, q.Prefix) {
			return q.Descending && name > q.Prefix || !q.Descending && name < q.Prefix
		}
		if q.After == nil || q.compare(&st.Stream, q.After) > 0 {
			if len(all) == q.Limit {
				return false
			}
			all = append(all, st.Stream)
		}
		return true
	}
	switch {
	case !q.Descending && q.After != nil:
		g.streams.Ascend(max(q.Prefix, q.After.Name), visit)
	case !q.Descending:
		g.streams.Ascend(q.Prefix, visit)
	case q.After != nil:
		g.streams.Descend(q.After.Name, visit)
	default:
		g.streams.Reverse(visit)
	}
	return all, nil
}

// firstStreams keeps the first q.Limit of an order that no index has: it
// looks at every stream and never holds more than a few pages.
func firstStreams(g *group, q *StreamQuery) []Stream {
	byOrder := func(a, b Stream) int { return q.compare(&a, &b) }
	var all []Stream
	g.streams.Scan(func(name string, st *stream) bool {
		if !strings.HasPrefix(name, q.Prefix) || q.After != nil && q.compare(&st.Stream, q.After) <= 0 {
			return true
		}
		if all = append(all, st.Stream); len(all) >= 4*q.Limit+64 {
			slices.SortFunc(all, byOrder)
			all = all[:q.Limit]
		}
		return true
	})
	slices.SortFunc(all, byOrder)
	return all[:min(len(all), q.Limit)]
}

// Usage is what a store holds.
type Usage struct {
	Groups, Streams, Segments int
	// Bytes on disk: segments and write-ahead logs.
	Bytes int64
}

// Usage returns what the store holds now.
func (s *Store) Usage() Usage {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return Usage{
		Groups: s.catalog.groups.Len(), Streams: len(s.catalog.streams),
		Segments: len(s.segments), Bytes: s.bytesOnDisk(),
	}
}

// bytesOnDisk needs mu.
func (s *Store) bytesOnDisk() int64 {
	total := int64(0)
	for _, t := range s.tables() {
		total += t.wal.size
	}
	for _, f := range s.segments {
		total += f.size
	}
	return total
}
