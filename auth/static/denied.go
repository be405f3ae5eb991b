package static

import (
	"github.com/aws/smithy-go"
	"github.com/roadstead/roadstead/auth/caller"
)

// Denied refuses an action, in AWS's words. It implements smithy.APIError with
// the code of the JSON protocols.
type Denied struct {
	ARN    string // of the caller
	Action string
}

var _ smithy.APIError = (*Denied)(nil)

// Authorize returns a *Denied unless id may perform action, as Allowed says.
func Authorize(id caller.Identity, action string) error {
	if Allowed(id, action) {
		return nil
	}
	return &Denied{ARN: id.ARN, Action: action}
}

// Error returns the code and the message.
func (d *Denied) Error() string { return d.ErrorCode() + ": " + d.ErrorMessage() }

// ErrorCode returns the error type of the JSON protocols.
func (d *Denied) ErrorCode() string { return "AccessDeniedException" }

// ErrorMessage returns AWS's sentence.
func (d *Denied) ErrorMessage() string {
	return "User: " + d.ARN + " is not authorized to perform: " + d.Action +
		" because no identity-based policy allows the " + d.Action + " action"
}

// ErrorFault says that the caller is at fault.
func (d *Denied) ErrorFault() smithy.ErrorFault { return smithy.FaultClient }

// HTTPStatusCode returns the status that the JSON protocols give the error.
func (d *Denied) HTTPStatusCode() int { return 400 }

// QueryErrorCode returns the error code of the query protocols.
func (d *Denied) QueryErrorCode() string { return "AccessDenied" }

// QueryStatusCode returns the status that the query protocols give the error.
func (d *Denied) QueryStatusCode() int { return 403 }
