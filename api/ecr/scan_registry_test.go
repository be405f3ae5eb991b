package ecr_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
)

func scanRule(frequency types.ScanFrequency, filters ...string) types.RegistryScanningRule {
	rule := types.RegistryScanningRule{ScanFrequency: frequency, RepositoryFilters: []types.ScanningRepositoryFilter{}}
	for _, f := range filters {
		rule.RepositoryFilters = append(rule.RepositoryFilters, types.ScanningRepositoryFilter{Filter: &f, FilterType: types.ScanningRepositoryFilterTypeWildcard})
	}
	return rule
}

func rulesText(c *types.RegistryScanningConfiguration) string {
	text := string(c.ScanType)
	for _, r := range c.Rules {
		text += " " + string(r.ScanFrequency) + filtersText(r.RepositoryFilters)
	}
	return text
}

func filtersText(filters []types.ScanningRepositoryFilter) (text string) {
	for _, f := range filters {
		text += " " + string(f.FilterType) + ":" + *f.Filter
	}
	return text
}

func TestRegistryScanning(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.create("shop/web")
	w.create("bank")
	must[*ecr.CreateRepositoryOutput](t)(w.ecr.CreateRepository(ctx, &ecr.CreateRepositoryInput{RepositoryName: aws.String("own"),
		ImageScanningConfiguration: &types.ImageScanningConfiguration{ScanOnPush: true}}))
	rules := func() string {
		out := must[*ecr.GetRegistryScanningConfigurationOutput](t)(w.ecr.GetRegistryScanningConfiguration(ctx, &ecr.GetRegistryScanningConfigurationInput{}))
		return *out.RegistryId + " " + rulesText(out.ScanningConfiguration)
	}
	wantSame(t, rules(), account+" BASIC")
	put := must[*ecr.PutRegistryScanningConfigurationOutput](t)(w.ecr.PutRegistryScanningConfiguration(ctx, &ecr.PutRegistryScanningConfigurationInput{
		ScanType: types.ScanTypeBasic, Rules: []types.RegistryScanningRule{scanRule(types.ScanFrequencyScanOnPush, "shop*"), scanRule(types.ScanFrequencyManual, "*")}}))
	const want = "BASIC SCAN_ON_PUSH WILDCARD:shop* MANUAL WILDCARD:*"
	wantSame(t, rulesText(put.RegistryScanningConfiguration), want)
	wantSame(t, rules(), account+" "+want)

	about := func() (all []string) {
		out := must[*ecr.BatchGetRepositoryScanningConfigurationOutput](t)(w.ecr.BatchGetRepositoryScanningConfiguration(ctx,
			&ecr.BatchGetRepositoryScanningConfigurationInput{RepositoryNames: []string{"shop/web", "bank", "none", "own"}}))
		for _, c := range out.ScanningConfigurations {
			all = append(all, fmt.Sprint(*c.RepositoryArn, " ", *c.RepositoryName, " ", c.ScanFrequency, " ", c.ScanOnPush, filtersText(c.AppliedScanFilters)))
		}
		for _, f := range out.Failures {
			all = append(all, fmt.Sprint(*f.RepositoryName, " ", f.FailureCode, " ", *f.FailureReason))
		}
		return all
	}
	const arn, none = "arn:aws:ecr:us-east-1:000000000000:repository/", "none REPOSITORY_NOT_FOUND The repository with name 'none' does not exist in the registry with id '000000000000'"
	wantSame(t, about(), []string{arn + "shop/web shop/web SCAN_ON_PUSH true WILDCARD:shop*", arn + "bank bank MANUAL false WILDCARD:*",
		arn + "own own SCAN_ON_PUSH true", none})
	wantSame(t, w.scan("shop/web", w.push("a", "shop/web:v1")), unexamined)
	wantSame(t, w.scan("bank", w.push("a", "bank:v1")), "")

	must[*ecr.PutRegistryScanningConfigurationOutput](t)(w.ecr.PutRegistryScanningConfiguration(ctx, &ecr.PutRegistryScanningConfigurationInput{}))
	wantSame(t, rules(), account+" BASIC")
	wantSame(t, about(), []string{arn + "shop/web shop/web MANUAL false", arn + "bank bank MANUAL false", arn + "own own SCAN_ON_PUSH true", none})
	wantSame(t, w.scan("shop/web", w.push("b", "shop/web:v2")), "")
}

func TestScanningRulesThatAreRefused(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	push := func(filters ...string) []types.RegistryScanningRule {
		return []types.RegistryScanningRule{scanRule(types.ScanFrequencyScanOnPush, filters...)}
	}
	regex := push("a")
	regex[0].RepositoryFilters[0].FilterType = "REGEX"
	const filter = "rules.repositoryFilters.filter"
	for _, c := range []struct {
		parameter, constraint string
		in                    ecr.PutRegistryScanningConfigurationInput
	}{
		{"scanType ENHANCED", "scanType ENHANCED is not supported by Roadstead yet", ecr.PutRegistryScanningConfigurationInput{ScanType: types.ScanTypeEnhanced}},
		{"scanType", "must satisfy enum value set: [BASIC, ENHANCED]", ecr.PutRegistryScanningConfigurationInput{ScanType: "DEEP"}},
		{"rules", "must have length less than or equal to 2", ecr.PutRegistryScanningConfigurationInput{Rules: append(push("a"), append(push("b"), push("c")...)...)}},
		{"rules.scanFrequency", "CONTINUOUS_SCAN must not be specified for scanType BASIC",
			ecr.PutRegistryScanningConfigurationInput{Rules: []types.RegistryScanningRule{scanRule(types.ScanFrequencyContinuousScan, "a")}}},
		{"rules.scanFrequency", "must satisfy enum value set: [SCAN_ON_PUSH, CONTINUOUS_SCAN, MANUAL]",
			ecr.PutRegistryScanningConfigurationInput{Rules: []types.RegistryScanningRule{scanRule("DAILY", "a")}}},
		{"rules.repositoryFilters", "must have length less than or equal to 100", ecr.PutRegistryScanningConfigurationInput{Rules: push(strings.Fields(strings.Repeat("a ", 101))...)}},
		{"rules.repositoryFilters.filterType", "must satisfy enum value set: [WILDCARD]", ecr.PutRegistryScanningConfigurationInput{Rules: regex}},
		{filter, "must have length less than or equal to 255", ecr.PutRegistryScanningConfigurationInput{Rules: push(strings.Repeat("a", 256))}},
		{filter, `must satisfy regular expression '^[a-z0-9*](?:[._\-/a-z0-9*]?[a-z0-9*]+)*$'`, ecr.PutRegistryScanningConfigurationInput{Rules: push("Shop")}},
	} {
		_, err := w.ecr.PutRegistryScanningConfiguration(ctx, &c.in)
		wantError(t, err, "InvalidParameterException", "Invalid parameter at '"+c.parameter+"' failed to satisfy constraint: '"+c.constraint+"'")
	}
	for constraint, names := range map[string][]string{
		"must have length greater than or equal to 1": {},
		"must have length less than or equal to 25":   strings.Fields(strings.Repeat("shop ", 26)),
	} {
		_, err := w.ecr.BatchGetRepositoryScanningConfiguration(ctx, &ecr.BatchGetRepositoryScanningConfigurationInput{RepositoryNames: names})
		wantError(t, err, "InvalidParameterException", "Invalid parameter at 'repositoryNames' failed to satisfy constraint: '"+constraint+"'")
	}
}
