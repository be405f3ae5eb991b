package images

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/roadstead/roadstead/api/ecr"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/registry"
	"github.com/roadstead/roadstead/registry/blob"
	"github.com/roadstead/roadstead/registry/stored"
)

// shelf is the registry's images as ECR's front door sees them.
type shelf struct {
	registry *registry.Registry
	metadata *stored.Metadata
	now      func() time.Time
}

var _ ecr.Images = shelf{}

// reasons are why the registry refuses a push, by its codes.
var reasons = map[registry.Code]ecr.Reason{
	registry.CodeManifestInvalid:     ecr.ManifestInvalid,
	registry.CodeSizeInvalid:         ecr.ManifestInvalid,
	registry.CodeDigestInvalid:       ecr.DigestMismatch,
	registry.CodeTagInvalid:          ecr.TagImmutable,
	registry.CodeManifestBlobUnknown: ecr.LayersMissing,
	registry.CodeDenied:              ecr.LimitExceeded,
}

// Push implements ecr.Images.
func (s shelf) Push(ctx context.Context, push ecr.Push) (string, error) {
	p := registry.Push{Repository: push.Repository, MediaType: push.MediaType, Content: push.Content, Digest: blob.Digest(push.Digest)}
	if push.Tag != "" {
		p.Tags = []string{push.Tag}
	}
	image, _, err := s.registry.Push(ctx, p)
	if err == nil {
		return string(image.Digest), nil
	}
	var f *registry.Failure
	if !errors.As(err, &f) {
		return "", err
	}
	if f.Code == registry.CodeNameUnknown {
		return "", fmt.Errorf("%w: %w", ecr.ErrRepositoryUnknown, err)
	}
	reason, ok := reasons[f.Code]
	if !ok {
		return "", err
	}
	if m, bad := registry.ParseManifest(push.MediaType, push.Content); reason == ecr.LayersMissing && bad == nil && m.Index() {
		reason = ecr.ImagesMissing
	}
	return "", &ecr.Refusal{Reason: reason, Message: f.Message}
}

// Pull implements ecr.Images.
func (s shelf) Pull(ctx context.Context, repository, digest string) ([]byte, error) {
	if err := s.metadata.RecordPull(ctx, repository, blob.Digest(digest), s.now()); err != nil {
		return nil, reword(err)
	}
	content, err := s.registry.Content(blob.Digest(digest))
	if err != nil {
		return nil, fmt.Errorf("pull %s of %s: %w", digest, repository, err)
	}
	return content, nil
}

// Delete implements ecr.Images.
func (s shelf) Delete(ctx context.Context, repository string, images []ecr.Selection) ([]ecr.Deletion, error) {
	selections := make([]stored.Selection, 0, len(images))
	for _, i := range images {
		selections = append(selections, stored.Selection{Tag: i.Tag, Digest: blob.Digest(i.Digest)})
	}
	done, err := s.metadata.DeleteImages(ctx, repository, selections)
	if err != nil {
		return nil, reword(err)
	}
	deletions := make([]ecr.Deletion, 0, len(done))
	for _, d := range done {
		deletions = append(deletions, ecr.Deletion{Digest: string(d.Digest), Tags: d.Tags, Err: reword(d.Err)})
	}
	return deletions, nil
}

// DeleteRepository implements ecr.Images.
func (s shelf) DeleteRepository(ctx context.Context, name string, force bool) (*model.Repository, error) {
	r, err := s.metadata.DeleteRepository(ctx, name, force)
	return r, reword(err)
}

// reword gives an error of the registry the meaning that it has for ECR.
func reword(err error) error {
	var referenced *stored.ReferencedError
	var offset *blob.OffsetError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &referenced):
		return &ecr.ReferencedError{By: referenced.By}
	case errors.As(err, &offset):
		return &ecr.OffsetError{Have: offset.Have}
	}
	for _, pair := range [][2]error{
		{registry.ErrRepositoryUnknown, ecr.ErrRepositoryUnknown},
		{registry.ErrImageUnknown, ecr.ErrImageUnknown},
		{stored.ErrNotEmpty, ecr.ErrNotEmpty},
		{stored.ErrTagElsewhere, ecr.ErrTagElsewhere},
		{blob.ErrUploadUnknown, ecr.ErrUploadUnknown},
		{blob.ErrTooManyUploads, ecr.ErrTooManyUploads},
		{blob.ErrTooLarge, ecr.ErrTooLarge},
		{blob.ErrDigestInvalid, ecr.ErrDigestMismatch},
		{blob.ErrUnknown, ecr.ErrLayerUnknown},
	} {
		if errors.Is(err, pair[0]) {
			return fmt.Errorf("%w: %w", pair[1], err)
		}
	}
	return err
}
