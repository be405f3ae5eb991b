// Package acs holds the messages of the agent protocol: what the control
// plane and a container instance say to each other over ACS (assignments down)
// and TCS (telemetry up), and their framing.
//
// It is data and encoding alone. The facts are those of specs/agent-protocol.md,
// sections 2 and 3; field names are the wire's.
package acs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
)

// MaxFrame is the largest frame that either side accepts, in bytes.
const MaxFrame = 4 << 20

// envelope is how every message travels: {"type": ShapeName, "message": {...}}.
type envelope struct {
	Type    string          `json:"type"`
	Message json.RawMessage `json:"message"`
}

// Message is a protocol message; its wire name is its Go type's name.
type Message interface{ message() }

// Encode returns m as one text frame.
func Encode(m Message) ([]byte, error) {
	var frame bytes.Buffer
	if err := EncodeTo(&frame, m); err != nil {
		return nil, err
	}
	return frame.Bytes(), nil
}

// EncodeTo appends m to frame as one text frame. After an error the content of
// frame is of no use.
func EncodeTo(frame *bytes.Buffer, m Message) error {
	frame.WriteString(`{"type":"`)
	frame.WriteString(reflect.TypeOf(m).Elem().Name()) // the name of a Go type needs no quoting
	frame.WriteString(`","message":`)
	if err := json.NewEncoder(frame).Encode(m); err != nil {
		return fmt.Errorf("acs: encode %T: %w", m, err)
	}
	frame.Truncate(frame.Len() - 1) // the end of the line
	frame.WriteByte('}')
	return nil
}

// Decode reads one text frame and keeps nothing of it. A type that is not known
// yields an *Unknown and no error: both sides ignore what they do not understand.
func Decode(frame []byte) (Message, error) {
	if len(frame) > MaxFrame {
		return nil, fmt.Errorf("acs: a frame of %d bytes is larger than %d", len(frame), MaxFrame)
	}
	if m := decodePlain(frame); m != nil {
		return m, nil
	}
	var e envelope
	if err := json.Unmarshal(frame, &e); err != nil {
		return nil, fmt.Errorf("acs: decode frame: %w", err)
	}
	m := newMessage(e.Type)
	if len(e.Message) == 0 {
		return m, nil
	}
	if err := json.Unmarshal(e.Message, m); err != nil {
		return nil, fmt.Errorf("acs: decode %s: %w", e.Type, err)
	}
	return m, nil
}

// decodePlain reads a frame that is written as Encode does, which nearly all
// are, without reading its message twice; nil for any other, and for what is
// wrong.
func decodePlain(frame []byte) Message {
	rest, ok := bytes.CutPrefix(frame, []byte(`{"type":"`))
	if !ok || len(rest) == 0 || rest[len(rest)-1] != '}' {
		return nil
	}
	name, body, ok := bytes.Cut(rest[:len(rest)-1], []byte(`","message":`))
	if !ok || bytes.ContainsAny(name, `"\`) {
		return nil
	}
	m := newMessage(string(name))
	if json.Unmarshal(body, m) != nil { // also where another member follows
		return nil
	}
	return m
}

// DecodeTelemetry reads a frame that an agent sent over TCS: HTTP-like headers
// that sign the message, an empty line, and the message. The connection was
// authenticated when it was opened, so the headers are passed over. A frame
// without headers is read as it is.
// Source: specs/agent-protocol.md section 3.
func DecodeTelemetry(frame []byte) (Message, error) {
	if at := bytes.Index(frame, []byte("\r\n\r\n")); at >= 0 && !bytes.HasPrefix(bytes.TrimSpace(frame), []byte("{")) {
		frame = frame[at+4:]
	}
	return Decode(frame)
}

// Unknown is a message of a type that is not known.
type Unknown struct {
	Type string `json:"-"`
}

func newMessage(name string) Message {
	switch name {
	case "PayloadMessage":
		return &PayloadMessage{}
	case "AckRequest":
		return &AckRequest{}
	case "NackRequest":
		return &NackRequest{}
	case "HeartbeatMessage":
		return &HeartbeatMessage{}
	case "HeartbeatAckRequest":
		return &HeartbeatAckRequest{}
	case "IAMRoleCredentialsMessage":
		return &IAMRoleCredentialsMessage{}
	case "IAMRoleCredentialsAckRequest":
		return &IAMRoleCredentialsAckRequest{}
	case "TaskManifestMessage":
		return &TaskManifestMessage{}
	case "TaskStopVerificationMessage":
		return &TaskStopVerificationMessage{}
	case "TaskStopVerificationAck":
		return &TaskStopVerificationAck{}
	case "CloseMessage":
		return &CloseMessage{}
	case "ErrorMessage":
		return &ErrorMessage{}
	case "ExecuteCommandMessage":
		return &ExecuteCommandMessage{}
	case "PublishMetricsRequest":
		return &PublishMetricsRequest{}
	case "AckPublishMetric":
		return &AckPublishMetric{}
	case "PublishHealthRequest":
		return &PublishHealthRequest{}
	case "AckPublishHealth":
		return &AckPublishHealth{}
	case "PublishInstanceStatusRequest":
		return &PublishInstanceStatusRequest{}
	case "AckPublishInstanceStatus":
		return &AckPublishInstanceStatus{}
	}
	return &Unknown{Type: name}
}

func (*PayloadMessage) message()               {}
func (*AckRequest) message()                   {}
func (*NackRequest) message()                  {}
func (*HeartbeatMessage) message()             {}
func (*HeartbeatAckRequest) message()          {}
func (*IAMRoleCredentialsMessage) message()    {}
func (*IAMRoleCredentialsAckRequest) message() {}
func (*TaskManifestMessage) message()          {}
func (*TaskStopVerificationMessage) message()  {}
func (*TaskStopVerificationAck) message()      {}
func (*CloseMessage) message()                 {}
func (*ErrorMessage) message()                 {}
func (*PublishMetricsRequest) message()        {}
func (*AckPublishMetric) message()             {}
func (*PublishHealthRequest) message()         {}
func (*AckPublishHealth) message()             {}
func (*PublishInstanceStatusRequest) message() {}
func (*AckPublishInstanceStatus) message()     {}
func (*Unknown) message()                      {}
