package pattern

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
)

// comparison is an operator and what stands to the right of it.
type comparison struct {
	operator string
	quoted   bool
	text     string   // the operand as it is written
	parts    []string // text between the wildcards
	number   float64
	numeric  bool // the operand is a number
	re       *regexp.Regexp
}

// The operators, longer ones first.
var operators = [...]string{"!=", "<=", ">=", "=", "<", ">"}

// parseComparison takes an operator and an operand. stop holds the bytes that
// end an operand without quotes.
func parseComparison(s *scanner, stop string) (*comparison, error) {
	c := &comparison{}
	for _, op := range operators {
		if s.take(op) {
			c.operator = op
			break
		}
	}
	if c.operator == "" {
		return nil, errors.New("an operator is missing")
	}
	s.space()
	var err error
	switch s.peek() {
	case '"':
		c.quoted = true
		c.text, err = s.quoted()
	case '%':
		c.re, err = s.regex()
	default:
		c.text = s.word(func(b byte) bool { return b > ' ' && strings.IndexByte(stop, b) < 0 })
		if c.text == "" {
			err = errors.New("a value is missing")
		}
		c.number, c.numeric = parseNumber(c.text)
	}
	if err != nil {
		return nil, err
	}
	c.parts = strings.Split(c.text, "*")
	if order := c.operator != "=" && c.operator != "!="; order && !c.numeric {
		return nil, errors.New("only numbers have an order")
	}
	return c, nil
}

// parseNumber takes decimal numbers, with or without an exponent.
func parseNumber(text string) (float64, bool) {
	if strings.Trim(text, "0123456789.eE+-") != "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil
}

// matchText compares text: as a regular expression, or with wildcards, or as
// numbers when the operand is one and the text is too.
func (c *comparison) matchText(text string) bool {
	equal := false
	switch {
	case c.re != nil:
		equal = c.re.MatchString(text)
	case c.operator != "=" && c.operator != "!=":
		n, ok := parseNumber(text)
		return ok && c.matchNumber(n)
	default:
		equal = wildcard(c.parts, text)
	}
	return equal == (c.operator == "=")
}

// matchNumber compares with a number; the operand must be one.
func (c *comparison) matchNumber(n float64) bool {
	switch c.operator {
	case "=":
		return n == c.number
	case "!=":
		return n != c.number
	case "<":
		return n < c.number
	case "<=":
		return n <= c.number
	case ">":
		return n > c.number
	}
	return n >= c.number
}

// wildcard reports whether text is parts with anything between them.
func wildcard(parts []string, text string) bool {
	last := len(parts) - 1
	if last == 0 {
		return text == parts[0]
	}
	if !strings.HasPrefix(text, parts[0]) {
		return false
	}
	text = text[len(parts[0]):]
	for _, part := range parts[1:last] {
		at := strings.Index(text, part)
		if at < 0 {
			return false
		}
		text = text[at+len(part):]
	}
	return strings.HasSuffix(text, parts[last])
}
