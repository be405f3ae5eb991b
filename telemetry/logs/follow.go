package logs

import (
	"context"
	"strings"
	"sync"
)

// FollowQuery chooses groups of one account, and streams in them.
type FollowQuery struct {
	Account  string
	Groups   []string
	Streams  []string // only these; empty: all
	Prefixes []string // only streams whose names begin with one; empty: all
}

// Followed is an event that a Subscription saw.
type Followed struct {
	Position
	Group, Stream string
	Ingestion     int64 // milliseconds since the epoch
	Message       string
}

// Subscription gets events as they become durable. It has a bounded buffer:
// who reads too slowly loses events and is told how many.
type Subscription struct {
	store  *Store
	q      FollowQuery
	groups map[uint64]string // names by id
	limit  int
	ready  chan struct{}

	mu      sync.Mutex
	pending []Followed
	bytes   int // of the pending messages
	dropped int
	ended   bool
}

// Follow subscribes to what is appended from now on, holding back at most
// buffer events. The caller must Close it. Error: ErrGroupNotFound, ErrClosed.
func (s *Store) Follow(q FollowQuery, buffer int) (*Subscription, error) {
	sub := &Subscription{store: s, q: q, groups: map[uint64]string{}, limit: buffer, ready: make(chan struct{}, 1)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.active == nil {
		return nil, ErrClosed
	}
	for _, name := range q.Groups {
		g, err := s.catalog.group(q.Account, name)
		if err != nil {
			return nil, err
		}
		sub.groups[g.id] = name
	}
	for id := range sub.groups {
		if s.subs[id] == nil {
			s.subs[id] = map[*Subscription]struct{}{}
		}
		s.subs[id][sub] = struct{}{}
	}
	return sub, nil
}

// Close ends the subscription.
func (s *Subscription) Close() {
	s.store.mu.Lock()
	for id := range s.groups {
		if delete(s.store.subs[id], s); len(s.store.subs[id]) == 0 {
			delete(s.store.subs, id)
		}
	}
	s.store.mu.Unlock()
	s.end()
}

func (s *Subscription) end() {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	signal(s.ready)
}

// Next waits for events and returns all that came since the last call, in
// order of acceptance, and how many more were lost. Errors: ctx's, ErrClosed.
func (s *Subscription) Next(ctx context.Context) ([]Followed, int, error) {
	for {
		events, dropped, ended := s.take()
		switch {
		case len(events) > 0 || dropped > 0:
			return events, dropped, nil
		case ended:
			return nil, 0, ErrClosed
		}
		select {
		case <-s.ready:
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		}
	}
}

// Pending is Next without waiting: nothing may have come. It fails with
// ErrClosed when the store closed and all was taken.
func (s *Subscription) Pending() ([]Followed, int, error) {
	events, dropped, ended := s.take()
	if ended && len(events) == 0 && dropped == 0 {
		return nil, 0, ErrClosed
	}
	return events, dropped, nil
}

func (s *Subscription) take() (events []Followed, dropped int, ended bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	events, dropped, ended = s.pending, s.dropped, s.ended
	s.pending, s.bytes, s.dropped = nil, 0, 0
	return events, dropped, ended
}

func (q *FollowQuery) wants(stream string) bool {
	if len(q.Streams) == 0 && len(q.Prefixes) == 0 {
		return true
	}
	for _, name := range q.Streams {
		if name == stream {
			return true
		}
	}
	for _, p := range q.Prefixes {
		if strings.HasPrefix(stream, p) {
			return true
		}
	}
	return false
}

// publish hands an append to its followers. It needs the store's lock and
// never waits.
func (s *Store) publish(p *putEvents, seq uint64, stream string, events []InputEvent) {
	for sub := range s.subs[p.group] {
		if sub.q.wants(stream) {
			sub.offer(p, seq, stream, events)
		}
	}
}

func (s *Subscription) offer(p *putEvents, seq uint64, stream string, events []InputEvent) {
	s.mu.Lock()
	taken := 0
	for i, e := range events {
		if len(s.pending) >= s.limit || s.bytes+len(e.Message) > maxFollowBytes {
			break
		}
		taken++
		s.bytes += len(e.Message)
		s.pending = append(s.pending, Followed{
			Position: Position{e.Timestamp, seq + uint64(i)}, Group: s.groups[p.group], Stream: stream,
			Ingestion: p.ingestion, Message: strings.Clone(e.Message),
		})
	}
	s.dropped += len(events) - taken
	s.mu.Unlock()
	signal(s.ready)
}
