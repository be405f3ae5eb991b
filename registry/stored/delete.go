package stored

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/registry"
	"github.com/roadstead/roadstead/registry/blob"
	"github.com/roadstead/roadstead/store"
)

// Selection names what to delete: a tag, an image with all its tags by Digest,
// or with both a tag that must point to that image.
type Selection struct {
	Tag    string
	Digest blob.Digest
}

// ErrTagElsewhere is the answer to a Selection whose tag exists and points to
// another image than its digest.
var ErrTagElsewhere = errors.New("tag points to another image")

// ReferencedError is registry.ErrImageReferenced with the indexes that contain
// the image.
type ReferencedError struct{ By []string }

// Error says by how many.
func (e *ReferencedError) Error() string {
	return fmt.Sprintf("%v: %d", registry.ErrImageReferenced, len(e.By))
}

// Unwrap returns registry.ErrImageReferenced.
func (e *ReferencedError) Unwrap() error { return registry.ErrImageReferenced }

// Deletion is what became of one Selection.
type Deletion struct {
	// Digest is the image that was meant, "" when there is none.
	Digest blob.Digest
	// Tags are the tags that are gone, sorted.
	Tags []string
	// Image says that the image is gone too.
	Image bool
	// Err is why nothing is gone: registry.ErrImageUnknown, ErrTagElsewhere or
	// *ReferencedError.
	Err error
}

// DeleteImage implements registry.Images.
func (m *Metadata) DeleteImage(ctx context.Context, repository string, reference registry.Reference) ([]blob.Digest, error) {
	done, err := m.DeleteImages(ctx, repository, []Selection{{Tag: reference.Tag, Digest: reference.Digest}})
	if err == nil {
		err = done[0].Err
	}
	if err != nil {
		return nil, fmt.Errorf("delete image %s of %s: %w", reference, repository, err)
	}
	if !done[0].Image {
		return nil, nil
	}
	return []blob.Digest{done[0].Digest}, nil
}

// DeleteImages deletes one Selection after the other, each as a whole or not
// at all, and says what became of each. It returns registry.ErrRepositoryUnknown
// or an error of the store; what was deleted before that stays deleted.
func (m *Metadata) DeleteImages(ctx context.Context, repository string, selections []Selection) ([]Deletion, error) {
	m.presence.Lock()
	defer m.presence.Unlock()
	return m.deleteImages(ctx, repository, selections)
}

// deleteImages is DeleteImages for those who hold presence.
func (m *Metadata) deleteImages(ctx context.Context, repository string, selections []Selection) ([]Deletion, error) {
	done := make([]Deletion, 0, len(selections))
	if len(selections) == 0 {
		_, err := m.find(m.db.View(), repository)
		return done, err
	}
	for len(done) < len(selections) {
		var batch []Deletion
		err := m.commit(ctx, func(v store.View, c *model.Change) error {
			if _, err := m.find(v, repository); err != nil {
				return err
			}
			d := &deleting{m: m, view: v, repository: repository, change: c, gone: make(map[model.Key]bool)}
			batch = nil
			for _, s := range selections[len(done):] {
				if len(c.Writes) > 0 && len(c.Writes)+d.cost(s) > batchWrites {
					break
				}
				batch = append(batch, d.delete(s))
			}
			return nil
		})
		if err != nil {
			return done, fmt.Errorf("delete images of %s: %w", repository, err)
		}
		done = append(done, batch...)
	}
	return done, nil
}

// deleting is one change that deletes, and the view as if it had happened.
type deleting struct {
	m          *Metadata
	view       store.View
	repository string
	change     *model.Change
	gone       map[model.Key]bool
	indexes    []*model.Image // of the repository, once they are needed
	searched   bool
}

// cost is the most writes that deleting s takes.
func (d *deleting) cost(s Selection) int {
	i, _, err := d.resolve(s)
	if err != nil {
		return 0
	}
	return 1 + len(d.tagsOf(i))
}

func (d *deleting) delete(s Selection) Deletion {
	i, t, err := d.resolve(s)
	if err != nil {
		return Deletion{Digest: s.Digest, Err: err}
	}
	result := Deletion{Digest: blob.Digest(i.Digest)}
	tags := d.tagsOf(i)
	if t != nil && len(tags) > 1 {
		tags = []*model.ImageTag{t}
	} else {
		if by := d.referrers(i.Digest); len(by) > 0 {
			result.Err = &ReferencedError{By: by}
			return result
		}
		result.Image = true
	}
	for _, t := range tags {
		result.Tags = append(result.Tags, t.Tag)
		d.remove(t)
	}
	if result.Image {
		d.remove(i)
	}
	return result
}

func (d *deleting) remove(n model.Noun) {
	d.gone[n.Key()] = true
	d.change.Delete(n)
}

// resolve returns the image that s means, and the tag unless s is the image
// alone.
func (d *deleting) resolve(s Selection) (*model.Image, *model.ImageTag, error) {
	digest := s.Digest
	var t *model.ImageTag
	if s.Tag != "" {
		var err error
		if t, err = d.m.tag(d.view, d.repository, s.Tag); err != nil {
			return nil, nil, err
		}
		if d.gone[t.Key()] {
			return nil, nil, fmt.Errorf("%w: %s", registry.ErrImageUnknown, s.Tag)
		}
		if digest != "" && string(digest) != t.Digest {
			return nil, nil, ErrTagElsewhere
		}
		digest = blob.Digest(t.Digest)
	}
	i, err := d.m.image(d.view, d.repository, digest)
	if err != nil {
		return nil, nil, err
	}
	if d.gone[i.Key()] {
		return nil, nil, fmt.Errorf("%w: %s", registry.ErrImageUnknown, digest)
	}
	return i, t, nil
}

func (d *deleting) tagsOf(i *model.Image) []*model.ImageTag {
	var tags []*model.ImageTag
	for t := range store.TagsByImage(d.view, d.m.imageID(d.repository, i.Digest)) {
		if !d.gone[t.Key()] {
			tags = append(tags, t)
		}
	}
	return tags
}

// referrers returns the indexes that contain an image.
func (d *deleting) referrers(digest string) []string {
	if !d.searched {
		d.searched = true
		for i := range d.m.images(d.view, d.repository) {
			if len(i.References) > 0 {
				d.indexes = append(d.indexes, i)
			}
		}
	}
	var by []string
	for _, i := range d.indexes {
		if !d.gone[i.Key()] && slices.Contains(i.References, digest) {
			by = append(by, i.Digest)
		}
	}
	return by
}
