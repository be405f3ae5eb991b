package wiretest

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
)

// Unvalidated takes the validation of required members out of an SDK client, so that anything can be sent. It goes
// into a client's Options.APIOptions.
func Unvalidated(stack *middleware.Stack) error {
	if _, validates := stack.Initialize.Get("OperationInputValidation"); !validates {
		return nil // operations without required members
	}
	_, err := stack.Initialize.Remove("OperationInputValidation")
	return err
}

// Required asks an SDK client's validator which members of an Input must be set and are not, as paths like
// "CreateServiceInput.ServiceName". Schemas do not carry it and some clients do not validate, so front doors check
// required members themselves; with this their tests can see that none was forgotten. Nothing is sent.
func Required(client any, operation string, input any) ([]string, error) {
	for _, m := range Methods(client) {
		if m.Name == operation {
			return missing(client, m, input), nil
		}
	}
	return nil, fmt.Errorf("required members: the client has no operation %s", operation)
}

func missing(client any, m Method, input any) []string {
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // validation comes first; nothing may be tried after it
	_, err := m.Call(ctx, client, input)
	var invalid smithy.InvalidParamsError
	if !errors.As(err, &invalid) {
		return nil
	}
	var paths []string
	for _, e := range invalid.Errs() {
		if param, ok := e.(smithy.InvalidParamError); ok {
			paths = append(paths, param.Field())
		}
	}
	return paths
}
