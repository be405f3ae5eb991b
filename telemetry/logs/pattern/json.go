package pattern

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
)

// parseJSON takes "{ condition }", for messages that are JSON.
func parseJSON(s *scanner) (func([]byte) bool, error) {
	s.take("{")
	c, err := parseOr(s, parseProperty)
	if err != nil {
		return nil, err
	}
	if !s.take("}") {
		return nil, errors.New("a brace is not closed")
	}
	if s.space(); !s.done() {
		return nil, errors.New("there is something behind the brace")
	}
	return func(message []byte) bool {
		message = bytes.TrimSpace(message)
		if len(message) == 0 || message[0] != '{' && message[0] != '[' {
			return false
		}
		d := json.NewDecoder(bytes.NewReader(message))
		d.UseNumber()
		var v any
		return d.Decode(&v) == nil && c(v)
	}, nil
}

// step is one part of a selector: a property, an index, or any element.
type step struct {
	name  string
	index int
	kind  stepKind
}

type stepKind byte

const (
	property stepKind = iota
	element
	anyElement
)

// parseProperty takes "$.selector test".
func parseProperty(s *scanner) (condition[any], error) {
	path, err := parseSelector(s)
	if err != nil {
		return nil, err
	}
	switch {
	case s.keyword("NOT"):
		if !s.keyword("EXISTS") {
			return nil, errors.New("NOT is not followed by EXISTS")
		}
		return func(v any) bool { return !find(v, path, func(any) bool { return true }) }, nil
	case s.keyword("EXISTS"):
		return func(v any) bool { return find(v, path, func(any) bool { return true }) }, nil
	case s.keyword("IS"):
		test, err := parseIs(s)
		return func(v any) bool { return find(v, path, test) }, err
	}
	c, err := parseComparison(s, `(){}&|=!<>"`)
	if err != nil {
		return nil, err
	}
	return func(v any) bool { return find(v, path, c.matchValue) }, nil
}

func parseIs(s *scanner) (func(any) bool, error) {
	switch {
	case s.keyword("NULL"):
		return func(v any) bool { return v == nil }, nil
	case s.keyword("TRUE"):
		return func(v any) bool { return v == true }, nil
	case s.keyword("FALSE"):
		return func(v any) bool { return v == false }, nil
	}
	return nil, errors.New("IS is not followed by NULL, TRUE or FALSE")
}

// matchValue compares a JSON value. Objects, lists and null equal nothing and
// differ from nothing: a test of something that is not there fails.
func (c *comparison) matchValue(v any) bool {
	switch v := v.(type) {
	case string:
		return c.matchText(v)
	case json.Number:
		if n, err := v.Float64(); err == nil && c.numeric {
			return c.matchNumber(n)
		}
		return !c.quoted && c.matchText(v.String())
	case bool:
		return !c.quoted && c.matchText(strconv.FormatBool(v))
	}
	return false
}

// find reports whether test holds for a value that path selects.
func find(v any, path []step, test func(any) bool) bool {
	for i, p := range path {
		switch p.kind {
		case property:
			object, _ := v.(map[string]any)
			next, ok := object[p.name]
			if !ok {
				return false
			}
			v = next
		case element:
			list, _ := v.([]any)
			if p.index >= len(list) {
				return false
			}
			v = list[p.index]
		case anyElement:
			list, _ := v.([]any)
			for _, next := range list {
				if find(next, path[i+1:], test) {
					return true
				}
			}
			return false
		}
	}
	return test(v)
}

// parseSelector takes $.name, ["name"], [3], [*] in any sequence.
func parseSelector(s *scanner) ([]step, error) {
	if !s.take("$") {
		return nil, errors.New("a selector must begin with $")
	}
	var path []step
	for {
		switch s.peek() {
		case '.':
			s.at++
			if s.peek() == '[' {
				continue
			}
			name := s.word(func(c byte) bool { return isName(c) || c == '-' || c == '@' || c == ':' || c == '/' || c >= 0x80 })
			if name == "" {
				return nil, errors.New("a property's name is missing")
			}
			path = append(path, step{name: name})
		case '[':
			p, err := parseBracket(s)
			if err != nil {
				return nil, err
			}
			path = append(path, p)
		default:
			if len(path) == 0 {
				return nil, errors.New("a selector selects nothing")
			}
			return path, nil
		}
	}
}

func parseBracket(s *scanner) (step, error) {
	s.at++
	var p step
	switch c := s.peek(); {
	case c == '*':
		s.at++
		p.kind = anyElement
	case c == '"':
		name, err := s.quoted()
		if err != nil {
			return p, err
		}
		p.name = name
	case c == '\'':
		s.at++
		p.name = s.word(func(c byte) bool { return c != '\'' })
		if s.peek() != '\'' {
			return p, errors.New("an apostrophe is not closed")
		}
		s.at++
	default:
		n, err := strconv.Atoi(s.word(isDigit))
		if err != nil {
			return p, errors.New("a list's index is no number")
		}
		p.kind, p.index = element, n
	}
	if s.peek() != ']' {
		return p, errors.New("a bracket is not closed")
	}
	s.at++
	return p, nil
}
