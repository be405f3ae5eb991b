package stored

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/expire"
	"github.com/roadstead/roadstead/registry/blob"
	"github.com/roadstead/roadstead/store"
)

// expireEvery is how long after an evaluation of a lifecycle policy the next
// one is due. Source: ECR user guide: images go within 24 hours.
const expireEvery = 24 * time.Hour

// Expire deletes what the lifecycle policies of all repositories let go at now,
// where an evaluation is due, and returns how many images are gone. A
// repository that fails does not keep the others from their turn.
func (m *Metadata) Expire(ctx context.Context, now time.Time) (int, error) {
	gone := 0
	var failed error
	for r := range store.All[*model.Repository](m.db.View()) {
		if r.LifecyclePolicy == "" || now.Sub(r.LifecycleEvaluated) < expireEvery {
			continue
		}
		n, err := m.expire(ctx, m.Name(r), now)
		gone += n
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("expire images of %s: %w", r.Name, err))
		}
		if ctx.Err() != nil {
			return gone, failed
		}
	}
	return gone, failed
}

// expire evaluates one repository's policy. Nothing is pushed meanwhile, so an
// image goes only for what it still is.
func (m *Metadata) expire(ctx context.Context, name string, now time.Time) (int, error) {
	m.presence.Lock()
	defer m.presence.Unlock()
	v := m.db.View()
	r, err := m.find(v, name)
	if err != nil || r.LifecyclePolicy == "" {
		return 0, nil // gone meanwhile
	}
	policy, err := expire.Parse(r.LifecyclePolicy)
	if err != nil {
		return 0, err
	}
	var selections []Selection
	for _, i := range expire.Images(policy, m.expirable(v, name), now) {
		selections = append(selections, Selection{Digest: blob.Digest(i.Digest)})
	}
	done, err := m.deleteImages(ctx, name, selections)
	if err != nil {
		return 0, err
	}
	gone := 0
	for _, d := range done {
		if d.Image {
			gone++
		}
	}
	return gone, m.commit(ctx, func(v store.View, c *model.Change) error {
		known, err := m.find(v, name)
		if err != nil || known.LifecyclePolicy != r.LifecyclePolicy {
			return nil // another policy has not been evaluated
		}
		evaluated := known.Clone()
		evaluated.LifecycleEvaluated = now.UTC().Truncate(time.Millisecond)
		c.Put(evaluated)
		return nil
	})
}

// expirable returns a repository's images as policies see them. What says
// something about an image, a signature for example, stays as long as that
// does, like what an index contains.
func (m *Metadata) expirable(v store.View, name string) []expire.Image {
	contained := make(map[string]bool)
	for i := range m.images(v, name) {
		for _, child := range i.References {
			contained[child] = true
		}
	}
	var images []expire.Image
	for i := range m.images(v, name) {
		stays := contained[i.Digest]
		if !stays && i.Subject != "" {
			_, err := m.image(v, name, blob.Digest(i.Subject))
			stays = err == nil
		}
		images = append(images, expire.Image{Digest: i.Digest, Tags: m.tags(v, i), PushedAt: i.PushedAt, Contained: stays})
	}
	return images
}
