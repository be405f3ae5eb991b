package agent

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/coder/websocket"

	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/dispatch/exec"
)

// newInflow returns the input of a session whose server reads what it is told.
func newInflow(t *testing.T) *inflow {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		for err == nil {
			_, _, err = conn.Read(r.Context())
		}
	}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	conn, _, err := websocket.Dial(t.Context(), server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	stream := exec.NewStream(conn)
	t.Cleanup(stream.Close)
	return &newExecSession(t.Context(), stream, &acs.ExecuteCommandMessage{}).input
}

func TestInputIsSplitByResets(t *testing.T) {
	i := newInflow(t)
	read := func() (string, error) {
		p := make([]byte, 100)
		n, err := i.Read(p)
		return string(p[:n]), err
	}
	want := func(text string, reason error) {
		t.Helper()
		if got, err := read(); got != text || !errors.Is(err, reason) {
			t.Errorf("read %q, %v; want %q, %v", got, err, text, reason)
		}
	}
	i.put([]byte("one"))
	i.reset()
	i.put([]byte("two"))
	want("one", nil)
	want("", errReset)
	want("", errReset)
	i.reset() // the second connection ends before it began
	i.put([]byte("three"))
	i.resume()
	want("three", nil)
	i.put([]byte("for nobody"))
	i.reset()
	i.resume()
	i.put([]byte("four"))
	i.end()
	want("four", nil)
	want("", io.EOF)
}

func TestInputHasALimit(t *testing.T) {
	i := newInflow(t)
	if !i.put(make([]byte, exec.InputWindow)) {
		t.Error("the window is not taken")
	}
	if i.put([]byte("x")) {
		t.Error("more than the window is taken")
	}
	i.reset()
	if i.put([]byte("x")) {
		t.Error("more than the window is taken after a reset")
	}
}
