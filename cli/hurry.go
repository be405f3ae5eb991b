package cli

import (
	"io"
	"net/http"
	"time"
)

const (
	// maxHeader is the largest head of a request, in bytes; AWS takes less.
	maxHeader = 64 << 10
	// bodyPause is the longest pause in the middle of a request's body.
	bodyPause = time.Minute
)

// hurry hangs up on clients that stop in the middle of a body, also one that
// the handler does not read. A body may take as long as it likes while it
// comes: images are large. The router of the AWS APIs has its own limits.
func hurry(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != nil && r.Body != http.NoBody {
			b := &hurried{r.Body, http.NewResponseController(w)}
			b.allow(bodyPause)
			r.Body = b
		}
		h.ServeHTTP(w, r)
	})
}

type hurried struct {
	io.ReadCloser
	connection *http.ResponseController
}

// Read implements io.Reader.
func (b *hurried) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	switch {
	case err == io.EOF:
		_ = b.connection.SetReadDeadline(time.Time{}) // what is read now is whether the client is still there
	case err == nil:
		b.allow(bodyPause)
	}
	return n, err
}

func (b *hurried) allow(d time.Duration) {
	_ = b.connection.SetReadDeadline(time.Now().Add(d)) // a connection that has ended needs none
}
