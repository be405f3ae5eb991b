package stored

import (
	"context"
	"errors"
	"fmt"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// ErrNotEmpty is DeleteRepository's answer when there are images.
var ErrNotEmpty = errors.New("repository is not empty")

// DeleteRepository deletes a repository and returns it as it was. With force
// its images go first, many of them in several transactions: if it fails on
// the way the repository stays, with fewer images. It returns
// registry.ErrRepositoryUnknown and, without force, ErrNotEmpty.
func (m *Metadata) DeleteRepository(ctx context.Context, name string, force bool) (*model.Repository, error) {
	m.presence.Lock()
	defer m.presence.Unlock()
	if _, err := m.find(m.db.View(), name); err != nil {
		return nil, err
	}
	if err := m.empty(ctx, name, force); err != nil {
		return nil, fmt.Errorf("delete repository %s: %w", name, err)
	}
	// Before the repository: one of the same name must not begin with its blobs.
	if err := m.blobs.Forget(name); err != nil {
		return nil, fmt.Errorf("delete repository %s: %w", name, err)
	}
	var deleted *model.Repository
	err := m.commit(ctx, func(v store.View, c *model.Change) (err error) {
		if deleted, err = m.find(v, name); err == nil {
			c.Delete(deleted)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("delete repository %s: %w", name, err)
	}
	return deleted, nil
}

// empty deletes the tags and images of a repository, tags first, so that
// nobody meets a tag without its image.
func (m *Metadata) empty(ctx context.Context, name string, force bool) error {
	account, own := m.home(name)
	for more := true; more; {
		err := m.commit(ctx, func(v store.View, c *model.Change) error {
			more = false
			full := func(n model.Noun) bool {
				if more = len(c.Writes) == batchWrites; !more {
					c.Delete(n)
				}
				return more
			}
			for t := range store.Prefix[*model.ImageTag](v, model.ImageTagID(account, own, "")) {
				if !force {
					return ErrNotEmpty
				}
				if full(t) {
					return nil
				}
			}
			for i := range m.images(v, name) {
				if !force {
					return ErrNotEmpty
				}
				if full(i) {
					return nil
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
