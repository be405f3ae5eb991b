package ecr

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/expire"
)

// maxLifecyclePolicy is the longest lifecycle policy in characters. Source:
// ECR API reference, PutLifecyclePolicy.
const maxLifecyclePolicy = 30720

func (r request) noLifecycle(name string) error {
	return &types.LifecyclePolicyNotFoundException{Message: new("Lifecycle policy does not exist for " + r.of(name))}
}

// lifecycleText is the parameter that has the policy.
const lifecycleText = "LifecyclePolicyText"

// parseLifecycle reads a policy of a request.
func parseLifecycle(text string) (expire.Policy, error) {
	if len(text) > maxLifecyclePolicy {
		return expire.Policy{}, violates(lifecycleText, "must have length less than or equal to %d", maxLifecyclePolicy)
	}
	p, err := expire.Parse(text)
	if err != nil {
		return p, violates(lifecycleText, "Lifecycle policy validation failure: %v", err)
	}
	return p, nil
}

// PutLifecyclePolicy stores a policy of which every rule is understood.
func (d *Door) PutLifecyclePolicy(ctx context.Context, in *ecr.PutLifecyclePolicyInput) (*ecr.PutLifecyclePolicyOutput, error) {
	r, err := d.begin(ctx, in.RegistryId)
	if err != nil {
		return nil, err
	}
	if aws.ToString(in.LifecyclePolicyText) == "" {
		return nil, violates(lifecycleText, "must not be null")
	}
	if _, err := parseLifecycle(*in.LifecyclePolicyText); err != nil {
		return nil, err
	}
	err = d.change(r, in.RepositoryName, func(repository *model.Repository) error {
		repository.LifecyclePolicy, repository.LifecycleEvaluated = *in.LifecyclePolicyText, time.Time{}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ecr.PutLifecyclePolicyOutput{RegistryId: &r.registry, RepositoryName: in.RepositoryName, LifecyclePolicyText: in.LifecyclePolicyText}, nil
}

// GetLifecyclePolicy shows the policy as it was put.
func (d *Door) GetLifecyclePolicy(ctx context.Context, in *ecr.GetLifecyclePolicyInput) (*ecr.GetLifecyclePolicyOutput, error) {
	r, _, repository, err := d.about(ctx, in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	if repository.LifecyclePolicy == "" {
		return nil, r.noLifecycle(repository.Name)
	}
	return &ecr.GetLifecyclePolicyOutput{RegistryId: &r.registry, RepositoryName: &repository.Name,
		LifecyclePolicyText: &repository.LifecyclePolicy, LastEvaluatedAt: instant(repository.LifecycleEvaluated)}, nil
}

// DeleteLifecyclePolicy removes the policy and shows it a last time.
func (d *Door) DeleteLifecyclePolicy(ctx context.Context, in *ecr.DeleteLifecyclePolicyInput) (*ecr.DeleteLifecyclePolicyOutput, error) {
	r, err := d.begin(ctx, in.RegistryId)
	if err != nil {
		return nil, err
	}
	out := &ecr.DeleteLifecyclePolicyOutput{RegistryId: &r.registry, RepositoryName: in.RepositoryName}
	err = d.change(r, in.RepositoryName, func(repository *model.Repository) error {
		if repository.LifecyclePolicy == "" {
			return r.noLifecycle(repository.Name)
		}
		text := repository.LifecyclePolicy
		out.LifecyclePolicyText, out.LastEvaluatedAt = &text, instant(repository.LifecycleEvaluated)
		repository.LifecyclePolicy, repository.LifecycleEvaluated = "", time.Time{}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
