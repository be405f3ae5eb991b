// Package pattern decides whether a log message matches a CloudWatch Logs
// filter pattern: terms, JSON conditions, or conditions on space-delimited
// fields, with wildcards and regular expressions.
//
// It is pure: a parsed Pattern never changes and Match depends on nothing but
// the message. It knows nothing of groups, streams or time. The language is
// that of "Filter pattern syntax" in the CloudWatch Logs user guide.
package pattern

import (
	"errors"
	"fmt"
	"strings"
)

const (
	// MaxLength is the longest pattern in bytes, as the API has it.
	MaxLength = 1024
	// MaxRegexes is how many regular expressions a pattern may hold.
	MaxRegexes = 2
	// maxDepth bounds parentheses, and the depth of JSON that is looked into
	// is bounded by the standard decoder.
	maxDepth = 50
)

// ErrInvalid says that a pattern is not in the language.
var ErrInvalid = errors.New("invalid filter pattern")

// Pattern is a parsed filter pattern.
type Pattern struct {
	match func(message []byte) bool
}

// Match reports whether the pattern matches the message. It does not keep
// message.
func (p *Pattern) Match(message []byte) bool { return p.match(message) }

// Parse parses a filter pattern. An empty one matches every message. Every
// error is an ErrInvalid.
func Parse(text string) (*Pattern, error) {
	if len(text) > MaxLength {
		return nil, fmt.Errorf("%w: longer than %d", ErrInvalid, MaxLength)
	}
	s := &scanner{text: text}
	s.space()
	var match func([]byte) bool
	var err error
	switch {
	case s.done():
		match = func([]byte) bool { return true }
	case s.peek() == '{':
		match, err = parseJSON(s)
	case s.peek() == '[':
		match, err = parseFields(s)
	default:
		match, err = parseTerms(s)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %s at %d", ErrInvalid, err, s.at)
	}
	return &Pattern{match}, nil
}

// scanner walks over a pattern's text.
type scanner struct {
	text    string
	at      int
	regexes int
	depth   int
}

func (s *scanner) done() bool { return s.at >= len(s.text) }

// peek returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	if s.done() {
		return 0
	}
	return s.text[s.at]
}

func (s *scanner) space() {
	for !s.done() && strings.IndexByte(" \t\r\n", s.text[s.at]) >= 0 {
		s.at++
	}
}

// take skips space and then token, if it is next.
func (s *scanner) take(token string) bool {
	s.space()
	if strings.HasPrefix(s.text[s.at:], token) {
		s.at += len(token)
		return true
	}
	return false
}

// word returns the longest run of bytes that in allows; it may be empty.
func (s *scanner) word(in func(byte) bool) string {
	from := s.at
	for !s.done() && in(s.text[s.at]) {
		s.at++
	}
	return s.text[from:s.at]
}

// keyword takes a word that stands alone, in capitals as AWS writes it.
func (s *scanner) keyword(word string) bool {
	at := s.at
	s.space()
	if s.word(isLetter) == word {
		return true
	}
	s.at = at
	return false
}

// quoted takes what is between double quotes; \" and \\ stand for themselves.
func (s *scanner) quoted() (string, error) {
	s.at++
	var b strings.Builder
	for !s.done() {
		c := s.text[s.at]
		s.at++
		switch {
		case c == '"':
			return b.String(), nil
		case c == '\\' && (s.peek() == '"' || s.peek() == '\\'):
			b.WriteByte(s.peek())
			s.at++
		default:
			b.WriteByte(c)
		}
	}
	return "", errors.New("a quotation mark is not closed")
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isName(c byte) bool   { return isLetter(c) || isDigit(c) || c == '_' }
