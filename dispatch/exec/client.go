package exec

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/coder/websocket"
	"github.com/google/uuid"

	"github.com/roadstead/roadstead/dispatch/datachannel"
)

// maxOpening is the longest first frame of a client, in bytes.
const maxOpening = 16 << 10

// Client serves clients' data channels, at ClientPath. The ticket is all that
// lets a client in: AWS's clients sign nothing here.
func (b *Broker) Client() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.PathValue("session")
		if !b.waiting(id) {
			refuse(w, http.StatusNotFound, "There is no such session, or its token was used already.")
			return
		}
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
			InsecureSkipVerify: true, // no cookie is looked at: the token is the client's only right
			CompressionMode:    websocket.CompressionDisabled,
		})
		if err != nil {
			b.options.Logger.Debug("upgrade of a session's client", "session", id, "error", err)
			return
		}
		defer conn.CloseNow()
		open, err := opening(r.Context(), conn)
		if err != nil {
			_ = conn.Close(websocket.StatusPolicyViolation, "the first frame has to open the data channel")
			return
		}
		s, ctx, ok := b.claim(r.Context(), id, open.TokenValue)
		if !ok {
			_ = conn.Close(websocket.StatusPolicyViolation, "the token is not valid")
			return
		}
		defer b.release(s)
		newRelay(b, s, conn, open.Roadstead).run(ctx)
	})
}

// waiting reports whether a session waits for its client.
func (b *Broker) waiting(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expire(b.options.Now())
	s := b.sessions[id]
	return s != nil && !s.used && !b.closed
}

// opening reads the first frame of a client.
func opening(ctx context.Context, conn *websocket.Conn) (open datachannel.OpenRequest, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn.SetReadLimit(maxOpening)
	kind, frame, err := conn.Read(ctx)
	if err == nil {
		err = json.Unmarshal(frame, &open)
	}
	if err == nil && (kind != websocket.MessageText || open.TokenValue == "") {
		err = errors.New("no token")
	}
	conn.SetReadLimit(datachannel.MaxFrame)
	return open, err
}

// messages reads what the client sends until the connection ends; then it
// closes what it returns. What it does not understand it passes over.
func messages(ctx context.Context, conn *websocket.Conn) <-chan datachannel.Message {
	out := make(chan datachannel.Message, 16)
	go func() {
		defer close(out)
		for {
			_, frame, err := conn.Read(ctx)
			if err != nil {
				return
			}
			m, err := datachannel.Decode(frame)
			if err != nil {
				continue
			}
			select {
			case out <- m:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// ping shows now and then that a connection is in use, until ctx ends. Whether
// the other end answers does not matter: it may be stopped for a while.
func ping(ctx context.Context, conn *websocket.Conn) {
	every := time.NewTicker(keepAlive)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
			answered, cancel := context.WithTimeout(ctx, keepAlive)
			_ = conn.Ping(answered)
			cancel()
		}
	}
}

func newChannel() *datachannel.Channel {
	return datachannel.NewChannel(datachannel.OutputStreamData, uuid.New)
}
