package model_test

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/roadstead/roadstead/model"
)

func TestMatchTagIsTheWildcard(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		pattern := rapid.StringMatching(`[ab*.]{0,6}`).Draw(rt, "pattern")
		tag := rapid.StringMatching(`[ab.]{0,8}`).Draw(rt, "tag")
		expression := "^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + "$"
		if want := regexp.MustCompile(expression).MatchString(tag); model.MatchTag(pattern, tag) != want {
			rt.Fatalf("%q matches %q: %v", pattern, tag, !want)
		}
	})
}

func TestImmutable(t *testing.T) {
	for mutability, want := range map[string][2]bool{ // for dev-1, for v1
		"":                         {false, false},
		"MUTABLE":                  {false, false},
		"IMMUTABLE":                {true, true},
		"IMMUTABLE_WITH_EXCLUSION": {false, true},
		"MUTABLE_WITH_EXCLUSION":   {true, false},
	} {
		r := &model.Repository{Mutability: mutability, Exclusions: []string{"latest", "dev-*"}}
		if got := [2]bool{r.Immutable("dev-1"), r.Immutable("v1")}; got != want {
			t.Errorf("%s: %v, want %v", mutability, got, want)
		}
	}
}
