package agent

import (
	"context"
	"encoding/json"
	"maps"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
)

// imageUse knows which images are being pulled and for whom, so that none is
// removed between its pull and the moment when its task knows of it, and when
// each was needed last.
type imageUse struct {
	path string
	// gate is held while an image is removed, by who begins or ends a pull, and
	// never by the node's loop, which waits for nobody.
	gate chan struct{}

	// What follows belongs to who has the gate.
	pulling map[string]int             // pulls under way, by the last word of the image's name
	pulled  map[string]map[string]bool // refs and the tasks that they were pulled for

	mu   sync.Mutex // held for moments
	when map[string]imageTimes
}

func newImageUse(path string, when map[string]imageTimes) *imageUse {
	return &imageUse{path: path, gate: make(chan struct{}, 1), pulling: map[string]int{}, pulled: map[string]map[string]bool{}, when: when}
}

// baseName is the last word of an image's name, which all its tags, digests and
// ways to write it have in common.
func baseName(image string) string {
	name, _, _ := strings.Cut(path.Base(strings.Split(image, "@")[0]), ":")
	return name
}

// during pulls an image for a task, which has it until it ends.
func (u *imageUse) during(ctx context.Context, task, image string, now func() time.Time, pull func() (runtime.Image, error)) (got runtime.Image, err error) {
	base := baseName(image)
	if !within(ctx, u.gate, func() { u.pulling[base]++ }) {
		return got, ctx.Err()
	}
	got, err = pull()
	u.gate <- struct{}{}
	defer func() { <-u.gate }()
	if u.pulling[base]--; u.pulling[base] == 0 {
		delete(u.pulling, base)
	}
	if err != nil {
		return got, err
	}
	if u.pulled[got.Ref] == nil {
		u.pulled[got.Ref] = map[string]bool{}
	}
	u.pulled[got.Ref][task] = true
	u.mu.Lock()
	defer u.mu.Unlock()
	at := now()
	u.when[got.Ref] = imageTimes{Pulled: at, Used: at}
	return got, nil
}

// holds reports whether a pull has given the image to a task that has not
// ended, or may be about to. The caller has the gate.
func (u *imageUse) holds(ref string) bool {
	return u.pulling[baseName(ref)] > 0 || len(u.pulled[ref]) > 0
}

// pulledFor gives the tasks that images were pulled for so far. The caller has
// the gate.
func (u *imageUse) pulledFor() map[string]bool {
	tasks := map[string]bool{}
	for _, of := range u.pulled {
		maps.Copy(tasks, of)
	}
	return tasks
}

// drop forgets what was pulled for those of the tasks that live no more. The
// caller has the gate.
func (u *imageUse) drop(tasks, live map[string]bool) {
	for ref, of := range u.pulled {
		maps.DeleteFunc(of, func(task string, _ bool) bool { return tasks[task] && !live[task] })
		if len(of) == 0 {
			delete(u.pulled, ref)
		}
	}
}

// ended notes that a task needed images until now.
func (u *imageUse) ended(l *live, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, r := range l.runs {
		if ref := r.image.Ref; ref != "" {
			times := u.when[ref]
			times.Used = now
			u.when[ref] = times
		}
	}
}

func (u *imageUse) times() map[string]imageTimes {
	u.mu.Lock()
	defer u.mu.Unlock()
	return maps.Clone(u.when)
}

// save writes the times of the images that there are, and forgets others.
func (u *imageUse) save(images []runtime.StoredImage) error {
	present := map[string]bool{}
	for _, image := range images {
		present[image.Ref] = true
	}
	u.mu.Lock()
	maps.DeleteFunc(u.when, func(ref string, _ imageTimes) bool { return !present[ref] })
	text, err := json.Marshal(u.when)
	u.mu.Unlock()
	if err != nil {
		return err
	}
	return writeDurably(u.path, text, 0o600)
}
