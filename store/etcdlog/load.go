package etcdlog

import (
	"context"
	"errors"
	"fmt"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// loadPage is how many keys one range read asks for. etcd counts what is left
// of the whole range with every read, so many small pages cost the square: a
// million keys in pages of 50,000 are walked over ten times.
const loadPage = 200_000

// Load implements store.Log. The next page is read while the last is used.
func (l *Log) Load(ctx context.Context, page func([]store.Entry) error) (model.Revision, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	first, err := l.client.Get(ctx, headKey)
	if err != nil {
		return 0, fmt.Errorf("read the head: %w", err)
	}
	var at model.Revision
	if len(first.Kvs) > 0 {
		at = model.Revision(first.Kvs[0].ModRevision)
	}
	pages := make(chan []*mvccpb.KeyValue, 1)
	var readErr error
	go func() {
		defer close(pages)
		readErr = l.read(ctx, first.Header.Revision, pages)
	}()
	for kvs := range pages {
		entries, err := entriesOf(kvs)
		if err == nil {
			err = page(entries)
		}
		if err != nil {
			cancel()
			for range pages { // until the reader has seen it
			}
			return 0, err
		}
	}
	if errors.Is(readErr, rpctypes.ErrCompacted) {
		return 0, fmt.Errorf("%w: %w", store.ErrCompacted, readErr)
	}
	return at, readErr
}

// read sends everything that there was at revision rev, a page at a time.
func (l *Log) read(ctx context.Context, rev int64, pages chan<- []*mvccpb.KeyValue) error {
	end := clientv3.GetPrefixRangeEnd(nouns)
	for from := nouns; ; {
		answer, err := l.client.Get(ctx, from, clientv3.WithRange(end), clientv3.WithRev(rev), clientv3.WithLimit(loadPage))
		if err != nil {
			return fmt.Errorf("read from %q: %w", from, err)
		}
		if len(answer.Kvs) > 0 {
			select {
			case pages <- answer.Kvs:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if !answer.More {
			return nil
		}
		from = string(answer.Kvs[len(answer.Kvs)-1].Key) + "\x00"
	}
}

func entriesOf(kvs []*mvccpb.KeyValue) ([]store.Entry, error) {
	entries := make([]store.Entry, len(kvs))
	for i, kv := range kvs {
		key, err := parseKey(kv.Key)
		if err != nil {
			return nil, err
		}
		entries[i] = store.Entry{Key: key, Value: kv.Value, Rev: model.Revision(kv.ModRevision)}
	}
	return entries, nil
}
