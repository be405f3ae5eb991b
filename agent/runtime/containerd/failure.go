package containerd

import (
	"context"
	"errors"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	remoteerrors "github.com/containerd/containerd/v2/core/remotes/errors"
	"github.com/containerd/errdefs"
	"github.com/containerd/errdefs/pkg/errgrpc"

	"github.com/roadstead/roadstead/agent/runtime"
)

// Marks of failures that this package finds itself; failure turns them into kinds.
var (
	errInvalid      = errors.New("invalid parameter")
	errCannotCreate = errors.New("cannot create container")
	errBadImage     = errors.New("image cannot be used")
	errRan          = errors.New("its process has run")
)

// failure wraps an error of an operation that is not a pull. nil stays nil, and what has a kind keeps it.
func failure(op, subject string, err error) error {
	if err == nil {
		return nil
	}
	var known *runtime.Error
	if errors.As(err, &known) || errors.Is(err, context.Canceled) {
		return err
	}
	kind := kindOf(err)
	if kind == runtime.KindUnknown {
		err = errgrpc.ToNative(err) // from the daemon; our own marks would not survive it
		kind = kindOf(err)
	}
	return &runtime.Error{Kind: kind, Op: op, Subject: subject, Err: tidy(err)}
}

func kindOf(err error) runtime.Kind {
	text := err.Error()
	switch {
	case errors.Is(err, errInvalid):
		return runtime.KindInvalid
	case errors.Is(err, errCannotCreate):
		return runtime.KindCannotCreate
	case errors.Is(err, errBadImage):
		return runtime.KindBadImage
	case errors.Is(err, syscall.ENOSPC), strings.Contains(text, "no space left on device"):
		return runtime.KindNoSpace
	case errors.Is(err, context.DeadlineExceeded), errdefs.IsDeadlineExceeded(err):
		return runtime.KindTimedOut
	case unanswered(err):
		return runtime.KindUnavailable
	case errors.Is(err, errRan):
		return runtime.KindExists
	case strings.Contains(text, "executable file not found"),
		names(text) && strings.Contains(text, "no such file or directory"):
		return runtime.KindCommandNotFound
	case names(text) && (strings.Contains(text, "permission denied") ||
		strings.Contains(text, "exec format error") || strings.Contains(text, "is a directory")):
		return runtime.KindCommandNotExecutable
	case strings.Contains(text, "OCI runtime create failed"), strings.Contains(text, "runc create failed"):
		return runtime.KindCannotCreate
	case errdefs.IsAlreadyExists(err):
		return runtime.KindExists
	case errdefs.IsNotFound(err):
		return runtime.KindNotFound
	}
	return runtime.KindUnknown
}

// names reports whether an error speaks of the command: in runc's words, or in gVisor's.
func names(text string) bool {
	return slices.ContainsFunc([]string{"exec: ", "error finding executable ", ": failed to load "}, func(words string) bool { return strings.Contains(text, words) })
}

// unanswered reports whether the daemon, or the shim behind it, went away before it answered: what it was asked for may
// have been done or not. The words are those of gRPC and ttrpc where they give no code.
func unanswered(err error) bool {
	if errdefs.IsUnavailable(err) || errdefs.IsUnavailable(errgrpc.ToNative(err)) {
		return true
	}
	text := err.Error()
	return slices.ContainsFunc(goneWords, func(words string) bool { return strings.Contains(text, words) })
}

// abandoned reports whether the caller, or somebody in between, did not wait for the answer, which comes to the same.
func abandoned(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errdefs.IsCanceled(errgrpc.ToNative(err)) || errdefs.IsDeadlineExceeded(errgrpc.ToNative(err)) ||
		strings.Contains(err.Error(), context.Canceled.Error()) || strings.Contains(err.Error(), context.DeadlineExceeded.Error())
}

var goneWords = []string{
	"ttrpc: closed", "ttrpc: server closed", "error reading from server", "transport is closing", "the client connection is closing",
	"server is stopping",
}

// pullFailure wraps an error of a pull. Registries differ: Docker Hub says 401 to what does not exist.
func pullFailure(image string, err error) error {
	if err == nil {
		return nil
	}
	var known *runtime.Error
	if errors.As(err, &known) || errors.Is(err, context.Canceled) {
		return err
	}
	op := "pull"
	if errors.As(err, new(*unresolved)) {
		op = runtime.OpResolve
	}
	return &runtime.Error{Kind: pullKind(err), Op: op, Subject: image, Err: err}
}

// unresolved is the failure of a pull that does not know what the name stands for.
type unresolved struct{ err error }

func (u *unresolved) Error() string { return u.err.Error() }
func (u *unresolved) Unwrap() error { return u.err }

func pullKind(err error) runtime.Kind {
	var status remoteerrors.ErrUnexpectedStatus
	var network net.Error
	text := err.Error()
	switch {
	case errors.Is(err, errInvalid):
		return runtime.KindInvalid
	case errors.Is(err, errBadImage):
		return runtime.KindBadImage
	case errors.Is(err, syscall.ENOSPC), strings.Contains(text, "no space left on device"):
		return runtime.KindNoSpace
	case errors.Is(err, docker.ErrInvalidAuthorization):
		return runtime.KindAuthDenied
	case errors.As(err, &status):
		return statusKind(status.StatusCode)
	case strings.Contains(text, "insufficient_scope"), strings.Contains(text, "no basic auth credentials"):
		return runtime.KindAuthDenied
	case strings.Contains(text, "no match for platform"), strings.Contains(text, "failed size validation"),
		strings.Contains(text, "unexpected commit digest"), errdefs.IsNotImplemented(err), strings.Contains(text, "wrong diff id"),
		strings.Contains(text, "failed to extract layer"), strings.Contains(text, "invalid character"), strings.Contains(text, "unmarshal"):
		return runtime.KindBadImage
	case errors.As(err, &network), errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, context.DeadlineExceeded),
		strings.Contains(text, "server gave HTTP response to HTTPS client"), strings.Contains(text, "unexpected EOF"):
		return runtime.KindUnreachable
	case errdefs.IsNotFound(err):
		return runtime.KindImageNotFound
	case unanswered(err):
		return runtime.KindUnavailable
	}
	return runtime.KindUnknown
}

func statusKind(code int) runtime.Kind {
	switch {
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return runtime.KindAuthDenied
	case code == http.StatusNotFound:
		return runtime.KindImageNotFound
	case code >= http.StatusInternalServerError, code == http.StatusTooManyRequests, code == http.StatusRequestedRangeNotSatisfiable:
		return runtime.KindUnreachable
	}
	return runtime.KindUnknown
}

// tidy drops what containerd's layers put in front of the OCI runtime's own words, which are what a person needs.
func tidy(err error) error {
	text := err.Error()
	if at := strings.Index(text, "OCI runtime "); at > 0 {
		return errors.New(logPrefix.ReplaceAllString(text[at:], ""))
	}
	return err
}

var logPrefix = regexp.MustCompile(`time="[^"]*" level=\w+ msg=`)
