package runtime

import (
	"context"
	"time"
)

// StoredImage is an image that is present.
type StoredImage struct {
	Ref      string    // as Container.Image takes it
	Names    []string  // in full, that stand for it now, sorted; a tag that has moved is not among them
	PulledAt time.Time // when it came
	InUse    bool      // a container is made of it, whether it runs or not
}

// Images are what a Runtime has pulled, for whoever decides what is kept.
type Images interface {
	// ListImages gives all images that are present, in the order of their refs.
	ListImages(ctx context.Context) ([]StoredImage, error)
	// RemoveImage removes an image, its names, and what of its content no other image has. It is KindExists for an image
	// that a container is made of. Starting one meanwhile is for the caller to prevent. Removing what does not exist succeeds.
	RemoveImage(ctx context.Context, ref string) error
	// Disk gives the bytes of the file system that images are on, and how many of them are taken; 0 is unknown.
	Disk(ctx context.Context) (size, taken int64, err error)
}
