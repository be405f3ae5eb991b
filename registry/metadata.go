package registry

import (
	"context"
	"errors"
	"time"

	"github.com/roadstead/roadstead/registry/blob"
)

// What implementations of Repositories and Images answer, wrapped or not.
var (
	// ErrRepositoryUnknown: there is no repository of that name.
	ErrRepositoryUnknown = errors.New("repository unknown")
	// ErrImageUnknown: the repository has no such image or tag.
	ErrImageUnknown = errors.New("image unknown")
	// ErrImageReferenced: an image index of the repository contains the image.
	ErrImageReferenced = errors.New("image is referenced by an image index")
	// ErrLimitExceeded: the repository or the image has as much as it may have.
	ErrLimitExceeded = errors.New("limit exceeded")
)

// TagImmutableError is PutImage's answer when a tag exists and may not move.
type TagImmutableError struct{ Tag string }

func (e *TagImmutableError) Error() string { return "image tag is immutable: " + e.Tag }

// Image is what is remembered of one pushed manifest. The registry fills in
// everything but Tags and LastPulledAt, which Images keeps.
type Image struct {
	// Digest is the manifest's digest and the image's identity.
	Digest blob.Digest
	// MediaType is the manifest's media type (ECR's imageManifestMediaType).
	MediaType string
	// ArtifactMediaType is the media type of the manifest's config, empty for
	// an index (ECR's artifactMediaType).
	ArtifactMediaType string
	// ArtifactType is the manifest's own artifactType, empty for most images.
	ArtifactType string
	// Bytes is the size of config and layers together; for an index that of
	// its largest image (ECR's imageSizeInBytes).
	Bytes int64
	// Subject is the image that this one says something about, or "".
	Subject blob.Digest
	// Children are the images that an index contains.
	Children []blob.Digest
	// PushedAt is when the image was pushed.
	PushedAt time.Time
	// LastPulledAt is when its manifest was last pulled; zero: never.
	LastPulledAt time.Time
	// Tags are the tags that point to the image, sorted.
	Tags []string
}

// Reference names an image within a repository; one of its fields is set.
type Reference struct {
	Tag    string
	Digest blob.Digest
}

func (r Reference) String() string {
	if r.Digest != "" {
		return string(r.Digest)
	}
	return r.Tag
}

// Repositories is what the registry asks about repositories.
type Repositories interface {
	// Repository returns nil or ErrRepositoryUnknown.
	Repository(ctx context.Context, name string) error
	// Names returns up to limit names that sort after the given one, sorted.
	Names(ctx context.Context, after string, limit int) ([]string, error)
}

// Images is what the registry remembers about images. Every method returns
// ErrRepositoryUnknown for a repository that does not exist, and each is one
// transaction. Images that are returned belong to the caller.
type Images interface {
	// Image returns one image, or ErrImageUnknown.
	Image(ctx context.Context, repository string, reference Reference) (Image, error)
	// Images returns all images of the repository, sorted by digest.
	Images(ctx context.Context, repository string) ([]Image, error)
	// PutImage remembers the image and points the tags to it. If one of the
	// tags exists and the repository's tags are immutable, it returns
	// *TagImmutableError and changes nothing, even if the tag points to this image
	// already: that is ECR's rule. An image that exists keeps its PushedAt. If
	// one of its Children is gone, ErrImageUnknown is returned.
	PutImage(ctx context.Context, repository string, image Image, tags []string) error
	// DeleteImage forgets an image and its tags, or by Tag only that tag; with
	// the last tag the image goes too. It returns the digests that are gone,
	// ErrImageUnknown, or ErrImageReferenced if the image would go but an index
	// contains it.
	DeleteImage(ctx context.Context, repository string, reference Reference) ([]blob.Digest, error)
	// RecordPull sets the image's LastPulledAt, or returns ErrImageUnknown.
	RecordPull(ctx context.Context, repository string, digest blob.Digest, at time.Time) error
}
