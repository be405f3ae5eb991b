package constraint

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/roadstead/roadstead/wire"
)

// Text is what the model says about a string.
type Text struct {
	Min, Max int // in characters; Max 0: no bound
	// Pattern is anchored; nil for none. Written is the model's writing of it.
	Pattern *regexp.Regexp
	Written string
	// Hidden keeps the value out of the message.
	Hidden bool
}

// Violations collects what a request does against the model.
type Violations []string

func (v *Violations) add(value, member, rule string) {
	if value != "" {
		value = " " + value
	}
	*v = append(*v, fmt.Sprintf("Value%s at '%s' failed to satisfy constraint: %s", value, member, rule))
}

// Missing says that a required member is absent.
func (v *Violations) Missing(member string) { v.add("null", member, "Member must not be null") }

// Required checks a string that must be there.
func (v *Violations) Required(member string, value *string, rule Text) {
	if value == nil {
		v.Missing(member)
		return
	}
	v.Text(member, *value, rule)
}

// Optional checks a string that may be absent.
func (v *Violations) Optional(member string, value *string, rule Text) {
	if value != nil {
		v.Text(member, *value, rule)
	}
}

// Text checks a string.
func (v *Violations) Text(member, value string, rule Text) {
	shown := "'" + value + "'"
	if rule.Hidden {
		shown = "'***'"
	}
	n := utf8.RuneCountInString(value)
	if rule.Pattern != nil && !rule.Pattern.MatchString(value) {
		v.add(shown, member, "Member must satisfy regular expression pattern: "+rule.Written)
	}
	if n < rule.Min {
		v.add(shown, member, fmt.Sprintf("Member must have length greater than or equal to %d", rule.Min))
	}
	if rule.Max > 0 && n > rule.Max {
		v.add(shown, member, fmt.Sprintf("Member must have length less than or equal to %d", rule.Max))
	}
}

// Texts checks every string of a list, and the list's length; an absent list
// is too short unless atLeast is 0.
func (v *Violations) Texts(member string, list []string, atLeast, atMost int, rule Text) {
	if list == nil && atLeast > 0 {
		v.Missing(member)
		return
	}
	v.Length(member, len(list), atLeast, atMost)
	for i, value := range list {
		v.Text(fmt.Sprintf("%s.%d.member", member, i+1), value, rule)
	}
}

// Length checks the length of a list or of bytes, which are not shown.
func (v *Violations) Length(member string, n, atLeast, atMost int) {
	if n < atLeast {
		v.add(fmt.Sprintf("'[%d items]'", n), member, fmt.Sprintf("Member must have length greater than or equal to %d", atLeast))
	}
	if n > atMost {
		v.add(fmt.Sprintf("'[%d items]'", n), member, fmt.Sprintf("Member must have length less than or equal to %d", atMost))
	}
}

// Blob checks the length of bytes that are secret: AWS shows neither them nor
// how many they are.
func (v *Violations) Blob(member string, n, atLeast, atMost int) {
	if n < atLeast {
		v.add("", member, fmt.Sprintf("Member must have length greater than or equal to %d", atLeast))
	}
	if n > atMost {
		v.add("", member, fmt.Sprintf("Member must have length less than or equal to %d", atMost))
	}
}

// Range checks a number that may be absent.
func Range[T int32 | int64](v *Violations, member string, value *T, atLeast, atMost T) {
	if value != nil && *value < atLeast {
		v.add(fmt.Sprintf("'%d'", *value), member, fmt.Sprintf("Member must have value greater than or equal to %d", atLeast))
	}
	if value != nil && *value > atMost {
		v.add(fmt.Sprintf("'%d'", *value), member, fmt.Sprintf("Member must have value less than or equal to %d", atMost))
	}
}

// OneOf checks an enumeration; an empty value is absent.
func OneOf[T ~string](v *Violations, member string, value T, all []T) {
	set := make([]string, len(all))
	for i, each := range all {
		if value == each || value == "" {
			return
		}
		set[i] = string(each)
	}
	v.add("'"+string(value)+"'", member, "Member must satisfy enum value set: ["+strings.Join(set, ", ")+"]")
}

// Err is nil when nothing was violated, and a ValidationException otherwise.
func (v Violations) Err() error {
	switch len(v) {
	case 0:
		return nil
	case 1:
		return Invalid("1 validation error detected: %s", v[0])
	}
	return Invalid("%d validation errors detected: %s", len(v), strings.Join(v, "; "))
}

// Invalid is a ValidationException with a message of its own.
func Invalid(format string, args ...any) error {
	return &wire.Error{Code: "ValidationException", Message: fmt.Sprintf(format, args...)}
}
