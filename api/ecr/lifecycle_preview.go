package ecr

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/expire"
	"github.com/roadstead/roadstead/store"
)

// StartLifecyclePolicyPreview remembers a policy to be tried: the request's, or
// the repository's own. Nothing is expired by it.
func (d *Door) StartLifecyclePolicyPreview(ctx context.Context, in *ecr.StartLifecyclePolicyPreviewInput) (*ecr.StartLifecyclePolicyPreviewOutput, error) {
	r, err := d.begin(ctx, in.RegistryId)
	if err != nil {
		return nil, err
	}
	text := aws.ToString(in.LifecyclePolicyText)
	if text != "" {
		if _, err := parseLifecycle(text); err != nil {
			return nil, err
		}
	}
	out := &ecr.StartLifecyclePolicyPreviewOutput{RegistryId: &r.registry, RepositoryName: in.RepositoryName, Status: types.LifecyclePolicyPreviewStatusInProgress}
	err = d.change(r, in.RepositoryName, func(repository *model.Repository) error {
		tried := text
		if tried == "" {
			tried = repository.LifecyclePolicy
		}
		if tried == "" {
			return r.noLifecycle(repository.Name)
		}
		repository.Previewed, repository.PreviewedAt = tried, d.opts.Now().UTC()
		out.LifecyclePolicyText = &tried
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// GetLifecyclePolicyPreview tells which images the policy that was tried last
// would have expired then. Images that are gone are not among them.
func (d *Door) GetLifecyclePolicyPreview(ctx context.Context, in *ecr.GetLifecyclePolicyPreviewInput) (*ecr.GetLifecyclePolicyPreviewOutput, error) {
	f, unfit := filter{}, error(nil)
	if in.Filter != nil {
		f, unfit = newFilter(in.Filter.TagStatus, "")
	}
	r, v, repository, err := d.about(ctx, in.RegistryId, in.RepositoryName, unfit, checkLimit(in.MaxResults), checkNamed(in.ImageIds))
	if err != nil {
		return nil, err
	}
	if repository.Previewed == "" {
		return nil, &types.LifecyclePolicyPreviewNotFoundException{Message: new("Lifecycle policy preview does not exist for " + r.of(repository.Name))}
	}
	p, err := newPage(in.MaxResults, in.NextToken, "GetLifecyclePolicyPreview", repository.Key().ID, string(f.tags), repository.PreviewedAt.String())
	if err != nil {
		return nil, err
	}
	policy, err := expire.Parse(repository.Previewed)
	if err != nil {
		return nil, fmt.Errorf("previewed policy of %s: %w", repository.Key(), err)
	}
	expired := expire.Images(policy, expirable(v, repository), repository.PreviewedAt)
	out := &ecr.GetLifecyclePolicyPreviewOutput{RegistryId: &r.registry, RepositoryName: &repository.Name, LifecyclePolicyText: &repository.Previewed,
		Status: types.LifecyclePolicyPreviewStatusComplete, Summary: &types.LifecyclePolicyPreviewSummary{ExpiringImageTotalCount: new(int32(len(expired)))}}
	out.PreviewResults, out.NextToken = take(p, func(yield func(string, types.LifecyclePolicyPreviewResult) bool) {
		for n, i := range expired {
			at := fmt.Sprintf("%08d", n)
			if at <= p.after || !f.admits(i.Tags) || !asked(in.ImageIds, i.Image) {
				continue
			}
			if !yield(at, previewed(i)) {
				return
			}
		}
	})
	return out, nil
}

func previewed(i expire.Expired) types.LifecyclePolicyPreviewResult {
	return types.LifecyclePolicyPreviewResult{Action: &types.LifecyclePolicyRuleAction{Type: types.ImageActionTypeExpire}, AppliedRulePriority: new(int32(i.Priority)),
		ImageDigest: &i.Digest, ImagePushedAt: &i.PushedAt, ImageTags: append([]string{}, i.Tags...)}
}

// asked is true for what a request names, and for everything if it names
// nothing.
func asked(ids []types.ImageIdentifier, i expire.Image) bool {
	return len(ids) == 0 || slices.ContainsFunc(ids, func(id types.ImageIdentifier) bool {
		return (id.ImageDigest == nil || *id.ImageDigest == i.Digest) && (id.ImageTag == nil || slices.Contains(i.Tags, *id.ImageTag)) &&
			(id.ImageDigest != nil || id.ImageTag != nil)
	})
}

// expirable are a repository's images as a policy looked at them: those that
// were there.
func expirable(v store.View, r *model.Repository) []expire.Image {
	present, contained := map[string]bool{}, map[string]bool{}
	for i := range imagesAfter(v, r, "") {
		present[i.Digest] = true
		for _, child := range i.References {
			contained[child] = true
		}
	}
	var images []expire.Image
	for i := range imagesAfter(v, r, "") {
		if i.PushedAt.After(r.PreviewedAt) {
			continue
		}
		images = append(images, expire.Image{Digest: i.Digest, Tags: tagsOf(v, i), PushedAt: i.PushedAt,
			Contained: contained[i.Digest] || i.Subject != "" && present[i.Subject]})
	}
	return images
}
