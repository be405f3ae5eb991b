package pattern

import (
	"errors"
	"slices"
	"strings"
)

// slot is one field of a space-delimited pattern: a name, and perhaps a
// condition.
type slot struct {
	name string
	test condition[fields]
}

// fields is a message's fields by the names that the pattern gives them.
type fields struct {
	names  []string
	values []string
}

func (f fields) get(name string) (string, bool) {
	i := slices.Index(f.names, name)
	if i < 0 {
		return "", false
	}
	return f.values[i], true
}

// parseFields takes "[name, name = value, ..., name]".
func parseFields(s *scanner) (func([]byte) bool, error) {
	s.take("[")
	var slots []slot
	ellipsis := -1
	for {
		if s.take("...") {
			if ellipsis >= 0 {
				return nil, errors.New("there are two ellipses")
			}
			ellipsis = len(slots)
		} else {
			one, err := parseSlot(s, slots)
			if err != nil {
				return nil, err
			}
			slots = append(slots, one)
		}
		if s.take("]") {
			break
		}
		if !s.take(",") {
			return nil, errors.New("fields must be divided by commas")
		}
	}
	if s.space(); !s.done() {
		return nil, errors.New("there is something behind the bracket")
	}
	names := make([]string, len(slots))
	for i := range slots {
		names[i] = slots[i].name
	}
	return func(message []byte) bool { return matchFields(slots, names, ellipsis, string(message)) }, nil
}

// parseSlot takes "name" or a condition; the first name in a condition is the
// slot's own, others are of slots before it.
func parseSlot(s *scanner, before []slot) (slot, error) {
	at := s.at
	for s.take("(") {
	}
	s.space()
	name := s.word(isName)
	if name == "" {
		return slot{}, errors.New("a field's name is missing")
	}
	if s.space(); s.peek() == ',' || s.peek() == ']' {
		if strings.Contains(s.text[at:s.at], "(") {
			return slot{}, errors.New("a parenthesis is not closed")
		}
		return slot{name: name}, nil
	}
	s.at = at
	test, err := parseOr(s, func(s *scanner) (condition[fields], error) {
		s.space()
		field := s.word(isName)
		if field != name && !slices.ContainsFunc(before, func(b slot) bool { return b.name == field }) {
			return nil, errors.New("a condition names an unknown field")
		}
		c, err := parseComparison(s, `,]()&|=!<>"`)
		if err != nil {
			return nil, err
		}
		return func(f fields) bool {
			value, ok := f.get(field)
			return ok && c.matchText(value)
		}, nil
	})
	return slot{name, test}, err
}

func matchFields(slots []slot, names []string, ellipsis int, message string) bool {
	values := splitFields(message)
	extra := len(values) - len(slots)
	switch {
	case extra < 0, extra > 0 && ellipsis < 0:
		return false
	case extra > 0:
		values = slices.Delete(values, ellipsis, ellipsis+extra)
	}
	f := fields{names, values}
	for i := range slots {
		if slots[i].test != nil && !slots[i].test(f) {
			return false
		}
	}
	return true
}

// splitFields divides a message at spaces; what is between double quotes or
// brackets is one field, without them.
func splitFields(message string) []string {
	var all []string
	for {
		message = strings.TrimLeft(message, " \t\r\n")
		if message == "" {
			return all
		}
		end := -1
		switch message[0] {
		case '"':
			end = strings.IndexByte(message[1:], '"') + 1
		case '[':
			end = strings.IndexByte(message[1:], ']') + 1
		}
		if end <= 0 {
			if end = strings.IndexAny(message, " \t\r\n"); end < 0 {
				end = len(message)
			}
			all = append(all, message[:end])
			message = message[end:]
			continue
		}
		all = append(all, message[1:end])
		message = message[end+1:]
	}
}
