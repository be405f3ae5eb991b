package stored

import (
	"strings"

	"github.com/roadstead/roadstead/model"
)

// immutable reports whether a tag that exists may not be moved.
func immutable(r *model.Repository, tag string) bool {
	switch r.Mutability {
	case "IMMUTABLE":
		return true
	case "IMMUTABLE_WITH_EXCLUSION":
		return !excluded(r, tag)
	case "MUTABLE_WITH_EXCLUSION":
		return excluded(r, tag)
	}
	return false
}

func excluded(r *model.Repository, tag string) bool {
	for _, filter := range r.Exclusions {
		if matches(filter, tag) {
			return true
		}
	}
	return false
}

// matches reports whether a tag matches a wildcard filter, in which * stands
// for any text, also none.
func matches(filter, tag string) bool {
	first, rest, wild := strings.Cut(filter, "*")
	if !wild {
		return filter == tag
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
