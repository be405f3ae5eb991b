package ecs

import (
	"errors"
	"strings"
)

// splitCommand splits a command into words as a shell does: at blanks, but not
// in quotes or after a backslash. No shell sees the command and nothing is
// expanded. Source: the SSM agent in containers, which splits with shlex.
func splitCommand(command string) ([]string, error) {
	var words []string
	var word strings.Builder
	inside, quote, escaped := false, rune(0), false
	for _, c := range command {
		switch {
		case escaped:
			if quote == '"' && c != '"' && c != '\\' {
				word.WriteByte('\\')
			}
			word.WriteRune(c)
			escaped = false
		case c == '\\' && quote != '\'':
			inside, escaped = true, true
		case quote != 0:
			if c == quote {
				quote = 0
			} else {
				word.WriteRune(c)
			}
		case c == '\'' || c == '"':
			inside, quote = true, c
		case strings.ContainsRune(" \t\r\n", c):
			if inside {
				words = append(words, word.String())
				word.Reset()
				inside = false
			}
		default:
			inside = true
			word.WriteRune(c)
		}
	}
	switch {
	case quote != 0:
		return nil, errors.New("Command has a quote that is not closed.")
	case escaped:
		return nil, errors.New("Command ends in a backslash.")
	}
	if inside {
		words = append(words, word.String())
	}
	if len(words) == 0 || words[0] == "" {
		return nil, errors.New("Command cannot be empty.")
	}
	return words, nil
}
