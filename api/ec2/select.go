package ec2

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/roadstead/roadstead/wire/paging"
)

// Limits of lists. Source: EC2 API reference, "Pagination" and "Filtering".
const (
	minPage         = 5
	maxPage         = 1000
	maxFilters      = 50
	maxFilterValues = 200
)

// kind is what a list of one sort of things is selected by.
type kind[T any] struct {
	id   func(T) string
	tags func(T) []Tag
	// missing is the error of an id that names nothing.
	missing func(id string) error
	// values are the filters and what a thing has for each.
	values map[string]func(T) []string
}

// selection is what a request asks of a list.
type selection struct {
	operation string
	// ids are those of the member with the name; none means all.
	ids     []string
	member  string
	filters []Filter
	max     *int32
	token   *string
}

// choose returns the page of the things that are asked for, by id, and the
// token of the next page.
func choose[T any](k kind[T], things []T, s selection) ([]T, *string, error) {
	if err := s.check(); err != nil {
		return nil, nil, err
	}
	chosen := []T{}
	for _, t := range things {
		if len(s.ids) == 0 || slices.Contains(s.ids, k.id(t)) {
			chosen = append(chosen, t)
		}
	}
	for _, id := range s.ids {
		if !slices.ContainsFunc(chosen, func(t T) bool { return k.id(t) == id }) {
			return nil, nil, k.missing(id)
		}
	}
	chosen, err := k.filter(chosen, s.filters)
	if err != nil {
		return nil, nil, err
	}
	slices.SortFunc(chosen, func(a, b T) int { return cmp.Compare(k.id(a), k.id(b)) })
	list := paging.Of(s.operation, fmt.Sprint(s.ids), s.text())
	after, ok := list.Place(s.token)
	if !ok {
		return nil, nil, invalid("Invalid value '%s' for the nextToken", *s.token)
	}
	limit := maxPage
	if s.max != nil {
		limit = int(*s.max)
	}
	page, last := paging.Take(chosen, k.id, after, limit)
	if page == nil {
		page = []T{}
	}
	if last == "" {
		return page, nil, nil
	}
	return page, list.Token(last), nil
}

func (s selection) check() error {
	switch {
	case s.max != nil && len(s.ids) > 0:
		return fail("InvalidParameterCombination", "The parameter %s cannot be used with the parameter MaxResults", s.member)
	case s.max != nil && *s.max < minPage:
		return invalid("Value ( %d ) for parameter maxResults is invalid. Expecting a value greater than or equal to %d.", *s.max, minPage)
	case s.max != nil && *s.max > maxPage:
		return invalid("Value ( %d ) for parameter maxResults is invalid. Expecting a value less than or equal to %d.", *s.max, maxPage)
	case len(s.ids) > maxPage:
		return invalid("The maximum number of items of %s is %d.", s.member, maxPage)
	case len(s.filters) > maxFilters:
		return fail("FilterLimitExceeded", "The maximum number of filters specified in a single call is %d", maxFilters)
	}
	return nil
}

// text is the filters as they decide what is in the list.
func (s selection) text() string {
	var b strings.Builder
	for _, f := range s.filters {
		name := ""
		if f.Name != nil {
			name = *f.Name
		}
		fmt.Fprintf(&b, "%q%q", name, f.Values)
	}
	return b.String()
}

// filter returns the things that have one of the values of every filter.
func (k kind[T]) filter(things []T, filters []Filter) ([]T, error) {
	for _, f := range filters {
		switch {
		case f.Name == nil || *f.Name == "":
			return nil, fail("MissingParameter", "The request must contain the parameter Filter.Name")
		case len(f.Values) == 0:
			return nil, invalid("The filter '%s' must have at least one value", *f.Name)
		case len(f.Values) > maxFilterValues:
			return nil, fail("FilterLimitExceeded", "The maximum number of filter values specified on a single call is %d", maxFilterValues)
		}
		values, ok := k.by(*f.Name)
		if !ok {
			return nil, invalid("The filter '%s' is invalid", *f.Name)
		}
		kept := []T{}
		for _, t := range things {
			if slices.ContainsFunc(values(t), func(v string) bool { return matchesAny(f.Values, v) }) {
				kept = append(kept, t)
			}
		}
		things = kept
	}
	return things, nil
}

// by returns what things have for a filter, and whether there is such a filter.
func (k kind[T]) by(name string) (func(T) []string, bool) {
	if key, ok := strings.CutPrefix(name, "tag:"); ok {
		return func(t T) (values []string) {
			for _, tag := range k.tags(t) {
				if tag.Key == key {
					values = append(values, tag.Value)
				}
			}
			return values
		}, true
	}
	if name == "tag-key" {
		return func(t T) (keys []string) {
			for _, tag := range k.tags(t) {
				keys = append(keys, tag.Key)
			}
			return keys
		}, true
	}
	values, ok := k.values[name]
	return values, ok
}

// matchesAny reports whether a value is one of the patterns'.
func matchesAny(patterns []string, value string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		// Neither may an asterisk stop at a slash, nor is a bracket special.
		escape := strings.NewReplacer("/", "\x00", "[", "\\[")
		matched, err := path.Match(escape.Replace(p), strings.ReplaceAll(value, "/", "\x00"))
		return err == nil && matched
	})
}

// one makes a filter of a single value.
func one[T any](of func(T) string) func(T) []string {
	return func(t T) []string { return []string{of(t)} }
}

// yes makes a filter of true or false.
func yes[T any](of func(T) bool) func(T) []string {
	return func(t T) []string { return []string{strconv.FormatBool(of(t))} }
}

// each makes a filter of what every item of a list has.
func each[T, U any](items func(T) []U, of func(U) string) func(T) []string {
	return func(t T) (values []string) {
		for _, i := range items(t) {
			values = append(values, of(i))
		}
		return values
	}
}
