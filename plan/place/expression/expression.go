// Package expression reads and evaluates the cluster query language: the
// expressions of memberOf placement constraints and of list filters, such as
//
//	attribute:ecs.instance-type =~ t3.* and not(task:group == service:web)
//
// It decides whether a container instance is meant. It may not know why it is
// asked. Source: ECS developer guide, "Cluster query language".
package expression

import (
	"fmt"

	"github.com/roadstead/roadstead/model"
)

// Limits of an expression. Source for the length: ECS API reference,
// PlacementConstraint.expression.
const (
	MaxLength = 2000 // bytes
	MaxDepth  = 50   // of parentheses and negations
)

// Subject is the container instance that an expression is asked about.
type Subject struct {
	Instance *model.ContainerInstance
	Usage    model.Usage
	// Groups are the groups of the tasks on it; needed only where
	// Expression.UsesGroups.
	Groups []string
}

// Expression is a parsed expression. It is immutable.
type Expression struct {
	source string
	root   node
	groups bool
}

// Error says what is wrong with an expression and where.
type Error struct {
	Expression string
	At         int // byte offset
	Message    string
}

// Error begins as AWS's own message does.
func (e *Error) Error() string {
	return fmt.Sprintf("Invalid expression %q: %s at position %d", e.Expression, e.Message, e.At)
}

// Parse reads an expression. Its error is an *Error.
func Parse(s string) (*Expression, error) {
	p := parser{scanner: scanner{in: s}}
	if len(s) > MaxLength {
		return nil, p.errorAt(MaxLength, "longer than %d characters", MaxLength)
	}
	root, err := p.or(0)
	if err != nil {
		return nil, err
	}
	p.space()
	if !p.end() {
		return nil, p.errorAt(p.at, "unexpected %q", p.rest())
	}
	return &Expression{s, root, p.groups}, nil
}

// String returns the expression as it was written.
func (e *Expression) String() string { return e.source }

// Match reports whether s is meant by the expression.
func (e *Expression) Match(s Subject) bool { return e.root.match(&s) }

// UsesGroups reports whether the answer depends on Subject.Groups.
func (e *Expression) UsesGroups() bool { return e.groups }

type node interface{ match(*Subject) bool }

type (
	anyOf  []node
	allOf  []node
	negate struct{ of node }
)

func (n anyOf) match(s *Subject) bool {
	for _, c := range n {
		if c.match(s) {
			return true
		}
	}
	return false
}

func (n allOf) match(s *Subject) bool {
	for _, c := range n {
		if !c.match(s) {
			return false
		}
	}
	return true
}

func (n negate) match(s *Subject) bool { return !n.of.match(s) }
