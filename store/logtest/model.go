package logtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// Model draws random transactions and compares a DB over the log with a map
// that a person can check by eye. reopen, if not nil, replaces the log by what
// a restart of the process would find.
func Model(t *rapid.T, log store.Log, reopen func() store.Log) {
	m := &machine{log: log, reopen: reopen, want: map[model.Key]string{}, revs: map[model.Key]model.Revision{}}
	m.open(t)
	t.Repeat(map[string]func(*rapid.T){
		"commit": m.commit,
		"reopen": m.restart,
		"":       m.check,
	})
}

// machine is a DB and what it should contain.
type machine struct {
	log    store.Log
	reopen func() store.Log
	db     *store.DB
	watch  *store.Watch

	want map[model.Key]string // noun's text
	revs map[model.Key]model.Revision
	head model.Revision

	kept     store.View // an old view and what it showed
	keptText string
	changed  map[model.Key]bool // since the watch was last read
	seen     [][]model.Key      // by OnCommit, since the last commit
}

func (m *machine) open(t *rapid.T) {
	db, err := store.Open(context.Background(), m.log, store.Options{})
	if err != nil {
		t.Fatal("open:", err)
	}
	m.db, m.watch, m.changed = db, db.Watch(model.KindTask), map[model.Key]bool{}
	db.OnCommit(func(v store.View, keys []model.Key) {
		if v.Rev() <= m.head {
			t.Errorf("revision %d after %d", v.Rev(), m.head)
		}
		m.seen = append(m.seen, keys)
	})
	m.head = db.View().Rev()
	m.kept, m.keptText = db.View(), describe(db.View())
}

func (m *machine) restart(t *rapid.T) {
	if m.reopen == nil {
		return
	}
	m.log = m.reopen()
	m.open(t)
}

// noun draws a noun: tasks that share instances, services and ports, and
// clusters. Its text says what is in it.
func noun(t *rapid.T) (model.Noun, string) {
	if rapid.Bool().Draw(t, "cluster") {
		c := &model.Cluster{Account: "1", Name: rapid.SampledFrom([]string{"a", "b", "a/b"}).Draw(t, "name"),
			Status: rapid.SampledFrom([]string{"", "ACTIVE", "INACTIVE"}).Draw(t, "status")}
		return c, c.Status
	}
	task := &model.Task{Account: "1", Cluster: "c", ID: fmt.Sprint(rapid.IntRange(0, 7).Draw(t, "id"))}
	task.Spec.Instance = rapid.SampledFrom([]string{"", "i", "ii", "j"}).Draw(t, "instance")
	task.Spec.Service = rapid.SampledFrom([]string{"", "s", "ss"}).Draw(t, "service")
	task.Spec.Resources.CPU = rapid.IntRange(0, 3).Draw(t, "cpu")
	task.Spec.Resources.Memory = rapid.IntRange(0, 3).Draw(t, "memory")
	for _, p := range rapid.SliceOfNDistinct(rapid.IntRange(80, 82), 0, 2, rapid.ID).Draw(t, "ports") {
		task.Spec.Resources.Ports = append(task.Spec.Resources.Ports, model.Port{Number: p, Protocol: "tcp"})
	}
	task.Status.Last = rapid.SampledFrom([]model.TaskStatus{model.TaskPending, model.TaskRunning, model.TaskStopped}).Draw(t, "last")
	return task, taskText(task)
}

func taskText(t *model.Task) string {
	return fmt.Sprint(t.Spec.Instance, "|", t.Spec.Service, "|", t.Spec.Resources, "|", t.Status.Last)
}

func textOf(n model.Noun) string {
	if t, ok := n.(*model.Task); ok {
		return taskText(t)
	}
	return n.(*model.Cluster).Status
}

// commit draws a change whose guards are right, or stale, or missing.
func (m *machine) commit(t *rapid.T) {
	var c model.Change
	var conflict bool
	texts := map[model.Key]string{}
	for range rapid.IntRange(1, 4).Draw(t, "writes") {
		n, text := noun(t)
		k := n.Key()
		if _, twice := texts[k]; twice {
			continue
		}
		guard := model.Guard{Key: k, Rev: m.revs[k]}
		if rapid.IntRange(0, 9).Draw(t, "stale") == 0 {
			guard.Rev = model.Revision(rapid.Int64Range(0, int64(m.head)).Draw(t, "rev"))
		}
		if rapid.Bool().Draw(t, "guarded") {
			c.Guards = append(c.Guards, guard)
			conflict = conflict || guard.Rev != m.revs[k]
		}
		w := model.Write{Key: k, Noun: n}
		if rapid.IntRange(0, 2).Draw(t, "delete") == 0 {
			w.Noun, text = nil, ""
			texts[k] = "\x00gone"
		} else {
			texts[k] = text
		}
		c.Writes = append(c.Writes, w)
	}
	m.seen = nil
	rev, err := m.db.Commit(context.Background(), c)
	var conflicted *store.ConflictError
	if isConflict := errors.As(err, &conflicted); isConflict != conflict || err != nil && !isConflict {
		t.Fatalf("commit: %v; a conflict was expected: %v", err, conflict)
	}
	if conflict {
		return
	}
	if rev <= m.head || m.db.View().Rev() != rev || len(m.seen) != 1 {
		t.Fatalf("revision %d after %d, view at %d, %d notices", rev, m.head, m.db.View().Rev(), len(m.seen))
	}
	m.accept(t, rev, texts)
}

func (m *machine) accept(t *rapid.T, rev model.Revision, texts map[model.Key]string) {
	m.head = rev
	keys := slices.SortedFunc(maps.Keys(texts), func(a, b model.Key) int { return strings.Compare(a.String(), b.String()) })
	if !slices.Equal(m.seen[0], keys) {
		t.Fatalf("OnCommit said %v, want %v", m.seen[0], keys)
	}
	for _, k := range keys {
		if texts[k] == "\x00gone" {
			delete(m.want, k)
			delete(m.revs, k)
		} else {
			m.want[k], m.revs[k] = texts[k], rev
		}
		if k.Kind == model.KindTask {
			m.changed[k] = true
		}
	}
}

// check compares everything that can be read with the map.
func (m *machine) check(t *rapid.T) {
	v := m.db.View()
	checkRows[*model.Task](t, v, m)
	checkRows[*model.Cluster](t, v, m)
	checkIndexes(t, v)
	if got := describe(m.kept); got != m.keptText {
		t.Fatalf("an old view has changed:\n%s\nwas\n%s", got, m.keptText)
	}
	if rapid.IntRange(0, 5).Draw(t, "keep") == 0 {
		m.kept, m.keptText = v, describe(v)
	}
	if rapid.IntRange(0, 3).Draw(t, "take") == 0 {
		got := m.watch.Take()
		want := slices.SortedFunc(maps.Keys(m.changed), func(a, b model.Key) int { return strings.Compare(a.ID, b.ID) })
		if !slices.Equal(got, want) {
			t.Fatalf("the watch says %v, want %v", got, want)
		}
		m.changed = map[model.Key]bool{}
	}
}

func checkRows[T model.Noun](t *rapid.T, v store.View, m *machine) {
	count, last := 0, ""
	for n := range store.All[T](v) {
		k := n.Key()
		if k.ID <= last {
			t.Fatalf("%s after %s", k.ID, last)
		}
		last = k.ID
		count++
		if text, ok := m.want[k]; !ok || text != textOf(n) || n.Metadata().Rev != m.revs[k] {
			t.Fatalf("%s is %q at %d, want %q at %d", k, textOf(n), n.Metadata().Rev, text, m.revs[k])
		}
		if same, ok := store.Get[T](v, k.ID); !ok || model.Noun(same) != model.Noun(n) {
			t.Fatalf("Get does not find %s", k)
		}
	}
	want := 0
	var none T
	for k := range m.want {
		if _, isTask := any(none).(*model.Task); isTask == (k.Kind == model.KindTask) {
			want++
		}
	}
	if count != want || store.Len[T](v) != want {
		t.Fatalf("%d %T, Len %d, want %d", count, none, store.Len[T](v), want)
	}
}

// checkIndexes compares indexes and usages with a walk over all tasks.
func checkIndexes(t *rapid.T, v store.View) {
	for _, instance := range []string{"i", "ii", "j"} {
		var want []*model.Task
		var held model.Usage
		for task := range store.All[*model.Task](v) {
			if task.Spec.Instance == instance {
				want, held = append(want, task), held.Add(task)
			}
		}
		if got := slices.Collect(store.TasksByInstance(v, instance)); !slices.Equal(got, want) {
			t.Fatalf("tasks on %s: %v, want %v", instance, got, want)
		}
		if got := store.Usage(v, instance); fmt.Sprint(got) != fmt.Sprint(held) {
			t.Fatalf("usage of %s: %+v, want %+v", instance, got, held)
		}
	}
	for _, service := range []string{"s", "ss"} {
		var want []*model.Task
		for task := range store.All[*model.Task](v) {
			if task.Spec.Service == service {
				want = append(want, task)
			}
		}
		if got := slices.Collect(store.TasksByService(v, service)); !slices.Equal(got, want) {
			t.Fatalf("tasks of %s: %v, want %v", service, got, want)
		}
	}
}

// describe writes down everything that a view shows of the machine's tables.
func describe(v store.View) string {
	var b strings.Builder
	fmt.Fprintln(&b, v.Rev())
	for n := range store.All[*model.Task](v) {
		fmt.Fprintln(&b, n.Key(), n.Rev, taskText(n))
	}
	for n := range store.All[*model.Cluster](v) {
		fmt.Fprintln(&b, n.Key(), n.Rev, n.Status)
	}
	for _, instance := range []string{"i", "ii", "j"} {
		fmt.Fprintln(&b, instance, store.Usage(v, instance))
		for n := range store.TasksByInstance(v, instance) {
			fmt.Fprintln(&b, n.Key(), n.Rev)
		}
	}
	return b.String()
}

// CheckModel runs Model over the logs of maker.
func CheckModel(t *testing.T, make Maker) {
	rapid.Check(t, func(rt *rapid.T) {
		open := make(t)
		Model(rt, open(t), func() store.Log { return open(t) })
	})
}
