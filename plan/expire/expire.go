package expire

import (
	"slices"
	"strings"
	"time"

	"github.com/roadstead/roadstead/model"
)

// Image is what a policy looks at of an image.
type Image struct {
	Digest   string
	Tags     []string
	PushedAt time.Time
	// Contained says that the image belongs to another, as an index's images do
	// to the index: it goes only after it.
	Contained bool
}

// Expired is an image that is to go, and the priority of the rule that says so.
type Expired struct {
	Image
	Priority int
}

// Images returns the images that the policy expires now, in the order of rules
// and within a rule the oldest first. Source: ECR user guide, "How lifecycle
// policies work": each rule looks at all images as if no other rule had
// expired any, and an image belongs to the first rule that selects it by tags.
func Images(p Policy, images []Image, now time.Time) []Expired {
	newest := slices.Clone(images)
	slices.SortFunc(newest, func(a, b Image) int {
		if c := b.PushedAt.Compare(a.PushedAt); c != 0 {
			return c
		}
		return strings.Compare(a.Digest, b.Digest)
	})
	claimed := make(map[string]bool)
	var expired []Expired
	for _, r := range p.Rules {
		var selected, going []Image
		for _, i := range newest {
			if r.selects(i.Tags) {
				selected = append(selected, i)
			}
		}
		switch r.CountType {
		case CountMoreThan:
			going = selected[min(r.Count, len(selected)):]
		case SincePushed:
			before := now.Add(-time.Duration(r.Count) * 24 * time.Hour)
			at, _ := slices.BinarySearchFunc(selected, before, func(i Image, t time.Time) int { return t.Compare(i.PushedAt) })
			going = selected[at:]
		}
		for _, i := range slices.Backward(going) {
			if !claimed[i.Digest] && !i.Contained {
				expired = append(expired, Expired{i, r.Priority})
			}
		}
		for _, i := range selected {
			claimed[i.Digest] = true
		}
	}
	return expired
}

// selects reports whether a rule is about an image with these tags.
func (r Rule) selects(tags []string) bool {
	switch r.TagStatus {
	case Any:
		return true
	case Untagged:
		return len(tags) == 0
	}
	for _, prefix := range r.Prefixes {
		if !slices.ContainsFunc(tags, func(tag string) bool { return strings.HasPrefix(tag, prefix) }) {
			return false
		}
	}
	for _, pattern := range r.Patterns {
		if !slices.ContainsFunc(tags, func(tag string) bool { return model.MatchTag(pattern, tag) }) {
			return false
		}
	}
	return len(tags) > 0
}
