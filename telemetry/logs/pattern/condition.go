package pattern

import "errors"

// condition is a boolean expression over whatever T a leaf looks at.
type condition[T any] func(T) bool

// parseOr takes "a || b || ..."; "&&" binds closer.
func parseOr[T any](s *scanner, leaf func(*scanner) (condition[T], error)) (condition[T], error) {
	return parseChain(s, "||", true, func(s *scanner) (condition[T], error) {
		return parseChain(s, "&&", false, func(s *scanner) (condition[T], error) {
			return parsePrimary(s, leaf)
		})
	})
}

// parseChain takes operands between operators; the first operand that gives
// decisive decides.
func parseChain[T any](s *scanner, operator string, decisive bool, operand func(*scanner) (condition[T], error)) (condition[T], error) {
	first, err := operand(s)
	if err != nil {
		return nil, err
	}
	all := []condition[T]{first}
	for s.take(operator) {
		next, err := operand(s)
		if err != nil {
			return nil, err
		}
		all = append(all, next)
	}
	if len(all) == 1 {
		return first, nil
	}
	return func(v T) bool {
		for _, c := range all {
			if c(v) == decisive {
				return decisive
			}
		}
		return !decisive
	}, nil
}

func parsePrimary[T any](s *scanner, leaf func(*scanner) (condition[T], error)) (condition[T], error) {
	if !s.take("(") {
		return leaf(s)
	}
	if s.depth++; s.depth > maxDepth {
		return nil, errors.New("too many parentheses")
	}
	defer func() { s.depth-- }()
	c, err := parseOr(s, leaf)
	if err != nil {
		return nil, err
	}
	if !s.take(")") {
		return nil, errors.New("a parenthesis is not closed")
	}
	return c, nil
}
