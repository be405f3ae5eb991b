package expire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Limits of a policy. Source: ECR user guide, "Lifecycle policy parameters",
// and the quotas of Amazon ECR.
const (
	MaxRules       = 50
	maxDescription = 256
	maxSelectors   = 10 // entries of tagPrefixList or tagPatternList
	maxWildcards   = 4  // in one pattern
)

// What a rule counts.
const (
	CountMoreThan = "imageCountMoreThan"
	SincePushed   = "sinceImagePushed"
)

// Which images a rule selects by their tags.
const (
	Tagged   = "tagged"
	Untagged = "untagged"
	Any      = "any"
)

// Policy is a lifecycle policy that makes sense, its rules by priority.
type Policy struct{ Rules []Rule }

// Rule selects images to expire. An image is selected by its tags when every
// prefix, and every pattern, fits one of them.
type Rule struct {
	Priority  int
	TagStatus string
	Prefixes  []string
	Patterns  []string // in which * stands for any text
	CountType string
	Count     int // images, or days
}

type document struct {
	Rules []struct {
		RulePriority *int   `json:"rulePriority"`
		Description  string `json:"description"`
		Selection    struct {
			TagStatus      string   `json:"tagStatus"`
			TagPrefixList  []string `json:"tagPrefixList"`
			TagPatternList []string `json:"tagPatternList"`
			StorageClass   string   `json:"storageClass"`
			CountType      string   `json:"countType"`
			CountUnit      string   `json:"countUnit"`
			CountNumber    int      `json:"countNumber"`
		} `json:"selection"`
		Action struct {
			Type string `json:"type"`
		} `json:"action"`
	} `json:"rules"`
}

// Parse reads a lifecycle policy. What it does not know it refuses, so that
// nothing in a stored policy is ignored.
func Parse(text string) (Policy, error) {
	var d document
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d); err != nil {
		return Policy{}, fmt.Errorf("the policy is not understood: %w", err)
	}
	if !json.Valid([]byte(text)) {
		return Policy{}, errors.New("there is content behind the policy")
	}
	if n := len(d.Rules); n == 0 || n > MaxRules {
		return Policy{}, fmt.Errorf("the policy has %d rules, not 1 to %d", n, MaxRules)
	}
	var p Policy
	for i, given := range d.Rules {
		s := given.Selection
		r := Rule{TagStatus: s.TagStatus, Prefixes: s.TagPrefixList, Patterns: s.TagPatternList, CountType: s.CountType, Count: s.CountNumber}
		var err error
		switch {
		case given.RulePriority == nil || *given.RulePriority < 1:
			err = errors.New("rulePriority must be a positive number")
		case len(given.Description) > maxDescription:
			err = fmt.Errorf("description has more than %d characters", maxDescription)
		case given.Action.Type != "expire":
			err = fmt.Errorf("action.type %q is not supported", given.Action.Type)
		case s.StorageClass != "" && s.StorageClass != "standard":
			err = fmt.Errorf("selection.storageClass %q is not supported", s.StorageClass)
		default:
			r.Priority = *given.RulePriority
			err = r.check(s.CountUnit)
		}
		if err != nil {
			return Policy{}, fmt.Errorf("rules[%d]: %w", i, err)
		}
		p.Rules = append(p.Rules, r)
	}
	slices.SortStableFunc(p.Rules, func(a, b Rule) int { return a.Priority - b.Priority })
	return p, p.check()
}

func (r Rule) check(unit string) error {
	switch r.TagStatus {
	case Tagged:
		if len(r.Prefixes)+len(r.Patterns) == 0 {
			return errors.New("tagPrefixList or tagPatternList is needed for tagStatus tagged")
		}
	case Untagged, Any:
		if len(r.Prefixes)+len(r.Patterns) > 0 {
			return fmt.Errorf("tagPrefixList and tagPatternList cannot be used with tagStatus %s", r.TagStatus)
		}
	default:
		return fmt.Errorf("tagStatus %q is not tagged, untagged or any", r.TagStatus)
	}
	if len(r.Prefixes) > maxSelectors || len(r.Patterns) > maxSelectors {
		return fmt.Errorf("tagPrefixList or tagPatternList has more than %d entries", maxSelectors)
	}
	if len(r.Prefixes) > 0 && len(r.Patterns) > 0 {
		return errors.New("tagPrefixList and tagPatternList cannot be used together")
	}
	for _, s := range append(slices.Clone(r.Prefixes), r.Patterns...) {
		if s == "" || strings.Count(s, "*") > maxWildcards {
			return fmt.Errorf("tag prefix or pattern %q is empty or has more than %d wildcards", s, maxWildcards)
		}
	}
	switch {
	case r.CountType != CountMoreThan && r.CountType != SincePushed:
		return fmt.Errorf("countType %q is not supported", r.CountType)
	case r.CountType == CountMoreThan && unit != "":
		return errors.New("countUnit cannot be used with countType imageCountMoreThan")
	case r.CountType == SincePushed && unit != "days":
		return errors.New("countUnit must be days for countType sinceImagePushed")
	case r.Count < 1:
		return errors.New("countNumber must be a positive number")
	}
	return nil
}

// check looks at the rules together; they are sorted.
func (p Policy) check() error {
	untagged := 0
	for i, r := range p.Rules {
		if i > 0 && r.Priority == p.Rules[i-1].Priority {
			return fmt.Errorf("rulePriority %d is used twice", r.Priority)
		}
		if r.TagStatus == Any && i < len(p.Rules)-1 {
			return errors.New("the rule with tagStatus any must have the highest rulePriority")
		}
		if r.TagStatus == Untagged {
			untagged++
		}
	}
	if untagged > 1 {
		return errors.New("there is more than one rule with tagStatus untagged")
	}
	return nil
}
