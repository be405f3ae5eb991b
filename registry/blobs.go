package registry

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/roadstead/roadstead/registry/blob"
)

// digest reads the digest in the call's path.
func (c call) digest() (blob.Digest, *Failure) {
	d, err := blob.Parse(c.item)
	if err != nil {
		return "", failure(CodeDigestInvalid, "%v", err)
	}
	return d, nil
}

// describe sets the headers that every answer about a blob has.
func (c call) describe(d blob.Digest) {
	header := c.w.Header()
	header.Set("Content-Type", "application/octet-stream")
	header.Set("Docker-Content-Digest", string(d))
	header.Set("Etag", `"`+string(d)+`"`)
	header.Set("Cache-Control", "private, max-age=31536000, immutable")
	header.Set("Accept-Ranges", "bytes")
}

// headBlob tells a client whether it needs to upload a blob. If it need not,
// the blob must still be there when its manifest comes.
func (r *Registry) headBlob(c call) *Failure {
	d, f := c.digest()
	if f != nil {
		return f
	}
	size, err := r.blobs.Use(c.repository, d)
	if err != nil {
		return r.failureOf(err, c.repository)
	}
	c.describe(d)
	c.w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
	c.w.WriteHeader(http.StatusOK)
	return nil
}

func (r *Registry) getBlob(c call) *Failure {
	d, f := c.digest()
	if f != nil {
		return f
	}
	if _, err := r.blobs.Held(c.repository, d); err != nil {
		return r.failureOf(err, c.repository)
	}
	file, size, err := r.blobs.Open(d)
	if err != nil {
		return r.failureOf(err, c.repository)
	}
	defer file.Close()
	c.describe(d)
	if text := c.r.Header.Get("Range"); text != "" {
		switch wanted, ok := parseRange(text); {
		case !ok:
			c.r.Header.Del("Range") // RFC 9110: a range that is not understood is ignored
		case !wanted.within(size):
			c.w.Header().Set("Content-Range", fmt.Sprintf("bytes */%d", size))
			return failure(CodeRangeInvalid, "the blob has %d bytes", size)
		}
	}
	// From a file to a plain connection this is sendfile.
	http.ServeContent(c.w, c.r, "", time.Time{}, file)
	return nil
}

// deleteBlob ends the repository's holding of a blob. Content that an image of
// the repository needs stays.
func (r *Registry) deleteBlob(c call) *Failure {
	d, f := c.digest()
	if f != nil {
		return f
	}
	if _, err := r.blobs.Held(c.repository, d); err != nil {
		return r.failureOf(err, c.repository)
	}
	wanted, err := r.wantedBy(c, c.repository)
	if err != nil {
		return r.failureOf(err, c.repository)
	}
	if _, ok := wanted[d]; ok {
		return failure(CodeUnsupported, "the blob belongs to an image of the '%s' repository", c.repository)
	}
	if err := r.blobs.Release(c.repository, d); err != nil && !errors.Is(err, blob.ErrUnknown) {
		return r.failureOf(err, c.repository)
	}
	c.w.Header().Set("Content-Length", "0")
	c.w.WriteHeader(http.StatusAccepted)
	return nil
}
