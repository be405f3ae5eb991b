package policy

import "strings"

// Context holds the condition keys of a request, in lower case, with their
// values. A key that is not there and a key without values are different: the
// second is there.
// Source: IAM user guide, "AWS global condition context keys".
type Context map[string][]string

// template is a text that may hold policy variables: ${aws:username},
// ${aws:PrincipalTag/team, 'none'}, and ${*}, ${?} and ${$} for the characters
// themselves.
// Source: IAM user guide, "IAM policy elements: Variables and tags".
type template struct {
	text  string
	wild  bool // '*' and '?' outside variables are wildcards
	parts []part
	// fixed is the pattern of a template without variables.
	fixed pattern
}

// part is a text, or a variable's key, in lower case, with its default.
type part struct {
	text     string
	key      string
	fallback *string
	literal  bool // text that holds no wildcards: an escaped character
}

func newTemplate(s, version string, wild bool) template {
	t := template{text: s, wild: wild}
	rest := s
	for version == Version2012 {
		i := strings.Index(rest, "${")
		if i < 0 {
			break
		}
		j := strings.IndexByte(rest[i:], '}')
		if j < 0 {
			break
		}
		if i > 0 {
			t.parts = append(t.parts, part{text: rest[:i]})
		}
		t.parts = append(t.parts, variable(rest[i+2:i+j]))
		rest = rest[i+j+1:]
	}
	if rest != "" {
		t.parts = append(t.parts, part{text: rest})
	}
	if !t.variable() {
		t.fixed, _ = t.build(nil)
	}
	return t
}

// variable reads what stands between ${ and }.
func variable(s string) part {
	if s == "*" || s == "?" || s == "$" {
		return part{text: s, literal: true}
	}
	key, fallback, ok := strings.Cut(s, ",")
	p := part{key: strings.ToLower(strings.TrimSpace(key))}
	if ok {
		fallback = strings.TrimSpace(fallback)
		if n := len(fallback); n >= 2 && fallback[0] == '\'' && fallback[n-1] == '\'' {
			fallback = fallback[1 : n-1]
			p.fallback = &fallback
		}
	}
	return p
}

func (t *template) variable() bool {
	for i := range t.parts {
		if t.parts[i].text == "" {
			return true
		}
	}
	return false
}

// pattern returns the pattern with the variables replaced by single values of
// the context. False: a variable has no value, and no default.
func (t *template) pattern(c Context) (pattern, bool) {
	if !t.variable() {
		return t.fixed, true
	}
	return t.build(c)
}

func (t *template) build(c Context) (pattern, bool) {
	var out pattern
	for i := range t.parts {
		switch p := &t.parts[i]; {
		case p.literal, p.text != "" && !t.wild:
			out = append(out, literal(p.text)...)
		case p.text != "":
			out = append(out, newPattern(p.text)...)
		default:
			value, ok := p.value(c)
			if !ok {
				return nil, false
			}
			out = append(out, literal(value)...)
		}
	}
	return out, true
}

func (p *part) value(c Context) (string, bool) {
	if values := c[p.key]; len(values) == 1 {
		return values[0], true
	}
	if p.fallback != nil {
		return *p.fallback, true
	}
	return "", false
}

// String returns the text with the variables replaced, for operators that
// compare without wildcards.
func (t *template) string(c Context) (string, bool) {
	if !t.variable() && !strings.Contains(t.text, "${") {
		return t.text, true
	}
	var b strings.Builder
	for i := range t.parts {
		p := &t.parts[i]
		if p.text != "" {
			b.WriteString(p.text)
			continue
		}
		value, ok := p.value(c)
		if !ok {
			return "", false
		}
		b.WriteString(value)
	}
	return b.String(), true
}
