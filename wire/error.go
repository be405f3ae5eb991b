package wire

import (
	"errors"
	"net/http"
	"reflect"

	"github.com/aws/smithy-go"
)

// Error is an error of the API for which the SDK has no type, such as the errors that every service shares.
// Where the SDK has a typed exception, handlers return that instead.
type Error struct {
	Code    string            // the code on the wire, as "AccessDeniedException"
	Message string            // for the caller, in AWS's wording
	Fault   smithy.ErrorFault // FaultServer, or else the caller's fault
	Status  int               // the HTTP status; 0 means 500 for server faults and 400 otherwise
	Fields  map[string]any    // further members of the error's body, in JSON protocols only
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

// answer is an error as the router will send it.
type answer struct {
	code, message string
	status        int
	body          reflect.Value // an SDK exception's struct; invalid for other errors
	plan          *plan         // of body
	fields        map[string]any
}

// answerTo turns any error into one that may be sent. Errors that are not modelled tell the caller nothing but the
// request id.
func answerTo(err error, p Protocol, requestID string) answer {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return answer{
			code:    "InternalFailure",
			message: "The request processing has failed because of an unknown error. Request id: " + requestID,
			status:  http.StatusInternalServerError,
		}
	}
	a := answer{code: api.ErrorCode(), message: api.ErrorMessage(), status: http.StatusBadRequest}
	if api.ErrorFault() == smithy.FaultServer {
		a.status = http.StatusInternalServerError
	}
	if own, ok := api.(*Error); ok {
		a.fields = own.Fields
		if own.Status != 0 {
			a.status = own.Status
		}
		return a
	}
	if twin, ok := api.(queryError); ok && p.isForm() {
		a.code, a.status = twin.QueryErrorCode(), twin.QueryStatusCode()
		return a
	}
	a.describe(api, p)
	return a
}

// queryError is an error whose code differs in the query protocol, as those of authentication do: the JSON protocols'
// InvalidSignatureException is SignatureDoesNotMatch there.
type queryError interface {
	QueryErrorCode() string
	QueryStatusCode() int
}

// describe adds what an SDK exception's type tells: its further members and, by its schema, the status and code.
func (a *answer) describe(api smithy.APIError, p Protocol) {
	v := reflect.ValueOf(api)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return
	}
	override := v.Elem().FieldByName("ErrorCodeOverride") // the mark of the SDK's exceptions
	if !override.IsValid() || override.Kind() != reflect.Pointer {
		return
	}
	planned, err := planOf(v.Elem().Type())
	if err != nil {
		return
	}
	a.body, a.plan = v.Elem(), planned
	status := planned.failure.status
	if p.isForm() {
		if planned.failure.queryStatus != 0 {
			status = planned.failure.queryStatus
		}
		if planned.failure.queryCode != "" && override.IsNil() {
			a.code = planned.failure.queryCode
		}
	}
	if status == 0 {
		status = failureStatus[a.code]
	}
	// Models state other statuses for errors of callers than AWS JSON has: it
	// answers 400 to all of them.
	if p == AWSJSON10 || p == AWSJSON11 {
		status = max(status, a.status)
		if a.status < http.StatusInternalServerError {
			status = a.status
		}
	}
	if status != 0 {
		a.status = status
	}
}

// failureStatus holds the statuses other than the usual ones that models state, for modules without schemas (STS, IAM).
var failureStatus = map[string]int{
	"ConcurrentModification":        http.StatusConflict,
	"DeleteConflict":                http.StatusConflict,
	"EntityAlreadyExists":           http.StatusConflict,
	"EntityTemporarilyUnmodifiable": http.StatusConflict,
	"LimitExceeded":                 http.StatusConflict,
	"NoSuchEntity":                  http.StatusNotFound,
	"NotSupportedService":           http.StatusNotFound,
	"PolicyEvaluation":              http.StatusInternalServerError,
	"ReportExpired":                 http.StatusGone,
	"ReportGenerationLimitExceeded": http.StatusConflict,
	"ReportInProgress":              http.StatusNotFound,
	"ReportNotPresent":              http.StatusGone,
	"ServiceFailure":                http.StatusInternalServerError,
	"IDPRejectedClaim":              http.StatusForbidden,
	"OutboundWebIdentityFederationDisabledException": http.StatusForbidden,
	"RegionDisabledException":                        http.StatusForbidden,
	"SessionDurationEscalationException":             http.StatusForbidden,
}

// fault is "Sender" or "Receiver", the query protocol's words.
func (a answer) fault() string {
	if a.status >= http.StatusInternalServerError {
		return "Receiver"
	}
	return "Sender"
}
