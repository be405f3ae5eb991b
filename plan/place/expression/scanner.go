package expression

import "strings"

// scanner cuts an expression into what the parser asks for. Which characters
// make a word depends on the place: a pattern may hold brackets, a name not.
type scanner struct {
	in string
	at int
}

func (s *scanner) end() bool { return s.at >= len(s.in) }

// rest returns a little of what is not read yet, for messages.
func (s *scanner) rest() string { return s.in[s.at:min(len(s.in), s.at+20)] }

func (s *scanner) space() {
	for !s.end() && isSpace(s.in[s.at]) {
		s.at++
	}
}

// symbol takes the symbol if it comes next.
func (s *scanner) symbol(symbol string) bool {
	s.space()
	if !strings.HasPrefix(s.in[s.at:], symbol) {
		return false
	}
	s.at += len(symbol)
	return true
}

// keyword takes the word if it comes next and ends there; upper and lower
// case are alike.
func (s *scanner) keyword(word string) bool {
	s.space()
	end := s.at + len(word)
	if end > len(s.in) || !strings.EqualFold(s.in[s.at:end], word) {
		return false
	}
	if end < len(s.in) && isWord(s.in[end]) {
		return false
	}
	s.at = end
	return true
}

// word takes a name or a plain value; "" when none comes next.
func (s *scanner) word() string {
	s.space()
	start := s.at
	for !s.end() && isWord(s.in[s.at]) {
		s.at++
	}
	return s.in[start:s.at]
}

// quoted takes a value between single or double quotes.
func (s *scanner) quoted() (value string, ok bool) {
	s.space()
	if s.end() || (s.in[s.at] != '"' && s.in[s.at] != '\'') {
		return "", false
	}
	length := strings.IndexByte(s.in[s.at+1:], s.in[s.at])
	if length < 0 {
		return "", false
	}
	value = s.in[s.at+1 : s.at+1+length]
	s.at += length + 2
	return value, true
}

// pattern takes a regular expression: up to a space or to a parenthesis that
// the pattern itself did not open.
func (s *scanner) pattern() string {
	s.space()
	start, open := s.at, 0
	for ; !s.end() && !isSpace(s.in[s.at]); s.at++ {
		switch s.in[s.at] {
		case '\\':
			s.at = min(s.at+1, len(s.in)-1)
		case '(':
			open++
		case ')':
			if open == 0 {
				return s.in[start:s.at]
			}
			open--
		}
	}
	return s.in[start:s.at]
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func isWord(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c >= 0x80:
		return true
	}
	return strings.IndexByte("-_./:+@*\\", c) >= 0
}
