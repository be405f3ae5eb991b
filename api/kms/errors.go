package kms

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/roadstead/roadstead/wire"
)

// The constructors below make the SDK's exceptions. Wordings are AWS's where
// they are known.

func notFound(format string, args ...any) error {
	return &types.NotFoundException{Message: new(fmt.Sprintf(format, args...))}
}

func keyNotFound(arn string) error { return notFound("Key '%s' does not exist", arn) }

func aliasNotFound(arn string) error { return notFound("Alias %s is not found.", arn) }

func disabled(arn string) error {
	return &types.DisabledException{Message: new(arn + " is disabled.")}
}

func invalidState(format string, args ...any) error {
	return &types.KMSInvalidStateException{Message: new(fmt.Sprintf(format, args...))}
}

func pendingDeletion(arn string) error { return invalidState("%s is pending deletion.", arn) }

func unsupported(format string, args ...any) error {
	return &types.UnsupportedOperationException{Message: new(fmt.Sprintf(format, args...))}
}

func wrongUsage(format string, args ...any) error {
	return &types.InvalidKeyUsageException{Message: new(fmt.Sprintf(format, args...))}
}

func limitExceeded(format string, args ...any) error {
	return &types.LimitExceededException{Message: new(fmt.Sprintf(format, args...))}
}

// invalidCiphertext says nothing more, as AWS does: whoever guesses learns
// nothing.
func invalidCiphertext() error { return &types.InvalidCiphertextException{} }

func incorrectKey() error {
	return &types.IncorrectKeyException{Message: new("The key ID in the request does not identify a CMK that can perform this operation.")}
}

func dryRun(asked *bool) error {
	if asked == nil || !*asked {
		return nil
	}
	return &types.DryRunOperationException{Message: new("The request would have succeeded, but the DryRun option is set.")}
}

// denied is what the policies of keys that belong to a service answer.
func denied(r request, action, arn string) error {
	return &wire.Error{Code: "AccessDeniedException", Message: "User: " + r.who.ARN + " is not authorized to perform: kms:" + action +
		" on resource: " + arn + " because no resource-based policy allows the kms:" + action + " action"}
}
