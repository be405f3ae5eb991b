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

// What Amazon's agent says of a container's use is understood: the message is in
// its form, with members that we do not know.
func TestUseInTheStockAgentsForm(t *testing.T) {
	const count = `{"max":300,"min":100,"overflowMax":0,"overflowMin":0,"overflowSum":0,"sampleCount":3,"sum":600}`
	const rate = `{"max":2.5,"min":0,"sampleCount":3,"sum":5}`
	m, err := acs.DecodeTelemetry([]byte("Host: h\r\n\r\n" + `{"type":"PublishMetricsRequest","message":{"instanceMetrics":{"storage":{"dataFilesystem":1.5}},"metadata":{"cluster":"default","containerInstance":"arn:instance","fin":true,"idle":false,"messageId":"m"},` +
		`"taskMetrics":[{"clusterArn":"arn:cluster","taskArn":"arn:task","taskDefinitionFamily":"web","taskDefinitionVersion":"1","ephemeralStorageMetrics":{"bytesUtilized":` + count + `},"volumeMetrics":[],` +
		`"containerMetrics":[{"containerArn":"arn:c","containerName":"main","cpuStatsSet":` + rate + `,"memoryStatsSet":` + rate + `,"networkStatsSet":{"rxBytes":` + count + `,"rxBytesPerSecond":` + rate + `,"rxDropped":` + count + `,"txPackets":` + count + `},` +
		`"storageStatsSet":{"readSizeBytes":` + count + `,"writeSizeBytes":` + count + `},"restartStatsSet":{"restartCount":2}}]}],"timestamp":1767225600}}`))
	if err != nil {
		t.Fatal(err)
	}
	got, ok := m.(*acs.PublishMetricsRequest)
	if !ok || len(got.Tasks) != 1 || len(got.Tasks[0].Containers) != 1 {
		t.Fatalf("%+v", m)
	}
	c := got.Tasks[0].Containers[0]
	if c.Name != "main" || c.CPU.Max != 2.5 || c.Network.RxBytes.Max != 300 || c.Network.RxBytesPerSecond.Sum != 5 || c.Network.RxDropped.Min != 100 || c.Network.TxPackets.SampleCount != 3 ||
		c.Network.TxBytes != nil || c.Storage.Read.Sum != 600 || c.Storage.Written.Max != 300 || c.Restart.RestartCount != 2 || got.Tasks[0].EphemeralStorage.Utilized.Max != 300 {
		t.Errorf("%+v", c)
	}
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
