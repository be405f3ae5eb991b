package ec2

import (
	"context"
	"fmt"
	"net/http"
	"reflect"

	"github.com/aws/smithy-go"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/wire"
)

// Options tunes the front door; the zero value works.
type Options struct {
	// Region is where everything is; "" means us-east-1.
	Region string
}

// Door is the front door.
type Door struct {
	db   *store.DB
	opts Options
}

// New returns the service as the router offers it.
func New(db *store.DB, opts Options) *wire.Service {
	if opts.Region == "" {
		opts.Region = "us-east-1"
	}
	return (&Door{db, opts}).service()
}

// call is one request: for which account, and what it sees. Each operation is
// a method of it, so that what every operation begins with is written once.
type call struct {
	model.Scope
	v store.View
}

// op is a row of the operations table. EC2's Describe operations know no
// resources. Source: Service Authorization Reference, Amazon EC2.
func op[I, O any](d *Door, name string, f func(*call, *I) (*O, error)) wire.Operation {
	return wire.Op(name, func(ctx context.Context, in *I) (*O, error) {
		who, ok := caller.From(ctx)
		switch {
		case !ok:
			return nil, &wire.Error{Code: "MissingAuthenticationToken", Message: "Request is missing Authentication Token", Status: http.StatusForbidden}
		case reflect.ValueOf(in).Elem().FieldByName("DryRun").Bool():
			return nil, &wire.Error{Code: "DryRunOperation", Message: "Request would have succeeded, but DryRun flag is set.", Status: http.StatusPreconditionFailed}
		}
		return f(&call{model.Scope{Region: d.opts.Region, Account: who.Account}, d.db.View()}, in)
	}).Needing(wire.OnAnything())
}

func fail(code, format string, args ...any) error {
	return &wire.Error{Code: code, Message: fmt.Sprintf(format, args...), Fault: smithy.FaultClient}
}

func invalid(format string, args ...any) error { return fail("InvalidParameterValue", format, args...) }

// missing makes the error of an id that names nothing.
// Source of the codes: EC2 API reference, "Error codes".
func missing(code, what string) func(id string) error {
	return func(id string) error { return fail(code, "The %s '%s' does not exist", what, id) }
}

// all returns the nouns of the caller's account, by id.
func all[T model.Noun](c *call) (nouns []T) {
	for n := range store.Prefix[T](c.v, c.Account+"/") {
		nouns = append(nouns, n)
	}
	return nouns
}

func showTags(tags []model.Tag) []Tag {
	shown := make([]Tag, 0, len(tags))
	for _, t := range tags {
		shown = append(shown, Tag{t.Key, t.Value})
	}
	return shown
}
