package wire_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestLargeBodiesShareTheirRoom: clients that have sent much and never end
// leave no room for another large body, and room for every small one.
func TestLargeBodiesShareTheirRoom(t *testing.T) {
	const size = 1 << 20
	h := &harbour{}
	h.opts.MaxBody, h.opts.MaxBodies, h.opts.BodyPatience = size, size+1, time.Minute
	router := h.router()
	large := "{" + strings.Repeat(" ", size-2) + "}"

	read, write := io.Pipe()
	waiting := make(chan int)
	go func() {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "/", read)
		r.Header.Set("X-Amz-Target", "ECS.DescribeTasks")
		r.Header.Set("Authorization", signed("ecs"))
		router.ServeHTTP(w, r)
		waiting <- w.Code
	}()
	// Once three quarters of it were taken it holds room for all of it.
	if _, err := write.Write(bytes.Repeat([]byte(" "), size*3/4)); err != nil {
		t.Fatal(err)
	}
	if code := post(router, large); code != http.StatusServiceUnavailable {
		t.Errorf("a second large body: %d", code)
	}
	if code := post(router, "{}"); code != http.StatusOK {
		t.Errorf("a small body meanwhile: %d", code)
	}
	write.CloseWithError(io.ErrUnexpectedEOF)
	if code := <-waiting; code != http.StatusBadRequest {
		t.Errorf("a body that ends early: %d", code)
	}
	if code := post(router, large); code != http.StatusOK {
		t.Errorf("a large body after the room was given back: %d", code)
	}
}

func post(router http.Handler, body string) int {
	return askOf(router, http.MethodPost, "/", body, "X-Amz-Target", "ECS.DescribeTasks", "Authorization", signed("ecs")).Code
}

// TestSlowBodiesAreHungUpOn: a body has to arrive in time.
func TestSlowBodiesAreHungUpOn(t *testing.T) {
	h := &harbour{}
	h.opts.BodyPatience = 50 * time.Millisecond
	server := httptest.NewServer(h.router())
	defer server.Close()
	for _, length := range []int{100, 1 << 20} {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: ECS.DescribeTasks\r\nContent-Length: %d\r\n\r\n{", length)
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusBadRequest || !strings.Contains(string(text), "IncompleteBody") || !answer.Close {
			t.Errorf("length %d: %s %s %v", length, answer.Status, text, err)
		}
		conn.Close()
	}
}
