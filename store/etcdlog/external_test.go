package etcdlog

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/url"
	"path/filepath"
	"testing"

	"go.etcd.io/etcd/server/v3/embed"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/logtest"
)

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// cluster runs an etcd that is reached by a socket, as one elsewhere would be.
func cluster(t testing.TB) (endpoint string) {
	t.Helper()
	dir := t.TempDir()
	socket := url.URL{Scheme: "unix", Path: filepath.Join(dir, "s")}
	c := config(dir, EmbeddedOptions{Logger: quiet(), Quota: DefaultQuota})
	c.ListenClientUrls, c.AdvertiseClientUrls = []url.URL{socket}, []url.URL{socket}
	server, err := embed.StartEtcd(c)
	if err != nil {
		t.Fatal(err)
	}
	<-server.Server.ReadyNotify()
	t.Cleanup(server.Close)
	return socket.String()
}

// candidate is a Log whose term a test can end.
type candidate struct{ *Log }

func (c candidate) Resign() { c.elect.(*ballot).resign() }

func dial(t testing.TB, endpoint string) candidate {
	t.Helper()
	l, err := Dial(t.Context(), []string{endpoint}, ExternalOptions{Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return candidate{l}
}

func TestExternalContract(t *testing.T) {
	logtest.Run(t, func(t testing.TB) logtest.Open {
		endpoint := cluster(t)
		return func(t testing.TB) store.Log { return dial(t, endpoint) }
	})
}

func TestDialNobody(t *testing.T) {
	gone := "unix://" + filepath.Join(t.TempDir(), "s")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Dial(ctx, []string{gone}, ExternalOptions{Logger: quiet()}); err == nil {
		t.Error("nobody answered")
	}
}

// A leader whose lease is gone can write nothing, even before it knows.
func TestLostLease(t *testing.T) {
	l := dial(t, cluster(t))
	db, err := store.Open(t.Context(), l, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	commit := func(name string) error {
		var c model.Change
		c.Put(&model.Cluster{Account: "1", Name: name})
		_, err := db.Commit(t.Context(), c)
		return err
	}
	if err := commit("a"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.client.Revoke(t.Context(), l.elect.(*ballot).session.Lease()); err != nil {
		t.Fatal(err)
	}
	if err := commit("b"); !errors.Is(err, store.ErrNotLeader) {
		t.Errorf("a commit without the lease: %v", err)
	}
	<-db.Lost()
	if err := db.Lead(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := commit("c"); err != nil {
		t.Error(err)
	}
	if n := store.Len[*model.Cluster](db.View()); n != 2 {
		t.Errorf("%d clusters, want a and c", n)
	}
}

// A standby takes over when the leader goes, with everything it committed.
func TestFailover(t *testing.T) {
	endpoint := cluster(t)
	first, second := dial(t, endpoint), dial(t, endpoint)
	leader, err := store.Open(t.Context(), first, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	standby, err := store.Open(t.Context(), second, store.Options{Standby: true})
	if err != nil {
		t.Fatal(err)
	}
	led := make(chan error, 1)
	go func() { led <- standby.Lead(t.Context()) }()
	watch := standby.Watch()
	defer watch.Close()
	var last model.Revision
	for i := range 20 {
		var c model.Change
		c.Put(&model.Family{Account: "1", Name: string(rune('a' + i))})
		if last, err = leader.Commit(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	for standby.View().Rev() < last {
		<-watch.C()
		watch.Take()
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	if err := <-led; err != nil {
		t.Fatal(err)
	}
	if _, err := standby.Commit(t.Context(), model.Change{Writes: []model.Write{{Key: model.Key{Kind: model.KindFamily, ID: "1/a"}}}}); err != nil {
		t.Error(err)
	}
	if n := store.Len[*model.Family](standby.View()); n != 19 {
		t.Errorf("%d families, want 19", n)
	}
}
