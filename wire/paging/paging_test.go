package paging

import (
	"slices"
	"testing"
)

func TestATokenIsOfOneList(t *testing.T) {
	l := Of("ListKeys", "000000000000")
	token := l.Token("here")
	if place, ok := l.Place(token); !ok || place != "here" {
		t.Fatal(place, ok)
	}
	if place, ok := l.Place(nil); !ok || place != "" {
		t.Fatal(place, ok)
	}
	for _, bad := range []*string{new("?"), new("abc"), Of("ListKeys", "1").Token("here")} {
		if _, ok := l.Place(bad); ok {
			t.Errorf("%s was taken", *bad)
		}
	}
}

func TestPages(t *testing.T) {
	items := []string{"a", "b", "c", "d", "e"}
	place := func(s string) string { return s }
	var got []string
	for after, rounds := "", 0; rounds < 9; rounds++ {
		page, last := Take(items, place, after, 2)
		got = append(got, page...)
		if last == "" {
			break
		}
		after = last
	}
	if !slices.Equal(got, items) {
		t.Fatal(got)
	}
}
