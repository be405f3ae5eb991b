package ssm

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/smithy-go"

	"github.com/roadstead/roadstead/wire/constraint"
)

// The constructors below make the SDK's exceptions. Wordings are AWS's where
// they are known.

func invalid(format string, args ...any) error { return constraint.Invalid(format, args...) }

func notFound(name string) error {
	return &types.ParameterNotFound{Message: new("Parameter " + name + " not found.")}
}

func versionNotFound(name string, version int) error {
	return &types.ParameterVersionNotFound{Message: new(fmt.Sprintf("Systems Manager could not find version %d of %s. Verify the version and try again.", version, name))}
}

func labelNotFound(name, label string) error {
	return &types.ParameterVersionNotFound{Message: new("Systems Manager could not find the label " + label + " on " + name + ". Verify the label and try again.")}
}

// keyError turns KMS's refusals into the service's.
func keyError(err error) error {
	var refused smithy.APIError
	if !errors.As(err, &refused) || refused.ErrorFault() == smithy.FaultServer {
		return err
	}
	return &types.InvalidKeyId{Message: new(refused.ErrorMessage() + " (Service: AWSKMS; Status Code: 400; Error Code: " + refused.ErrorCode() + ")")}
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
