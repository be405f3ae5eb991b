package wire

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

// trustedLength is the size of a body, in bytes, that is read without asking for room, and that is set aside on a
// client's word for what it will send.
const trustedLength = 64 << 10

// body reads the request's body up to the limit, in bounded time and memory: the signature covers the body, so whoever
// sends it is not known yet. Release is to be called when the body is not needed any more.
func (x *exchange) body() (body []byte, release func(), err error) {
	if encoding := x.r.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return nil, nil, &Error{
			Code:    "UnsupportedMediaTypeException",
			Message: "The content encoding " + clip(encoding) + " is not supported.",
			Status:  http.StatusUnsupportedMediaType,
		}
	}
	connection := http.NewResponseController(x.w)
	deadline := time.Now().Add(x.router.opts.BodyPatience)
	_ = connection.SetReadDeadline(deadline) // where there is no connection there is nobody to wait for
	ctx, cancel := context.WithDeadline(x.ctx, deadline)
	defer cancel()
	body, release, err = x.router.readBody(ctx, x.r)
	if err == nil {
		_ = connection.SetReadDeadline(time.Time{}) // the connection goes on
		return body, release, nil
	}
	x.w.Header().Set("Connection", "close") // rather than read on what will not be used
	switch {
	case errors.Is(err, errTooLarge):
		err = &Error{
			Code:    "RequestEntityTooLargeException",
			Message: "The request body is larger than " + strconv.FormatInt(x.router.opts.MaxBody, 10) + " bytes.",
			Status:  http.StatusRequestEntityTooLarge,
		}
	case errors.Is(err, errNoRoom):
		err = &Error{
			Code:    "ServiceUnavailable",
			Message: "Too many large requests are being read. Try again.",
			Status:  http.StatusServiceUnavailable,
		}
	default:
		err = &Error{Code: "IncompleteBody", Message: "The request body could not be read to its end."}
	}
	return nil, nil, err
}

var (
	errTooLarge = errors.New("body too large")
	errNoRoom   = errors.New("no room for body")
)

// readBody reads a whole body. Room for a large one is asked for as it arrives, so that a client holds little more than
// it has sent.
func (rt *Router) readBody(ctx context.Context, r *http.Request) (body []byte, release func(), err error) {
	most := rt.opts.MaxBody
	switch {
	case r.ContentLength > most:
		return nil, nil, errTooLarge
	case r.ContentLength >= 0 && r.ContentLength <= trustedLength:
		body = make([]byte, r.ContentLength)
		_, err = io.ReadFull(r.Body, body)
		return body, func() {}, err
	}
	held := int64(0)
	release = func() { rt.bodies.Release(held) }
	body = make([]byte, 0, trustedLength)
	for err == nil {
		if len(body) == cap(body) {
			grown := min(2*int64(cap(body)), most+1)
			if !rt.room(ctx, grown-held) {
				err = errNoRoom
				break
			}
			held = grown
			body = append(make([]byte, 0, grown), body...)
		}
		var n int
		n, err = r.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if int64(len(body)) > most {
			err = errTooLarge
		}
	}
	if err == io.EOF && int64(len(body)) >= r.ContentLength {
		return body, release, nil
	}
	release()
	return nil, nil, err
}

// room waits a moment for room for n bytes. Who has some and waits for more must not wait for long: others may wait for
// what it has.
func (rt *Router) room(ctx context.Context, n int64) bool {
	ctx, cancel := context.WithTimeout(ctx, roomPatience)
	defer cancel()
	return rt.bodies.Acquire(ctx, n) == nil
}

const roomPatience = 2 * time.Second
