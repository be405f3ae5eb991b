package ecr

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/roadstead/roadstead/model"
)

// Images is the registry as far as it keeps images. Digests are in their
// canonical text; repositories exist when a method is called, but may be gone
// then: every method may return ErrRepositoryUnknown.
type Images interface {
	// Push stores a manifest and returns its digest. Its errors are *Refusal.
	Push(ctx context.Context, push Push) (digest string, err error)
	// Pull returns a manifest's bytes and remembers the pull. It returns
	// ErrImageUnknown.
	Pull(ctx context.Context, repository, digest string) ([]byte, error)
	// Delete deletes images or tags one after the other and says what became of
	// each.
	Delete(ctx context.Context, repository string, images []Selection) ([]Deletion, error)
	// DeleteRepository deletes a repository, with force its images too, and
	// returns it as it was. It returns ErrNotEmpty.
	DeleteRepository(ctx context.Context, name string, force bool) (*model.Repository, error)
}

// Layers is the registry as far as it keeps bytes.
type Layers interface {
	// Size returns the size of a layer that the repository has, in bytes, or
	// ErrLayerUnknown; the layer stays long enough for a push to follow.
	Size(ctx context.Context, repository, digest string) (int64, error)
	// Begin begins an upload.
	Begin(ctx context.Context, repository string) (upload string, err error)
	// Append adds a part at an offset and returns how many bytes there are. It
	// returns ErrUploadUnknown, *OffsetError or ErrTooLarge.
	Append(ctx context.Context, repository, upload string, offset int64, part []byte) (size int64, err error)
	// Complete makes an upload a layer. It returns ErrUploadUnknown,
	// ErrUploadEmpty, ErrLayerExists or ErrDigestMismatch; the latter two end
	// the upload.
	Complete(ctx context.Context, repository, upload, digest string) error
}

// What Images and Layers answer, wrapped or not.
var (
	ErrRepositoryUnknown = errors.New("repository unknown")
	ErrNotEmpty          = errors.New("repository is not empty")
	ErrImageUnknown      = errors.New("image unknown")
	ErrTagElsewhere      = errors.New("tag points to another image")
	ErrLayerUnknown      = errors.New("layer unknown")
	ErrLayerExists       = errors.New("layer exists")
	ErrUploadUnknown     = errors.New("upload unknown")
	ErrUploadEmpty       = errors.New("upload is empty")
	ErrDigestMismatch    = errors.New("content does not have the digest")
	ErrTooLarge          = errors.New("layer too large")
	ErrTooManyUploads    = errors.New("too many uploads under way")
)

// OffsetError is the answer to a part that does not begin where the ones
// before it end.
type OffsetError struct{ Have int64 }

// Error says where.
func (e *OffsetError) Error() string { return fmt.Sprintf("upload has %d bytes", e.Have) }

// ReferencedError is why an image stays: indexes contain it.
type ReferencedError struct{ By []string }

// Error says by how many.
func (e *ReferencedError) Error() string { return fmt.Sprintf("image is in %d indexes", len(e.By)) }

// Reason says why a push was refused.
type Reason int

// The reasons for which a push is refused.
const (
	ManifestInvalid Reason = iota + 1
	DigestMismatch
	TagImmutable
	LayersMissing
	ImagesMissing
	LimitExceeded
)

// Refusal is a push that was refused.
type Refusal struct {
	Reason  Reason
	Message string // for people
}

// Error returns the message.
func (e *Refusal) Error() string { return e.Message }

// Push is a manifest to be stored.
type Push struct {
	Repository string
	MediaType  string // "" when the manifest says it
	Content    []byte
	Digest     string // that the caller announces, or ""
	Tag        string // "" for none
}

// Selection names an image by digest with all its tags, one tag, or with both
// a tag that must point to that image.
type Selection struct{ Tag, Digest string }

// Deletion is what became of a Selection.
type Deletion struct {
	Digest string
	Tags   []string // that are gone, sorted
	// Err is why nothing is gone: ErrImageUnknown, ErrTagElsewhere or
	// *ReferencedError.
	Err error
}

// DescribeRegistry shows the registry. It replicates nothing.
func (d *Door) DescribeRegistry(ctx context.Context, _ *ecr.DescribeRegistryInput) (*ecr.DescribeRegistryOutput, error) {
	r, err := d.begin(ctx, nil)
	if err != nil {
		return nil, err
	}
	return &ecr.DescribeRegistryOutput{RegistryId: &r.registry,
		ReplicationConfiguration: &types.ReplicationConfiguration{Rules: []types.ReplicationRule{}}}, nil
}
