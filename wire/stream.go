package wire

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"

	"github.com/aws/smithy-go/eventstream"
)

const eventStreamType = "application/vnd.amazon.eventstream"

// stream runs an operation whose answer is an event stream. The answer begins with the first event, so that an error
// before it is an ordinary one.
func (x *exchange) stream(input any) error {
	s := &eventWriter{exchange: x, flush: http.NewResponseController(x.w)}
	err := x.guarded(func() error { return x.route.op.operation.stream(x.ctx, input, s.send) })
	switch {
	case err != nil && !s.begun:
		return err
	case err != nil && s.broken != nil: // the client has gone: nobody to tell
		return nil
	case err != nil:
		s.except(err)
		return err
	}
	return s.begin()
}

// eventWriter frames events onto one response.
type eventWriter struct {
	*exchange
	encoder *eventstream.Encoder
	flush   *http.ResponseController
	begun   bool
	broken  error // the first failure to write
}

// send writes one event, a pointer to a member of the operation's union.
func (s *eventWriter) send(event any) error {
	name, payload, err := encodeEvent(event)
	if err != nil {
		return err
	}
	if err := s.begin(); err != nil {
		return err
	}
	return s.frame(payload, ":message-type", "event", ":event-type", name)
}

// begin sends the response's head and the initial response, which is empty for want of members.
func (s *eventWriter) begin() error {
	if s.begun {
		return s.broken
	}
	if err := s.record(http.StatusOK, nil, answer{}); err != nil {
		return err
	}
	s.begun = true
	s.encoder = eventstream.NewEncoder()
	s.head(http.StatusOK, eventStreamType)
	s.w.WriteHeader(http.StatusOK)
	return s.frame([]byte("{}"), ":message-type", "event", ":event-type", "initial-response")
}

// except ends the stream with an exception.
func (s *eventWriter) except(err error) {
	a := answerTo(err, s.route.protocol, s.event.RequestID)
	if a.plan == nil { // not modelled: a bare error frame
		_ = s.frame(nil, ":message-type", "error", ":error-code", a.code, ":error-message", a.message)
		return
	}
	_ = s.frame(encodeJSONError(a), ":message-type", "exception", ":exception-type", a.code) // broken remembers failure
}

// frame writes a message whose headers are pairs of name and text.
func (s *eventWriter) frame(payload []byte, headers ...string) error {
	if s.broken != nil {
		return s.broken
	}
	message := eventstream.Message{Payload: payload}
	for i := 0; i < len(headers); i += 2 {
		message.Headers.Set(headers[i], eventstream.StringValue(headers[i+1]))
	}
	if payload != nil {
		message.Headers.Set(":content-type", eventstream.StringValue(s.route.protocol.contentType()))
	}
	counted := &counter{w: s.w}
	err := s.encoder.Encode(counted, message)
	s.exchange.event.BytesOut += counted.n
	if err == nil {
		err = s.flush.Flush()
	}
	if err == nil {
		err = s.ctx.Err()
	}
	if err != nil {
		s.broken = fmt.Errorf("send event: %w", err)
	}
	return s.broken
}

// encodeEvent names a union's member and writes its value.
func encodeEvent(event any) (name string, payload []byte, err error) {
	v := reflect.ValueOf(event)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return "", nil, fmt.Errorf("an event is a pointer to a union's member, not %T", event)
	}
	schema := schemaOf(v.Elem().Type())
	value := v.Elem().FieldByName("Value")
	if schema == nil || schema.MemberName() == "" || !value.IsValid() || value.Kind() != reflect.Struct {
		return "", nil, errors.New("an event is a pointer to a union's member, which " + v.Type().String() + " is not")
	}
	planned, err := planOf(value.Type())
	if err != nil {
		return "", nil, err
	}
	payload, err = encodeJSON(nil, planned, value)
	return schema.MemberName(), payload, err
}

// counter counts what passes.
type counter struct {
	w http.ResponseWriter
	n int
}

// Write implements io.Writer.
func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += n
	return n, err
}
