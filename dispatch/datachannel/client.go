package datachannel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/coder/websocket"
	"github.com/google/uuid"
)

const (
	// dialTimeout and writeTimeout bound one attempt to connect and one frame.
	dialTimeout  = 15 * time.Second
	writeTimeout = 20 * time.Second
	// inputPiece is how much of the input goes into one message, in bytes.
	inputPiece = 8 << 10
	// framesAhead is how many frames are read before they are dealt with.
	framesAhead = 16
	// clientVersion is what our client says it is.
	clientVersion = "1.2.0.0"
)

// ClientOptions tunes a Client; the zero value does as AWS's client does.
type ClientOptions struct {
	HTTP *http.Client // opens the websocket; nil is http.DefaultClient
	// Extension asks for more than AWS's clients can; nil for nothing.
	Extension *Extension
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Client is one client's end of a session.
type Client struct {
	conn    *websocket.Conn
	channel *Channel
	options ClientOptions
}

// Streams are what a client joins to a session. What is nil is nothing: no
// input, which then never ends, and output that is dropped.
type Streams struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Sizes are the terminal's, as they change.
	Sizes <-chan TerminalSize
}

// Ending is how a session came to its end.
type Ending struct {
	// ExitCode is the command's; -1 when it was not told, as to AWS's clients.
	ExitCode int
	// Why says what ended a session that did not end by itself; "" for others.
	Why string
}

// Dial opens the session that an answer of ExecuteCommand or StartSession
// names. The caller closes the client.
func Dial(ctx context.Context, url, token string, o ClientOptions) (*Client, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPClient: o.HTTP})
	if err != nil {
		return nil, fmt.Errorf("open the session: %w", err)
	}
	conn.SetReadLimit(MaxFrame)
	open, err := json.Marshal(OpenRequest{MessageSchemaVersion: "1.0", RequestID: uuid.NewString(), TokenValue: token,
		ClientID: uuid.NewString(), ClientVersion: clientVersion, Roadstead: o.Extension})
	if err == nil {
		err = conn.Write(ctx, websocket.MessageText, open)
	}
	if err != nil {
		conn.CloseNow()
		return nil, fmt.Errorf("open the session: %w", err)
	}
	return &Client{conn: conn, channel: NewChannel(InputStreamData, uuid.New), options: o}, nil
}

// Close ends the session if it has not ended.
func (c *Client) Close() { c.conn.CloseNow() }

// Run joins the streams to the session until that ends or ctx does. Whoever
// reads Stdin ends only when Read returns: close it, or end the process.
func (c *Client) Run(ctx context.Context, s Streams) (Ending, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	frames, failed := c.read(ctx)
	end := Ending{ExitCode: -1}
	var input <-chan []byte
	var sizes <-chan TerminalSize
	for {
		if err := c.flush(ctx); err != nil {
			// That the session is over may have been read, and wait for its turn.
			err = c.hear(frames, s, &end, err)
			return end, err
		}
		typed, sized := input, sizes
		if c.channel.Room() <= 0 {
			typed, sized = nil, nil
		}
		wake := c.timer()
		select {
		case <-ctx.Done():
			wake.Stop()
			return end, c.leave(ctx)
		case <-wake.C:
			if err := c.channel.Tick(c.options.Now()); err != nil {
				return end, err
			}
		case piece, more := <-typed:
			if !more {
				input = nil
			}
			c.send(piece, more)
		case size, more := <-sized:
			if !more {
				sizes = nil
			} else {
				c.channel.Send(c.options.Now(), Size, mustEncode(size))
			}
		case m, open := <-frames:
			if !open {
				wake.Stop()
				return end, fmt.Errorf("session: %w", *failed)
			}
			began, over, err := c.take(m, s, &end)
			if err != nil || over {
				wake.Stop()
				return end, err
			}
			if began {
				input, sizes = pieces(ctx, s.Stdin), s.Sizes
			}
		}
		wake.Stop()
	}
}

// hear deals with what the service said before the connection was lost, which
// may be how the session ended. If it is not, lost is the error.
func (c *Client) hear(frames <-chan Message, s Streams, end *Ending, lost error) error {
	c.conn.CloseNow() // frames ends with what was read
	for m := range frames {
		if _, over, err := c.take(m, s, end); err != nil || over {
			return err
		}
	}
	return fmt.Errorf("session: %w", lost)
}

// send sends a piece of the input, or its end. AWS's clients cannot tell the
// latter, so only a service that knows ours is told.
func (c *Client) send(piece []byte, more bool) {
	switch now := c.options.Now(); {
	case more:
		c.channel.Send(now, Output, piece)
	case c.options.Extension != nil:
		c.channel.Send(now, Flag, FlagBody(EndOfInput))
	}
}

// take deals with a message of the service. Began is that the command runs,
// over that the session has ended.
func (c *Client) take(m Message, s Streams, end *Ending) (began, over bool, err error) {
	now := c.options.Now()
	if m.Type == ChannelClosed {
		var closed Closed
		if err := json.Unmarshal(m.Body, &closed); err != nil {
			return false, true, fmt.Errorf("data channel: end of the session: %w", err)
		}
		end.Why = closed.Output
		return false, true, nil
	}
	ready, err := c.channel.Receive(now, m)
	for _, m := range ready {
		switch m.Payload {
		case HandshakeRequest:
			c.channel.Ack(now, m)
			c.channel.Send(now, HandshakeResponse, mustEncode(handshakeResponse{ClientVersion: clientVersion,
				ProcessedClientActions: []processedAction{{ActionType: sessionTypeAction, ActionStatus: 1}}}))
			continue
		case HandshakeComplete:
			began = true
		case StdErr:
			err = errors.Join(err, write(s.Stderr, m.Body))
		case ExitCode:
			if code, err := strconv.Atoi(string(m.Body)); err == nil {
				end.ExitCode = code
			}
		case Output:
			err = errors.Join(err, write(s.Stdout, m.Body))
		case Flag:
			if flag, ferr := FlagOf(m.Body); ferr == nil && flag == ConnectToPortError {
				end.Why = "nothing answers at the port"
			}
		}
		c.channel.Ack(now, m)
	}
	return began, false, err
}

func write(w io.Writer, p []byte) error {
	if w == nil {
		return nil
	}
	_, err := w.Write(p)
	return err
}

// leave tells the service that the session is to end.
func (c *Client) leave(ctx context.Context) error {
	cause := ctx.Err()
	c.channel.Send(c.options.Now(), Flag, FlagBody(TerminateSession))
	_ = c.flush(context.WithoutCancel(ctx)) // it ends the session, too, when it is not heard
	return cause
}

func (c *Client) flush(ctx context.Context) error {
	for _, frame := range c.channel.Outbox() {
		ctx, cancel := context.WithTimeout(ctx, writeTimeout)
		err := c.conn.Write(ctx, websocket.MessageBinary, frame)
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

// timer fires when something is to be sent again.
func (c *Client) timer() *time.Timer {
	wait := time.Hour
	if at, ok := c.channel.Next(); ok {
		wait = max(0, at.Sub(c.options.Now()))
	}
	return time.NewTimer(wait)
}

// read decodes frames until the connection ends; then it closes frames, and
// failed is why.
func (c *Client) read(ctx context.Context) (frames chan Message, failed *error) {
	frames, failed = make(chan Message, framesAhead), new(error)
	go func() {
		defer close(frames)
		for {
			_, frame, err := c.conn.Read(ctx)
			if err != nil {
				*failed = err
				return
			}
			m, err := Decode(frame)
			if err != nil {
				continue // it is sent again if it was to be understood
			}
			select {
			case frames <- m:
			case <-ctx.Done():
				*failed = ctx.Err()
				return
			}
		}
	}()
	return frames, failed
}

// pieces reads r until it ends, and closes what it returns then.
func pieces(ctx context.Context, r io.Reader) <-chan []byte {
	if r == nil {
		return nil
	}
	out := make(chan []byte)
	go func() {
		defer close(out)
		for {
			piece := make([]byte, inputPiece)
			n, err := r.Read(piece)
			if n > 0 {
				select {
				case out <- piece[:n]:
				case <-ctx.Done():
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	return out
}
