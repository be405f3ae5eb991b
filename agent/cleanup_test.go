package agent

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/fake"
)

// shelf has images, and a disk of 100 bytes of which each takes 20.
type shelf struct {
	mu     sync.Mutex
	images map[string]runtime.StoredImage
	gone   []string
	refuse string // the ref of an image that a container of somebody else is made of
}

func (s *shelf) put(ref string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.images == nil {
		s.images = map[string]runtime.StoredImage{}
	}
	if _, there := s.images[ref]; !there {
		name, _, _ := strings.Cut(ref, "@")
		s.images[ref] = runtime.StoredImage{Ref: ref, Names: []string{name}, PulledAt: time.Now()}
	}
}

func (s *shelf) names() (out []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ref := range s.images {
		name, _, _ := strings.Cut(ref, "@")
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func (s *shelf) ListImages(context.Context) (out []runtime.StoredImage, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, image := range s.images {
		out = append(out, image)
	}
	slices.SortFunc(out, func(a, b runtime.StoredImage) int { return strings.Compare(a.Ref, b.Ref) })
	return out, nil
}

func (s *shelf) RemoveImage(_ context.Context, ref string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ref == s.refuse {
		return &runtime.Error{Kind: runtime.KindExists}
	}
	delete(s.images, ref)
	s.gone = append(s.gone, ref)
	return nil
}

func (s *shelf) Disk(context.Context) (size, taken int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return 100, 20 * int64(len(s.images)), nil
}

func TestRemovableImages(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	ago := func(hours int) time.Time { return now.Add(-time.Duration(hours) * time.Hour) }
	images := []runtime.StoredImage{
		{Ref: "a@1", Names: []string{"a"}, PulledAt: ago(9)},
		{Ref: "b@1", PulledAt: ago(8)},
		{Ref: "busy@1", PulledAt: ago(8), InUse: true},
		{Ref: "kept@1", Names: []string{"kept"}, PulledAt: ago(8)},
		{Ref: "kept@2", PulledAt: ago(8)},
		{Ref: "again@1", PulledAt: ago(8)},
		{Ref: "young@1", PulledAt: now.Add(-time.Minute)},
	}
	times := map[string]imageTimes{"a@1": {Pulled: ago(9), Used: ago(2)}, "again@1": {Pulled: now, Used: now}}
	settings := ImageCleanup{Keep: []string{"kept", "kept@2"}}.withDefaults()
	if got := settings.removable(images, times, now, false); !slices.Equal(got, []string{"b@1", "a@1"}) {
		t.Errorf("by age: %v", got)
	}
	if got := settings.removable(images, times, now, true); !slices.Equal(got, []string{"b@1", "a@1", "young@1", "again@1"}) {
		t.Errorf("for a full disk: %v", got)
	}
}

// Images that no task has go when they are old enough; those of tasks stay over
// a restart of the agent, too.
func TestImagesAreCleanedUp(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.shelf = &shelf{}
		h.begin()
		stays, ends := task("t1", essential("stays")), task("t2", essential("ends"))
		h.plane.run(stays)
		h.plane.run(ends)
		h.untilStatus(stays.ARN, "RUNNING")
		h.untilStatus(ends.ARN, "RUNNING")
		pass(3 * time.Hour)
		if got := h.shelf.names(); !slices.Equal(got, []string{"ends:1", "stays:1"}) {
			t.Errorf("while both run: %v", got)
		}
		h.plane.stop(ends.ARN)
		h.untilStatus(ends.ARN, "STOPPED")
		h.kill()
		h.begin()
		pass(3 * time.Hour)
		if got := h.shelf.names(); !slices.Equal(got, []string{"stays:1"}) {
			t.Errorf("after one has ended: %v", got)
		}
	})
}

// A pull that takes long, of an image that is there, keeps it.
func TestImagesThatAreBeingPulledStay(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.shelf = &shelf{}
		takes := time.Duration(0)
		h.pull = func(r runtime.PullRequest) fake.Pulled {
			pulled := fake.PullAny(r)
			pulled.Takes = takes
			return pulled
		}
		h.begin()
		first := task("t1", essential("web"))
		h.plane.run(first)
		h.untilStatus(first.ARN, "RUNNING")
		h.plane.stop(first.ARN)
		h.untilStatus(first.ARN, "STOPPED")
		takes = 110 * time.Minute
		second := task("t2", essential("web"))
		h.plane.run(second)
		pass(109 * time.Minute)
		if len(h.shelf.gone) > 0 {
			t.Errorf("gone: %v", h.shelf.gone)
		}
		h.until("RUNNING", 5*time.Minute, func() bool { return h.plane.last(second.ARN) == "RUNNING" })
		pass(3 * time.Hour)
		if len(h.shelf.gone) > 0 {
			t.Errorf("gone while its task runs: %v", h.shelf.gone)
		}
	})
}

// A full disk gives up images that are young, and no more than it takes.
func TestFullDiskGivesUpImages(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.shelf = &shelf{}
		h.begin()
		for _, name := range []string{"a", "b", "c", "d"} {
			h.shelf.put(name + ":1@x")
			pass(time.Second)
		}
		h.shelf.refuse = "a:1@x"
		web := task("t1", essential("web"))
		h.plane.run(web)
		h.untilStatus(web.ARN, "RUNNING")
		pass(5 * time.Minute)
		if got := h.shelf.names(); !slices.Equal(got, []string{"a:1", "c:1", "d:1", "web:1"}) {
			t.Errorf("left: %v", got)
		}
	})
}

// A pull that finds the disk full is tried again once there is room.
func TestPullMakesRoom(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.shelf = &shelf{}
		for _, name := range []string{"a", "b", "c", "d", "e"} {
			h.shelf.put(name + ":1@x")
		}
		h.fail = func(op, id string) error {
			if op == "pull" && len(h.shelf.names()) == 5 {
				return kind(runtime.KindNoSpace, "pull", "no space left on device")
			}
			return nil
		}
		h.begin()
		web := task("t1", essential("web"))
		h.plane.run(web)
		h.untilStatus(web.ARN, "RUNNING")
		if len(h.shelf.gone) != 1 {
			t.Errorf("gone: %v", h.shelf.gone)
		}
	})
}

func TestNothingIsCleanedUpWhereThatIsDisabled(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.shelf = &shelf{}
		h.shelf.put("old:1@x")
		h.options.Node.Cleanup.Disabled = true
		h.begin()
		pass(5 * time.Hour)
		if len(h.shelf.gone) > 0 {
			t.Errorf("gone: %v", h.shelf.gone)
		}
	})
}
