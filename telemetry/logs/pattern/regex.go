package pattern

import (
	"errors"
	"regexp"
	"strings"
)

// regexSymbols is what may stand in a regular expression beside letters,
// digits and space: the symbols and the operators of the user guide. There
// are no groups.
const regexSymbols = ":_#=@/;,-" + `^$?[]{}|\*+.`

// regex takes a regular expression between per cent signs.
func (s *scanner) regex() (*regexp.Regexp, error) {
	s.at++
	end := strings.IndexByte(s.text[s.at:], '%')
	if end < 0 {
		return nil, errors.New("a regular expression is not closed")
	}
	text := s.text[s.at : s.at+end]
	if text == "" {
		return nil, errors.New("a regular expression is empty")
	}
	for i := range len(text) {
		if c := text[i]; !isLetter(c) && !isDigit(c) && c != ' ' && strings.IndexByte(regexSymbols, c) < 0 {
			return nil, errors.New("a regular expression has an unsupported character")
		}
	}
	if s.regexes++; s.regexes > MaxRegexes {
		return nil, errors.New("too many regular expressions")
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, errors.New("a regular expression is malformed")
	}
	s.at += end + 1
	return re, nil
}
