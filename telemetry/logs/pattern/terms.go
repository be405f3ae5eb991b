package pattern

import (
	"bytes"
	"errors"
	"regexp"
)

// term is one word, phrase or regular expression of an unstructured pattern.
type term struct {
	text []byte
	re   *regexp.Regexp
}

func (t *term) in(message []byte) bool {
	if t.re != nil {
		return t.re.Match(message)
	}
	return bytes.Contains(message, t.text)
}

// terms matches messages that contain all required terms, none of the
// excluded ones and, when there are only optional terms, one of those: beside
// required terms AWS ignores the optional ones.
type terms struct{ required, optional, excluded []term }

func (t *terms) match(message []byte) bool {
	for i := range t.excluded {
		if t.excluded[i].in(message) {
			return false
		}
	}
	for i := range t.required {
		if !t.required[i].in(message) {
			return false
		}
	}
	if len(t.required) > 0 || len(t.optional) == 0 {
		return true
	}
	for i := range t.optional {
		if t.optional[i].in(message) {
			return true
		}
	}
	return false
}

func parseTerms(s *scanner) (func([]byte) bool, error) {
	all := &terms{}
	for s.space(); !s.done(); s.space() {
		to := &all.required
		switch s.peek() {
		case '?':
			to = &all.optional
			s.at++
		case '-':
			to = &all.excluded
			s.at++
		}
		one, err := parseTerm(s)
		if err != nil {
			return nil, err
		}
		*to = append(*to, one)
	}
	return all.match, nil
}

func parseTerm(s *scanner) (term, error) {
	switch s.peek() {
	case '"':
		text, err := s.quoted()
		if err == nil && text == "" {
			err = errors.New("a phrase is empty")
		}
		return term{text: []byte(text)}, err
	case '%':
		re, err := s.regex()
		return term{re: re}, err
	}
	// A word must be alphanumeric; bytes above ASCII are letters of others.
	text := s.word(func(c byte) bool { return isName(c) || c >= 0x80 })
	if text == "" || !s.done() && s.peek() > ' ' {
		return term{}, errors.New("a term with other than letters, digits and _ must be in quotation marks")
	}
	return term{text: []byte(text)}, nil
}
