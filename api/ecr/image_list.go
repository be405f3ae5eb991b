package ecr

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
)

// ListImages lists every tag with its image, and every image without a tag, in
// the order of digests and tags.
func (d *Door) ListImages(ctx context.Context, in *ecr.ListImagesInput) (*ecr.ListImagesOutput, error) {
	f, unfit := filter{}, error(nil)
	if in.Filter != nil {
		f, unfit = newFilter(in.Filter.TagStatus, in.Filter.ImageStatus)
	}
	_, v, repository, err := d.about(ctx, in.RegistryId, in.RepositoryName, unfit, checkLimit(in.MaxResults))
	if err != nil {
		return nil, err
	}
	p, err := newPage(in.MaxResults, in.NextToken, "ListImages", repository.Key().ID, string(f.tags))
	if err != nil {
		return nil, err
	}
	last, lastTag, resumed := strings.Cut(p.after, " ")
	from := last
	if resumed {
		from = last[:max(len(last)-1, 0)] // the image again: it may have more tags
	}
	var out ecr.ListImagesOutput
	out.ImageIds, out.NextToken = take(p, func(yield func(string, types.ImageIdentifier) bool) {
		for i := range imagesAfter(v, repository, from) {
			tags := tagsOf(v, i)
			if i.Digest < last || !f.admits(tags) {
				continue
			}
			if len(tags) == 0 {
				if i.Digest != last && !yield(i.Digest+" ", identifier(i.Digest, "")) {
					return
				}
				continue
			}
			for _, tag := range tags {
				if (i.Digest != last || tag > lastTag) && !yield(i.Digest+" "+tag, identifier(i.Digest, tag)) {
					return
				}
			}
		}
	})
	return &out, nil
}
