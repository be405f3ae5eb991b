package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// herd is many simulated agents. Each has a control channel to the real
// dispatch server, over memory, and reports through the front door; none runs
// anything: a task that it is told to run runs at once, one that it is told to
// stop has stopped.
type herd struct {
	t       testing.TB
	plane   *scalePlane
	channel *inMemory
	// reports bounds how many reports are under way at once, as the store
	// bounds the commits that wait.
	reports chan struct{}
	running atomic.Int64 // reports of RUNNING that were answered
	stopped atomic.Int64 // reports of STOPPED that were answered
	retried atomic.Int64
	all     sync.WaitGroup
}

// reportsAtATime is less than store.MaxQueue.
const reportsAtATime = 4000

// join connects an agent for each instance.
func (h *herd) join(ctx context.Context, instances []string) {
	h.t.Helper()
	client := &http.Client{Transport: h.channel}
	next := make(chan string)
	var dialing sync.WaitGroup
	for range 32 {
		dialing.Go(func() {
			for arn := range next {
				conn, _, err := websocket.Dial(ctx, "http://memory/ws?"+url.Values{"clusterArn": {"default"}, "containerInstanceArn": {arn},
					"agentHash": {"bench"}, "agentVersion": {"bench"}, "seqNum": {"1"}, "sendCredentials": {"false"}}.Encode(),
					&websocket.DialOptions{HTTPClient: client, CompressionMode: websocket.CompressionDisabled})
				if err != nil {
					h.t.Errorf("control channel of %s: %v", arn, err)
					continue
				}
				conn.SetReadLimit(acs.MaxFrame)
				a := &scaleAgent{herd: h, conn: conn, wake: make(chan struct{}, 1)}
				h.all.Go(func() { a.listen(ctx) })
				h.all.Go(func() { a.report(ctx) })
			}
		})
	}
	for _, arn := range instances {
		next <- arn
	}
	close(next)
	dialing.Wait()
}

// scaleAgent is one of them.
type scaleAgent struct {
	herd *herd
	conn *websocket.Conn
	wake chan struct{}

	mu      sync.Mutex
	waiting []reportOf
}

type reportOf struct{ task, container, status string }

// told is the part of a payload that a simulated agent needs.
type told struct {
	Type    string `json:"type"`
	Message struct {
		MessageID   string `json:"messageId"`
		ClusterARN  string `json:"clusterArn"`
		InstanceARN string `json:"containerInstanceArn"`
		Tasks       []struct {
			ARN           string `json:"arn"`
			DesiredStatus string `json:"desiredStatus"`
			Containers    []struct {
				Name string `json:"name"`
			} `json:"containers"`
		} `json:"tasks"`
	} `json:"message"`
}

// listen accepts everything until the connection ends.
func (a *scaleAgent) listen(ctx context.Context) {
	defer a.conn.CloseNow()
	for {
		_, frame, err := a.conn.Read(ctx)
		if err != nil {
			return
		}
		var m told
		if err := json.Unmarshal(frame, &m); err != nil {
			a.herd.t.Errorf("frame %s: %v", frame, err)
			return
		}
		var answer acs.Message
		switch m.Type {
		case "HeartbeatMessage":
			answer = &acs.HeartbeatAckRequest{MessageID: m.Message.MessageID}
		case "PayloadMessage", "TaskManifestMessage":
			answer = &acs.AckRequest{Cluster: m.Message.ClusterARN, Instance: m.Message.InstanceARN, MessageID: m.Message.MessageID}
		default:
			continue
		}
		if frame, err = acs.Encode(answer); err != nil {
			a.herd.t.Error(err)
			return
		}
		if err := a.conn.Write(ctx, websocket.MessageText, frame); err != nil {
			return
		}
		if m.Type != "PayloadMessage" {
			continue
		}
		a.mu.Lock()
		for _, t := range m.Message.Tasks {
			a.waiting = append(a.waiting, reportOf{t.ARN, t.Containers[0].Name, t.DesiredStatus})
		}
		a.mu.Unlock()
		select {
		case a.wake <- struct{}{}:
		default:
		}
	}
}

// report says of each task that it is as it was asked to be, one report after
// the other.
func (a *scaleAgent) report(ctx context.Context) {
	for {
		a.mu.Lock()
		waiting := a.waiting
		a.waiting = nil
		a.mu.Unlock()
		for _, r := range waiting {
			if !a.submit(ctx, r) {
				return
			}
		}
		if len(waiting) > 0 {
			continue
		}
		select {
		case <-a.wake:
		case <-ctx.Done():
			return
		}
	}
}

// submit sends one report until it is taken; false when ctx has ended.
func (a *scaleAgent) submit(ctx context.Context, r reportOf) bool {
	hash := fnv.New64a()
	hash.Write([]byte(r.task)) // never fails
	id := hash.Sum64()
	at := time.Now().UnixMilli()
	body := fmt.Sprintf(`{"cluster":"default","task":%q,"status":%q,"pullStartedAt":%d.%03d,"pullStoppedAt":%d.%03d,"containers":[{"containerName":%q,"status":%q,`+
		`"runtimeId":"%016x%016x%016x%016x","imageDigest":"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}]}`,
		r.task, r.status, at/1000, at%1000, at/1000, at%1000, r.container, r.status, id, id*3, id*5, id*7)
	for ctx.Err() == nil {
		a.herd.reports <- struct{}{}
		err := a.herd.plane.call("SubmitTaskStateChange", body)
		<-a.herd.reports
		switch {
		case err == nil && r.status == "RUNNING":
			a.herd.running.Add(1)
			return true
		case err == nil:
			a.herd.stopped.Add(1)
			return true
		case strings.Contains(err.Error(), "not found"):
			return true // reaped since
		}
		if a.herd.retried.Add(1) > 1000 {
			a.herd.t.Errorf("report: %v", err)
			return false
		}
	}
	return false
}
