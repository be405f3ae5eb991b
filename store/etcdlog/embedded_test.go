package etcdlog

import (
	"errors"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/logtest"
)

// embedded opens an embedded etcd with an empty data directory.
func embedded(t testing.TB) *Log {
	t.Helper()
	l, err := OpenEmbedded(t.Context(), t.TempDir(), EmbeddedOptions{Reserve: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error("close:", err)
		}
	})
	return l
}

// peer returns another handle of l's etcd, which embedded ones do not have in
// production: the lock keeps other processes away.
func peer(l *Log) *Log {
	return &Log{client: l.client, elect: alone{}, space: unguarded{}, keep: history, stop: func() error { return nil }}
}

func TestContract(t *testing.T) {
	logtest.Run(t, func(t testing.TB) logtest.Open {
		l := embedded(t)
		return func(testing.TB) store.Log { return peer(l) }
	})
}

// One etcd serves all runs: what earlier ones left is deleted.
func TestModel(t *testing.T) {
	l := embedded(t)
	logtest.CheckModel(t, func(t testing.TB) logtest.Open {
		if _, err := l.client.Delete(t.Context(), nouns, clientv3.WithPrefix()); err != nil {
			t.Fatal(err)
		}
		return func(testing.TB) store.Log { return peer(l) }
	})
}

func TestLocked(t *testing.T) {
	dir := t.TempDir()
	l, err := OpenEmbedded(t.Context(), dir, EmbeddedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenEmbedded(t.Context(), dir, EmbeddedOptions{}); !errors.Is(err, ErrLocked) {
		t.Errorf("a second process: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	l, err = OpenEmbedded(t.Context(), dir, EmbeddedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}
