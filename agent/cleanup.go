package agent

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
)

// ImageCleanup says which images go and when. The zero value has the stock
// agent's defaults. Source: Amazon ECS container agent configuration,
// ECS_IMAGE_CLEANUP_INTERVAL, ECS_IMAGE_MINIMUM_CLEANUP_AGE,
// ECS_NUM_IMAGES_DELETE_PER_CYCLE, ECS_DISABLE_IMAGE_CLEANUP.
type ImageCleanup struct {
	Disabled bool
	Interval time.Duration // 0 is 30 minutes
	Age      time.Duration // since an image was pulled last; 0 is an hour
	PerCycle int           // images; 0 is 5
	// Disk is how much of the disk may be taken, in percent. Above, images that
	// nobody uses go at once, whatever their age and number. 0 is 85.
	Disk int
	// Keep are full names of images that never go.
	Keep []string
}

const (
	cleanupInterval = 30 * time.Minute
	cleanupAge      = time.Hour
	cleanupPerCycle = 5
	cleanupDisk     = 85
	// diskInterval is how often the disk is looked at.
	diskInterval = time.Minute
)

func (c ImageCleanup) withDefaults() ImageCleanup {
	c.Interval, c.Age = cmp.Or(c.Interval, cleanupInterval), cmp.Or(c.Age, cleanupAge)
	c.PerCycle, c.Disk = cmp.Or(c.PerCycle, cleanupPerCycle), cmp.Or(c.Disk, cleanupDisk)
	return c
}

// imageTimes are when an image was pulled and needed last.
type imageTimes struct {
	Pulled time.Time `json:"pulled"`
	Used   time.Time `json:"used"`
}

// removable gives the images that may go, those first that nobody has needed
// for the longest time. Young ones stay unless the disk is full.
func (c ImageCleanup) removable(images []runtime.StoredImage, times map[string]imageTimes, now time.Time, full bool) (refs []string) {
	last := map[string]time.Time{}
	for _, image := range images {
		kept := slices.ContainsFunc(image.Names, func(name string) bool { return slices.Contains(c.Keep, name) }) || slices.Contains(c.Keep, image.Ref)
		pulled, used := latest(image.PulledAt, times[image.Ref].Pulled), latest(image.PulledAt, times[image.Ref].Used)
		if image.InUse || kept || !full && now.Sub(pulled) < c.Age {
			continue
		}
		refs, last[image.Ref] = append(refs, image.Ref), used
	}
	slices.SortStableFunc(refs, func(a, b string) int { return last[a].Compare(last[b]) })
	return refs
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// cleans reports whether images are removed at all.
func (n *Node) cleans() bool { return n.edges.Images != nil && !n.options.Cleanup.Disabled }

// cleanImages removes images that nobody needs until ctx ends.
func (n *Node) cleanImages(ctx context.Context) {
	settings := n.options.Cleanup
	look := time.NewTicker(min(diskInterval, settings.Interval))
	defer look.Stop()
	next := n.options.Now().Add(settings.Interval)
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
		full, err := n.diskIsFull(ctx)
		if now := n.options.Now(); err == nil && (full || !now.Before(next)) {
			next = now.Add(settings.Interval)
			_, err = n.removeImages(ctx, full)
		}
		if err != nil && ctx.Err() == nil {
			n.options.Logger.Warn("images are not cleaned up", "error", err)
		}
	}
}

func (n *Node) diskIsFull(ctx context.Context) (bool, error) {
	size, taken, err := n.edges.Images.Disk(ctx)
	return taken*100 > size*int64(n.options.Cleanup.Disk), err
}

// removeImages is one cycle. With a full disk it goes on until there is room.
func (n *Node) removeImages(ctx context.Context, full bool) (removed int, err error) {
	images, err := n.edges.Images.ListImages(ctx)
	if err != nil {
		return 0, err
	}
	if err := n.images.save(images); err != nil { // they are only less well chosen after a restart
		n.options.Logger.Warn("times of images are not saved", "error", err)
	}
	for _, ref := range n.options.Cleanup.removable(images, n.images.times(), n.options.Now(), full) {
		if removed >= n.options.Cleanup.PerCycle && !full {
			break
		}
		if full {
			if still, err := n.diskIsFull(ctx); err != nil || !still {
				return removed, err
			}
		}
		gone, err := n.removeImage(ctx, ref)
		if err != nil {
			return removed, err
		}
		if gone {
			removed++
			n.options.Logger.Debug("image removed", "image", ref, "disk full", full)
		}
	}
	return removed, nil
}

// removeImage removes one image unless a task needs it. Whoever begins to pull
// meanwhile waits until it is gone, and pulls it again.
func (n *Node) removeImage(ctx context.Context, ref string) (gone bool, err error) {
	within(ctx, n.images.gate, func() {
		var needed bool
		if needed, err = n.needsImage(ctx, ref); needed || err != nil {
			return
		}
		err = n.edges.Images.RemoveImage(ctx, ref)
		gone = err == nil
		if runtime.KindOf(err) == runtime.KindExists {
			err = nil // somebody else's container
		}
	})
	if err == nil {
		err = ctx.Err()
	}
	return gone, err
}

// needsImage reports whether a task that has not ended needs an image: it has
// pulled it, or is yet to pull one of the same name. The caller has the gate.
func (n *Node) needsImage(ctx context.Context, ref string) (needed bool, err error) {
	before := n.images.pulledFor()
	live := map[string]bool{}
	err = n.do(ctx, func(time.Time) {
		for arn, l := range n.live {
			live[arn] = true
			for _, c := range l.payload.Containers {
				have := l.runs[c.Name].image.Ref
				needed = needed || have == ref || have == "" && baseName(c.Image) == baseName(ref)
			}
		}
	})
	n.images.drop(before, live)
	return needed || n.images.holds(ref), err
}

// imagesFile is where times of images outlive the agent.
func (o NodeOptions) imagesFile() string { return filepath.Join(o.Dir, "images.json") }

// loadImageTimes reads what save wrote; without it images are as old as they
// are in the runtime.
func loadImageTimes(path string) (map[string]imageTimes, error) {
	times := map[string]imageTimes{}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return times, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &times)
	}
	if err != nil {
		return map[string]imageTimes{}, fmt.Errorf("times of images: %w", err)
	}
	return times, nil
}
