package constraint

import (
	"regexp"
	"strings"
	"testing"
)

func TestViolationsAreWorded(t *testing.T) {
	name := Text{Min: 2, Max: 3, Pattern: regexp.MustCompile(`^[a-z]*$`), Written: "[a-z]*"}
	var v Violations
	if v.Err() != nil {
		t.Fatal("nothing was violated")
	}
	v.Required("name", nil, name)
	want := "ValidationException: 1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null"
	if got := v.Err().Error(); got != want {
		t.Fatalf("%s\nwant %s", got, want)
	}
	v.Required("name", new("ABCD"), name)
	v.Optional("name", nil, name)
	v.Optional("secret", new("x"), Text{Min: 2, Hidden: true})
	v.Texts("names", []string{"a"}, 2, 9, name)
	v.Texts("list", nil, 1, 9, name)
	Range(&v, "n", new(int32(5)), 1, 4)
	Range(&v, "n", new(int64(0)), 1, 4)
	OneOf(&v, "kind", "c", []string{"a", "b"})
	OneOf(&v, "kind", "", []string{"a", "b"})
	got := v.Err().Error()
	for _, part := range []string{
		"10 validation errors detected: ",
		"Value 'ABCD' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-z]*; ",
		"Member must have length less than or equal to 3",
		"Value '***' at 'secret' failed to satisfy constraint: Member must have length greater than or equal to 2",
		"Value '[1 items]' at 'names'", "at 'names.1.member'", "Value null at 'list'",
		"Value '5' at 'n' failed to satisfy constraint: Member must have value less than or equal to 4",
		"Member must have value greater than or equal to 1",
		"Value 'c' at 'kind' failed to satisfy constraint: Member must satisfy enum value set: [a, b]",
	} {
		if !strings.Contains(got, part) {
			t.Errorf("%q is not in\n%s", part, got)
		}
	}
}
