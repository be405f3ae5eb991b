package cli

import (
	"context"
	"testing"
	"time"

	"github.com/roadstead/roadstead/dispatch/exec"
)

// Instances stop when the server has, and at once when nothing keeps them.
func TestInstancesStopAfterSessions(t *testing.T) {
	p := &plane{exec: exec.New("http://127.0.0.1:1", nil, exec.Options{})}
	ctx, stop := context.WithCancel(t.Context())
	lasting, end := p.afterSessions(ctx)
	defer end()
	if lasting.Err() != nil {
		t.Fatal("they stop before the server")
	}
	stop()
	select {
	case <-lasting.Done():
	case <-time.After(30 * time.Second):
		t.Fatal("they do not stop")
	}
	if _, err := p.exec.Open("x-", exec.Request{}); err == nil {
		t.Error("sessions are opened while everything stops")
	}
	other, end := p.afterSessions(t.Context())
	end()
	if other.Err() == nil {
		t.Error("they go on when they are told to stop")
	}
}
