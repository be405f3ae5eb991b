package containerd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/containerd/containerd/v2/core/mount"
	continuity "github.com/containerd/continuity/fs"
	"golang.org/x/sys/unix"

	"github.com/roadstead/roadstead/agent/runtime"
)

// fill copies what an image has where empty volumes are to be mounted into them, with owners, modes and extended
// attributes, as Docker does. A volume has all of it or nothing, whenever this is cut short, and stays the folder that
// other containers may have mounted already.
func (c *Client) fill(ctx context.Context, container runtime.Container, image *unpacked) error {
	if image.snapshot == "" {
		return nil
	}
	for _, m := range container.Mounts {
		if !m.Fill || image.lacks(m.Destination) {
			continue
		}
		unlock := c.fills.own(m.Source)
		err := c.fillOne(ctx, m, image)
		unlock()
		if err != nil {
			return fmt.Errorf("fill volume at %s from the image: %w", m.Destination, err)
		}
	}
	return nil
}

func (c *Client) fillOne(ctx context.Context, m runtime.Mount, image *unpacked) error {
	parent, name := filepath.Split(filepath.Clean(m.Source))
	filling, filled := filepath.Join(parent, "."+name+".filling"), filepath.Join(parent, "."+name+".filled")
	if _, err := os.Lstat(filled); err == nil { // it was cut short when everything was there
		return moveIn(filled, m.Source)
	}
	if held, err := os.ReadDir(m.Source); err != nil || len(held) > 0 {
		return err
	}
	found := false
	err := c.images.inside(ctx, image, func(root string) error {
		// The image's links lead nowhere outside of it.
		from, err := continuity.RootPath(root, m.Destination)
		if err != nil {
			return err
		}
		info, err := os.Lstat(from)
		if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
			image.note(m.Destination)
			return nil
		}
		if err != nil {
			return err
		}
		found = true
		if err := os.RemoveAll(filling); err != nil {
			return err
		}
		return continuity.CopyDir(filling, from)
	})
	if err == nil && found {
		err = os.Rename(filling, filled)
	}
	if err == nil && found {
		err = moveIn(filled, m.Source)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(filling))
	}
	return nil
}

// moveIn moves all that a folder has into a volume, which takes its owner and mode. What the volume has stays.
func moveIn(filled, volume string) error {
	var info unix.Stat_t
	if err := unix.Lstat(filled, &info); err != nil {
		return err
	}
	if err := errors.Join(os.Lchown(volume, int(info.Uid), int(info.Gid)), unix.Chmod(volume, info.Mode&0o7777)); err != nil {
		return err
	}
	entries, err := os.ReadDir(filled)
	if err != nil {
		return err
	}
	for _, e := range entries {
		from, to := filepath.Join(filled, e.Name()), filepath.Join(volume, e.Name())
		if _, err := os.Lstat(to); err == nil {
			continue
		}
		if err := os.Rename(from, to); errors.Is(err, unix.EXDEV) { // a file system of its own is mounted there
			if err := copyIn(filled, volume); err != nil {
				return err
			}
			break
		} else if err != nil {
			return err
		}
	}
	return os.RemoveAll(filled)
}

// lacks reports whether the image is known to have no folder at a path.
func (u *unpacked) lacks(destination string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.absent[path.Clean(destination)]
}

// absentLimit bounds what is remembered of one image.
const absentLimit = 64

func (u *unpacked) note(destination string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.absent == nil || len(u.absent) >= absentLimit {
		u.absent = make(map[string]bool)
	}
	u.absent[path.Clean(destination)] = true
}

// inside shows the image's files to look.
func (i *imageCache) inside(ctx context.Context, u *unpacked, look func(root string) error) error {
	snapshotter := i.conn.SnapshotService(i.snapshotter)
	key := fmt.Sprintf("inside-%s-%d", u.snapshot, time.Now().UnixNano())
	ctx, done, err := i.conn.WithLease(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = done(context.WithoutCancel(ctx)) }() // it also expires by itself
	mounts, err := snapshotter.View(ctx, key, u.snapshot)
	if err != nil {
		return err
	}
	defer func() { _ = snapshotter.Remove(context.WithoutCancel(ctx), key) }() // else it is collected as garbage
	if err := os.MkdirAll(i.looks, 0o700); err != nil {
		return err
	}
	target, err := os.MkdirTemp(i.looks, "")
	if err != nil {
		return err
	}
	if err := mount.All(mounts, target); err != nil {
		return errors.Join(err, os.Remove(target))
	}
	return errors.Join(look(target), mount.UnmountAll(target, 0), os.Remove(target))
}

// sweepLooks takes away what a client that was killed was looking at. Nobody else uses the folder.
func sweepLooks(folder string) error {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		target := filepath.Join(folder, e.Name())
		err = errors.Join(err, mount.UnmountAll(target, unix.MNT_DETACH), os.Remove(target))
	}
	if err != nil {
		return fmt.Errorf("unmount images: %w", err)
	}
	return nil
}
