package cli

import (
	"bytes"
	"context"
	"testing"
	"time"
)

// TestForwardingEnds ends forwarding as soon as it listens, often: what closes the listener must not depend on who hears
// of the end first.
func TestForwardingEnds(t *testing.T) {
	for range 2000 {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		f := &forwarding{slots: make(chan struct{}, 1), out: &cancelled{cancel: cancel}, err: &bytes.Buffer{}}
		go func() { ended <- f.run(ctx, []string{"0:80"}) }()
		select {
		case err := <-ended:
			if err != nil {
				t.Fatal(err)
			}
		case <-time.After(time.Minute):
			t.Fatal("it does not end")
		}
	}
}

// cancelled cancels from another goroutine when it is written to.
type cancelled struct{ cancel context.CancelFunc }

func (c *cancelled) Write(p []byte) (int, error) {
	go c.cancel()
	return len(p), nil
}
