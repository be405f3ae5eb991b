package ecr

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/roadstead/roadstead/model"
)

const (
	// partSize is the size in bytes of the parts that we ask for: in base64, as
	// they come, they must be smaller than the largest request.
	partSize = 5 << 20
	// maxPart is the largest part in bytes. Source: ECR API reference.
	maxPart = 20 << 20
)

// InitiateLayerUpload begins an upload.
func (d *Door) InitiateLayerUpload(ctx context.Context, in *ecr.InitiateLayerUploadInput) (*ecr.InitiateLayerUploadOutput, error) {
	r, _, repository, err := d.about(ctx, in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	id, err := d.layers.Begin(ctx, d.shelved(repository))
	if errors.Is(err, ErrTooManyUploads) {
		return nil, limitExceeded("Too many uploads are under way in the registry with id '%s'", r.registry)
	}
	if err != nil {
		return nil, d.failed(r, "begin upload", repository.Name, err)
	}
	return &ecr.InitiateLayerUploadOutput{UploadId: &id, PartSize: new(int64(partSize))}, nil
}

// UploadLayerPart adds a part to an upload. Parts come one after the other.
func (d *Door) UploadLayerPart(ctx context.Context, in *ecr.UploadLayerPartInput) (*ecr.UploadLayerPartOutput, error) {
	r, _, repository, err := d.about(ctx, in.RegistryId, in.RepositoryName, checkPart(in))
	if err != nil {
		return nil, err
	}
	size, err := d.layers.Append(ctx, d.shelved(repository), *in.UploadId, *in.PartFirstByte, in.LayerPartBlob)
	var offset *OffsetError
	switch {
	case errors.As(err, &offset):
		return nil, &types.InvalidLayerPartException{
			Message:    new(fmt.Sprintf("Layer part with first byte %d must begin behind the last byte received, %d", *in.PartFirstByte, offset.Have-1)),
			RegistryId: &r.registry, RepositoryName: &repository.Name, UploadId: in.UploadId, LastValidByteReceived: new(offset.Have - 1),
		}
	case errors.Is(err, ErrTooLarge):
		return nil, limitExceeded("The layer is larger than this registry accepts")
	case err != nil:
		return nil, d.uploadFailed(r, repository, *in.UploadId, err)
	}
	return &ecr.UploadLayerPartOutput{RegistryId: &r.registry, RepositoryName: &repository.Name, UploadId: in.UploadId,
		LastByteReceived: new(size - 1)}, nil
}

func checkPart(in *ecr.UploadLayerPartInput) error {
	switch {
	case in.UploadId == nil:
		return violates("uploadId", "must not be null")
	case in.PartFirstByte == nil:
		return violates("partFirstByte", "must not be null")
	case in.PartLastByte == nil:
		return violates("partLastByte", "must not be null")
	case *in.PartFirstByte < 0:
		return violates("partFirstByte", "must be greater than or equal to 0")
	case len(in.LayerPartBlob) == 0:
		return violates("layerPartBlob", "must not be null")
	case len(in.LayerPartBlob) > maxPart:
		return violates("layerPartBlob", "must have length less than or equal to %d", maxPart)
	case *in.PartLastByte-*in.PartFirstByte+1 != int64(len(in.LayerPartBlob)):
		return violates("partLastByte", "must be the position of the last byte of layerPartBlob")
	}
	return nil
}

// CompleteLayerUpload makes an upload a layer of the repository.
func (d *Door) CompleteLayerUpload(ctx context.Context, in *ecr.CompleteLayerUploadInput) (*ecr.CompleteLayerUploadOutput, error) {
	r, _, repository, err := d.about(ctx, in.RegistryId, in.RepositoryName, checkCompletion(in))
	if err != nil {
		return nil, err
	}
	digest := in.LayerDigests[0]
	err = d.layers.Complete(ctx, d.shelved(repository), *in.UploadId, digest)
	switch {
	case errors.Is(err, ErrDigestMismatch):
		return nil, &types.InvalidLayerException{Message: new(fmt.Sprintf("The layer uploaded does not have the digest '%s'", digest))}
	case errors.Is(err, ErrLayerExists):
		return nil, &types.LayerAlreadyExistsException{Message: new(fmt.Sprintf(
			"Layer with digest '%s' already exists in %s", digest, r.of(repository.Name)))}
	case errors.Is(err, ErrUploadEmpty):
		return nil, &types.EmptyUploadException{Message: new(fmt.Sprintf("The upload with id '%s' contains no layer parts", *in.UploadId))}
	case err != nil:
		return nil, d.uploadFailed(r, repository, *in.UploadId, err)
	}
	return &ecr.CompleteLayerUploadOutput{RegistryId: &r.registry, RepositoryName: &repository.Name,
		UploadId: in.UploadId, LayerDigest: aws.String(digest)}, nil
}

func checkCompletion(in *ecr.CompleteLayerUploadInput) error {
	if in.UploadId == nil {
		return violates("uploadId", "must not be null")
	}
	if err := checkCount("layerDigests", len(in.LayerDigests), 1, 1); err != nil {
		return err
	}
	return checkDigest("layerDigests", &in.LayerDigests[0])
}

func (d *Door) uploadFailed(r request, repository *model.Repository, upload string, err error) error {
	if errors.Is(err, ErrUploadUnknown) {
		return &types.UploadNotFoundException{Message: new(fmt.Sprintf(
			"The upload with id '%s' does not exist in %s", upload, r.of(repository.Name)))}
	}
	return d.failed(r, "upload", repository.Name, err)
}
