package conformance

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
)

// calls notes which operations the Go SDK's clients got an answer from, and
// which errors were among the answers.
type calls struct {
	mu         sync.Mutex
	operations map[string]bool
	errors     map[string]bool
}

func newCalls() *calls { return &calls{operations: map[string]bool{}, errors: map[string]bool{}} }

// watch is an option of a client.
func (c *calls) watch(o *ecs.Options) {
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("calls", func(ctx context.Context, in middleware.InitializeInput,
			next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			out, metadata, err := next.HandleInitialize(ctx, in)
			c.note(awsmiddleware.GetOperationName(ctx), err)
			return out, metadata, err
		}), middleware.After)
	})
}

// note takes down an answer. What is not the platform's answer does not count.
func (c *calls) note(operation string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		c.errors[api.ErrorCode()] = true
	} else if err != nil {
		return
	}
	c.operations[operation] = true
}

// missingOf are those of all that were not noted.
func missingOf(noted map[string]bool, all []string) (names []string) {
	for _, name := range all {
		if !noted[name] {
			names = append(names, name)
		}
	}
	return names
}

// everyOperation lists the operations that the SDK's client has.
func everyOperation() (names []string) {
	of := reflect.TypeFor[*ecs.Client]()
	for i := range of.NumMethod() {
		m := of.Method(i)
		if m.Type.NumOut() == 2 && m.Type.NumIn() == 4 && strings.HasSuffix(m.Type.In(2).String(), "."+m.Name+"Input") {
			names = append(names, m.Name)
		}
	}
	slices.Sort(names)
	return names
}

// operation is a method of the SDK's client.
type operation[I, O any] = func(context.Context, *I, ...func(*ecs.Options)) (*O, error)

// call calls an operation that must not be refused.
func call[I, O any](t *testing.T, op operation[I, O], in I) *O {
	t.Helper()
	out, err := op(t.Context(), &in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// refused calls an operation that must be refused with an error of the type.
func refused[E error, I, O any](t *testing.T, op operation[I, O], in I) E {
	t.Helper()
	out, err := op(t.Context(), &in)
	e, ok := errors.AsType[E](err)
	if !ok {
		t.Fatalf("it answers %+v %v, not %s", out, err, reflect.TypeFor[E]())
	}
	return e
}
