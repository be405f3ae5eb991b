package etcdlog

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

const (
	// requestTimeout bounds one request to etcd; a transaction that takes
	// longer has an unknown outcome.
	requestTimeout = 10 * time.Second
	// history is how many revisions are kept for followers, at least, unless
	// they have more than historyWrites; at most twice as many of both.
	history       = 5000
	historyWrites = 500_000
)

// Log is a store.Log in etcd.
type Log struct {
	client *clientv3.Client
	elect  elector
	space  guard
	stop   func() error
	keep   model.Revision // history, but for tests
	batch  int

	watchers sync.WaitGroup // one for each term that an election can end

	mu      sync.Mutex
	term    *term
	mark    model.Revision // what is older goes with the next compaction
	written int            // since mark
}

// term is the current time of leading.
type term struct {
	name  model.Revision
	still []clientv3.Cmp // what the election adds to every transaction
	lost  chan struct{}
	once  sync.Once
}

func (t *term) end() { t.once.Do(func() { close(t.lost) }) }

// BatchWrites is how many writes one transaction should gather, for
// store.Options: an embedded etcd takes as many as the largest change has; 0, the
// store's default, for one with settings that are not ours.
func (l *Log) BatchWrites() int { return l.batch }

// PlanWrites is how many writes one plan of a large service may hold: half of a
// transaction, so that others have their turn; 0, the planners' default, as with BatchWrites.
func (l *Log) PlanWrites() int { return l.batch / 2 }

// Close ends the term and releases what the log holds. Whoever follows next
// can lead at once.
func (l *Log) Close() error {
	if t := l.current(); t != nil {
		t.end()
	}
	l.watchers.Wait()
	return l.stop()
}

func (l *Log) current() *term {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.term
}

// leading returns the current term, nil once it is known to have ended.
func (l *Log) leading() *term {
	t := l.current()
	if t == nil {
		return nil
	}
	select {
	case <-t.lost:
		return nil
	default:
		return t
	}
}

// Append implements store.Log.
func (l *Log) Append(ctx context.Context, after model.Revision, batch []store.Mutation) (model.Revision, error) {
	t := l.leading()
	if t == nil {
		return 0, store.ErrNotLeader
	}
	if err := l.space.check(ctx); err != nil {
		return 0, err
	}
	ops := make([]clientv3.Op, 0, len(batch)+1)
	for _, m := range batch {
		if m.Value == nil {
			ops = append(ops, clientv3.OpDelete(keyOf(m.Key)))
		} else {
			ops = append(ops, clientv3.OpPut(keyOf(m.Key), string(m.Value)))
		}
	}
	rev, err := l.move(ctx, t, after, append(ops, putHead(wasAppend, t.name)))
	if err != nil {
		if errors.Is(err, store.ErrNoSpace) {
			l.space.filled()
		}
		return 0, fmt.Errorf("append %d writes: %w", len(batch), err)
	}
	l.compact(ctx, rev, len(batch))
	return rev, nil
}

// move makes a transaction if the head is at after and the term t lasts.
func (l *Log) move(ctx context.Context, t *term, after model.Revision, ops []clientv3.Op) (model.Revision, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := l.client.Txn(ctx).If(append([]clientv3.Cmp{headIs(after)}, t.still...)...).Then(ops...).Commit()
	if err != nil {
		return 0, classify(err)
	}
	if !answer.Succeeded {
		t.end()
		return 0, store.ErrNotLeader
	}
	return model.Revision(answer.Header.Revision), nil
}

// Settle implements store.Log.
func (l *Log) Settle(ctx context.Context, after model.Revision) (model.Revision, bool, error) {
	t := l.leading()
	if t == nil {
		return 0, false, store.ErrNotLeader
	}
	at, h, err := l.head(ctx)
	if err != nil {
		return 0, false, fmt.Errorf("settle: %w", err)
	}
	switch {
	case h.term != t.name:
		t.end()
		return 0, false, store.ErrNotLeader
	case at > after:
		return at, h.was == wasAppend, nil
	}
	rev, err := l.move(ctx, t, after, []clientv3.Op{putHead(wasFence, t.name)})
	if err != nil {
		return 0, false, fmt.Errorf("settle: fence: %w", err)
	}
	return rev, false, nil
}

// head reads the head; it is at 0 when there is none.
func (l *Log) head(ctx context.Context) (model.Revision, head, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := l.client.Get(ctx, headKey)
	if err != nil {
		return 0, head{}, fmt.Errorf("read the head: %w", err)
	}
	if len(answer.Kvs) == 0 {
		return 0, head{}, nil
	}
	h, err := parseHead(answer.Kvs[0].Value)
	return model.Revision(answer.Kvs[0].ModRevision), h, err
}

// compact drops history that no follower is expected to need, after a
// transaction of so many writes.
func (l *Log) compact(ctx context.Context, rev model.Revision, writes int) {
	l.mu.Lock()
	l.written += writes
	due := rev-l.mark >= l.keep || l.written >= historyWrites
	until := l.mark
	if due {
		l.mark, l.written = rev, 0
	}
	l.mu.Unlock()
	if !due {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	// A failure costs space, not truth; the next one catches up.
	_, _ = l.client.Compact(ctx, int64(until))
}

// classify maps etcd's errors of a transaction to those of store.Log.
func classify(err error) error {
	switch e := rpctypes.Error(err); {
	case errors.Is(e, rpctypes.ErrNoSpace):
		return fmt.Errorf("%w: %w", store.ErrNoSpace, err)
	case errors.Is(e, rpctypes.ErrTooManyOps), errors.Is(e, rpctypes.ErrRequestTooLarge):
		return fmt.Errorf("%w: %w", store.ErrTooLarge, err)
	}
	return err
}
