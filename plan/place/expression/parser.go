package expression

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

type parser struct {
	scanner
	groups bool
}

func (p *parser) errorAt(at int, format string, args ...any) error {
	return &Error{p.in, at, fmt.Sprintf(format, args...)}
}

func (p *parser) or(depth int) (node, error) {
	return p.list(depth, "or", "||", p.and, func(ns []node) node { return anyOf(ns) })
}

func (p *parser) and(depth int) (node, error) {
	return p.list(depth, "and", "&&", p.term, func(ns []node) node { return allOf(ns) })
}

func (p *parser) list(depth int, word, symbol string, item func(int) (node, error), join func([]node) node) (node, error) {
	var items []node
	for {
		n, err := item(depth)
		if err != nil {
			return nil, err
		}
		items = append(items, n)
		if p.keyword(word) || p.symbol(symbol) {
			continue
		}
		if len(items) == 1 {
			return items[0], nil
		}
		return join(items), nil
	}
}

func (p *parser) term(depth int) (node, error) {
	if depth > MaxDepth {
		return nil, p.errorAt(p.at, "nested deeper than %d", MaxDepth)
	}
	if p.keyword("not") || p.symbol("!") {
		n, err := p.term(depth + 1)
		return negate{n}, err
	}
	if !p.symbol("(") {
		return p.comparison()
	}
	n, err := p.or(depth + 1)
	if err == nil && !p.symbol(")") {
		err = p.errorAt(p.at, "missing )")
	}
	return n, err
}

// operators in the order of trial: what begins with another comes before it.
var operators = [...]struct {
	name   string
	word   bool
	negate bool
	kind   operator
}{
	{"!exists", false, true, exists}, {"!in", false, true, in}, {"==", false, false, equal}, {"!=", false, true, equal},
	{"=~", false, false, matches}, {"!~", false, true, matches},
	{">=", false, true, less}, {"<=", false, true, greater}, {">", false, false, greater}, {"<", false, false, less},
	{"equals", true, false, equal}, {"not_equals", true, true, equal}, {"exists", true, false, exists},
	{"not_exists", true, true, exists}, {"in", true, false, in}, {"not_in", true, true, in},
	{"matches", true, false, matches}, {"not_matches", true, true, matches},
	{"greater_than_equal", true, true, less}, {"less_than_equal", true, true, greater},
	{"greater_than", true, false, greater}, {"less_than", true, false, less},
}

func (p *parser) comparison() (node, error) {
	p.space()
	start := p.at
	name := p.word()
	if name == "" {
		return nil, p.errorAt(start, "missing subject")
	}
	c := comparison{}
	if !c.subject(name) {
		return nil, p.errorAt(start, "unknown subject %q", name)
	}
	p.groups = p.groups || c.field == taskGroup
	negated, err := p.operator(&c)
	if err != nil {
		return nil, err
	}
	if err := p.argument(&c); err != nil {
		return nil, err
	}
	if !negated {
		return &c, nil
	}
	// >= and <= are the negations of < and > only where there is a value.
	if c.operator == less || c.operator == greater {
		return allOf{&comparison{field: c.field, name: c.name, operator: exists}, negate{&c}}, nil
	}
	return negate{&c}, nil
}

func (p *parser) operator(c *comparison) (negated bool, err error) {
	for _, o := range operators {
		if (o.word && p.keyword(o.name)) || (!o.word && p.symbol(o.name)) {
			c.operator = o.kind
			return o.negate, nil
		}
	}
	return false, p.errorAt(p.at, "missing operator")
}

func (p *parser) argument(c *comparison) error {
	at := p.at
	switch c.operator {
	case exists:
		return nil
	case in:
		return p.values(c)
	case matches:
		s, ok := p.quoted()
		if !ok {
			s = p.pattern()
		}
		re, err := regexp.Compile("^(?:" + s + ")$")
		if err != nil || s == "" {
			return p.errorAt(at, "%q is not a pattern", s)
		}
		c.pattern = re
		return nil
	}
	v, err := p.value()
	c.values = []string{v}
	return err
}

func (p *parser) value() (string, error) {
	at := p.at
	if v, ok := p.quoted(); ok {
		return v, nil
	}
	if v := p.word(); v != "" {
		return v, nil
	}
	return "", p.errorAt(at, "missing value")
}

func (p *parser) values(c *comparison) error {
	if !p.symbol("[") {
		return p.errorAt(p.at, "missing [")
	}
	for {
		v, err := p.value()
		if err != nil {
			return err
		}
		c.values = append(c.values, strings.TrimSpace(v))
		if p.symbol(",") {
			continue
		}
		if !p.symbol("]") {
			return p.errorAt(p.at, "missing ]")
		}
		slices.Sort(c.values)
		return nil
	}
}
