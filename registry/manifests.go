package registry

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/roadstead/roadstead/registry/blob"
)

// getManifest serves GET and HEAD. Only GET counts as a pull.
func (r *Registry) getManifest(c call) *Failure {
	reference, f := parseReference(c.item)
	if f != nil {
		return f
	}
	image, err := r.images.Image(c, c.repository, reference)
	if err != nil {
		return r.failureOf(err, c.repository)
	}
	if accept := c.r.Header.Values("Accept"); reference.Tag != "" && !accepts(accept, image.MediaType) {
		return failure(CodeManifestUnknown, "the image has media type %s, which the request's Accept header does not have", image.MediaType)
	}
	header := c.w.Header()
	header.Set("Content-Type", image.MediaType)
	header.Set("Docker-Content-Digest", string(image.Digest))
	header.Set("Etag", `"`+string(image.Digest)+`"`)
	if c.r.Method == http.MethodHead {
		size, err := r.blobs.Stat(image.Digest)
		if err != nil {
			return r.lost(image, err)
		}
		header.Set("Content-Length", strconv.FormatInt(size, 10))
		c.w.WriteHeader(http.StatusOK)
		return nil
	}
	content, err := r.Content(image.Digest)
	if err != nil {
		return r.lost(image, err)
	}
	r.pulled(c, c.repository, image)
	header.Set("Content-Length", strconv.Itoa(len(content)))
	c.w.WriteHeader(http.StatusOK)
	c.w.Write(content)
	return nil
}

// lost is the failure of an image whose manifest the store does not have: our
// own defect, whatever the store says.
func (r *Registry) lost(image Image, err error) *Failure {
	f := failure(CodeUnknown, "internal error")
	f.Cause = fmt.Errorf("manifest of image %s: %w", image.Digest, err)
	return f
}

// pulled remembers a pull. The client gets its manifest even if that fails.
func (r *Registry) pulled(ctx context.Context, repository string, image Image) {
	now := r.options.Now()
	if now.Sub(image.LastPulledAt) >= r.options.PullResolution {
		if err := r.images.RecordPull(ctx, repository, image.Digest, now); err != nil {
			r.options.Events(ctx, Event{Kind: Failed, Repository: repository, Digest: image.Digest,
				Err: fmt.Errorf("record pull: %w", err)})
		}
	}
	r.options.Events(ctx, Event{Kind: ImagePulled, Repository: repository, Digest: image.Digest, Tags: image.Tags})
}

// Content returns a manifest's exact bytes. It returns blob.ErrUnknown if the
// store does not have it.
func (r *Registry) Content(d blob.Digest) ([]byte, error) {
	file, size, err := r.blobs.Open(d)
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	defer file.Close()
	if size > MaxManifestBytes {
		return nil, fmt.Errorf("read manifest: %s has %d bytes", d, size)
	}
	content := make([]byte, size)
	if _, err := io.ReadFull(file, content); err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	return content, nil
}

// deleteManifest deletes an image by digest, or a tag.
func (r *Registry) deleteManifest(c call) *Failure {
	reference, f := parseReference(c.item)
	if f != nil {
		return f
	}
	gone, err := r.images.DeleteImage(c, c.repository, reference)
	if err != nil {
		return r.failureOf(err, c.repository)
	}
	for _, d := range gone {
		r.options.Events(c, Event{Kind: ImageDeleted, Repository: c.repository, Digest: d})
	}
	c.w.Header().Set("Content-Length", "0")
	c.w.WriteHeader(http.StatusAccepted)
	return nil
}
