package wire

import (
	"context"
	"fmt"
	"reflect"
)

// Need is one permission that a request needs: whoever decides asks for it once per resource, and every answer has to
// be yes.
type Need struct {
	// Action is the action of IAM, as "iam:PassRole"; "" is the operation's own: the signing name, a colon, its name.
	Action string
	// Resources are ARNs. None: the action knows no resource, and only the pattern "*" speaks of it.
	Resources []string
	// Keys are condition keys of the service and of the request, as "ecs:cluster" and "aws:RequestTag/team". Global
	// keys and the tags of stored resources are not the operation's to tell.
	Keys map[string][]string
}

// Permission says what a request needs of its caller. It is asked before the input was checked, so every member may
// be missing or wrong; it names what the request names, whether that exists or not.
type Permission struct {
	input reflect.Type // pointer's element; nil takes any
	kind  permissionKind
	needs func(ctx context.Context, input any) []Need
}

type permissionKind uint8

const (
	unsaid    permissionKind = iota
	needing                  // what needs says
	free                     // nothing but a known caller
	anonymous                // not even that
)

// Needs makes a Permission of a function over the SDK's Input struct.
func Needs[I any](f func(ctx context.Context, input *I) []Need) Permission {
	return Permission{reflect.TypeFor[I](), needing, func(ctx context.Context, input any) []Need { return f(ctx, input.(*I)) }}
}

// OnAnything is the Permission of operations whose action knows no resource.
func OnAnything() Permission {
	return Permission{nil, needing, func(context.Context, any) []Need { return []Need{{}} }}
}

// NoPermission is for the few operations that every authenticated caller may call and nobody can be denied.
func NoPermission() Permission { return Permission{kind: free} }

// NoCredentials is for operations that are called before one has credentials. The router does not authenticate their
// requests: the context has no caller.
func NoCredentials() Permission { return Permission{kind: anonymous} }

// Needing returns the operation with its Permission. It panics if that is one of another operation's input: a wrong
// table is found when it is made.
func (o Operation) Needing(p Permission) Operation {
	if p.kind == unsaid || p.input != nil && p.input != o.input {
		panic(fmt.Sprintf("wire: operation %s takes %v, its permission is of %v", o.Name, o.input, p.input))
	}
	o.permission = p
	return o
}

// HasPermission reports whether the operation says what it needs.
func (o Operation) HasPermission() bool { return o.permission.kind != unsaid }

// Anonymous reports whether the operation is called without credentials.
func (o Operation) Anonymous() bool { return o.permission.kind == anonymous }

// Needs returns what a request needs of its caller; an operation that needs nothing says so by none. ok is false for
// an operation without a Permission, which nobody may call.
func (o *Operation) Needs(ctx context.Context, s *Service, input any) (needs []Need, ok bool) {
	switch o.permission.kind {
	case free, anonymous:
		return nil, true
	case unsaid:
		return nil, false
	}
	needs = o.permission.needs(ctx, input)
	for i := range needs {
		if needs[i].Action == "" {
			needs[i].Action = s.signingName() + ":" + o.Name
		}
	}
	return needs, true
}
