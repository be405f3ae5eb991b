package iam

import (
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/roadstead/roadstead/wire"
)

// The constructors below make the SDK's exceptions. Wordings are AWS's where
// they are known.

func say(format string, args ...any) *string { return new(fmt.Sprintf(format, args...)) }

func noSuch(format string, args ...any) error {
	return &types.NoSuchEntityException{Message: say(format, args...)}
}

func exists(format string, args ...any) error {
	return &types.EntityAlreadyExistsException{Message: say(format, args...)}
}

func conflict(what string) error {
	return &types.DeleteConflictException{Message: say("Cannot delete entity, must %s first.", what)}
}

func invalid(format string, args ...any) error {
	return &types.InvalidInputException{Message: say(format, args...)}
}

func malformed(format string, args ...any) error {
	return &types.MalformedPolicyDocumentException{Message: say(format, args...)}
}

func exceeded(format string, args ...any) error {
	return &types.LimitExceededException{Message: say(format, args...)}
}

// validation is the error of values that the service's model rules out; it has
// no type of its own.
func validation(format string, args ...any) error {
	return &wire.Error{Code: "ValidationError", Message: fmt.Sprintf(format, args...), Status: http.StatusBadRequest}
}

// quota refuses one more of something that there are max of.
func quota(name string, max int) error { return exceeded("Cannot exceed quota for %s: %d", name, max) }

func noUser(name string) error  { return noSuch("The user with name %s cannot be found.", name) }
func noGroup(name string) error { return noSuch("The group with name %s cannot be found.", name) }
func noRole(name string) error  { return noSuch("The role with name %s cannot be found.", name) }

func noProfile(name string) error { return noSuch("Instance Profile %s cannot be found.", name) }
func noKey(id string) error       { return noSuch("The Access Key with id %s cannot be found.", id) }
func noPolicy(arn string) error   { return noSuch("Policy %s was not found.", arn) }

func notAttachable(arn string) error {
	return noSuch("Policy %s does not exist or is not attachable.", arn)
}

// fault turns an error of the store into what IAM answers when it cannot do its
// work, and logs it: the caller learns nothing of the cause.
func (c *call) fault(operation string, err error) error {
	if c.ctx.Err() != nil {
		return c.ctx.Err()
	}
	c.opts.Logger.Error("iam: "+operation+" failed", "account", c.Account, "error", err)
	return &types.ServiceFailureException{Message: new("The request processing has failed because of an unknown error, exception or failure.")}
}
