package containerd

import (
	"context"
	"fmt"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// maxDocument is how large a manifest, an index or a configuration of an image may be, in bytes: they are read into memory
// as a whole, of an image that anybody may have made. Source: the size of manifests that OCI's distribution specification
// wants registries to take.
const maxDocument = 4 << 20

// documents is what is read as a whole of a content store.
type documents struct{ content.Provider }

// ReaderAt implements content.Provider. What is there may be larger than a descriptor says.
func (d documents) ReaderAt(ctx context.Context, of ocispec.Descriptor) (content.ReaderAt, error) {
	reader, err := d.Provider.ReaderAt(ctx, of)
	if err != nil || reader.Size() <= maxDocument {
		return reader, err
	}
	reader.Close()
	return nil, tooLarge(of, reader.Size())
}

func tooLarge(of ocispec.Descriptor, size int64) error {
	return fmt.Errorf("%s of the image has %d bytes, more than %d: %w", of.Digest, size, maxDocument, errBadImage)
}

// smallDocuments keeps documents from being fetched, and read, that are too large. It knows them by where they stand: what
// is a layer by its type could be named as a configuration, and a layer that is there already as anything.
func smallDocuments(store content.InfoProvider, next images.Handler) images.Handler {
	small := func(ctx context.Context, of ocispec.Descriptor) error {
		size := of.Size
		if there, err := store.Info(ctx, of.Digest); err == nil {
			size = max(size, there.Size)
		}
		if size > maxDocument {
			return tooLarge(of, size)
		}
		return nil
	}
	return images.HandlerFunc(func(ctx context.Context, of ocispec.Descriptor) ([]ocispec.Descriptor, error) {
		if !images.IsLayerType(of.MediaType) {
			if err := small(ctx, of); err != nil {
				return nil, err
			}
		}
		parts, err := next.Handle(ctx, of)
		if err == nil && images.IsManifestType(of.MediaType) && len(parts) > 0 {
			err = small(ctx, parts[0]) // the configuration, which containerd puts before the layers
		}
		return parts, err
	})
}
