package ecr

import (
	"context"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// Limits of scanning rules. Source: ECR API reference,
// PutRegistryScanningConfiguration, RegistryScanningRule,
// ScanningRepositoryFilter and BatchGetRepositoryScanningConfiguration.
const (
	maxScanRules   = 2
	maxScanFilters = 100 // of a rule
	maxScanFilter  = 255 // bytes
	maxScanNames   = 25
)

const scanFilterExpression = `^[a-z0-9*](?:[._\-/a-z0-9*]?[a-z0-9*]+)*$`

var scanFilterPattern = regexp.MustCompile(scanFilterExpression)

// PutRegistryScanningConfiguration sets the rules that say whose images are
// scanned on push, in place of those before. Only basic scanning can be asked
// for: enhanced scanning is another service's continuous work.
func (d *Door) PutRegistryScanningConfiguration(ctx context.Context, in *ecr.PutRegistryScanningConfigurationInput) (*ecr.PutRegistryScanningConfigurationOutput, error) {
	r, err := d.begin(ctx, nil)
	if err != nil {
		return nil, err
	}
	rules, err := readScanRules(in)
	if err != nil {
		return nil, err
	}
	var shown *types.RegistryScanningConfiguration
	err = d.commit(r, func(v store.View, c *model.Change) error {
		s := &model.RegistryScanning{Account: r.scope.Account}
		if known, ok := store.Get[*model.RegistryScanning](v, r.scope.Account); ok {
			s = known.Clone()
		}
		s.Rules = rules
		shown = showScanning(s)
		c.Put(s)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ecr.PutRegistryScanningConfigurationOutput{RegistryScanningConfiguration: shown}, nil
}

// readScanRules reads the rules that are asked for.
func readScanRules(in *ecr.PutRegistryScanningConfigurationInput) ([]model.ScanRule, error) {
	switch in.ScanType {
	case "", types.ScanTypeBasic:
	case types.ScanTypeEnhanced:
		return nil, notSupported("scanType ENHANCED")
	default:
		return nil, violates("scanType", "must satisfy enum value set: [BASIC, ENHANCED]")
	}
	if err := checkCount("rules", len(in.Rules), 0, maxScanRules); err != nil {
		return nil, err
	}
	var rules []model.ScanRule
	for _, given := range in.Rules {
		switch given.ScanFrequency {
		case types.ScanFrequencyScanOnPush, types.ScanFrequencyManual:
		case types.ScanFrequencyContinuousScan:
			return nil, violates("rules.scanFrequency", "CONTINUOUS_SCAN must not be specified for scanType BASIC")
		default:
			return nil, violates("rules.scanFrequency", "must satisfy enum value set: [SCAN_ON_PUSH, CONTINUOUS_SCAN, MANUAL]")
		}
		filters, err := readScanFilters(given.RepositoryFilters)
		if err != nil {
			return nil, err
		}
		rules = append(rules, model.ScanRule{Frequency: string(given.ScanFrequency), Filters: filters})
	}
	return rules, nil
}

func readScanFilters(given []types.ScanningRepositoryFilter) ([]string, error) {
	const parameter = "rules.repositoryFilters"
	if given == nil {
		return nil, violates(parameter, "must not be null")
	}
	if err := checkCount(parameter, len(given), 0, maxScanFilters); err != nil {
		return nil, err
	}
	var filters []string
	for _, f := range given {
		switch {
		case f.FilterType != types.ScanningRepositoryFilterTypeWildcard:
			return nil, violates(parameter+".filterType", "must satisfy enum value set: [WILDCARD]")
		case len(aws.ToString(f.Filter)) > maxScanFilter:
			return nil, violates(parameter+".filter", "must have length less than or equal to %d", maxScanFilter)
		case !scanFilterPattern.MatchString(aws.ToString(f.Filter)):
			return nil, violates(parameter+".filter", "must satisfy regular expression '%s'", scanFilterExpression)
		}
		filters = append(filters, *f.Filter)
	}
	return filters, nil
}

func showScanning(s *model.RegistryScanning) *types.RegistryScanningConfiguration {
	shown := &types.RegistryScanningConfiguration{ScanType: types.ScanTypeBasic, Rules: []types.RegistryScanningRule{}}
	for _, rule := range s.Rules {
		shown.Rules = append(shown.Rules, types.RegistryScanningRule{
			ScanFrequency: types.ScanFrequency(rule.Frequency), RepositoryFilters: showScanFilters(rule.Filters)})
	}
	return shown
}

func showScanFilters(filters []string) []types.ScanningRepositoryFilter {
	shown := []types.ScanningRepositoryFilter{}
	for _, f := range filters {
		shown = append(shown, types.ScanningRepositoryFilter{Filter: new(f), FilterType: types.ScanningRepositoryFilterTypeWildcard})
	}
	return shown
}

// GetRegistryScanningConfiguration shows the rules as they were put.
func (d *Door) GetRegistryScanningConfiguration(ctx context.Context, _ *ecr.GetRegistryScanningConfigurationInput) (*ecr.GetRegistryScanningConfigurationOutput, error) {
	r, err := d.begin(ctx, nil)
	if err != nil {
		return nil, err
	}
	s, ok := store.Get[*model.RegistryScanning](d.db.View(), r.scope.Account)
	if !ok {
		s = &model.RegistryScanning{}
	}
	return &ecr.GetRegistryScanningConfigurationOutput{RegistryId: &r.registry, ScanningConfiguration: showScanning(s)}, nil
}

// BatchGetRepositoryScanningConfiguration shows how often the images of
// repositories are scanned, by their own settings and the registry's rules.
func (d *Door) BatchGetRepositoryScanningConfiguration(ctx context.Context, in *ecr.BatchGetRepositoryScanningConfigurationInput) (*ecr.BatchGetRepositoryScanningConfigurationOutput, error) {
	r, err := d.begin(ctx, nil)
	if err != nil {
		return nil, err
	}
	if err := checkCount("repositoryNames", len(in.RepositoryNames), 1, maxScanNames); err != nil {
		return nil, err
	}
	for _, name := range in.RepositoryNames {
		if err := checkRepositoryName(&name); err != nil {
			return nil, err
		}
	}
	v := d.db.View()
	rules, _ := store.Get[*model.RegistryScanning](v, r.scope.Account)
	out := &ecr.BatchGetRepositoryScanningConfigurationOutput{
		Failures: []types.RepositoryScanningConfigurationFailure{}, ScanningConfigurations: []types.RepositoryScanningConfiguration{}}
	for _, name := range in.RepositoryNames {
		repository, ok := store.Get[*model.Repository](v, r.registry+"/"+name)
		if !ok {
			out.Failures = append(out.Failures, types.RepositoryScanningConfigurationFailure{RepositoryName: &name,
				FailureCode: types.ScanningConfigurationFailureCodeRepositoryNotFound, FailureReason: new(r.noRepositoryText(name))})
			continue
		}
		frequency, filters := repository.ScanFrequency(rules)
		out.ScanningConfigurations = append(out.ScanningConfigurations, types.RepositoryScanningConfiguration{
			RepositoryArn: new(r.scope.RepositoryARN(name)), RepositoryName: &name, ScanFrequency: types.ScanFrequency(frequency),
			ScanOnPush: frequency == model.ScanOnPush, AppliedScanFilters: showScanFilters(filters)})
	}
	return out, nil
}
