package wiretest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/roadstead/roadstead/wire"
)

// recorder is an HTTPClient that keeps the last exchange.
type recorder struct {
	next   HTTPClient // who answers; nobody if nil
	body   []byte     // of the request
	answer []byte
	status int
}

var errNoAnswer = errors.New("nobody answers")

// Do implements HTTPClient.
func (c *recorder) Do(r *http.Request) (*http.Response, error) {
	var err error
	if r.Body != nil {
		if c.body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(c.body))
	}
	if c.next == nil {
		return nil, errNoAnswer
	}
	answer, err := c.next.Do(r)
	if err != nil {
		return nil, err
	}
	c.status = answer.StatusCode
	if c.answer, err = io.ReadAll(answer.Body); err != nil {
		return nil, err
	}
	answer.Body = io.NopCloser(bytes.NewReader(c.answer))
	return answer, nil
}

// replay is an HTTPClient that answers with a recording.
type replay struct {
	snapshot snapshot
}

// Do implements HTTPClient.
func (p replay) Do(r *http.Request) (*http.Response, error) {
	status, err := strconv.Atoi(p.snapshot.start)
	return &http.Response{
		StatusCode: status, Header: p.snapshot.header, Request: r,
		Body: io.NopCloser(bytes.NewReader(p.snapshot.body)), ContentLength: int64(len(p.snapshot.body)),
	}, err
}

// failing is a router on which one operation fails with err.
func failing(service *wire.Service, m Method, err error) *wire.Router {
	table := *service
	table.Operations = []wire.Operation{
		wire.OpOf(m.Name, m.Input, m.Output, func(context.Context, any) (any, error) { return nil, err }),
	}
	return wire.NewRouter(wire.Options{Logger: slog.New(slog.DiscardHandler)}, &table)
}
