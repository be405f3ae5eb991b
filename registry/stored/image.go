package stored

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/registry"
	"github.com/roadstead/roadstead/registry/blob"
	"github.com/roadstead/roadstead/store"
)

func (m *Metadata) imageID(repository string, digest string) string {
	account, name := m.home(repository)
	return model.ImageID(account, name, digest)
}

// image returns an image of a repository by its digest.
func (m *Metadata) image(v store.View, repository string, digest blob.Digest) (*model.Image, error) {
	i, ok := store.Get[*model.Image](v, m.imageID(repository, string(digest)))
	if !ok {
		return nil, fmt.Errorf("%w: %s", registry.ErrImageUnknown, digest)
	}
	return i, nil
}

// tag returns a tag of a repository.
func (m *Metadata) tag(v store.View, repository, tag string) (*model.ImageTag, error) {
	account, name := m.home(repository)
	t, ok := store.Get[*model.ImageTag](v, model.ImageTagID(account, name, tag))
	if !ok {
		return nil, fmt.Errorf("%w: %s", registry.ErrImageUnknown, tag)
	}
	return t, nil
}

// images returns the images of a repository by digest.
func (m *Metadata) images(v store.View, repository string) iter.Seq[*model.Image] {
	return store.Prefix[*model.Image](v, m.imageID(repository, ""))
}

// tags returns the tags of an image in order.
func (m *Metadata) tags(v store.View, i *model.Image) []string {
	var tags []string
	for t := range store.TagsByImage(v, model.ImageID(i.Account, i.Repository, i.Digest)) {
		tags = append(tags, t.Tag)
	}
	return tags
}

// show returns the image as the registry speaks of it.
func (m *Metadata) show(v store.View, i *model.Image) registry.Image {
	shown := registry.Image{
		Digest: blob.Digest(i.Digest), MediaType: i.MediaType, ArtifactMediaType: i.ArtifactMediaType,
		ArtifactType: i.ArtifactType, Bytes: i.Size, Subject: blob.Digest(i.Subject),
		PushedAt: i.PushedAt, LastPulledAt: i.PulledAt, Tags: m.tags(v, i),
	}
	for _, child := range i.References {
		shown.Children = append(shown.Children, blob.Digest(child))
	}
	return shown
}

// Image implements registry.Images.
func (m *Metadata) Image(_ context.Context, repository string, reference registry.Reference) (registry.Image, error) {
	v := m.db.View()
	if _, err := m.find(v, repository); err != nil {
		return registry.Image{}, err
	}
	digest := reference.Digest
	if digest == "" {
		t, err := m.tag(v, repository, reference.Tag)
		if err != nil {
			return registry.Image{}, err
		}
		digest = blob.Digest(t.Digest)
	}
	i, err := m.image(v, repository, digest)
	if err != nil {
		return registry.Image{}, err
	}
	return m.show(v, i), nil
}

// Images implements registry.Images.
func (m *Metadata) Images(_ context.Context, repository string) ([]registry.Image, error) {
	v := m.db.View()
	if _, err := m.find(v, repository); err != nil {
		return nil, err
	}
	images := []registry.Image{}
	for i := range m.images(v, repository) {
		images = append(images, m.show(v, i))
	}
	return images, nil
}

// RecordPull implements registry.Images. A pull within the resolution of the
// last one that was recorded writes nothing, and of many at once only one does.
func (m *Metadata) RecordPull(ctx context.Context, repository string, digest blob.Digest, at time.Time) error {
	at = at.UTC().Truncate(time.Millisecond)
	err := m.commit(ctx, func(v store.View, c *model.Change) error {
		if _, err := m.find(v, repository); err != nil {
			return err
		}
		known, err := m.image(v, repository, digest)
		if err != nil {
			return err
		}
		if !known.PulledAt.IsZero() && at.Sub(known.PulledAt) < m.options.PullResolution {
			return nil
		}
		i := known.Clone()
		i.PulledAt = at
		c.Put(i)
		return nil
	})
	if err != nil {
		return fmt.Errorf("record pull of %s from %s: %w", digest, repository, err)
	}
	return nil
}
