package dispatch

import (
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// bubble runs a test in a world whose time passes by itself. It fails when a
// goroutine of the world outlives it.
func bubble(t *testing.T, o ServerOptions, test func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) { test(t, newWorld(t, newPipes(), o)) })
}

func TestASignedUpgradeIsGreetedWithManifestHeartbeatAndTasks(t *testing.T) {
	bubble(t, ServerOptions{}, func(t *testing.T, w *world) {
		w.plane.assign("a RUNNING\nb STOPPED")
		a := w.connect(acsPath)
		a.expect("c1-1 manifest of 2", "c1-2 heartbeat",
			"c1-3 payload b STOPPED to arn:instance seq 2", "c1-4 payload a RUNNING to arn:instance seq 2")
		want := `c1 connected: default arn:instance agent 1.105.1 ab12 docker "DockerVersion: 20.10.24" credentials true`
		if got := w.plane.took(); got != want {
			t.Fatalf("the control plane saw\n%s, not\n%s", got, want)
		}
	})
}

func TestRefusals(t *testing.T) {
	bubble(t, ServerOptions{}, func(t *testing.T, w *world) {
		tampered := w.sign(acsPath)
		w.plane.refusal = &Refusal{http.StatusBadRequest, "InactiveInstanceException", "Container instance is inactive."}
		for _, c := range []struct {
			what, path string
			header     http.Header
			status     int
			name       string
		}{
			{"unsigned", acsPath, http.Header{}, 403, "AccessDeniedException"},
			{"unsigned telemetry", tcsPath, http.Header{}, 403, "AccessDeniedException"},
			{"signed for another instance", strings.Replace(acsPath, "arn%3Ainstance", "arn%3Aother", 1), tampered, 403, "AccessDeniedException"},
			{"inactive", acsPath, w.sign(acsPath), 400, "InactiveInstanceException"},
		} {
			status, body := w.refused(c.path, c.header)
			name, message := single(t, body)
			if status != c.status || name != c.name || message == "" {
				t.Errorf("%s: %d %s %q", c.what, status, name, message)
			}
		}
		if got := w.plane.took(); got != "" {
			t.Errorf("refused agents were noted: %s", got)
		}
	})
}

// A caller who may speak for the instance and opens no websocket must not end
// the connection that is there.
func TestAPlainRequestIsNotAConnection(t *testing.T) {
	bubble(t, ServerOptions{}, func(t *testing.T, w *world) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+acsPath, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = w.sign(acsPath)
		answer, err := w.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusBadRequest {
			t.Errorf("answered with %s", answer.Status)
		}
		if got := w.plane.took(); got != "" {
			t.Errorf("noted: %s", got)
		}
	})
}

func TestANewerConnectionReplacesTheOlder(t *testing.T) {
	bubble(t, ServerOptions{}, func(t *testing.T, w *world) {
		first := w.connect(acsPath)
		first.expect("c1-1 manifest of 0", "c1-2 heartbeat")
		second := w.connect(acsPath)
		second.expect("c2-1 manifest of 0", "c2-2 heartbeat")
		if end := first.closed(); end.Code != websocket.StatusPolicyViolation || end.Reason != errReplaced.Error() {
			t.Errorf("the older connection was closed with %v", end)
		}
		synctest.Wait()
		if w.plane.current() != "c2" {
			t.Fatalf("the live connection is %q", w.plane.current())
		}
		w.plane.assign("a RUNNING")
		second.expect("c2-3 payload a RUNNING to arn:instance seq 2")
		second.conn.Close(websocket.StatusNormalClosure, "")
		synctest.Wait()
		if got := w.plane.took(); !strings.HasSuffix(got, "c1 disconnected\nc2 disconnected") {
			t.Fatalf("noted: %s", got)
		}
	})
}

func TestADeregisteredInstanceIsToldSo(t *testing.T) {
	bubble(t, ServerOptions{}, func(t *testing.T, w *world) {
		a := w.connect(acsPath)
		a.expect("c1-1 manifest of 0", "c1-2 heartbeat")
		w.plane.deregister()
		if end := a.closed(); end.Code != websocket.StatusNormalClosure || end.Reason != errGone.Error() {
			t.Errorf("closed with %v", end)
		}
		_, body := w.refused(acsPath, w.sign(acsPath))
		if name, _ := single(t, body); name != "InactiveInstanceException" {
			t.Errorf("refused with %s", body)
		}
	})
}

// What the server does not know is stopped only while it is sure to lead.
func TestStopsAreConfirmed(t *testing.T) {
	bubble(t, ServerOptions{}, func(t *testing.T, w *world) {
		a := w.connect(acsPath)
		a.expect("c1-1 manifest of 0", "c1-2 heartbeat")
		known := &acs.TaskStopVerificationMessage{MessageID: "c1-1"}
		unknown := &acs.TaskStopVerificationMessage{MessageID: "c1-1", StopCandidates: []acs.ManifestTask{{ARN: "task"}}}
		a.say(unknown)
		a.expect("c1-1 may stop 1")
		w.plane.replaced()
		a.say(known)
		a.expect("c1-1 may stop 0")
		a.say(unknown)
		if _, _, err := a.conn.Read(t.Context()); err == nil {
			t.Error("a task is stopped by who does not lead")
		}
	})
}

func TestHeartbeatsKeepAConnectionAndSilenceEndsIt(t *testing.T) {
	bubble(t, ServerOptions{}, func(t *testing.T, w *world) {
		began := time.Now()
		a := w.connect(acsPath)
		a.expect("c1-1 manifest of 0", "c1-2 heartbeat")
		for _, beat := range []string{"c1-3", "c1-4", "c1-5", "c1-6"} {
			a.say(&acs.HeartbeatAckRequest{MessageID: "x"})
			a.expect(beat + " heartbeat")
		}
		if passed := time.Since(began); passed != 4*HeartbeatEvery {
			t.Errorf("four heartbeats took %v", passed)
		}
		last := time.Now()
		a.closed()
		if passed := time.Since(last); passed != HeartbeatPatience {
			t.Errorf("a silent agent was kept for %v", passed)
		}
		synctest.Wait()
		if w.plane.current() != "" {
			t.Error("a dead connection counts as live")
		}
	})
}

func TestWhatIsNotAcknowledgedIsSentAgain(t *testing.T) {
	bubble(t, ServerOptions{}, func(t *testing.T, w *world) {
		w.plane.assign("a RUNNING\nb RUNNING")
		a := w.connect(acsPath)
		a.expect("c1-1 manifest of 2", "c1-2 heartbeat",
			"c1-3 payload a RUNNING to arn:instance seq 2", "c1-4 payload b RUNNING to arn:instance seq 2")
		a.say(&acs.HeartbeatAckRequest{MessageID: "c1-2"})
		a.say(&acs.AckRequest{Cluster: "default", Instance: "arn:instance", MessageID: "c1-3"})
		a.expect("c1-5 heartbeat", "c1-6 payload b RUNNING to arn:instance seq 2")
		a.say(&acs.AckRequest{MessageID: "c1-6"})
		w.plane.assign("a STOPPED\nb RUNNING")
		a.expect("c1-7 payload a STOPPED to arn:instance seq 3")
		a.say(&acs.TaskStopVerificationMessage{MessageID: "c1-1", StopCandidates: []acs.ManifestTask{{ARN: "a"}, {ARN: "b"}, {ARN: "z"}}})
		a.expect("c1-1 may stop 2")
	})
}

func TestWhatIsNotUnderstoodIsPassedOver(t *testing.T) {
	bubble(t, ServerOptions{}, func(t *testing.T, w *world) {
		a := w.connect(acsPath)
		a.expect("c1-1 manifest of 0", "c1-2 heartbeat")
		for _, frame := range []string{"", "{", "[]", `{"type":"AckRequest","message":7}`, `{"type":"WhateverMessage","message":{"a":1}}`, `{"type":"NackRequest"}`} {
			a.write(frame)
		}
		w.plane.assign("a RUNNING")
		a.expect("c1-3 payload a RUNNING to arn:instance seq 2")
	})
}

func TestAConnectionExpires(t *testing.T) {
	bubble(t, ServerOptions{Lifetime: 10 * time.Minute}, func(t *testing.T, w *world) {
		for _, path := range []string{acsPath, tcsPath} {
			began := time.Now()
			a := w.connect(path)
			answering := make(chan websocket.CloseError)
			go func() {
				for {
					_, frame, err := a.conn.Read(t.Context())
					if err != nil {
						answering <- closing(err)
						return
					}
					if m, err := acs.Decode(frame); err == nil {
						if beat, ok := m.(*acs.HeartbeatMessage); ok {
							a.say(&acs.HeartbeatAckRequest{MessageID: beat.MessageID})
						}
					}
				}
			}()
			end := <-answering
			if passed := time.Since(began); passed != 10*time.Minute || end.Code != websocket.StatusNormalClosure || end.Reason != errExpired.Error() {
				t.Errorf("%s: closed after %v with %v", path[:4], passed, end)
			}
		}
	})
}

func TestAnAgentThatDoesNotReadIsDropped(t *testing.T) {
	bubble(t, ServerOptions{}, func(t *testing.T, w *world) {
		w.connect(acsPath)
		synctest.Wait()
		began := time.Now()
		for w.plane.current() != "" {
			<-time.After(time.Second) // of the bubble
			synctest.Wait()
		}
		if passed := time.Since(began); passed > writeTimeout+5*time.Second {
			t.Errorf("kept for %v", passed)
		}
	})
}

func TestTooManyConnectionsAreShed(t *testing.T) {
	bubble(t, ServerOptions{MaxConnections: 2}, func(t *testing.T, w *world) {
		a := w.connect(acsPath)
		w.connect(tcsPath)
		status, body := w.refused(tcsPath, w.sign(tcsPath))
		if name, _ := single(t, body); status != http.StatusServiceUnavailable || name != "ServerException" {
			t.Errorf("answered with %d %s", status, body)
		}
		a.conn.CloseNow()
		synctest.Wait()
		w.connect(acsPath)
	})
}

func TestAFrameThatIsTooLargeEndsTheConnection(t *testing.T) {
	bubble(t, ServerOptions{}, func(t *testing.T, w *world) {
		a := w.connect(acsPath)
		a.expect("c1-1 manifest of 0", "c1-2 heartbeat")
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			// The server hangs up within the frame: an error is what is to come.
			_ = a.conn.Write(t.Context(), websocket.MessageText, make([]byte, acs.MaxFrame+1))
		}()
		a.closed()
		<-sent
		synctest.Wait()
		if w.plane.current() != "" {
			t.Error("the connection is still there")
		}
	})
}

// TestOverTheLoopback does the essential over real sockets and expects that
// nothing is left behind by a shutdown.
func TestOverTheLoopback(t *testing.T) {
	ignore := goleak.IgnoreCurrent()
	t.Run("agent", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		w := newWorld(t, l, ServerOptions{})
		w.plane.assign("a RUNNING")
		control, telemetry := w.connect(acsPath), w.connect(tcsPath)
		control.expect("c1-1 manifest of 1", "c1-2 heartbeat", "c1-3 payload a RUNNING to arn:instance seq 2")
		telemetry.write(health)
		telemetry.expect("*acs.AckPublishHealth")
		if status, _ := w.refused(acsPath, http.Header{}); status != http.StatusForbidden {
			t.Errorf("an unsigned upgrade was answered with %d", status)
		}
		down := make(chan struct{})
		go func() { defer close(down); w.server.Shutdown() }()
		for _, a := range []*agent{control, telemetry} {
			if end := a.closed(); end.Code != websocket.StatusNormalClosure {
				t.Errorf("closed with %v", end)
			}
		}
		<-down
		if status, _ := w.refused(acsPath, w.sign(acsPath)); status != http.StatusServiceUnavailable {
			t.Errorf("after the shutdown an upgrade was answered with %d", status)
		}
	})
	goleak.VerifyNone(t, ignore)
}

// An agent that pings is known to be gone within three seconds, however busy
// it was before; the silence is counted as disconnection.
func TestAnAgentThatFallsSilentIsNoticed(t *testing.T) {
	bubble(t, ServerOptions{}, func(t *testing.T, w *world) {
		a := w.connect(acsPath)
		ctx := t.Context()
		go func() {
			for {
				if _, _, err := a.conn.Read(ctx); err != nil {
					return
				}
			}
		}()
		for range 20 {
			if err := a.conn.Ping(ctx); err != nil {
				t.Fatal(err)
			}
			time.Sleep(PingEvery)
		}
		synctest.Wait()
		if w.plane.current() != "c1" {
			t.Fatalf("an agent that pings was dropped: %s", w.plane.took())
		}
		last := time.Now()
		for w.plane.current() != "" {
			time.Sleep(10 * time.Millisecond)
			if time.Since(last) > time.Minute {
				t.Fatal("the silence was not noticed")
			}
		}
		if took := time.Since(last); took > 3*time.Second || took < quietLooks*pulseEvery-PingEvery {
			t.Errorf("noticed after %v", took)
		}
		if got := w.plane.took(); !strings.HasSuffix(got, "\nc1 disconnected after 2s of silence") {
			t.Errorf("noted: %s", got)
		}
	})
}

// An agent that never pings has the time that heartbeats give it.
func TestAnAgentWithoutPingsMayBeSilentBetweenHeartbeats(t *testing.T) {
	bubble(t, ServerOptions{}, func(t *testing.T, w *world) {
		a := w.connect(acsPath)
		a.expect("c1-1 manifest of 0", "c1-2 heartbeat")
		a.say(&acs.HeartbeatAckRequest{MessageID: "c1-2"})
		a.expect("c1-3 heartbeat")
		if w.plane.current() != "c1" {
			t.Errorf("dropped: %s", w.plane.took())
		}
	})
}
