package ecr

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// BatchGetImage returns manifests. They are returned as they were pushed: an
// image in none of the accepted media types is a failure, never converted.
func (d *Door) BatchGetImage(ctx context.Context, in *ecr.BatchGetImageInput) (*ecr.BatchGetImageOutput, error) {
	r, v, repository, err := d.about(ctx, in.RegistryId, in.RepositoryName, checkImageIDs(in.ImageIds), checkAccepted(in.AcceptedMediaTypes))
	if err != nil {
		return nil, err
	}
	out := &ecr.BatchGetImageOutput{Images: []types.Image{}, Failures: []types.ImageFailure{}}
	for _, id := range in.ImageIds {
		image, failure, err := d.get(r, v, repository, id, in.AcceptedMediaTypes)
		switch {
		case err != nil:
			return nil, err
		case failure != nil:
			out.Failures = append(out.Failures, *failure)
		default:
			out.Images = append(out.Images, *image)
		}
	}
	return out, nil
}

func (d *Door) get(r request, v store.View, repository *model.Repository, id types.ImageIdentifier, accepted []string) (*types.Image, *types.ImageFailure, error) {
	if failure, ok := badID(id); !ok {
		return nil, &failure, nil
	}
	f := look(v, repository, id)
	switch {
	case f.elsewhere:
		return nil, new(tagElsewhere(id)), nil
	case f.image == nil:
		return nil, new(notFound(id)), nil
	case accepted != nil && !slices.Contains(accepted, f.image.MediaType):
		return nil, new(imageFailure(id, types.ImageFailureCodeImageNotFound,
			"Requested image has the media type "+f.image.MediaType+", which is not accepted")), nil
	}
	content, err := d.images.Pull(r.ctx, d.shelved(repository), f.image.Digest)
	if errors.Is(err, ErrImageUnknown) { // deleted meanwhile
		return nil, new(notFound(id)), nil
	}
	if err != nil {
		return nil, nil, d.failed(r, "get image", repository.Name, err)
	}
	id.ImageDigest = &f.image.Digest
	return &types.Image{RegistryId: &r.registry, RepositoryName: &repository.Name, ImageId: &id,
		ImageManifest: new(string(content)), ImageManifestMediaType: &f.image.MediaType}, nil, nil
}
