package control

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
)

// watched lets l's events be kept from now on.
func watched(l *Loop) *heard {
	h := &heard{}
	l.opts.Observer = h
	return h
}

// TestServicesArePlannedTogether: services that are due at once are planned from
// one view, each beside what the others start, and committed together.
func TestServicesArePlannedTogether(t *testing.T) {
	c := newTestCluster(t, memlog.Options{})
	c.instance("a")
	c.instance("b")
	c.step()
	for i := range 4 { // 20 tasks, and room for 20
		c.service(fmt.Sprintf("s%d", i), "web", 5)
	}
	h := watched(c.loops[0])
	before := c.db.View().Rev()
	c.step()
	if conflicts := strings.Count(fmt.Sprint(*h), "conflict"); conflicts > 0 {
		t.Errorf("%v", *h)
	}
	revisions := map[model.Revision]int{}
	for task := range store.All[*model.Task](c.db.View()) {
		revisions[task.Rev]++
	}
	if len(revisions) != 1 || revisions[before+1] != 20 {
		t.Errorf("tasks by revision after %d: %v", before, revisions)
	}
	c.run(10 * time.Second)
	for i := range 4 {
		c.expect(fmt.Sprintf("s%d", i), 5)
	}
	c.checkFleet()
}

// TestWhatWasHeldIsLetGo: what a plan counted in at an instance counts no more
// once its commit was refused, so that others find the room.
func TestWhatWasHeldIsLetGo(t *testing.T) {
	c := newTestCluster(t, memlog.Options{})
	c.instance("a")
	c.run(time.Second)
	c.service("big", "web", 10)
	s := c.services
	v := c.db.View()
	key := model.ServiceID("1", "c", "big")
	s.Changed(v, model.Key{Kind: model.KindService, ID: key}, func(string, time.Duration) {})
	if p := s.Plan(v, key, c.now); !s.Gathered(v, p) || len(p.Change.Writes) < 10 {
		t.Fatalf("%d writes", len(p.Change.Writes))
	}
	instance := model.InstanceID("1", "c", "a")
	if n, _ := s.clusters["1/c"].fleet.Node(instance); n.Usage.CPU != 1000 {
		t.Errorf("held %d", n.Usage.CPU)
	}
	s.Settled()
	c.checkFleet()
	c.run(10 * time.Second)
	c.expect("big", 10)
}

// TestGatheredPlansThatConflict: of two services that were planned together, the
// one whose guards do not hold is planned again, by itself.
func TestGatheredPlansThatConflict(t *testing.T) {
	c := newTestCluster(t, memlog.Options{})
	c.instance("a")
	c.service("one", "web", 1)
	c.service("two", "web", 1)
	l := c.loops[0]
	racing := &racingStore{DB: c.db, before: func() { c.edit("two", func(s *model.Service) { s.Spec.DesiredCount = 2 }) }}
	l.db = racing
	h := watched(l)
	c.step()
	text := strings.Join(*h, ", ")
	if strings.Count(text, "conflict") != 1 || !strings.Contains(text, "conflict 1/c/two 1") {
		t.Errorf("%s", text)
	}
	c.run(10 * time.Second)
	c.expect("one", 1)
	c.expect("two", 2)
}

// racingStore lets somebody be quicker than the first commit.
type racingStore struct {
	*store.DB
	before func()
}

func (r *racingStore) CommitAll(ctx context.Context, changes []model.Change) []store.Outcome {
	if f := r.before; f != nil {
		r.before = nil
		f()
	}
	return r.DB.CommitAll(ctx, changes)
}
