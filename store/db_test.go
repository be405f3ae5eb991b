package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func cluster(name, status string) *model.Cluster {
	return &model.Cluster{Account: "1", Name: name, Status: status}
}

func open(t testing.TB, log store.Log) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), log, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func put(nouns ...model.Noun) (c model.Change) {
	for _, n := range nouns {
		c.Put(n)
	}
	return c
}

func mustCommit(t testing.TB, db *store.DB, c model.Change) model.Revision {
	t.Helper()
	rev, err := db.Commit(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return rev
}

// status returns the status of the cluster 1/name, "-" without one.
func status(v store.View, name string) string {
	c, ok := store.Get[*model.Cluster](v, "1/"+name)
	if !ok {
		return "-"
	}
	return c.Status
}

func TestReadModifyWrite(t *testing.T) {
	db := open(t, memlog.New(memlog.Options{}))
	rev := mustCommit(t, db, put(cluster("a", "1")))
	read, _ := store.Get[*model.Cluster](db.View(), "1/a")
	if read.Rev != rev {
		t.Errorf("noun is at %d, the commit was at %d", read.Rev, rev)
	}
	second := read.Clone()
	second.Status = "2"
	mustCommit(t, db, put(second))
	third := read.Clone()
	third.Status = "3"
	var conflict *store.ConflictError
	if _, err := db.Commit(t.Context(), put(third)); !errors.As(err, &conflict) || conflict.Key != read.Key() {
		t.Errorf("a stale write: %v", err)
	}
	if got := status(db.View(), "a"); got != "2" {
		t.Errorf("status is %s", got)
	}
	var guard model.Change
	guard.Expect(second)
	guard.ExpectAbsent(model.Key{Kind: model.KindCluster, ID: "1/b"})
	at := db.View().Rev()
	if rev, err := db.Commit(t.Context(), guard); err != nil || rev != at {
		t.Errorf("guards alone: %d, %v; the tables are at %d", rev, err, at)
	}
	guard.Expect(read)
	if _, err := db.Commit(t.Context(), guard); !errors.As(err, &conflict) {
		t.Errorf("a stale guard alone: %v", err)
	}
}

func TestPages(t *testing.T) {
	db := open(t, memlog.New(memlog.Options{}))
	for _, name := range []string{"a", "b/1", "b/2", "b/3", "c"} {
		mustCommit(t, db, put(cluster(name, "")))
	}
	v := db.View()
	for _, x := range []struct{ prefix, after, want string }{
		{"", "", "a b/1 b/2 b/3 c"}, {"1/b/", "", "b/1 b/2 b/3"}, {"1/b/", "1/b/1", "b/2 b/3"},
		{"1/b/", "1/b/2x", "b/3"}, {"1/b/", "1/b/3", ""}, {"1/b/", "1/a", "b/1 b/2 b/3"}, {"1/b/", "1/z", ""},
		{"1/x", "", ""}, {"", "1/b/3", "c"},
	} {
		var names []string
		for c := range store.After[*model.Cluster](v, x.prefix, x.after) {
			names = append(names, c.Name)
		}
		if got := strings.Join(names, " "); got != x.want {
			t.Errorf("After(%q, %q) is %q, want %q", x.prefix, x.after, got, x.want)
		}
	}
	if n := store.Count[*model.Cluster](v, "1/b/"); n != 3 {
		t.Errorf("Count is %d", n)
	}
	for c := range store.All[*model.Cluster](v) {
		if c.Name == "b/1" {
			break
		}
	}
	var zero store.View
	if _, ok := store.Get[*model.Task](zero, "x"); ok || zero.Rev() != 0 || store.Len[*model.Task](zero) != 0 ||
		len(slices.Collect(store.TasksByInstance(zero, "x"))) != 0 || store.Usage(zero, "x").CPU != 0 {
		t.Error("the zero View is not empty")
	}
}

func TestInvalidChanges(t *testing.T) {
	db := open(t, memlog.New(memlog.Options{}))
	a := cluster("a", "")
	var large model.Change
	for i := range store.MaxChangeWrites + 1 {
		large.Put(cluster(fmt.Sprint(i), ""))
	}
	var guards model.Change
	for range store.MaxChangeWrites + 1 {
		guards.Expect(a)
	}
	for name, x := range map[string]struct {
		change model.Change
		want   error
	}{
		"twice":       {model.Change{Writes: []model.Write{{Key: a.Key(), Noun: a}, {Key: a.Key()}}}, store.ErrInvalid},
		"other key":   {model.Change{Writes: []model.Write{{Key: model.Key{Kind: model.KindCluster, ID: "b"}, Noun: a}}}, store.ErrInvalid},
		"other table": {model.Change{Writes: []model.Write{{Key: model.Key{Kind: model.KindTask, ID: "1/a"}, Noun: a}}}, store.ErrInvalid},
		"no table":    {model.Change{Writes: []model.Write{{Key: model.Key{Kind: "x", ID: "a"}}}}, store.ErrInvalid},
		"no id":       {model.Change{Writes: []model.Write{{Key: model.Key{Kind: model.KindTask}}}}, store.ErrInvalid},
		"long id":     {put(cluster(strings.Repeat("x", store.MaxIDLength), "")), store.ErrInvalid},
		"guard":       {model.Change{Guards: []model.Guard{{Key: model.Key{Kind: "x", ID: "a"}}}}, store.ErrInvalid},
		"writes":      {large, store.ErrTooLarge},
		"guards":      {guards, store.ErrTooLarge},
		"bytes":       {put(cluster("a", strings.Repeat("x", store.MaxChangeBytes))), store.ErrTooLarge},
	} {
		if _, err := db.Commit(t.Context(), x.change); !errors.Is(err, x.want) {
			t.Errorf("%s: %v, want %v", name, err, x.want)
		}
	}
	if store.Len[*model.Cluster](db.View()) != 0 {
		t.Error("something was written")
	}
	large.Writes, large.Guards = large.Writes[1:], large.Guards[1:]
	mustCommit(t, db, large)
}

func TestChangedInPlacePanics(t *testing.T) {
	db := open(t, memlog.New(memlog.Options{}))
	mustCommit(t, db, put(cluster("a", "1")))
	shared, _ := store.Get[*model.Cluster](db.View(), "1/a")
	defer func() {
		if recover() == nil {
			t.Error("a noun of a View was committed again")
		}
	}()
	_, _ = db.Commit(t.Context(), put(shared))
}

func TestConcurrentCommits(t *testing.T) {
	db := open(t, memlog.New(memlog.Options{}))
	mustCommit(t, db, put(&model.Family{Account: "1", Name: "f"}))
	watch := db.Watch(model.KindFamily)
	defer watch.Close()
	const workers, each = 16, 50
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for done := 0; done < each; {
				read, _ := store.Get[*model.Family](db.View(), "1/f")
				next := read.Clone()
				next.LatestRevision++
				rev, err := db.Commit(t.Context(), put(next))
				var conflict *store.ConflictError
				switch {
				case err == nil:
					done++
					if v := db.View(); v.Rev() < rev {
						t.Errorf("the view is at %d after a commit at %d", v.Rev(), rev)
					}
				case !errors.As(err, &conflict):
					t.Error(err)
					return
				}
			}
		})
	}
	seen := make(chan int)
	go func() {
		last := 0
		for last < workers*each {
			<-watch.C()
			if len(watch.Take()) > 0 {
				f, _ := store.Get[*model.Family](db.View(), "1/f")
				last = f.LatestRevision
			}
		}
		seen <- last
	}()
	wg.Wait()
	if last := <-seen; last != workers*each {
		t.Errorf("counted to %d, want %d", last, workers*each)
	}
}

func TestWatch(t *testing.T) {
	db := open(t, memlog.New(memlog.Options{}))
	all, tasks := db.Watch(), db.Watch(model.KindTask)
	mustCommit(t, db, put(cluster("b", ""), cluster("a", "")))
	mustCommit(t, db, put(cluster("c", ""), &model.Task{Account: "1", Cluster: "a", ID: "x"}))
	var keys []string
	<-all.C()
	for _, k := range all.Take() {
		keys = append(keys, k.String())
	}
	if got := strings.Join(keys, " "); got != "cluster/1/a cluster/1/b cluster/1/c task/1/a/x" {
		t.Errorf("changed: %s", got)
	}
	if len(all.Take()) != 0 || len(tasks.Take()) != 1 {
		t.Error("a watch has too much or too little")
	}
	select {
	case <-all.C():
		t.Error("a watch without keys is ready")
	default:
	}
	all.Close()
	tasks.Close()
	tasks.Close()
	mustCommit(t, db, put(cluster("d", "")))
	if len(all.Take()) != 0 {
		t.Error("a closed watch goes on")
	}
}

func TestOpenRefuses(t *testing.T) {
	failing := memlog.New(memlog.Options{Fault: func(op memlog.Op) memlog.Fault {
		if op == memlog.OpLoad {
			return memlog.LostRequest
		}
		return memlog.None
	}})
	if _, err := store.Open(t.Context(), failing, store.Options{}); !errors.Is(err, memlog.ErrInjected) {
		t.Errorf("Open over a failing log: %v", err)
	}
	foreign := memlog.New(memlog.Options{})
	term, _ := foreign.Lead(context.Background())
	bad := []store.Mutation{{Key: model.Key{Kind: model.KindTask, ID: "x"}, Value: []byte{99}}}
	if _, err := foreign.Append(t.Context(), term.Head, bad); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(t.Context(), foreign, store.Options{}); err == nil {
		t.Error("Open reads a value of a later version")
	}
}
