package secretsmanager

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"

	"github.com/roadstead/roadstead/wire"
	"github.com/roadstead/roadstead/wire/constraint"
)

// The constructors below make the SDK's exceptions. Wordings are AWS's where
// they are known.

func invalidParameter(format string, args ...any) error {
	return &types.InvalidParameterException{Message: new(fmt.Sprintf(format, args...))}
}

func invalidRequest(format string, args ...any) error {
	return &types.InvalidRequestException{Message: new(fmt.Sprintf(format, args...))}
}

func notFound(format string, args ...any) error {
	return &types.ResourceNotFoundException{Message: new(fmt.Sprintf(format, args...))}
}

func invalidName() error {
	return constraint.Invalid("Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!")
}

func secretNotFound() error { return notFound("Secrets Manager can't find the specified secret.") }

// encryption turns KMS's refusal to encrypt into the service's words; what is
// no refusal stays a server fault.
func encryption(err error) error {
	var refused smithy.APIError
	if !errors.As(err, &refused) || refused.ErrorFault() == smithy.FaultServer {
		return err
	}
	return &types.EncryptionFailure{Message: new("Secrets Manager can't encrypt the protected secret text using the provided KMS key. " +
		"Check that the KMS key is available, enabled, and not in an invalid state. " + refused.ErrorMessage())}
}

func decryption(err error) error {
	var refused smithy.APIError
	if !errors.As(err, &refused) || refused.ErrorFault() == smithy.FaultServer {
		return err
	}
	if refused.ErrorCode() == "AccessDeniedException" {
		return &wire.Error{Code: "AccessDeniedException", Message: "Access to KMS is not allowed"}
	}
	return &types.DecryptionFailure{Message: new("Secrets Manager can't decrypt the protected secret text using the provided KMS key.")}
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
