package etcdlog

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// Follow implements store.Log.
func (l *Log) Follow(ctx context.Context, after model.Revision, apply func(model.Revision, []store.Mutation) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watch := l.client.Watch(clientv3.WithRequireLeader(ctx), root,
		clientv3.WithPrefix(), clientv3.WithRev(int64(after)+1))
	for answer := range watch {
		if err := answer.Err(); err != nil {
			if errors.Is(err, rpctypes.ErrCompacted) {
				return fmt.Errorf("%w: %w", store.ErrCompacted, err)
			}
			return fmt.Errorf("follow: %w", err)
		}
		if err := deliver(answer.Events, apply); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return errors.New("follow: etcd ended the watch")
}

// deliver gives the transactions in events to apply. etcd never divides the
// events of one revision, and those of a transaction of ours include the head.
func deliver(events []*clientv3.Event, apply func(model.Revision, []store.Mutation) error) error {
	for len(events) > 0 {
		rev := events[0].Kv.ModRevision
		n := 1
		for n < len(events) && events[n].Kv.ModRevision == rev {
			n++
		}
		muts, ours, err := mutationsOf(events[:n])
		if err != nil {
			return err
		}
		if ours {
			if err := apply(model.Revision(rev), muts); err != nil {
				return err
			}
		}
		events = events[n:]
	}
	return nil
}

func mutationsOf(events []*clientv3.Event) (muts []store.Mutation, ours bool, err error) {
	for _, e := range events {
		switch key := string(e.Kv.Key); {
		case key == headKey:
			ours = true
		case strings.HasPrefix(key, nouns):
			k, err := parseKey(e.Kv.Key)
			if err != nil {
				return nil, false, err
			}
			m := store.Mutation{Key: k}
			if e.Type == clientv3.EventTypePut {
				m.Value = e.Kv.Value
			}
			muts = append(muts, m)
		}
	}
	return muts, ours, nil
}
