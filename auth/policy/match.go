package policy

import "strings"

// pattern is a text with wildcards: '*' stands for any characters or none, '?'
// for one. A literal piece may hold both characters as themselves.
type pattern []piece

type piece struct {
	text string
	wild byte // '*', '?' or 0 for text
}

// newPattern reads the wildcards of a text.
func newPattern(s string) pattern {
	var p pattern
	for s != "" {
		i := strings.IndexAny(s, "*?")
		switch {
		case i < 0:
			return append(p, piece{text: s})
		case i > 0:
			p = append(p, piece{text: s[:i]})
		}
		if s[i] == '?' || len(p) == 0 || p[len(p)-1].wild != '*' {
			p = append(p, piece{wild: s[i]})
		}
		s = s[i+1:]
	}
	return p
}

func literal(s string) pattern {
	if s == "" {
		return nil
	}
	return pattern{{text: s}}
}

// match reports whether the whole of s fits. It goes back to the last star
// only, so it costs at most the product of the lengths.
func (p pattern) match(s string) bool {
	at, star, from := 0, -1, 0
	rest := s
	for {
		if at == len(p) {
			if rest == "" {
				return true
			}
		} else {
			switch x := p[at]; {
			case x.wild == '*':
				if at == len(p)-1 {
					return true
				}
				star, from = at, len(s)-len(rest)
				at++
				continue
			case x.wild == '?' && rest != "":
				rest = rest[runeLen(rest):]
				at++
				continue
			case x.wild == 0 && strings.HasPrefix(rest, x.text):
				rest = rest[len(x.text):]
				at++
				continue
			}
		}
		if star < 0 || from >= len(s) {
			return false
		}
		from += runeLen(s[from:])
		rest, at = s[from:], star+1
	}
}

func runeLen(s string) int {
	for i := range s {
		if i > 0 {
			return i
		}
	}
	return len(s)
}

// resource is a compiled Resource element: "*", or an ARN whose first five
// parts are matched each by itself, so that no wildcard reaches over a colon
// before the resource part.
type resource struct {
	any   bool
	parts [6]template
}

func newResource(s, version string) (resource, error) {
	if s == "*" {
		return resource{any: true}, nil
	}
	if !strings.HasPrefix(s, "arn:") && !strings.HasPrefix(s, "*") && !strings.HasPrefix(s, "${") {
		return resource{}, Error(`Resource ` + s + ` must be in ARN format or "*".`)
	}
	r := resource{}
	parts := splitARN(s)
	if len(parts) > 1 && parts[0] == "arn" && !partition(parts[1]) {
		return resource{}, Error(`Partition "` + parts[1] + `" is not valid for resource "` + s + `".`)
	}
	for i := range r.parts {
		part := "*" // an ARN that is cut short is completed with wildcards
		if i < len(parts) {
			part = parts[i]
		}
		r.parts[i] = newTemplate(part, version, true)
	}
	return r, nil
}

// partition reports whether a partition of AWS's is named, or could be meant.
func partition(s string) bool {
	return s == "aws" || strings.HasPrefix(s, "aws-") || strings.ContainsAny(s, "*?$")
}

// splitARN cuts at the first five colons that are not inside ${...}.
func splitARN(s string) []string {
	var parts []string
	depth, from := 0, 0
	for i := 0; i < len(s) && len(parts) < 5; i++ {
		switch {
		case s[i] == '$' && strings.HasPrefix(s[i:], "${"):
			depth++
		case s[i] == '}' && depth > 0:
			depth--
		case s[i] == ':' && depth == 0:
			parts = append(parts, s[from:i])
			from = i + 1
		}
	}
	return append(parts, s[from:])
}

// match reports whether the resource with the ARN is meant. The resource of
// actions that know none is "*", which only "*" matches.
func (r *resource) match(arn string, c Context) bool {
	if r.any {
		return true
	}
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 {
		return false
	}
	for i := range r.parts {
		p, ok := r.parts[i].pattern(c)
		if !ok || !p.match(parts[i]) {
			return false
		}
	}
	return true
}
