package containerd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/errdefs"
	"github.com/distribution/reference"
	"golang.org/x/sys/unix"

	"github.com/roadstead/roadstead/agent/runtime"
)

var _ runtime.Images = (*Client)(nil)

// FullName gives the name of an image as StoredImage has it: "busybox" is "docker.io/library/busybox:latest".
func FullName(image string) (string, error) {
	name, err := reference.ParseDockerRef(image)
	if err != nil {
		return "", fmt.Errorf("image %q: %w", image, err)
	}
	return name.String(), nil
}

// ListImages implements runtime.Images.
func (c *Client) ListImages(ctx context.Context) ([]runtime.StoredImage, error) {
	records, err := c.conn.ImageService().List(ctx)
	if err != nil {
		return nil, failure("list", "images", err)
	}
	containers, err := c.conn.ContainerService().List(ctx)
	if err != nil {
		return nil, failure("list", "images", err)
	}
	used := make(map[string]bool, len(containers))
	for _, container := range containers {
		used[container.Image] = true
	}
	names := make(map[string][]string)
	for _, record := range records {
		if ref := refOfRecord(record); ref != record.Name {
			names[ref] = append(names[ref], record.Name)
		}
	}
	var found []runtime.StoredImage
	for _, record := range records {
		if refOfRecord(record) != record.Name {
			continue
		}
		all := names[record.Name]
		slices.Sort(all)
		found = append(found, runtime.StoredImage{Ref: record.Name, Names: all, PulledAt: record.CreatedAt, InUse: used[record.Name]})
	}
	slices.SortFunc(found, func(a, b runtime.StoredImage) int { return strings.Compare(a.Ref, b.Ref) })
	return found, nil
}

// refOfRecord is the name of the record under the digest that belongs to a record.
func refOfRecord(record images.Image) string {
	name, err := reference.ParseNormalizedNamed(record.Name)
	if err != nil {
		return record.Name // not one of ours
	}
	return refOf(name, record.Target)
}

// RemoveImage implements runtime.Images. The names go first: without its record under the digest an image is pulled
// anew, and without names it is still found by whoever removes it the next time.
func (c *Client) RemoveImage(ctx context.Context, ref string) error {
	ctx, cancel := context.WithTimeout(ctx, removeTimeout)
	defer cancel()
	return failure("remove", ref, c.removeImage(ctx, ref))
}

func (c *Client) removeImage(ctx context.Context, ref string) error {
	used, err := c.conn.ContainerService().List(ctx, fmt.Sprintf("image==%q", ref))
	if err != nil {
		return err
	}
	if len(used) > 0 {
		return &runtime.Error{Kind: runtime.KindExists, Op: "remove", Subject: ref, Err: errors.New("a container is made of the image")}
	}
	records, err := c.conn.ImageService().List(ctx)
	if err != nil {
		return err
	}
	c.images.forget(ref)
	for _, record := range records {
		if record.Name == ref || refOfRecord(record) != ref {
			continue
		}
		if err := c.conn.ImageService().Delete(ctx, record.Name); err != nil && !errdefs.IsNotFound(err) {
			return err
		}
	}
	err = c.conn.ImageService().Delete(ctx, ref, images.SynchronousDelete())
	if errdefs.IsNotFound(err) {
		err = nil
	}
	return err
}

// Disk implements runtime.Images. Where another's containerd keeps its images is unknown.
func (c *Client) Disk(context.Context) (size, taken int64, err error) {
	if c.options.Address != c.layout.Address() {
		return 0, 0, nil
	}
	var found unix.Statfs_t
	if err := unix.Statfs(c.layout.Root, &found); err != nil {
		return 0, 0, failure("measure", "disk of images", err)
	}
	block := int64(found.Bsize)
	taken = int64(found.Blocks-found.Bfree) * block
	return taken + int64(found.Bavail)*block, taken, nil // what is kept for root is nobody's
}

// forget drops an image from the cache.
func (i *imageCache) forget(ref string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.loaded, ref)
}
