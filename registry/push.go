package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/roadstead/roadstead/registry/blob"
)

// MaxTagsPerPush bounds the tags that one push by digest may set.
const MaxTagsPerPush = 100

// Push is a manifest to be stored.
type Push struct {
	Repository string
	MediaType  string      // as the client says, may be empty if Content says it
	Content    []byte      // at most MaxManifestBytes
	Digest     blob.Digest // as the client says; "": the sha256 of Content
	Tags       []string    // to be pointed to it
}

// Push stores a manifest and returns the image that it makes; it is durable
// when Push returns. All errors are *Failure.
func (r *Registry) Push(ctx context.Context, push Push) (Image, Manifest, error) {
	if len(push.Content) > MaxManifestBytes {
		return Image{}, Manifest{}, tooLargeManifest()
	}
	m, err := ParseManifest(push.MediaType, push.Content)
	if err != nil {
		return Image{}, Manifest{}, failure(CodeManifestInvalid, "%v", err)
	}
	algorithm := blob.SHA256
	if push.Digest != "" {
		algorithm = push.Digest.Algorithm()
	}
	digest := blob.Of(algorithm, push.Content)
	if push.Digest != "" && push.Digest != digest {
		return Image{}, Manifest{}, failure(CodeDigestInvalid, "the manifest's digest is %s, not %s", digest, push.Digest)
	}
	image := Image{
		Digest: digest, MediaType: m.MediaType, ArtifactMediaType: m.Config.MediaType, ArtifactType: m.ArtifactType,
		Subject: m.Subject, PushedAt: r.options.Now(),
	}
	if err := r.checkReferences(ctx, push.Repository, m, &image); err != nil {
		return Image{}, Manifest{}, r.failureOf(err, push.Repository)
	}
	if err := r.blobs.Put(ctx, push.Repository, push.Content, digest); err != nil {
		return Image{}, Manifest{}, r.failureOf(err, push.Repository)
	}
	if err := r.images.PutImage(ctx, push.Repository, image, push.Tags); err != nil {
		return Image{}, Manifest{}, r.pushFailure(err, push.Repository)
	}
	r.options.Events(ctx, Event{Kind: ImagePushed, Repository: push.Repository, Digest: digest, Tags: push.Tags})
	return image, m, nil
}

func (r *Registry) pushFailure(err error, repository string) *Failure {
	var immutable *TagImmutableError
	if errors.As(err, &immutable) {
		return failure(CodeTagInvalid,
			"The image tag '%s' already exists in the '%s' repository and cannot be overwritten because the tag is immutable.",
			immutable.Tag, repository)
	}
	if errors.Is(err, ErrImageUnknown) {
		return failure(CodeManifestBlobUnknown, "an image that the index refers to does not exist in the repository")
	}
	return r.failureOf(err, repository)
}

// checkReferences makes sure that the repository has everything that the
// manifest refers to, keeps it from being collected meanwhile, and fills in
// what follows from it.
func (r *Registry) checkReferences(ctx context.Context, repository string, m Manifest, image *Image) error {
	for _, d := range m.Blobs() {
		image.Bytes += d.Bytes
		if d.Elsewhere {
			continue
		}
		if err := r.checkBlob(repository, d); err != nil {
			return err
		}
	}
	for _, d := range m.Children {
		if !d.isManifest() {
			if !d.Elsewhere {
				if err := r.checkBlob(repository, d); err != nil {
					return err
				}
			}
			continue
		}
		child, err := r.images.Image(ctx, repository, Reference{Digest: d.Digest})
		if errors.Is(err, ErrImageUnknown) {
			return failure(CodeManifestBlobUnknown, "the image %s does not exist in the repository", d.Digest)
		}
		if err != nil {
			return err
		}
		if err := r.checkBlob(repository, d); err != nil {
			return err
		}
		image.Children = append(image.Children, d.Digest)
		image.Bytes = max(image.Bytes, child.Bytes)
	}
	return nil
}

func (r *Registry) checkBlob(repository string, d Descriptor) error {
	size, err := r.blobs.Use(repository, d.Digest)
	if errors.Is(err, blob.ErrUnknown) {
		return failure(CodeManifestBlobUnknown, "the blob %s does not exist in the repository", d.Digest)
	}
	if err == nil && size != d.Bytes {
		return failure(CodeManifestInvalid, "the blob %s has %d bytes, not %d", d.Digest, size, d.Bytes)
	}
	return err
}

func tooLargeManifest() *Failure {
	return failure(CodeSizeInvalid, "the manifest is larger than %d bytes", MaxManifestBytes).
		withStatus(http.StatusRequestEntityTooLarge)
}

func (r *Registry) putManifest(c call) *Failure {
	reference, f := parseReference(c.item)
	if f != nil {
		return f
	}
	push := Push{Repository: c.repository, MediaType: c.r.Header.Get("Content-Type"), Digest: reference.Digest}
	if reference.Tag != "" {
		push.Tags = []string{reference.Tag}
	} else if push.Tags, f = queryTags(c.r.URL.Query()["tag"]); f != nil {
		return f
	}
	if push.Content, f = readManifest(c.r); f != nil {
		return f
	}
	image, m, err := r.Push(c, push)
	if err != nil {
		return r.failureOf(err, c.repository)
	}
	header := c.w.Header()
	header.Set("Location", c.path("manifests/"+string(image.Digest)))
	header.Set("Docker-Content-Digest", string(image.Digest))
	if m.Subject != "" {
		header.Set("Oci-Subject", string(m.Subject))
	}
	if reference.Tag == "" && len(push.Tags) > 0 {
		header.Set("Oci-Tag", strings.Join(push.Tags, ", "))
	}
	header.Set("Content-Length", "0")
	c.w.WriteHeader(http.StatusCreated)
	return nil
}

// queryTags checks the tags of a push by digest.
func queryTags(tags []string) ([]string, *Failure) {
	if len(tags) > MaxTagsPerPush {
		return nil, failure(CodeManifestInvalid, "more than %d tags", MaxTagsPerPush).withStatus(http.StatusRequestURITooLong)
	}
	for _, tag := range tags {
		if !ValidTag(tag) {
			return nil, failure(CodeManifestInvalid, "%.128q is not a valid tag", tag)
		}
	}
	return tags, nil
}

func readManifest(r *http.Request) ([]byte, *Failure) {
	if r.ContentLength > MaxManifestBytes {
		return nil, tooLargeManifest()
	}
	content, err := io.ReadAll(io.LimitReader(r.Body, MaxManifestBytes+1))
	if err != nil {
		return nil, failure(CodeManifestInvalid, "%v", fmt.Errorf("the manifest was interrupted: %w", err))
	}
	if len(content) > MaxManifestBytes {
		return nil, tooLargeManifest()
	}
	return content, nil
}
