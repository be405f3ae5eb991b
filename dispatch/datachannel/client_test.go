package datachannel

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/uuid"
)

// slowly is an output that takes nothing before its time has come.
type slowly struct {
	strings.Builder
	begin <-chan struct{}
}

func (s *slowly) Write(p []byte) (int, error) {
	<-s.begin
	return s.Builder.Write(p)
}

// A service sends again what was acknowledged late, and ends the session when
// all is acknowledged. The client may still have to deal with what came twice:
// that it can acknowledge nothing any more does not make the ending untrue.
func TestEndBehindWhatCameTwice(t *testing.T) {
	gone := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(gone)
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.CloseNow()
		if _, _, err := conn.Read(r.Context()); err != nil {
			t.Error(err)
		}
		channel := NewChannel(OutputStreamData, uuid.New)
		channel.Send(time.Now(), Output, []byte("all of it"))
		channel.Send(time.Now(), ExitCode, []byte("7"))
		frames := channel.Outbox()
		channel.Close(time.Now(), "session", "")
		for _, frame := range append(append(frames, frames...), channel.Outbox()...) {
			if err := conn.Write(r.Context(), websocket.MessageBinary, frame); err != nil {
				t.Error(err)
			}
		}
		if err := conn.Close(websocket.StatusNormalClosure, ""); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client, err := Dial(ctx, server.URL, "", ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	out := &slowly{begin: gone}
	end, err := client.Run(ctx, Streams{Stdout: out})
	if err != nil || end.ExitCode != 7 || out.String() != "all of it" {
		t.Errorf("%q, %+v, %v", out, end, err)
	}
}
