package containerd

import (
	"context"
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

// patient ends answers that do not go on: a registry that says nothing any more keeps a connection open for ever.
type patient struct {
	inner http.RoundTripper
	limit time.Duration // between two pieces of an answer
}

// RoundTrip implements http.RoundTripper.
func (p patient) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(request.Context())
	response, err := p.inner.RoundTrip(request.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, err
	}
	body := &patientBody{ReadCloser: response.Body, limit: p.limit, cancel: cancel}
	body.timer = time.AfterFunc(p.limit, func() { body.stalled.Store(true); cancel() })
	body.timer.Stop() // only while somebody reads: a slow disk is not the registry's fault
	response.Body = body
	return response, nil
}

type patientBody struct {
	io.ReadCloser
	limit   time.Duration
	cancel  context.CancelFunc
	timer   *time.Timer
	stalled atomic.Bool
}

// Read implements io.Reader. A stalled answer is one that ended too early, after which containerd's client asks for the
// rest.
func (b *patientBody) Read(p []byte) (int, error) {
	b.timer.Reset(b.limit)
	n, err := b.ReadCloser.Read(p)
	b.timer.Stop()
	if err != nil && err != io.EOF && b.stalled.Load() {
		return n, io.ErrUnexpectedEOF
	}
	return n, err
}

// Close implements io.Closer.
func (b *patientBody) Close() error {
	b.timer.Stop()
	b.cancel()
	return b.ReadCloser.Close()
}
