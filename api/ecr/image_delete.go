package ecr

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
)

// BatchDeleteImage deletes images with all their tags by digest, and tags by
// tag; with an image's last tag the image goes too.
func (d *Door) BatchDeleteImage(ctx context.Context, in *ecr.BatchDeleteImageInput) (*ecr.BatchDeleteImageOutput, error) {
	r, _, repository, err := d.about(ctx, in.RegistryId, in.RepositoryName, checkImageIDs(in.ImageIds))
	if err != nil {
		return nil, err
	}
	out := &ecr.BatchDeleteImageOutput{ImageIds: []types.ImageIdentifier{}, Failures: []types.ImageFailure{}}
	var valid []types.ImageIdentifier
	var selections []Selection
	for _, id := range in.ImageIds {
		if failure, ok := badID(id); !ok {
			out.Failures = append(out.Failures, failure)
			continue
		}
		valid = append(valid, id)
		selections = append(selections, Selection{Tag: aws.ToString(id.ImageTag), Digest: aws.ToString(id.ImageDigest)})
	}
	deletions, err := d.images.Delete(ctx, d.shelved(repository), selections)
	if err != nil {
		return nil, d.failed(r, "delete images", repository.Name, err)
	}
	for i, deletion := range deletions {
		if deletion.Err != nil {
			failure, err := deletionFailure(valid[i], deletion.Err)
			if err != nil {
				return nil, d.fault(r, "delete images", err)
			}
			out.Failures = append(out.Failures, failure)
			continue
		}
		for _, tag := range deletion.Tags {
			out.ImageIds = append(out.ImageIds, identifier(deletion.Digest, tag))
		}
		if len(deletion.Tags) == 0 {
			out.ImageIds = append(out.ImageIds, identifier(deletion.Digest, ""))
		}
	}
	return out, nil
}

// deletionFailure words why an image was not deleted; it returns an error that
// has no wording.
func deletionFailure(id types.ImageIdentifier, err error) (types.ImageFailure, error) {
	var referenced *ReferencedError
	switch {
	case errors.As(err, &referenced):
		return imageFailure(id, types.ImageFailureCodeImageReferencedByManifestList,
			"Requested image referenced by manifest list: ["+strings.Join(referenced.By, ", ")+"]"), nil
	case errors.Is(err, ErrTagElsewhere):
		return tagElsewhere(id), nil
	case errors.Is(err, ErrImageUnknown):
		return notFound(id), nil
	}
	return types.ImageFailure{}, err
}
