package sigv4

import (
	"errors"
	"net/http"

	"github.com/aws/smithy-go"
)

// What a Keys answers when it has no secret for a key. They may be wrapped.
var (
	// ErrUnknownKey: no such access key, or a session token that was not issued
	// here, was tampered with or belongs to another key.
	ErrUnknownKey = errors.New("unknown access key or session token")
	// ErrExpiredToken: the session was genuine and has ended.
	ErrExpiredToken = errors.New("expired session token")
)

// Reason is why a request was refused.
type Reason uint8

// The reasons; each has one AWS error code per protocol family.
const (
	MissingToken Reason = iota + 1
	IncompleteSignature
	InvalidSignature
	InvalidToken
	ExpiredToken
)

// Error refuses a request, in AWS's words. It implements smithy.APIError with
// the code of the JSON protocols; Query has the code of the query protocols.
type Error struct {
	Reason  Reason
	Message string
}

var _ smithy.APIError = (*Error)(nil)

// Error returns the code and the message.
func (e *Error) Error() string { return e.ErrorCode() + ": " + e.Message }

// ErrorCode returns the error type of the JSON protocols.
func (e *Error) ErrorCode() string {
	switch e.Reason {
	case MissingToken:
		return "MissingAuthenticationTokenException"
	case IncompleteSignature:
		return "IncompleteSignatureException"
	case InvalidSignature:
		return "InvalidSignatureException"
	case InvalidToken:
		return "UnrecognizedClientException"
	case ExpiredToken:
		return "ExpiredTokenException"
	}
	panic("sigv4: an error without a reason")
}

// ErrorMessage returns the message without the code.
func (e *Error) ErrorMessage() string { return e.Message }

// ErrorFault says that the caller is at fault.
func (e *Error) ErrorFault() smithy.ErrorFault { return smithy.FaultClient }

// HTTPStatusCode returns the status that the JSON protocols give the error.
func (e *Error) HTTPStatusCode() int { return http.StatusBadRequest }

// QueryErrorCode returns the error code of the query protocols.
func (e *Error) QueryErrorCode() string {
	switch e.Reason {
	case MissingToken:
		return "MissingAuthenticationToken"
	case IncompleteSignature:
		return "IncompleteSignature"
	case InvalidSignature:
		return "SignatureDoesNotMatch"
	case InvalidToken:
		return "InvalidClientTokenId"
	case ExpiredToken:
		return "ExpiredToken"
	}
	panic("sigv4: an error without a reason")
}

// QueryStatusCode returns the status that the query protocols give the error.
func (e *Error) QueryStatusCode() int {
	if e.Reason == IncompleteSignature {
		return http.StatusBadRequest
	}
	return http.StatusForbidden
}

const (
	messageMissing  = "Missing Authentication Token"
	messageMismatch = "The request signature we calculated does not match the signature you provided. " +
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
	messageInvalidToken = "The security token included in the request is invalid."
	messageExpiredToken = "The security token included in the request is expired"
	messageHostUnsigned = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
	messageBothForms    = "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."
)

func incomplete(message string) *Error { return &Error{Reason: IncompleteSignature, Message: message} }
func invalid(message string) *Error    { return &Error{Reason: InvalidSignature, Message: message} }
