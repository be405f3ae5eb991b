package wire

import (
	"context"
	"reflect"
)

// Operation is one row of a front door's operations table.
type Operation struct {
	// Name is the operation's name in the service's model, as in X-Amz-Target or Action.
	Name string

	permission Permission

	input, output reflect.Type
	call          func(ctx context.Context, input any) (any, error)
	stream        func(ctx context.Context, input any, send func(event any) error) error
}

// Op makes an Operation of a method shaped as the SDK client's, with I and O the SDK's own Input and Output structs.
func Op[I, O any](name string, f func(context.Context, *I) (*O, error)) Operation {
	return Operation{
		Name:   name,
		input:  reflect.TypeFor[I](),
		output: reflect.TypeFor[O](),
		call: func(ctx context.Context, input any) (any, error) {
			out, err := f(ctx, input.(*I))
			if err != nil {
				return nil, err
			}
			if out == nil {
				out = new(O)
			}
			return out, nil
		},
	}
}

// StreamOp makes an Operation whose answer is an event stream. The handler calls send with members of the stream's
// union (for example *types.StartLiveTailResponseStreamMemberSessionStart) and returns when the stream shall end; an
// error before the first event is answered as an ordinary error, a later one as an exception frame. send fails when
// the client is gone. send may not be called concurrently.
func StreamOp[I any](name string, f func(ctx context.Context, input *I, send func(event any) error) error) Operation {
	return Operation{
		Name:  name,
		input: reflect.TypeFor[I](),
		stream: func(ctx context.Context, input any, send func(event any) error) error {
			return f(ctx, input.(*I), send)
		},
	}
}

// Input is the struct type that requests decode into.
func (o Operation) Input() reflect.Type { return o.input }

// Output is the struct type that answers are encoded from, or nil if the answer is an event stream.
func (o Operation) Output() reflect.Type { return o.output }

// Call answers one request in process: input is a pointer to Input's type, the answer one to Output's. It is not for
// operations whose answer is a stream.
func (o Operation) Call(ctx context.Context, input any) (any, error) { return o.call(ctx, input) }

// IsStream reports whether the answer is an event stream.
func (o Operation) IsStream() bool { return o.stream != nil }

// OpOf is Op for types that are only known at run time; call is given a pointer to input's type and returns one to
// output's.
func OpOf(name string, input, output reflect.Type, call func(ctx context.Context, input any) (any, error)) Operation {
	return Operation{Name: name, input: input, output: output, call: call}
}

// Reviewed returns the operation with every answer shown to review before it leaves: the output, or the error in its
// place. What review returns is answered instead: err for what may go. Event streams are not shown.
func (o Operation) Reviewed(review func(ctx context.Context, output any, err error) error) Operation {
	call := o.call
	if call == nil {
		return o
	}
	o.call = func(ctx context.Context, input any) (any, error) {
		output, err := call(ctx, input)
		if err = review(ctx, output, err); err != nil {
			return nil, err
		}
		return output, nil
	}
	return o
}
