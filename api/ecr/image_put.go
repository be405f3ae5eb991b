package ecr

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// maxManifest is the longest manifest in bytes. Source: ECR API reference.
const maxManifest = 4 << 20

// PutImage stores a manifest whose layers the repository has, and points a tag
// to it.
func (d *Door) PutImage(ctx context.Context, in *ecr.PutImageInput) (*ecr.PutImageOutput, error) {
	r, v, repository, err := d.about(ctx, in.RegistryId, in.RepositoryName, checkPush(in))
	if err != nil {
		return nil, err
	}
	push := Push{Repository: d.shelved(repository), MediaType: aws.ToString(in.ImageManifestMediaType), Content: []byte(*in.ImageManifest),
		Digest: aws.ToString(in.ImageDigest), Tag: aws.ToString(in.ImageTag)}
	if err := r.exists(v, repository, push); err != nil {
		return nil, err
	}
	digest, err := d.images.Push(ctx, push)
	if err != nil {
		return nil, d.refused(r, push, err)
	}
	id := identifier(digest, push.Tag)
	shown := &types.Image{RegistryId: &r.registry, RepositoryName: &repository.Name, ImageId: &id, ImageManifest: in.ImageManifest,
		ImageManifestMediaType: in.ImageManifestMediaType}
	if i := look(d.db.View(), repository, identifier(digest, "")).image; i != nil {
		shown.ImageManifestMediaType = &i.MediaType
	}
	return &ecr.PutImageOutput{Image: shown}, nil
}

func checkPush(in *ecr.PutImageInput) error {
	switch {
	case aws.ToString(in.ImageManifest) == "":
		return violates("imageManifest", "must not be null")
	case len(*in.ImageManifest) > maxManifest:
		return violates("imageManifest", "must have length less than or equal to %d", maxManifest)
	}
	if in.ImageTag != nil {
		if err := checkTag("imageTag", *in.ImageTag); err != nil {
			return err
		}
	}
	if in.ImageDigest != nil {
		return checkDigest("imageDigest", in.ImageDigest)
	}
	return nil
}

// exists refuses to put what is there already: the image, and under the tag if
// there is one. It is a courtesy, so it need not be exact: pushing again
// changes nothing.
func (r request) exists(v store.View, repository *model.Repository, push Push) error {
	digest := push.Digest
	if digest == "" {
		digest = fmt.Sprintf("sha256:%x", sha256.Sum256(push.Content))
	}
	if look(v, repository, identifier(digest, push.Tag)).image == nil {
		return nil
	}
	tagged := ""
	if push.Tag != "" {
		tagged = fmt.Sprintf(" and tag '%s'", push.Tag)
	}
	// AWS leaves out an article here that its other messages have.
	return &types.ImageAlreadyExistsException{Message: new(fmt.Sprintf(
		"Image with digest '%s'%s already exists in the repository with name '%s' in registry with id '%s'", digest, tagged, repository.Name, r.registry))}
}

// refused words why a push was refused.
func (d *Door) refused(r request, push Push, err error) error {
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		return d.failed(r, "put image", push.Repository, err)
	}
	message := &refusal.Message
	switch refusal.Reason {
	case TagImmutable:
		return &types.ImageTagAlreadyExistsException{Message: message}
	case LayersMissing:
		return &types.LayersNotFoundException{Message: message}
	case ImagesMissing:
		return &types.ReferencedImagesNotFoundException{Message: message}
	case DigestMismatch:
		return &types.ImageDigestDoesNotMatchException{Message: message}
	case LimitExceeded:
		return &types.LimitExceededException{Message: message}
	case ManifestInvalid:
		return violates("imageManifest", "%s", refusal.Message)
	}
	return d.fault(r, "put image", err)
}
