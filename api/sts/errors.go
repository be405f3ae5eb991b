package sts

import (
	"fmt"
	"net/http"

	"github.com/roadstead/roadstead/wire"
)

// invalid is a constraint that a member does not satisfy.
func invalid(value, member, rule string) error {
	return &wire.Error{Code: "ValidationError", Message: "1 validation error detected: Value '" + value + "' at '" + member +
		"' failed to satisfy constraint: " + rule}
}

// missing is a required member that is not there.
func missing(member string) error {
	return &wire.Error{Code: "ValidationError", Message: "1 validation error detected: Value null at '" + member +
		"' failed to satisfy constraint: Member must not be null"}
}

func refused(format string, args ...any) error {
	return &wire.Error{Code: "ValidationError", Message: fmt.Sprintf(format, args...)}
}

func parameter(format string, args ...any) error {
	return &wire.Error{Code: "InvalidParameterValue", Message: fmt.Sprintf(format, args...)}
}

func denied(message string) error {
	return &wire.Error{Code: "AccessDenied", Message: message, Status: http.StatusForbidden}
}

// notSupported refuses what AWS would accept.
func notSupported(member string) error {
	return refused("%s is not supported by Roadstead yet", member)
}
