package model

import (
	"slices"
	"testing"
)

// TestMatchRepository is the table of ECR's user guide, "Filters to choose
// which repositories are scanned".
func TestMatchRepository(t *testing.T) {
	names := []string{"prod", "repo-prod", "prod-repo", "repo-prod-repo", "prodrepo"}
	for filter, want := range map[string][]string{
		"prod":      names,
		"*prod":     {"prod", "repo-prod"},
		"prod*":     {"prod", "prod-repo", "prodrepo"},
		"*prod*":    names,
		"prod*repo": {"prod-repo", "prodrepo"},
		"test":      nil,
	} {
		var got []string
		for _, name := range names {
			if MatchRepository(filter, name) {
				got = append(got, name)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s matches %v, want %v", filter, got, want)
		}
	}
}

func TestScanFrequency(t *testing.T) {
	rules := &RegistryScanning{Rules: []ScanRule{{ScanOnPush, []string{"shop*", "web"}}, {ScanManually, []string{"*"}}}}
	for _, c := range []struct {
		name     string
		own      bool
		registry *RegistryScanning
		want     string
		filters  []string
	}{
		{"shop/web", false, nil, ScanManually, nil},
		{"shop/web", true, nil, ScanOnPush, nil},
		{"shop/web", false, rules, ScanOnPush, []string{"shop*", "web"}},
		{"bank", false, rules, ScanManually, []string{"*"}},
		{"bank", true, rules, ScanOnPush, nil},
	} {
		r := &Repository{Name: c.name, ScanOnPush: c.own}
		got, filters := r.ScanFrequency(c.registry)
		if got != c.want || !slices.Equal(filters, c.filters) {
			t.Errorf("%s (%t): %s %v, want %s %v", c.name, c.own, got, filters, c.want, c.filters)
		}
	}
}
