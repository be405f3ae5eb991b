package wire

import (
	"errors"
	"net/http"

	"github.com/aws/smithy-go"
)

// Error is an error of the API for which the SDK has no type, such as the errors that every service shares.
// Where the SDK has a typed exception, handlers return that instead.
type Error struct {
	Code    string            // the code on the wire, as "AccessDeniedException"
	Message string            // for the caller, in AWS's wording
	Fault   smithy.ErrorFault // FaultServer, or else the caller's fault
	Status  int               // the HTTP status; 0 means 500 for server faults and 400 otherwise
	Fields  map[string]any    // further members of the error's body (JSON only)
}

// Error implements error.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// ErrorCode implements smithy.APIError.
func (e *Error) ErrorCode() string { return e.Code }

// ErrorMessage implements smithy.APIError.
func (e *Error) ErrorMessage() string { return e.Message }

// ErrorFault implements smithy.APIError.
func (e *Error) ErrorFault() smithy.ErrorFault { return e.Fault }

var _ smithy.APIError = (*Error)(nil)

// httpStatus is the status to answer err with.
func httpStatus(err smithy.APIError) int {
	var own *Error
	if errors.As(err, &own) && own.Status != 0 {
		return own.Status
	}
	if err.ErrorFault() == smithy.FaultServer {
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}
