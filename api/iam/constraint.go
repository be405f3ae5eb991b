package iam

import (
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// member is what the service's model says about one member of an input.
type member struct {
	field    int
	name     string // as messages have it: userName
	required bool
	rule     rule
	enum     []string // the values that there are; nil for what is no enumeration
}

// rulesFor compiles the checks of an operation's input. A required member that
// the input does not have is a bug in the operations table.
func rulesFor(operation string, input reflect.Type, required []string) []member {
	needs := map[string]bool{}
	for _, name := range required {
		if _, ok := input.FieldByName(name); !ok {
			panic("iam: " + operation + " has no member " + name)
		}
		needs[name] = true
	}
	var members []member
	for i := range input.NumField() {
		f := input.Field(i)
		if !f.IsExported() || f.Name == "ResultMetadata" {
			continue
		}
		r, ok := exceptions[operation+"."+f.Name]
		if !ok {
			r = rules[f.Name]
		}
		members = append(members, member{field: i, name: lowerFirst(f.Name), required: needs[f.Name], rule: r, enum: enumOf(f.Type)})
	}
	return members
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// enumOf returns the values of an enumeration of the SDK, or of a list of one.
func enumOf(t reflect.Type) []string {
	if t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	m, ok := t.MethodByName("Values")
	if !ok || t.Kind() != reflect.String {
		return nil
	}
	values := m.Func.Call([]reflect.Value{reflect.Zero(t)})[0]
	var all []string
	for i := range values.Len() {
		all = append(all, values.Index(i).String())
	}
	return all
}

// violations collects what a request does against the service's model.
type violations struct {
	found []string
	// special is the first violation that IAM words by itself. It finds those
	// after the others.
	special string
}

func (v *violations) add(value, member, constraint string) {
	v.found = append(v.found, fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: %s", value, member, constraint))
}

// err is nil when nothing was violated.
func (v *violations) err() error {
	switch {
	case len(v.found) == 1:
		return validation("1 validation error detected: %s", v.found[0])
	case len(v.found) > 1:
		return validation("%d validation errors detected: %s", len(v.found), strings.Join(v.found, "; "))
	case v.special != "":
		return validation("%s", v.special)
	}
	return nil
}

// check checks an input against the service's model.
func check(members []member, in reflect.Value) error {
	var v violations
	for _, m := range members {
		v.member(m, in.Field(m.field))
	}
	return v.err()
}

func (v *violations) member(m member, value reflect.Value) {
	if absent(value) {
		if m.required {
			v.add("null", m.name, "Member must not be null")
		}
		return
	}
	switch x := value.Interface().(type) {
	case *string:
		v.text(m.name, *x, m.rule)
	case *int32:
		v.number(m.name, int(*x), m.rule)
	case []string:
		v.length(m.name, len(x), m.rule)
		for i, s := range x {
			v.text(fmt.Sprintf("%s.%d.member", m.name, i+1), s, *m.rule.each)
		}
	case []types.Tag:
		v.length(m.name, len(x), rule{max: maxTags})
		for i, t := range x {
			v.tag(fmt.Sprintf("%s.%d.member", m.name, i+1), t)
		}
	}
	if m.enum == nil {
		return
	}
	if value.Kind() == reflect.String {
		v.oneOf(m.name, value.String(), m.enum)
		return
	}
	for i := range value.Len() {
		v.oneOf(fmt.Sprintf("%s.%d.member", m.name, i+1), value.Index(i).String(), m.enum)
	}
}

func absent(value reflect.Value) bool {
	switch value.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return value.IsNil()
	case reflect.String:
		return value.Len() == 0
	}
	return false
}

func (v *violations) tag(at string, t types.Tag) {
	for _, part := range []struct {
		name  string
		value *string
		rule  rule
	}{{"key", t.Key, tagKey}, {"value", t.Value, tagValue}} {
		if part.value == nil {
			v.add("null", at+"."+part.name, "Member must not be null")
			continue
		}
		v.text(at+"."+part.name, *part.value, part.rule)
	}
}

func (v *violations) text(name, value string, r rule) {
	n := utf8.RuneCountInString(value)
	if r.pattern != nil && !r.pattern.MatchString(value) {
		if r.words == "" {
			v.add("'"+value+"'", name, "Member must satisfy regular expression pattern: "+r.written)
		} else if v.special == "" {
			v.special = fmt.Sprintf(r.words, name)
		}
	}
	if n < r.min {
		v.add("'"+value+"'", name, fmt.Sprintf("Member must have length greater than or equal to %d", r.min))
	}
	if r.max > 0 && n > r.max {
		v.add("'"+value+"'", name, fmt.Sprintf("Member must have length less than or equal to %d", r.max))
	}
}

func (v *violations) number(name string, n int, r rule) {
	if n < r.min {
		v.add(fmt.Sprintf("'%d'", n), name, fmt.Sprintf("Member must have value greater than or equal to %d", r.min))
	}
	if r.max > 0 && n > r.max {
		v.add(fmt.Sprintf("'%d'", n), name, fmt.Sprintf("Member must have value less than or equal to %d", r.max))
	}
}

func (v *violations) length(name string, n int, r rule) {
	if r.max > 0 && n > r.max {
		v.add(fmt.Sprintf("'[%d items]'", n), name, fmt.Sprintf("Member must have length less than or equal to %d", r.max))
	}
}

func (v *violations) oneOf(name, value string, all []string) {
	for _, each := range all {
		if value == each {
			return
		}
	}
	v.add("'"+value+"'", name, "Member must satisfy enum value set: ["+strings.Join(all, ", ")+"]")
}
