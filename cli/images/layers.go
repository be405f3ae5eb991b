package images

import (
	"bytes"
	"context"
	"errors"

	"github.com/roadstead/roadstead/api/ecr"
	"github.com/roadstead/roadstead/registry/blob"
)

// layers is the blob store as ECR's front door sees it.
type layers struct{ blobs *blob.Store }

var _ ecr.Layers = layers{}

// Size implements ecr.Layers.
func (l layers) Size(_ context.Context, repository, digest string) (int64, error) {
	size, err := l.blobs.Use(repository, blob.Digest(digest))
	return size, reword(err)
}

// Begin implements ecr.Layers.
func (l layers) Begin(_ context.Context, repository string) (string, error) {
	id, err := l.blobs.Begin(repository, blob.SHA256)
	return id, reword(err)
}

// Append implements ecr.Layers.
func (l layers) Append(ctx context.Context, repository, upload string, offset int64, part []byte) (int64, error) {
	chunk := blob.Chunk{Begin: offset, Bytes: int64(len(part)), Whole: true}
	size, err := l.blobs.Append(ctx, repository, upload, chunk, bytes.NewReader(part))
	return size, reword(err)
}

// Complete implements ecr.Layers.
func (l layers) Complete(ctx context.Context, repository, upload, digest string) error {
	size, err := l.blobs.Size(ctx, repository, upload)
	if err != nil {
		return reword(err)
	}
	if size == 0 {
		return ecr.ErrUploadEmpty
	}
	switch _, err := l.blobs.Use(repository, blob.Digest(digest)); {
	case err == nil:
		return errors.Join(ecr.ErrLayerExists, l.blobs.Abort(ctx, repository, upload))
	case !errors.Is(err, blob.ErrUnknown):
		return reword(err)
	}
	_, err = l.blobs.Commit(ctx, repository, upload, blob.Digest(digest))
	return reword(err)
}
