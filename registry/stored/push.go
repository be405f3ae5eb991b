package stored

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/registry"
	"github.com/roadstead/roadstead/registry/blob"
	"github.com/roadstead/roadstead/store"
)

// PutImage implements registry.Images.
func (m *Metadata) PutImage(ctx context.Context, repository string, image registry.Image, tags []string) error {
	m.presence.RLock()
	defer m.presence.RUnlock()
	tags = slices.Compact(slices.Sorted(slices.Values(tags)))
	err := m.commit(ctx, func(v store.View, c *model.Change) error {
		r, err := m.find(v, repository)
		if err != nil {
			return err
		}
		c.Expect(r) // its mutability
		if err := m.putTags(v, c, r, image.Digest, tags); err != nil {
			return err
		}
		return m.putImage(v, c, r, image)
	})
	if err != nil {
		return fmt.Errorf("put image %s into %s: %w", image.Digest, repository, err)
	}
	return nil
}

// putTags points the tags to the image. A tag that does already is let be.
func (m *Metadata) putTags(v store.View, c *model.Change, r *model.Repository, digest blob.Digest, tags []string) error {
	have := len(m.tags(v, &model.Image{Account: r.Account, Repository: r.Name, Digest: string(digest)}))
	for _, tag := range tags {
		t := &model.ImageTag{Account: r.Account, Repository: r.Name, Tag: tag}
		if known, err := m.tag(v, m.Name(r), tag); err == nil {
			if r.Immutable(tag) {
				return &registry.TagImmutableError{Tag: tag}
			}
			if known.Digest == string(digest) {
				c.Expect(known)
				continue
			}
			t = known.Clone()
		}
		if have++; have > MaxTags {
			return fmt.Errorf("%w: an image has at most %d tags", registry.ErrLimitExceeded, MaxTags)
		}
		t.Digest = string(digest)
		c.Put(t)
	}
	return nil
}

func (m *Metadata) putImage(v store.View, c *model.Change, r *model.Repository, image registry.Image) error {
	repository := m.Name(r)
	// Children cannot go while presence is held.
	for _, child := range image.Children {
		if _, err := m.image(v, repository, child); err != nil {
			return err
		}
	}
	if _, err := m.image(v, repository, image.Digest); err == nil {
		return nil // an image is its digest: the same again
	}
	if store.Count[*model.Image](v, m.imageID(repository, "")) >= MaxImages {
		return fmt.Errorf("%w: a repository has at most %d images", registry.ErrLimitExceeded, MaxImages)
	}
	i := &model.Image{
		Account: r.Account, Repository: r.Name, Digest: string(image.Digest),
		MediaType: image.MediaType, ArtifactMediaType: image.ArtifactMediaType, ArtifactType: image.ArtifactType,
		Size: image.Bytes, Subject: string(image.Subject), PushedAt: image.PushedAt.UTC().Truncate(time.Millisecond),
	}
	for _, child := range image.Children {
		i.References = append(i.References, string(child))
	}
	scanPushed(v, c, r, i)
	c.Put(i)
	return nil
}

// scanPushed tries the scan of an image that is new where its repository or
// the rules of its registry ask for one.
func scanPushed(v store.View, c *model.Change, r *model.Repository, i *model.Image) {
	rules, ok := store.Get[*model.RegistryScanning](v, r.Account)
	if ok {
		c.Expect(rules)
	} else {
		c.ExpectAbsent(model.Key{Kind: model.KindRegistryScanning, ID: r.Account})
	}
	if frequency, _ := r.ScanFrequency(rules); frequency == model.ScanOnPush && i.Scannable() {
		i.ScannedAt = i.PushedAt
	}
}
