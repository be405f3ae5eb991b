package ecr

import (
	"iter"

	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// maxImageIDs bounds imageIds. Source: ECR API reference.
const maxImageIDs, maxMediaTypes = 100, 100

func identifier(digest, tag string) types.ImageIdentifier {
	var id types.ImageIdentifier
	if digest != "" {
		id.ImageDigest = &digest
	}
	if tag != "" {
		id.ImageTag = &tag
	}
	return id
}

// badID is the failure of an imageId that names nothing; ok is true for one
// that does.
func badID(id types.ImageIdentifier) (failure types.ImageFailure, ok bool) {
	switch {
	case id.ImageDigest == nil && id.ImageTag == nil:
		return imageFailure(id, types.ImageFailureCodeMissingDigestAndTag, "Invalid request parameters: both tag and digest cannot be null"), false
	case id.ImageDigest != nil && !digestPattern.MatchString(*id.ImageDigest):
		return imageFailure(id, types.ImageFailureCodeInvalidImageDigest, "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'"), false
	case id.ImageTag != nil && !tagPattern.MatchString(*id.ImageTag):
		return imageFailure(id, types.ImageFailureCodeInvalidImageTag, "Invalid request parameters: image tag should satisfy the regex '[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}'"), false
	}
	return failure, true
}

func imageFailure(id types.ImageIdentifier, code types.ImageFailureCode, reason string) types.ImageFailure {
	return types.ImageFailure{ImageId: &id, FailureCode: code, FailureReason: &reason}
}

func notFound(id types.ImageIdentifier) types.ImageFailure {
	return imageFailure(id, types.ImageFailureCodeImageNotFound, "Requested image not found")
}

func tagElsewhere(id types.ImageIdentifier) types.ImageFailure {
	return imageFailure(id, types.ImageFailureCodeImageTagDoesNotMatchDigest, "Tag does not map to the digest specified")
}

// found is what an imageId leads to.
type found struct {
	image *model.Image // nil when there is none
	// elsewhere says that the tag exists and points to another image.
	elsewhere bool
}

// look finds the image that a valid imageId names.
func look(v store.View, repository *model.Repository, id types.ImageIdentifier) found {
	var digest string
	if id.ImageDigest != nil {
		digest = *id.ImageDigest
	}
	if id.ImageTag != nil {
		t, ok := store.Get[*model.ImageTag](v, model.ImageTagID(repository.Account, repository.Name, *id.ImageTag))
		if !ok {
			return found{}
		}
		if digest != "" && digest != t.Digest {
			return found{elsewhere: true}
		}
		digest = t.Digest
	}
	i, ok := store.Get[*model.Image](v, model.ImageID(repository.Account, repository.Name, digest))
	if !ok {
		return found{}
	}
	return found{image: i}
}

// imagesAfter returns the images of a repository behind a digest.
func imagesAfter(v store.View, r *model.Repository, digest string) iter.Seq[*model.Image] {
	prefix := model.ImageID(r.Account, r.Name, "")
	return store.After[*model.Image](v, prefix, prefix+digest)
}

// tagsOf returns the tags of an image in order.
func tagsOf(v store.View, i *model.Image) []string {
	var tags []string
	for t := range store.TagsByImage(v, i.Key().ID) {
		tags = append(tags, t.Tag)
	}
	return tags
}

// filter says which images are in a list.
type filter struct {
	tags types.TagStatus
	none bool // for images in a state that ours are never in
}

// newFilter reads the two parts that the filters of all lists have. Our images
// are always ACTIVE: nothing archives them.
func newFilter(tags types.TagStatus, state types.ImageStatusFilter) (filter, error) {
	switch tags {
	case "", types.TagStatusAny, types.TagStatusTagged, types.TagStatusUntagged:
	default:
		return filter{}, violates("filter.tagStatus", "must satisfy enum value set: [TAGGED, UNTAGGED, ANY]")
	}
	f := filter{tags: tags}
	switch state {
	case "", types.ImageStatusFilterActive, types.ImageStatusFilterAny:
	case types.ImageStatusFilterArchived, types.ImageStatusFilterActivating:
		f.none = true
	default:
		return filter{}, violates("filter.imageStatus", "must satisfy enum value set: [ACTIVE, ARCHIVED, ACTIVATING, ANY]")
	}
	return f, nil
}

func (f filter) admits(tags []string) bool {
	switch {
	case f.none:
		return false
	case f.tags == types.TagStatusTagged:
		return len(tags) > 0
	case f.tags == types.TagStatusUntagged:
		return len(tags) == 0
	}
	return true
}
