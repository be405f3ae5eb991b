package bench

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// stream is one direction of a connection in memory. What is written waits in
// it, as it would in a socket's buffers.
type stream struct {
	mu     sync.Mutex
	filled sync.Cond
	data   []byte
	closed bool
}

func newStream() *stream {
	s := &stream{}
	s.filled.L = &s.mu
	return s
}

func (s *stream) read(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.data) == 0 {
		if s.closed {
			return 0, io.EOF
		}
		s.filled.Wait()
	}
	n := copy(b, s.data)
	if s.data = s.data[n:]; len(s.data) == 0 {
		s.data = nil // ten thousand quiet connections keep no buffers
	}
	return n, nil
}

func (s *stream) write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, io.ErrClosedPipe
	}
	s.data = append(s.data, b...)
	s.filled.Signal()
	return len(b), nil
}

func (s *stream) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.filled.Broadcast()
}

// wireEnd is one end of a connection in memory. It knows no deadlines: both ends
// end with the test.
type wireEnd struct {
	net.Conn // nil: the methods that nobody calls
	in, out  *stream
}

func (w wireEnd) Read(b []byte) (int, error)       { return w.in.read(b) }
func (w wireEnd) Write(b []byte) (int, error)      { return w.out.write(b) }
func (w wireEnd) SetDeadline(time.Time) error      { return nil }
func (w wireEnd) SetReadDeadline(time.Time) error  { return nil }
func (w wireEnd) SetWriteDeadline(time.Time) error { return nil }

func (w wireEnd) Close() error {
	w.in.close()
	w.out.close()
	return nil
}

// inMemory upgrades requests to websockets that a handler serves in this
// process, without sockets: ten thousand connections take no descriptors and
// no time in the kernel.
type inMemory struct {
	handler http.Handler
	all     sync.WaitGroup // handlers that have not returned
}

// RoundTrip implements http.RoundTripper.
func (m *inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	u := &upgrade{header: http.Header{}, answered: make(chan struct{})}
	m.all.Go(func() {
		m.handler.ServeHTTP(u, r.WithContext(r.Context()))
		u.once.Do(func() { close(u.answered) })
	})
	<-u.answered
	if u.client.in == nil {
		return nil, errors.New("the server did not upgrade: " + http.StatusText(u.status) + " " + string(u.text))
	}
	return &http.Response{StatusCode: u.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: u.header, Body: u.client, Request: r}, nil
}

// upgrade is the ResponseWriter of a request that becomes a connection.
type upgrade struct {
	header   http.Header
	status   int
	text     []byte
	client   wireEnd
	once     sync.Once
	answered chan struct{}
}

func (u *upgrade) Header() http.Header { return u.header }

func (u *upgrade) WriteHeader(status int) { u.status = status }

func (u *upgrade) Write(b []byte) (int, error) {
	u.text = append(u.text, b...)
	return len(b), nil
}

// Hijack implements http.Hijacker.
func (u *upgrade) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	up, down := newStream(), newStream()
	u.client = wireEnd{in: down, out: up}
	server := wireEnd{in: up, out: down}
	u.once.Do(func() { close(u.answered) })
	return server, bufio.NewReadWriter(bufio.NewReader(server), bufio.NewWriter(server)), nil
}
