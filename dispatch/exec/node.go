package exec

import (
	"context"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

// Node serves the streams of instances. Authenticate runs before each upgrade.
func (b *Broker) Node(authenticate func(*http.Request) (context.Context, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := authenticate(r); err != nil {
			refuse(w, http.StatusForbidden, err.Error())
			return
		}
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
			InsecureSkipVerify: true, // there is no browser and no cookie: the upgrade itself is signed
			CompressionMode:    websocket.CompressionDisabled,
		})
		if err != nil {
			b.options.Logger.Debug("upgrade of an instance's stream", "error", err)
			return
		}
		stream := NewStream(conn)
		defer stream.Close()
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		token, err := stream.introduced(ctx)
		if err != nil {
			return
		}
		s, ok := b.join(r.URL.Query().Get("session"), token)
		if !ok {
			_ = conn.Close(websocket.StatusPolicyViolation, "there is no such session, or it has a stream already")
			return
		}
		select {
		case s.arrived <- stream:
			<-s.over // the relay uses the stream until then
		case <-s.over:
		}
	})
}

// frame is one frame of an instance.
type frame struct {
	kind Kind
	body []byte
}

// keepAlive is how often each connection carries something, so that what is
// between its ends does not take it for dead.
const keepAlive = time.Minute

// frames reads an instance's stream until it ends; then it closes what it
// returns.
func (b *Broker) frames(ctx context.Context, s *Stream) <-chan frame {
	out := make(chan frame, 8)
	go func() {
		defer close(out)
		for {
			kind, body, err := s.Read(ctx)
			if err != nil {
				return
			}
			select {
			case out <- frame{kind, body}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}
