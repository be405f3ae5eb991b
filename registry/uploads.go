package registry

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/roadstead/roadstead/registry/blob"
)

// postUpload mounts a blob, receives one whole, or begins an upload.
func (r *Registry) postUpload(c call) *Failure {
	query := c.r.URL.Query()
	if text := query.Get("mount"); text != "" {
		d, err := blob.Parse(text)
		if err != nil {
			return failure(CodeDigestInvalid, "%v", err)
		}
		mounted, f := r.mount(c, d, query.Get("from"))
		if f != nil || mounted {
			return f
		}
	} else if text := query.Get("digest"); text != "" {
		return r.receiveBlob(c, text)
	}
	id, err := r.blobs.Begin(c.repository, blob.Algorithm(query.Get("digest-algorithm")))
	if err != nil {
		return r.failureOf(err, c.repository)
	}
	c.progress(id, 0, http.StatusAccepted)
	return nil
}

// mount gives the repository a blob of another one that the caller may read.
// When that cannot be done the client is to upload it, which is no failure.
func (r *Registry) mount(c call, d blob.Digest, from string) (bool, *Failure) {
	if !ValidRepository(from) {
		return false, nil
	}
	ctx, err := r.authorize(c.r, Access{Repository: from, Action: ActionGetDownloadURLForLayer})
	if errors.Is(err, ErrUnauthenticated) || errors.Is(err, ErrDenied) {
		return false, nil
	}
	if err == nil {
		err = r.repositories.Repository(ctx, from)
	}
	if err == nil {
		_, err = r.blobs.Use(from, d)
	}
	if err == nil {
		err = r.blobs.Hold(c.repository, d)
	}
	if errors.Is(err, blob.ErrUnknown) || errors.Is(err, ErrRepositoryUnknown) {
		return false, nil
	}
	if err != nil {
		return false, r.failureOf(err, c.repository)
	}
	c.uploaded(d)
	return true, nil
}

// receiveBlob is the upload in a single POST.
func (r *Registry) receiveBlob(c call, digest string) *Failure {
	d, err := blob.Parse(digest)
	if err != nil {
		return failure(CodeDigestInvalid, "%v", err)
	}
	size, err := r.blobs.Receive(c, c.repository, d, c.r.ContentLength, c.r.Body)
	if err != nil {
		return r.failureOf(err, c.repository)
	}
	r.options.Events(c, Event{Kind: BlobUploaded, Repository: c.repository, Digest: d, Bytes: size})
	c.uploaded(d)
	return nil
}

func (r *Registry) getUpload(c call) *Failure {
	size, err := r.blobs.Size(c, c.repository, c.item)
	if err != nil {
		return r.failureOf(err, c.repository)
	}
	c.progress(c.item, size, http.StatusNoContent)
	return nil
}

func (r *Registry) patchUpload(c call) *Failure {
	size, f := r.append(c, false)
	if f != nil {
		return f
	}
	c.progress(c.item, size, http.StatusAccepted)
	return nil
}

// putUpload completes an upload, receiving its last chunk if there is one.
func (r *Registry) putUpload(c call) *Failure {
	d, err := blob.Parse(c.r.URL.Query().Get("digest"))
	if err != nil {
		return failure(CodeDigestInvalid, "%v", err)
	}
	if c.r.ContentLength != 0 {
		if _, f := r.append(c, true); f != nil {
			return f
		}
	}
	size, err := r.blobs.Commit(c, c.repository, c.item, d)
	if err != nil {
		return r.failureOf(err, c.repository)
	}
	r.options.Events(c, Event{Kind: BlobUploaded, Repository: c.repository, Digest: d, Bytes: size})
	c.uploaded(d)
	return nil
}

func (r *Registry) deleteUpload(c call) *Failure {
	if err := r.blobs.Abort(c, c.repository, c.item); err != nil {
		return r.failureOf(err, c.repository)
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// append receives the chunk in the request's body. A chunk without a
// Content-Range goes to wherever the upload ends.
func (r *Registry) append(c call, whole bool) (int64, *Failure) {
	chunk := blob.Chunk{Begin: -1, Bytes: c.r.ContentLength, Whole: whole}
	if text := c.r.Header.Get("Content-Range"); text != "" {
		announced, ok := parseContentRange(text)
		if !ok {
			return 0, failure(CodeRangeInvalid, "invalid Content-Range %.64q", text)
		}
		length := announced.last - announced.first + 1
		if chunk.Bytes >= 0 && chunk.Bytes != length {
			return 0, failure(CodeSizeInvalid, "Content-Range %s does not match Content-Length %d", text, chunk.Bytes)
		}
		chunk.Begin, chunk.Bytes = announced.first, length
	}
	size, err := r.blobs.Append(c, c.repository, c.item, chunk, c.r.Body)
	if err == nil {
		return size, nil
	}
	var offset *blob.OffsetError
	if errors.As(err, &offset) {
		c.locate(c.item, offset.Have)
	}
	return 0, r.failureOf(err, c.repository)
}

// locate says where to go on with an upload.
func (c call) locate(id string, size int64) {
	header := c.w.Header()
	header.Set("Location", c.path("blobs/uploads/"+id))
	header.Set("Docker-Upload-Uuid", id)
	header.Set("Range", fmt.Sprintf("0-%d", max(size-1, 0)))
}

func (c call) progress(id string, size int64, status int) {
	c.locate(id, size)
	if status != http.StatusNoContent {
		c.w.Header().Set("Content-Length", "0")
	}
	c.w.WriteHeader(status)
}

// uploaded answers that the repository now holds a blob.
func (c call) uploaded(d blob.Digest) {
	header := c.w.Header()
	header.Set("Location", c.path("blobs/"+string(d)))
	header.Set("Docker-Content-Digest", string(d))
	header.Set("Content-Length", "0")
	c.w.WriteHeader(http.StatusCreated)
}
