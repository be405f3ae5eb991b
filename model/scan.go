package model

import "strings"

// Frequencies of scans, as in AWS's API.
const (
	ScanOnPush   = "SCAN_ON_PUSH"
	ScanManually = "MANUAL"
)

// RegistryScanning says which repositories of an account's registry have their
// images scanned when they are pushed, besides those that say so themselves.
// Written by the ECR API.
type RegistryScanning struct {
	Meta
	Account string     `f:"1"`
	Rules   []ScanRule `f:"2"`
}

// ScanRule is how often the images of some repositories are scanned.
type ScanRule struct {
	Frequency string `f:"1"` // ScanOnPush or ScanManually
	// Filters are of names of repositories; see MatchRepository.
	Filters []string `f:"2"`
}

// KindRegistryScanning is the table of registries' scanning rules.
const KindRegistryScanning Kind = "registry-scanning"

// Key returns the account.
func (s *RegistryScanning) Key() Key { return Key{KindRegistryScanning, s.Account} }

// Clone returns a copy whose fields may be replaced.
func (s *RegistryScanning) Clone() *RegistryScanning { c := *s; return &c }

// ScanFrequency returns how often the images of the repository are scanned,
// and the registry's filters that say so. registry is nil where there are no
// rules. The repository's own setting counts beside the rules, and what is
// scanned on push by either is.
func (r *Repository) ScanFrequency(registry *RegistryScanning) (frequency string, filters []string) {
	var pushed, manual []string
	if registry != nil {
		for _, rule := range registry.Rules {
			for _, f := range rule.Filters {
				switch {
				case !MatchRepository(f, r.Name):
				case rule.Frequency == ScanOnPush:
					pushed = append(pushed, f)
				default:
					manual = append(manual, f)
				}
			}
		}
	}
	if r.ScanOnPush || len(pushed) > 0 {
		return ScanOnPush, pushed
	}
	return ScanManually, manual
}

// MatchRepository reports whether a repository's name matches a filter of
// scanning rules: one without * is anywhere in the name, and * stands for any
// text, also none. Source: ECR user guide, "Filters to choose which
// repositories are scanned".
func MatchRepository(filter, name string) bool {
	if !strings.Contains(filter, "*") {
		return strings.Contains(name, filter)
	}
	return MatchTag(filter, name)
}

// Scannable reports whether this is the image of one container: indexes and
// other artifacts are not scanned.
func (i *Image) Scannable() bool {
	switch i.MediaType {
	case "application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json":
	default:
		return false
	}
	switch i.ArtifactMediaType {
	case "application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json":
		return true
	}
	return false
}
