package etcdlog

import (
	"context"
	"errors"
	"fmt"
	"sync"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// elector waits until this process may begin a term.
type elector interface {
	// win returns what must hold for as long as the term lasts, and a channel
	// that is closed when it is lost, nil if it cannot be.
	win(ctx context.Context) (still []clientv3.Cmp, lost <-chan struct{}, err error)
}

// Lead implements store.Log.
func (l *Log) Lead(ctx context.Context) (store.Term, error) {
	still, gone, err := l.elect.win(ctx)
	if err != nil {
		return store.Term{}, fmt.Errorf("lead: %w", err)
	}
	t, rev, err := l.begin(ctx, still)
	if err != nil {
		return store.Term{}, fmt.Errorf("lead: begin a term: %w", err)
	}
	l.mu.Lock()
	old := l.term
	l.term = t
	if l.mark == 0 {
		l.mark = rev
	}
	l.mu.Unlock()
	if old != nil {
		old.end()
	}
	if gone != nil {
		l.watchers.Go(func() {
			select {
			case <-gone:
				t.end()
			case <-t.lost:
			}
		})
	}
	return store.Term{Head: rev, Lost: t.lost, Lasts: func(ctx context.Context) error { return l.lasts(ctx, t) }}, nil
}

// lasts reads the head, which names the term that began last. etcd's reads are
// linearizable: this one shows every term that had begun when it was asked for.
func (l *Log) lasts(ctx context.Context, t *term) error {
	if l.leading() != t {
		return store.ErrNotLeader
	}
	_, h, err := l.head(ctx)
	if err != nil {
		return err
	}
	if h.term != t.name {
		t.end()
		return store.ErrNotLeader
	}
	return nil
}

// headRaces is how often the head may move while a term begins: the last
// leader's requests may still be arriving.
const headRaces = 10

// begin moves the head to the beginning of a new term.
func (l *Log) begin(ctx context.Context, still []clientv3.Cmp) (*term, model.Revision, error) {
	var err error
	for range headRaces {
		var at, rev model.Revision
		if at, _, err = l.head(ctx); err != nil {
			return nil, 0, err
		}
		t := &term{name: at, still: still, lost: make(chan struct{})}
		if rev, err = l.move(ctx, t, at, []clientv3.Op{putHead(wasLead, at)}); err == nil {
			return t, rev, nil
		}
		if !errors.Is(err, store.ErrNotLeader) {
			return nil, 0, err
		}
	}
	return nil, 0, err
}

// alone elects the only process that can reach an embedded etcd: it holds the
// lock on the data directory.
type alone struct{}

func (alone) win(ctx context.Context) ([]clientv3.Cmp, <-chan struct{}, error) {
	return nil, nil, ctx.Err()
}

// ballot elects one of several processes by a key that lives as long as its
// lease is kept alive.
type ballot struct {
	client *clientv3.Client
	name   string
	ttl    int // seconds

	mu      sync.Mutex
	session *concurrency.Session // the last one; the next campaign replaces it
}

func (b *ballot) win(ctx context.Context) ([]clientv3.Cmp, <-chan struct{}, error) {
	b.resign()
	lease, err := b.client.Grant(ctx, int64(b.ttl))
	if err != nil {
		return nil, nil, fmt.Errorf("get a lease: %w", err)
	}
	s, err := concurrency.NewSession(b.client, concurrency.WithLease(lease.ID), concurrency.WithTTL(b.ttl))
	if err != nil {
		return nil, nil, fmt.Errorf("keep a lease: %w", err)
	}
	b.mu.Lock()
	b.session = s
	b.mu.Unlock()
	e := concurrency.NewElection(s, election)
	if err := e.Campaign(ctx, b.name); err != nil {
		b.resign()
		return nil, nil, fmt.Errorf("campaign: %w", err)
	}
	still := clientv3.Compare(clientv3.CreateRevision(e.Key()), "=", e.Rev())
	return []clientv3.Cmp{still}, s.Done(), nil
}

// resign gives the lease back, so that another wins at once. Without etcd it
// runs out by itself.
func (b *ballot) resign() {
	b.mu.Lock()
	s := b.session
	b.session = nil
	b.mu.Unlock()
	if s != nil {
		_ = s.Close()
	}
}
