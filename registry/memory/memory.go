// Package memory keeps a registry's repositories and images in memory: for
// tests, and for a registry whose content need not outlive its process. It
// passes the same contract suite as the implementation over the store.
package memory

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/roadstead/roadstead/registry"
	"github.com/roadstead/roadstead/registry/blob"
)

// Metadata implements registry.Repositories and registry.Images. It may be
// used from many goroutines.
type Metadata struct {
	mu           sync.Mutex
	repositories map[string]*repository
}

type repository struct {
	immutable bool
	images    map[blob.Digest]registry.Image // without Tags
	tags      map[string]blob.Digest
}

// New returns Metadata without repositories.
func New() *Metadata { return &Metadata{repositories: make(map[string]*repository)} }

// CreateRepository adds a repository, or changes whether its tags may move.
func (m *Metadata) CreateRepository(name string, immutable bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.repositories[name]; r != nil {
		r.immutable = immutable
		return
	}
	m.repositories[name] = &repository{immutable: immutable,
		images: make(map[blob.Digest]registry.Image), tags: make(map[string]blob.Digest)}
}

// DeleteRepository removes a repository and everything in it.
func (m *Metadata) DeleteRepository(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.repositories, name)
}

// find returns a repository; the lock is held.
func (m *Metadata) find(name string) (*repository, error) {
	r := m.repositories[name]
	if r == nil {
		return nil, fmt.Errorf("%w: %s", registry.ErrRepositoryUnknown, name)
	}
	return r, nil
}

// Repository implements registry.Repositories.
func (m *Metadata) Repository(_ context.Context, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, err := m.find(name)
	return err
}

// Names implements registry.Repositories.
func (m *Metadata) Names(_ context.Context, after string, limit int) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var names []string
	for name := range m.repositories {
		if name > after {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names[:min(limit, len(names))], nil
}

// Image implements registry.Images.
func (m *Metadata) Image(_ context.Context, name string, reference registry.Reference) (registry.Image, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.find(name)
	if err != nil {
		return registry.Image{}, err
	}
	digest, err := r.resolve(reference)
	if err != nil {
		return registry.Image{}, err
	}
	return r.image(digest), nil
}

// Images implements registry.Images.
func (m *Metadata) Images(_ context.Context, name string) ([]registry.Image, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.find(name)
	if err != nil {
		return nil, err
	}
	images := make([]registry.Image, 0, len(r.images))
	for digest := range r.images {
		images = append(images, r.image(digest))
	}
	slices.SortFunc(images, func(a, b registry.Image) int {
		if a.Digest < b.Digest {
			return -1
		}
		return 1
	})
	return images, nil
}

// PutImage implements registry.Images.
func (m *Metadata) PutImage(_ context.Context, name string, image registry.Image, tags []string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.find(name)
	if err != nil {
		return err
	}
	for _, tag := range tags {
		if _, exists := r.tags[tag]; exists && r.immutable {
			return &registry.TagImmutableError{Tag: tag}
		}
	}
	for _, child := range image.Children {
		if _, exists := r.images[child]; !exists {
			return fmt.Errorf("%w: %s", registry.ErrImageUnknown, child)
		}
	}
	if known, exists := r.images[image.Digest]; exists {
		image.PushedAt, image.LastPulledAt = known.PushedAt, known.LastPulledAt
	}
	image.Tags = nil
	image.Children = slices.Clone(image.Children)
	r.images[image.Digest] = image
	for _, tag := range tags {
		r.tags[tag] = image.Digest
	}
	return nil
}

// DeleteImage implements registry.Images.
func (m *Metadata) DeleteImage(_ context.Context, name string, reference registry.Reference) ([]blob.Digest, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.find(name)
	if err != nil {
		return nil, err
	}
	digest, err := r.resolve(reference)
	if err != nil {
		return nil, err
	}
	if reference.Tag != "" && len(r.image(digest).Tags) > 1 {
		delete(r.tags, reference.Tag)
		return nil, nil
	}
	for _, index := range r.images {
		if slices.Contains(index.Children, digest) {
			return nil, fmt.Errorf("%w: %s contains %s", registry.ErrImageReferenced, index.Digest, digest)
		}
	}
	for _, tag := range r.image(digest).Tags {
		delete(r.tags, tag)
	}
	delete(r.images, digest)
	return []blob.Digest{digest}, nil
}

// RecordPull implements registry.Images.
func (m *Metadata) RecordPull(_ context.Context, name string, digest blob.Digest, at time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.find(name)
	if err != nil {
		return err
	}
	image, ok := r.images[digest]
	if !ok {
		return fmt.Errorf("%w: %s", registry.ErrImageUnknown, digest)
	}
	image.LastPulledAt = at
	r.images[digest] = image
	return nil
}

func (r *repository) resolve(reference registry.Reference) (blob.Digest, error) {
	digest := reference.Digest
	if digest == "" {
		digest = r.tags[reference.Tag]
	}
	if _, ok := r.images[digest]; !ok {
		return "", fmt.Errorf("%w: %s", registry.ErrImageUnknown, reference)
	}
	return digest, nil
}

// image returns a known image with its tags.
func (r *repository) image(digest blob.Digest) registry.Image {
	image := r.images[digest]
	image.Children = slices.Clone(image.Children)
	for tag, of := range r.tags {
		if of == digest {
			image.Tags = append(image.Tags, tag)
		}
	}
	sort.Strings(image.Tags)
	return image
}
