package exec

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/coder/websocket"
)

// Kind is the first byte of a frame between server and instance; what follows
// is the kind's own.
type Kind byte

// The frames of a stream.
const (
	Input  Kind = 'i' // to the instance: bytes of standard input
	End    Kind = 'e' // to the instance: no more input
	Resize Kind = 's' // to the instance: columns and rows, two big-endian uint16
	Reset  Kind = 'd' // to the instance: end the connection that is forwarded, and be ready for another

	Output    Kind = 'o' // bytes of standard output
	Errors    Kind = 'r' // bytes of standard error
	Exit      Kind = 'x' // the exit code, a big-endian int32; nothing follows
	Failed    Kind = 'f' // why the command could not be run, a text; nothing follows
	Consumed  Kind = 'c' // how many bytes of input were taken, a big-endian uint32
	Connected Kind = 'n' // the command runs
)

const (
	// InputWindow is how many bytes of input are on their way to an instance at
	// most: so many it must be able to hold, because a process need not read.
	InputWindow = 256 << 10
	// OutputPiece is how many bytes of output go into one frame at most.
	OutputPiece = 8 << 10
	// maxStreamFrame is the longest frame of a stream, in bytes.
	maxStreamFrame = 64 << 10
	// streamWrite is how long one frame may take to be written.
	streamWrite = 20 * time.Second
)

// Stream is the websocket between server and instance, seen from either end.
type Stream struct{ conn *websocket.Conn }

// NewStream returns the stream over an open websocket, which it owns.
func NewStream(conn *websocket.Conn) *Stream {
	conn.SetReadLimit(maxStreamFrame)
	return &Stream{conn}
}

// Introduce says the token, with which the instance begins.
func (s *Stream) Introduce(ctx context.Context, token string) error {
	ctx, cancel := context.WithTimeout(ctx, streamWrite)
	defer cancel()
	return s.conn.Write(ctx, websocket.MessageText, []byte(token))
}

// introduced reads the token.
func (s *Stream) introduced(ctx context.Context) (string, error) {
	kind, text, err := s.conn.Read(ctx)
	if err == nil && kind != websocket.MessageText {
		err = errors.New("the stream does not begin with a token")
	}
	return string(text), err
}

// Write writes one frame; it waits for as long as the other end does not read.
// Many goroutines may write at once; frames are not mixed up.
func (s *Stream) Write(ctx context.Context, kind Kind, body []byte) error {
	frame := make([]byte, 1+len(body))
	frame[0] = byte(kind)
	copy(frame[1:], body)
	return s.conn.Write(ctx, websocket.MessageBinary, frame)
}

// WriteNumber writes a frame whose body is a number.
func (s *Stream) WriteNumber(ctx context.Context, kind Kind, n int) error {
	return s.Write(ctx, kind, binary.BigEndian.AppendUint32(nil, uint32(n)))
}

// Read reads one frame. One goroutine reads.
func (s *Stream) Read(ctx context.Context) (Kind, []byte, error) {
	_, frame, err := s.conn.Read(ctx)
	if err != nil {
		return 0, nil, err
	}
	if len(frame) == 0 {
		return 0, nil, errors.New("exec stream: an empty frame")
	}
	return Kind(frame[0]), frame[1:], nil
}

// Close ends the stream. When it was not Finished before, the other end cannot
// tell it from a failure.
func (s *Stream) Close() { s.conn.CloseNow() }

// Finish ends the stream in order: what was written arrives.
func (s *Stream) Finish() { _ = s.conn.Close(websocket.StatusNormalClosure, "") }

// Number reads the body of a frame that is a number.
func Number(body []byte) (int, error) {
	if len(body) != 4 {
		return 0, fmt.Errorf("exec stream: a number of %d bytes", len(body))
	}
	return int(int32(binary.BigEndian.Uint32(body))), nil
}

// Dimensions reads the body of a Resize frame.
func Dimensions(body []byte) (cols, rows uint16, err error) {
	if len(body) != 4 {
		return 0, 0, fmt.Errorf("exec stream: dimensions of %d bytes", len(body))
	}
	return binary.BigEndian.Uint16(body), binary.BigEndian.Uint16(body[2:]), nil
}

func dimensions(cols, rows uint32) []byte {
	body := binary.BigEndian.AppendUint16(nil, uint16(min(cols, 0xffff)))
	return binary.BigEndian.AppendUint16(body, uint16(min(rows, 0xffff)))
}
