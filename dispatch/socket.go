package dispatch

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/coder/websocket"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// writeTimeout is how long one frame may take to be written: a peer that does
// not read is dropped.
const writeTimeout = 20 * time.Second

// keptBuffer is the largest buffer, in bytes, that a socket keeps for its next
// frame: frames are seldom larger, and there are many sockets.
const keptBuffer = 16 << 10

// socket is the websocket of one agent. It reads and writes without contexts,
// because those would cost more for each frame than most frames do: end is
// called once when the connection's context ends, and one timer cuts a
// connection that takes no frame. One goroutine may read and one may write at a
// time.
type socket struct {
	ws      *websocket.Conn
	slow    *time.Timer
	in, out bytes.Buffer
}

func newSocket(ws *websocket.Conn) *socket {
	s := &socket{ws: ws}
	s.slow = time.AfterFunc(writeTimeout, s.end)
	s.slow.Stop()
	return s
}

// end closes the connection without a farewell; whoever reads or writes gets an
// error.
func (s *socket) end() {
	s.slow.Stop()
	s.ws.CloseNow() // its error says that it was closed before
}

// receive returns the next frame, which holds until the next call.
func (s *socket) receive() ([]byte, error) {
	_, frame, err := s.ws.Reader(context.Background())
	if err != nil {
		return nil, fmt.Errorf("receive: %w", err)
	}
	shrink(&s.in)
	if _, err := s.in.ReadFrom(frame); err != nil {
		return nil, fmt.Errorf("receive: %w", err)
	}
	return s.in.Bytes(), nil
}

// send writes messages, each in a frame of its own.
func (s *socket) send(messages []acs.Message) error {
	for _, m := range messages {
		shrink(&s.out)
		if err := acs.EncodeTo(&s.out, m); err != nil {
			return err
		}
		// gofail: var dispatchBeforeSend struct{}
		s.slow.Reset(writeTimeout)
		err := s.ws.Write(context.Background(), websocket.MessageText, s.out.Bytes())
		s.slow.Stop()
		if err != nil {
			return fmt.Errorf("write %T: %w", m, err)
		}
	}
	return nil
}

// shrink empties a buffer, and gives it back if it has become large.
func shrink(b *bytes.Buffer) {
	if b.Cap() > keptBuffer {
		*b = bytes.Buffer{}
	}
	b.Reset()
}
