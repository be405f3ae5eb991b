package datachannel

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// The types of messages.
const (
	InputStreamData  = "input_stream_data"  // from the client
	OutputStreamData = "output_stream_data" // to the client
	Acknowledge      = "acknowledge"
	ChannelClosed    = "channel_closed"
	StartPublication = "start_publication"
	PausePublication = "pause_publication"
)

// PayloadType says what a message of a stream carries.
type PayloadType uint32

// The payloads of streams.
const (
	Output            PayloadType = 1 // what was typed, or written to standard output
	Error             PayloadType = 2
	Size              PayloadType = 3 // of the terminal: TerminalSize
	Parameter         PayloadType = 4
	HandshakeRequest  PayloadType = 5
	HandshakeResponse PayloadType = 6
	HandshakeComplete PayloadType = 7
	Flag              PayloadType = 10 // a big-endian uint32
	StdErr            PayloadType = 11
	ExitCode          PayloadType = 12 // decimal digits
)

// The flags. EndOfInput is ours: AWS's clients send none like it.
const (
	DisconnectToPort   uint32 = 1 // the connection that is forwarded has ended
	TerminateSession   uint32 = 2
	ConnectToPortError uint32 = 3
	EndOfInput         uint32 = 1001 // nothing follows on standard input
)

// The flags of a message itself.
const (
	synFlag = 1 << 0
	finFlag = 1 << 1
)

// Where the fields of a message are, in bytes. A header ends before the length
// of the payload, which its own length leaves out.
const (
	atType      = 4
	atSchema    = atType + 32
	atCreated   = atSchema + 4
	atSequence  = atCreated + 8
	atFlags     = atSequence + 8
	atID        = atFlags + 8
	atDigest    = atID + 16
	atPayload   = atDigest + 32
	atLength    = atPayload + 4
	headerBytes = atLength + 4
)

// MaxPayload is the largest payload that is accepted, in bytes. Ours and AWS's
// own are far smaller.
const MaxPayload = 64 << 10

// MaxFrame is the largest frame.
const MaxFrame = headerBytes + MaxPayload

// Message is one binary frame.
type Message struct {
	Type     string
	Created  time.Time // to the millisecond
	Sequence int64
	Flags    uint64
	ID       uuid.UUID
	Payload  PayloadType
	Body     []byte
}

// Encode returns the message as a frame.
func (m Message) Encode() []byte {
	frame := make([]byte, headerBytes+len(m.Body))
	binary.BigEndian.PutUint32(frame, atLength)
	copy(frame[atType:atSchema], m.Type+strings.Repeat(" ", max(0, atSchema-atType-len(m.Type))))
	binary.BigEndian.PutUint32(frame[atSchema:], 1)
	binary.BigEndian.PutUint64(frame[atCreated:], uint64(m.Created.UnixMilli()))
	binary.BigEndian.PutUint64(frame[atSequence:], uint64(m.Sequence))
	binary.BigEndian.PutUint64(frame[atFlags:], m.Flags)
	copy(frame[atID:], m.ID[8:]) // the less significant half comes first
	copy(frame[atID+8:], m.ID[:8])
	digest := sha256.Sum256(m.Body)
	copy(frame[atDigest:], digest[:])
	binary.BigEndian.PutUint32(frame[atPayload:], uint32(m.Payload))
	binary.BigEndian.PutUint32(frame[atLength:], uint32(len(m.Body)))
	copy(frame[headerBytes:], m.Body)
	return frame
}

// Decode reads a frame. The message's body is the frame's own bytes.
func Decode(frame []byte) (Message, error) {
	if len(frame) < headerBytes {
		return Message{}, fmt.Errorf("data channel: a message of %d bytes is shorter than its header", len(frame))
	}
	m := Message{
		Type:     strings.TrimSpace(string(bytes.Trim(frame[atType:atSchema], "\x00"))),
		Created:  time.UnixMilli(int64(binary.BigEndian.Uint64(frame[atCreated:]))),
		Sequence: int64(binary.BigEndian.Uint64(frame[atSequence:])),
		Flags:    binary.BigEndian.Uint64(frame[atFlags:]),
		Payload:  PayloadType(binary.BigEndian.Uint32(frame[atPayload:])),
	}
	copy(m.ID[8:], frame[atID:atID+8])
	copy(m.ID[:8], frame[atID+8:atDigest])
	header := binary.BigEndian.Uint32(frame)
	if header < atLength || uint64(header)+4 > uint64(len(frame)) {
		return m, fmt.Errorf("data channel: a header of %d bytes in a message of %d", header, len(frame))
	}
	m.Body = frame[header+4:]
	length := binary.BigEndian.Uint32(frame[atLength:])
	switch {
	case len(m.Body) > MaxPayload:
		return m, fmt.Errorf("data channel: a payload of %d bytes is larger than %d", len(m.Body), MaxPayload)
	case uint64(length) != uint64(len(m.Body)):
		return m, fmt.Errorf("data channel: a payload of %d bytes that is said to have %d", len(m.Body), length)
	}
	return m, m.valid(frame[atDigest:atPayload])
}

// valid holds what both ends ask of a message.
// Source: session-manager-plugin, ClientMessage.Validate.
func (m Message) valid(digest []byte) error {
	if m.Type == StartPublication || m.Type == PausePublication {
		return nil
	}
	sum := sha256.Sum256(m.Body)
	switch {
	case m.Type == "":
		return errors.New("data channel: MessageType is missing")
	case m.Created.UnixMilli() == 0:
		return errors.New("data channel: CreatedDate is missing")
	case len(m.Body) != 0 && !bytes.Equal(sum[:], digest):
		return errors.New("data channel: payload Hash is not valid")
	}
	return nil
}
