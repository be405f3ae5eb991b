package logs

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/roadstead/roadstead/telemetry/logs"
)

// The constructors below make the SDK's exceptions. Wordings are AWS's where
// they are known.

func invalid(format string, args ...any) error {
	return &types.InvalidParameterException{Message: new(fmt.Sprintf(format, args...))}
}

// notYet refuses a parameter that AWS would accept.
func notYet(parameter string) error {
	return invalid("%s is not supported by Roadstead yet.", parameter)
}

func invalidToken() error { return invalid("The specified nextToken is invalid.") }

func groupNotFound() error {
	return &types.ResourceNotFoundException{Message: new("The specified log group does not exist.")}
}

// failure translates what the store says; what it does not know is a server
// fault.
func failure(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, logs.ErrGroupNotFound):
		return groupNotFound()
	case errors.Is(err, logs.ErrStreamNotFound):
		return &types.ResourceNotFoundException{Message: new("The specified log stream does not exist.")}
	case errors.Is(err, logs.ErrGroupExists):
		return &types.ResourceAlreadyExistsException{Message: new("The specified log group already exists")}
	case errors.Is(err, logs.ErrStreamExists):
		return &types.ResourceAlreadyExistsException{Message: new("The specified log stream already exists")}
	case errors.Is(err, logs.ErrTooMany):
		return &types.LimitExceededException{Message: new("Resource limit exceeded.")}
	case errors.Is(err, logs.ErrNoSpace), errors.Is(err, logs.ErrClosed):
		return &types.ServiceUnavailableException{Message: new("The service cannot complete the request.")}
	}
	return err
}
