package secretsmanager

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/wire/constraint"
)

var filterText = constraint.Text{Min: 0, Max: 512}

func checkFilters(v *constraint.Violations, filters []types.Filter) {
	v.Length("filters", len(filters), 0, 10)
	for i, f := range filters {
		at := fmt.Sprintf("filters.%d.member.", i+1)
		constraint.OneOf(v, at+"key", f.Key, f.Key.Values())
		v.Texts(at+"values", f.Values, 0, 10, filterText)
	}
}

// whole refuses filters that lack a part.
func whole(filters []types.Filter) error {
	for _, f := range filters {
		if f.Key == "" {
			return invalidParameter("Invalid filter key")
		}
		if len(f.Values) == 0 {
			return invalidParameter("Invalid filter values for key: %s", f.Key)
		}
	}
	return nil
}

// passes reports whether a secret passes all filters. A filter passes what one
// of its values matches; a value after "!" takes away what it matches.
// Source: Secrets Manager API reference, Filter.
func passes(s *model.Secret, filters []types.Filter) bool {
	for _, f := range filters {
		wanted, found := false, false
		for _, value := range f.Values {
			if not, ok := strings.CutPrefix(value, "!"); ok {
				if matches(s, f.Key, not) {
					return false
				}
				continue
			}
			wanted = true
			found = found || matches(s, f.Key, value)
		}
		if wanted && !found {
			return false
		}
	}
	return true
}

func matches(s *model.Secret, key types.FilterNameStringType, value string) bool {
	switch key {
	case types.FilterNameStringTypeName:
		return strings.HasPrefix(s.Name, value)
	case types.FilterNameStringTypeDescription:
		return wordsBegin(s.Description, value)
	case types.FilterNameStringTypeTagKey:
		return slices.ContainsFunc(s.Tags, func(t model.Tag) bool { return strings.HasPrefix(t.Key, value) })
	case types.FilterNameStringTypeTagValue:
		return slices.ContainsFunc(s.Tags, func(t model.Tag) bool { return strings.HasPrefix(t.Value, value) })
	case types.FilterNameStringTypeAll:
		parts := []string{s.Name, s.Description}
		for _, t := range s.Tags {
			parts = append(parts, t.Key, t.Value)
		}
		return wordsBegin(strings.Join(parts, " "), value)
	}
	return false // no secret is a replica, and none is another service's
}

// split returns the words of a text in lower case. A capital before a small
// letter begins a word, too: AppBeta is two.
func split(s string) (words []string) {
	for _, part := range strings.FieldsFunc(s, func(c rune) bool { return strings.ContainsRune(" /_+=.@-", c) }) {
		letters, from := []rune(part), 0
		for i := 1; i+1 < len(letters); i++ {
			if unicode.IsUpper(letters[i]) && unicode.IsLower(letters[i+1]) {
				words, from = append(words, strings.ToLower(string(letters[from:i]))), i
			}
		}
		words = append(words, strings.ToLower(string(letters[from:])))
	}
	return words
}

// wordsBegin reports whether every word of value begins a word of text,
// without regard to case. A value of separators alone, such as "+", has no
// word and is found nowhere.
func wordsBegin(text, value string) bool {
	words, wanted := split(text), split(value)
	if len(wanted) == 0 && value != "" {
		return false
	}
	for _, want := range wanted {
		if !slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, want) }) {
			return false
		}
	}
	return true
}
