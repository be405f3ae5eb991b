package model

import "strings"

// Immutable reports whether a tag of the repository may not be moved once it
// exists.
func (r *Repository) Immutable(tag string) bool {
	switch r.Mutability {
	case "IMMUTABLE":
		return true
	case "IMMUTABLE_WITH_EXCLUSION":
		return !r.excludes(tag)
	case "MUTABLE_WITH_EXCLUSION":
		return r.excludes(tag)
	}
	return false
}

func (r *Repository) excludes(tag string) bool {
	for _, pattern := range r.Exclusions {
		if MatchTag(pattern, tag) {
			return true
		}
	}
	return false
}

// MatchTag reports whether an image tag matches a pattern, in which * stands
// for any text, also none.
func MatchTag(pattern, tag string) bool {
	first, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == tag
	}
	tag, ok := strings.CutPrefix(tag, first)
	if !ok {
		return false
	}
	for {
		part, more, wild := strings.Cut(rest, "*")
		if !wild {
			return strings.HasSuffix(tag, part)
		}
		at := strings.Index(tag, part)
		if at < 0 {
			return false
		}
		tag, rest = tag[at+len(part):], more
	}
}
