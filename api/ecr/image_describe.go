package ecr

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// DescribeImages shows the images that are named, or all that the filter
// admits, by digest.
func (d *Door) DescribeImages(ctx context.Context, in *ecr.DescribeImagesInput) (*ecr.DescribeImagesOutput, error) {
	f, unfit := filter{}, error(nil)
	if in.Filter != nil {
		f, unfit = newFilter(in.Filter.TagStatus, in.Filter.ImageStatus)
	}
	r, v, repository, err := d.about(ctx, in.RegistryId, in.RepositoryName, unfit, checkLimit(in.MaxResults), checkNamed(in.ImageIds))
	if err != nil {
		return nil, err
	}
	if in.ImageIds != nil {
		if in.MaxResults != nil || in.NextToken != nil {
			return nil, invalid("maxResults and nextToken cannot be used with imageIds")
		}
		return r.describeNamed(v, repository, in.ImageIds)
	}
	p, err := newPage(in.MaxResults, in.NextToken, "DescribeImages", repository.Key().ID, string(f.tags))
	if err != nil {
		return nil, err
	}
	var out ecr.DescribeImagesOutput
	out.ImageDetails, out.NextToken = take(p, func(yield func(string, types.ImageDetail) bool) {
		for i := range imagesAfter(v, repository, p.after) {
			tags := tagsOf(v, i)
			if f.admits(tags) && !yield(i.Digest, detail(i, tags)) {
				return
			}
		}
	})
	return &out, nil
}

// describeNamed shows each image once, however often it is named.
func (r request) describeNamed(v store.View, repository *model.Repository, ids []types.ImageIdentifier) (*ecr.DescribeImagesOutput, error) {
	out := &ecr.DescribeImagesOutput{}
	shown := make(map[string]bool)
	for _, id := range ids {
		if failure, ok := badID(id); !ok {
			return nil, invalid("%s", *failure.FailureReason)
		}
		i := look(v, repository, id).image
		if i == nil {
			return nil, r.noImage(repository.Name, id)
		}
		if !shown[i.Digest] {
			shown[i.Digest] = true
			out.ImageDetails = append(out.ImageDetails, detail(i, tagsOf(v, i)))
		}
	}
	return out, nil
}

func detail(i *model.Image, tags []string) types.ImageDetail {
	return types.ImageDetail{
		RegistryId: &i.Account, RepositoryName: &i.Repository, ImageDigest: &i.Digest, ImageTags: tags,
		ImageSizeInBytes: &i.Size, ImagePushedAt: instant(i.PushedAt), LastRecordedPullTime: instant(i.PulledAt),
		ImageManifestMediaType: text(i.MediaType), ArtifactMediaType: text(i.ArtifactMediaType),
		SubjectManifestDigest: text(i.Subject), ImageStatus: types.ImageStatusActive, ImageScanStatus: scanStatus(i),
	}
}

// instant and text leave out what is not there.

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
