package ecr

import (
	"context"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/roadstead/roadstead/model"
)

// Limits of exclusion filters. Source: ECR user guide, "Preventing image tags
// from being overwritten".
const (
	maxFilters   = 5
	maxWildcards = 2
)

const filterExpression = `[0-9a-zA-Z._*-]{1,128}`

var filterPattern = regexp.MustCompile(`^` + filterExpression + `$`)

// setMutability reads a setting into a repository; none means MUTABLE.
func setMutability(r *model.Repository, setting types.ImageTagMutability, filters []types.ImageTagMutabilityExclusionFilter) error {
	const parameter = "imageTagMutabilityExclusionFilters"
	if setting == "" {
		setting = types.ImageTagMutabilityMutable
	}
	switch setting {
	case types.ImageTagMutabilityMutable, types.ImageTagMutabilityImmutable:
		if len(filters) > 0 {
			return violates(parameter, "must not be specified for imageTagMutability %s", setting)
		}
	case types.ImageTagMutabilityMutableWithExclusion, types.ImageTagMutabilityImmutableWithExclusion:
		if err := checkCount(parameter, len(filters), 1, maxFilters); err != nil {
			return err
		}
	default:
		return violates("imageTagMutability", "must satisfy enum value set: [MUTABLE, IMMUTABLE, IMMUTABLE_WITH_EXCLUSION, MUTABLE_WITH_EXCLUSION]")
	}
	r.Mutability, r.Exclusions = string(setting), nil
	for _, f := range filters {
		switch {
		case f.FilterType != types.ImageTagMutabilityExclusionFilterTypeWildcard:
			return violates(parameter+".filterType", "must satisfy enum value set: [WILDCARD]")
		case f.Filter == nil || !filterPattern.MatchString(*f.Filter):
			return violates(parameter+".filter", "must satisfy regular expression '%s'", filterExpression)
		case strings.Count(*f.Filter, "*") > maxWildcards:
			return violates(parameter+".filter", "must have at most %d wildcards", maxWildcards)
		}
		r.Exclusions = append(r.Exclusions, *f.Filter)
	}
	return nil
}

func showFilters(filters []string) []types.ImageTagMutabilityExclusionFilter {
	var shown []types.ImageTagMutabilityExclusionFilter
	for _, f := range filters {
		shown = append(shown, types.ImageTagMutabilityExclusionFilter{Filter: new(f),
			FilterType: types.ImageTagMutabilityExclusionFilterTypeWildcard})
	}
	return shown
}

// PutImageTagMutability sets which tags may move.
func (d *Door) PutImageTagMutability(ctx context.Context, in *ecr.PutImageTagMutabilityInput) (*ecr.PutImageTagMutabilityOutput, error) {
	r, err := d.begin(ctx, in.RegistryId)
	if err != nil {
		return nil, err
	}
	if in.ImageTagMutability == "" {
		return nil, violates("imageTagMutability", "must not be null")
	}
	// AWS reads the setting before it looks for the repository.
	if err := setMutability(&model.Repository{}, in.ImageTagMutability, in.ImageTagMutabilityExclusionFilters); err != nil {
		return nil, err
	}
	err = d.change(r, in.RepositoryName, func(repository *model.Repository) error {
		return setMutability(repository, in.ImageTagMutability, in.ImageTagMutabilityExclusionFilters)
	})
	if err != nil {
		return nil, err
	}
	return &ecr.PutImageTagMutabilityOutput{RegistryId: &r.registry, RepositoryName: in.RepositoryName,
		ImageTagMutability: in.ImageTagMutability, ImageTagMutabilityExclusionFilters: in.ImageTagMutabilityExclusionFilters}, nil
}
