package registry

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/roadstead/roadstead/registry/blob"
)

// Code is an error code of the distribution specification, or one of the three
// beyond it that docker and ECR's clients know.
type Code string

// The codes and, in status, what they mean in HTTP.
const (
	CodeBlobUnknown         Code = "BLOB_UNKNOWN"
	CodeUploadInvalid       Code = "BLOB_UPLOAD_INVALID"
	CodeUploadUnknown       Code = "BLOB_UPLOAD_UNKNOWN"
	CodeDigestInvalid       Code = "DIGEST_INVALID"
	CodeManifestBlobUnknown Code = "MANIFEST_BLOB_UNKNOWN"
	CodeManifestInvalid     Code = "MANIFEST_INVALID"
	CodeManifestUnknown     Code = "MANIFEST_UNKNOWN"
	CodeNameInvalid         Code = "NAME_INVALID"
	CodeNameUnknown         Code = "NAME_UNKNOWN"
	CodeSizeInvalid         Code = "SIZE_INVALID"
	CodeUnauthorized        Code = "UNAUTHORIZED"
	CodeDenied              Code = "DENIED"
	CodeUnsupported         Code = "UNSUPPORTED"
	CodeTooManyRequests     Code = "TOOMANYREQUESTS"
	CodeTagInvalid          Code = "TAG_INVALID"   // ECR: the tag is immutable
	CodeRangeInvalid        Code = "RANGE_INVALID" // docker: a range cannot be had
	CodeUnknown             Code = "UNKNOWN"       // docker: our fault
)

func (c Code) status() int {
	switch c {
	case CodeBlobUnknown, CodeUploadUnknown, CodeManifestUnknown, CodeNameUnknown:
		return http.StatusNotFound
	case CodeUnauthorized:
		return http.StatusUnauthorized
	case CodeDenied:
		return http.StatusForbidden
	case CodeUnsupported:
		return http.StatusMethodNotAllowed
	case CodeTooManyRequests:
		return http.StatusTooManyRequests
	case CodeRangeInvalid:
		return http.StatusRequestedRangeNotSatisfiable
	case CodeUnknown:
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

// Failure is an answer that is not a success.
type Failure struct {
	Code    Code
	Status  int    // HTTP status
	Message string // for people
	Cause   error  // what went wrong with us, not shown to the client
}

func (f *Failure) Error() string {
	if f.Cause != nil {
		return fmt.Sprintf("%s: %s: %v", f.Code, f.Message, f.Cause)
	}
	return fmt.Sprintf("%s: %s", f.Code, f.Message)
}

func (f *Failure) Unwrap() error { return f.Cause }

// failure is a Failure with the code's usual status.
func failure(code Code, format string, args ...any) *Failure {
	return &Failure{Code: code, Status: code.status(), Message: fmt.Sprintf(format, args...)}
}

func (f *Failure) withStatus(status int) *Failure {
	f.Status = status
	return f
}

// failureOf words an error of the store or the metadata for a client of the
// repository.
func (r *Registry) failureOf(err error, repository string) *Failure {
	var known *Failure
	var offset *blob.OffsetError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &offset):
		return failure(CodeRangeInvalid, "%v", offset)
	case errors.Is(err, ErrRepositoryUnknown):
		return failure(CodeNameUnknown, "The repository with name '%s' does not exist in the registry with id '%s'", repository, r.options.RegistryID)
	case errors.Is(err, ErrImageReferenced):
		// The status with which the specification has deletion disabled.
		return failure(CodeUnsupported, "The image is referenced by a manifest list of the '%s' repository and cannot be deleted.", repository)
	case errors.Is(err, ErrLimitExceeded):
		return failure(CodeDenied, "The '%s' repository, or the image, has as many images or tags as it may have.", repository)
	case errors.Is(err, ErrImageUnknown):
		return failure(CodeManifestUnknown, "Requested image not found")
	case errors.Is(err, blob.ErrUploadUnknown):
		return failure(CodeUploadUnknown, "The upload does not exist or has expired")
	case errors.Is(err, blob.ErrUnknown):
		return failure(CodeBlobUnknown, "blob unknown to registry")
	case errors.Is(err, blob.ErrDigestInvalid):
		return failure(CodeDigestInvalid, "%v", err)
	case errors.Is(err, blob.ErrSizeInvalid):
		return failure(CodeSizeInvalid, "provided length did not match content length")
	case errors.Is(err, blob.ErrTooLarge):
		return failure(CodeSizeInvalid, "blob is larger than this registry accepts").withStatus(http.StatusRequestEntityTooLarge)
	case errors.Is(err, blob.ErrInterrupted):
		return failure(CodeUploadInvalid, "the upload was interrupted")
	case errors.Is(err, blob.ErrTooManyUploads):
		return failure(CodeTooManyRequests, "too many uploads are under way")
	}
	f := failure(CodeUnknown, "internal error")
	if blob.IsFull(err) {
		f = failure(CodeUnknown, "the registry's disk is full").withStatus(http.StatusInsufficientStorage)
	}
	f.Cause = err
	return f
}

// write answers a request with the failure.
func (f *Failure) write(w http.ResponseWriter) {
	type entry struct {
		Code    Code   `json:"code"`
		Message string `json:"message"`
	}
	body, err := json.Marshal(struct {
		Errors []entry `json:"errors"`
	}{[]entry{{f.Code, f.Message}}})
	if err != nil {
		panic("registry: a failure does not encode: " + err.Error())
	}
	header := w.Header()
	for _, name := range []string{"Content-Range", "Etag", "Cache-Control", "Docker-Content-Digest"} {
		if name != "Content-Range" || f.Code != CodeRangeInvalid {
			header.Del(name)
		}
	}
	if f.Code == CodeTooManyRequests {
		header.Set("Retry-After", "1")
	}
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(f.Status)
	w.Write(body) // the client is told by the status, whether or not it listens
}
