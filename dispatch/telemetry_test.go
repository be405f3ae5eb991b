package dispatch

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// health is a frame as agents send it over TCS: headers that sign it, an empty
// line, the message.
const health = "Authorization: AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/ecs/aws4_request, SignedHeaders=host;x-amz-date, Signature=00\r\n" +
	"Host: 127.0.0.1:4566\r\nX-Amz-Date: 20260101T000000Z\r\n\r\n" +
	`{"type":"PublishHealthRequest","message":{"metadata":{"cluster":"default","containerInstance":"arn:instance","messageId":"m","fin":true},` +
	`"tasks":[{"taskArn":"arn:task","taskDefinitionFamily":"web","taskDefinitionVersion":"1","containers":[` +
	`{"containerName":"main","healthStatus":"HEALTHY","statusSince":1767225600.5}]}],"timestamp":1767225600}}`

func TestTelemetryIsHandedOverAndAcknowledged(t *testing.T) {
	bubble(t, ServerOptions{}, func(t *testing.T, w *world) {
		a := w.connect(tcsPath)
		a.write(health)
		a.expect("*acs.AckPublishHealth")
		a.write(`{"type":"PublishMetricsRequest","message":{"metadata":{"idle":true,"fin":true},"instanceMetrics":{"x":1},"timestamp":1}}`)
		a.expect("*acs.AckPublishMetric")
		a.write("Host: h\r\n\r\n" + `{"type":"PublishInstanceStatusRequest","message":{"statuses":[{"type":"ContainerRuntime","status":"OK","lastUpdated":1}]}}`)
		a.expect("*acs.AckPublishInstanceStatus")
		a.write(`{"type":"StartTelemetrySession"}`)
		a.write("no message at all")
		a.write(health)
		a.expect("*acs.AckPublishHealth")
		said := w.plane.heard()
		if len(said) != 4 {
			t.Fatalf("%d messages were handed over", len(said))
		}
		h, ok := said[0].(*acs.PublishHealthRequest)
		if !ok || h.Tasks[0].TaskARN != "arn:task" || h.Tasks[0].Containers[0].Status != "HEALTHY" {
			t.Errorf("handed over: %+v", said[0])
		}
	})
}

func TestTelemetryShowsThatTheServerIsThere(t *testing.T) {
	bubble(t, ServerOptions{}, func(t *testing.T, w *world) {
		began := time.Now()
		a := w.connect(tcsPath)
		a.expect("tcs heartbeat", "tcs heartbeat")
		if passed := time.Since(began); passed != 2*HeartbeatEvery {
			t.Errorf("two heartbeats took %v", passed)
		}
	})
}

// What could not be kept is not acknowledged: the agent connects again.
func TestTelemetryThatIsNotKeptEndsTheConnection(t *testing.T) {
	bubble(t, ServerOptions{}, func(t *testing.T, w *world) {
		w.plane.deaf = errors.New("no room")
		a := w.connect(tcsPath)
		a.write(health)
		if _, frame, err := a.conn.Read(t.Context()); err == nil {
			t.Fatalf("answered with %s", frame)
		}
		synctest.Wait()
		if len(w.plane.heard()) != 1 {
			t.Errorf("%d messages were handed over", len(w.plane.heard()))
		}
	})
}

// closing returns how a connection was closed.
func closing(err error) websocket.CloseError {
	var c websocket.CloseError
	if !errors.As(err, &c) {
		c.Code = websocket.StatusAbnormalClosure
	}
	return c
}
