package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/roadstead/roadstead/registry/blob"
)

// Collect removes the blobs that no image of any repository needs and that
// nobody used within the store's grace before now. If it cannot learn what one
// image needs it removes nothing.
func (r *Registry) Collect(ctx context.Context, now time.Time) (blob.Collected, error) {
	wanted := make(blob.Wanted)
	for last := ""; ; {
		names, err := r.repositories.Names(ctx, last, MaxPage)
		if err != nil {
			return blob.Collected{}, fmt.Errorf("collect: list repositories: %w", err)
		}
		for _, name := range names {
			digests, err := r.wantedBy(ctx, name)
			if errors.Is(err, ErrRepositoryUnknown) {
				continue // deleted meanwhile
			}
			if err != nil {
				return blob.Collected{}, fmt.Errorf("collect: %w", err)
			}
			wanted[name] = digests
		}
		if len(names) < MaxPage {
			break
		}
		last = names[len(names)-1]
	}
	return r.blobs.Collect(ctx, now, wanted)
}

// wantedBy returns everything that the repository's images consist of.
func (r *Registry) wantedBy(ctx context.Context, repository string) (map[blob.Digest]struct{}, error) {
	images, err := r.images.Images(ctx, repository)
	if err != nil {
		return nil, fmt.Errorf("list images of %s: %w", repository, err)
	}
	wanted := make(map[blob.Digest]struct{})
	for _, image := range images {
		wanted[image.Digest] = struct{}{}
		content, err := r.Content(image.Digest)
		if err != nil {
			return nil, fmt.Errorf("image %s of %s: %w", image.Digest, repository, err)
		}
		m, err := ParseManifest(image.MediaType, content)
		if err != nil {
			return nil, fmt.Errorf("image %s of %s: %w", image.Digest, repository, err)
		}
		for _, d := range append(m.Blobs(), m.Children...) {
			wanted[d.Digest] = struct{}{}
		}
	}
	return wanted, nil
}
