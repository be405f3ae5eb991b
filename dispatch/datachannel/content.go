package datachannel

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
)

// OpenRequest is the text frame that a client begins with.
type OpenRequest struct {
	MessageSchemaVersion string
	RequestID            string `json:"RequestId"`
	TokenValue           string
	ClientID             string `json:"ClientId"`
	ClientVersion        string
	// Roadstead is what our own client asks for beyond AWS's; nil otherwise.
	Roadstead *Extension `json:",omitempty"`
}

// Extension is what our own client may ask for. It changes how a session is
// held and not what it may do: whoever may run a command may run it so.
type Extension struct {
	// Terminal wants a terminal, as AWS's clients always get one. Without it
	// the streams stay apart, input can end, and the exit code is told.
	Terminal bool
	// User is the user to run as, in the container's own names; "" is root, as
	// with AWS.
	User string `json:",omitempty"`
	// Term is the kind of the client's terminal; "" is xterm.
	Term string `json:",omitempty"`
	// Verb says that the command is not a program: it is "copy" or "connect"
	// with its arguments.
	Verb bool `json:",omitempty"`
}

// TerminalSize is the body of a Size payload.
type TerminalSize struct {
	Cols uint32 `json:"cols"`
	Rows uint32 `json:"rows"`
}

// acknowledgement is the body of an Acknowledge message.
type acknowledgement struct {
	Type       string `json:"AcknowledgedMessageType"`
	ID         string `json:"AcknowledgedMessageId"`
	Sequence   int64  `json:"AcknowledgedMessageSequenceNumber"`
	Sequential bool   `json:"IsSequentialMessage"`
}

// Closed is the body of a ChannelClosed message.
type Closed struct {
	MessageID     string `json:"MessageId"`
	CreatedDate   string
	DestinationID string `json:"DestinationId"`
	SessionID     string `json:"SessionId"`
	MessageType   string
	SchemaVersion int
	Output        string // why; "" is the ordinary end
}

// The kinds of sessions that a handshake names.
const (
	StandardStream = "Standard_Stream"
	Port           = "Port"
)

// AgentVersion is what the service's end says of itself. Clients conclude from
// it how they may forward ports: before 3.0.196.0, plainly, without a
// multiplexer of their own inside the channel; after 2.3.722.0, they may ask to
// terminate.
// Source: session-manager-plugin, src/config.
const AgentVersion = "2.3.1205.0"

type handshakeRequest struct {
	AgentVersion           string
	RequestedClientActions []requestedAction
}

type requestedAction struct {
	ActionType       string
	ActionParameters any
}

type sessionType struct {
	SessionType string
	Properties  any
}

type handshakeResponse struct {
	ClientVersion          string
	ProcessedClientActions []processedAction
	Errors                 []string
}

type processedAction struct {
	ActionType   string
	ActionStatus int // 1 is success
	ActionResult any
	Error        string
}

type handshakeComplete struct {
	HandshakeTimeToComplete int64 // nanoseconds
	CustomerMessage         string
}

// sessionTypeAction is the one action that is asked of clients. Encrypting the
// channel with a KMS key, the other that there is, is never asked for.
const sessionTypeAction = "SessionType"

func mustEncode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("data channel: %v", err)) // structs of texts and numbers can always be written
	}
	return text
}

// Handshake returns the body of a HandshakeRequest: the kind of session and
// what the client is to know of it.
func Handshake(kind string, properties any) []byte {
	return mustEncode(handshakeRequest{AgentVersion, []requestedAction{{sessionTypeAction, sessionType{kind, properties}}}})
}

// HandshakeAnswer reads the body of a HandshakeResponse; the error is the
// client's.
func HandshakeAnswer(body []byte) error {
	var r handshakeResponse
	if err := json.Unmarshal(body, &r); err != nil {
		return fmt.Errorf("data channel: handshake response: %w", err)
	}
	for _, a := range r.ProcessedClientActions {
		if a.ActionType == sessionTypeAction && a.ActionStatus == 1 {
			return nil
		}
	}
	return fmt.Errorf("data channel: the client cannot take part in the session: %v", r.Errors)
}

// Complete returns the body of a HandshakeComplete.
func Complete(nanoseconds int64) []byte {
	return mustEncode(handshakeComplete{HandshakeTimeToComplete: nanoseconds})
}

// FlagOf reads the body of a Flag payload.
func FlagOf(body []byte) (uint32, error) {
	if len(body) != 4 {
		return 0, errors.New("data channel: a flag has four bytes")
	}
	return binary.BigEndian.Uint32(body), nil
}

// FlagBody returns the body of a Flag payload.
func FlagBody(flag uint32) []byte { return binary.BigEndian.AppendUint32(nil, flag) }
