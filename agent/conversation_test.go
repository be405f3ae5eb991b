package agent

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/fake"
	"github.com/roadstead/roadstead/dispatch"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// Heartbeats are answered, or the server would hang up.
func TestAQuietConnectionLasts(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.begin()
		pass(50 * time.Minute)
		if h.plane.links != 1 {
			t.Errorf("%d connections in 50 minutes", h.plane.links)
		}
		if got := h.plane.hellos[0]; got != (dispatch.Hello{Cluster: "test", Instance: instanceARN, AgentVersion: "1", AgentHash: "abc"}) {
			t.Errorf("hello: %+v", got)
		}
	})
}

// The control plane is away for long: tasks go on, and what happened is
// reported in order and at once when it is back.
func TestOutage(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.behave = func(c runtime.Container) fake.Behaviour {
			if c.Name == "brief" {
				return fake.Behaviour{StartTakes: time.Millisecond, Runs: time.Minute, ExitCode: 3}
			}
			return fake.Behaviour{}
		}
		h.begin()
		lasting, brief := task("t1", essential("web")), task("t2", essential("brief"))
		attempts := 0
		h.plane.answer = func(in *ecs.SubmitTaskStateChangeInput) error {
			if *in.Task == brief.ARN {
				attempts++
				return &smithy.GenericAPIError{Code: "ServerException", Message: "no quorum"}
			}
			return nil
		}
		h.plane.run(lasting)
		h.plane.run(brief)
		h.untilStatus(lasting.ARN, "RUNNING")
		pass(time.Second)
		h.plane.setDown(true)
		pass(24 * time.Hour)
		if got := h.running(); !slices.Equal(got, []string{"t1-0"}) {
			t.Errorf("running: %v", got)
		}
		if n := len(h.plane.attempts); n > 24*60*60/8*2+40 {
			t.Errorf("%d connections were attempted", n)
		}
		h.plane.mu.Lock()
		h.plane.answer = nil
		h.plane.mu.Unlock()
		h.plane.setDown(false)
		h.until("reported", 11*time.Second, func() bool { return h.plane.last(brief.ARN) == "STOPPED" })
		if got := h.plane.told(brief.ARN); !slices.Equal(got, []string{"RUNNING", "STOPPED"}) {
			t.Errorf("reports: %v", got)
		}
	})
}

// Reports that fail come later and later; those that are refused do not come
// again, and the next one does.
func TestReports(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.begin()
		var times []time.Time
		h.plane.answer = func(in *ecs.SubmitTaskStateChangeInput) error {
			times = append(times, time.Now())
			if len(times) < 10 {
				return errors.New("connection reset")
			}
			if *in.Status == "RUNNING" {
				return &types.InvalidParameterException{Message: aws.String("no")}
			}
			return nil
		}
		web := task("t1", essential("web"))
		h.plane.run(web)
		pass(10 * time.Minute)
		if len(times) != 10 {
			t.Fatalf("%d attempts", len(times))
		}
		for i := 1; i < len(times)-1; i++ {
			if wait, next := times[i].Sub(times[i-1]), times[i+1].Sub(times[i]); next < wait || next > time.Minute {
				t.Errorf("wait %d was %v, the next %v", i, wait, next)
			}
		}
		h.plane.stop(web.ARN)
		h.untilStatus(web.ARN, "STOPPED")
		h.nothingLeft()
	})
}

// A server that hangs up at once, and one that is not there, are asked less and
// less often.
func TestFlappingConnections(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.begin()
		end := time.Now().Add(10 * time.Minute)
		for time.Now().Before(end) {
			h.plane.pipes.cut()
			pass(50 * time.Millisecond)
		}
		if n := len(h.plane.attempts); n < 50 || n > 250 {
			t.Errorf("%d connections in ten minutes", n)
		}
		web := task("t1", essential("web"))
		h.plane.run(web)
		h.until("RUNNING", 15*time.Second, func() bool { return h.plane.last(web.ARN) == "RUNNING" })
	})
}

// A deregistered instance keeps its containers and does not press.
func TestDeregistered(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.begin()
		web := task("t1", essential("web"))
		h.plane.run(web)
		h.untilStatus(web.ARN, "RUNNING")
		before := len(h.plane.attempts)
		h.plane.setRefusal(&dispatch.Refusal{Status: http.StatusBadRequest, Name: "InactiveInstanceException", Message: "Container instance is inactive."})
		pass(3*time.Hour + time.Minute)
		if n := len(h.plane.attempts) - before; n < 4 || n > 8 { // one of telemetry, which is not refused, and one an hour
			t.Errorf("%d connections were attempted in three hours", n)
		}
		if got := h.running(); len(got) != 1 {
			t.Errorf("running: %v", got)
		}
		// Started again, it joins anew.
		h.kill()
		h.plane.setRefusal(nil)
		h.plane.register = func(in *ecs.RegisterContainerInstanceInput) error {
			if in.ContainerInstanceArn != nil {
				return &smithy.GenericAPIError{Code: "ClientException", Message: "Container instance i is inactive."}
			}
			return nil
		}
		h.begin()
		pass(time.Second)
		if n := len(h.plane.registers); n != 2 || h.plane.registers[1].ContainerInstanceArn != nil {
			t.Errorf("%d registrations", n)
		}
	})
}

func TestRegistration(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.options.Instance.Attributes = []types.Attribute{{Name: aws.String("rack"), Value: aws.String("1")}}
		h.plane.setDown(true)
		h.begin()
		pass(time.Minute)
		if h.life.agent.InstanceARN() != "" {
			t.Error("registered while the control plane was away")
		}
		h.plane.setDown(false)
		h.until("registered", 11*time.Second, func() bool { return h.life.agent.InstanceARN() == instanceARN })
		h.kill()
		h.options.Instance.Attributes[0].Value = aws.String("2")
		h.begin()
		pass(time.Second)
		again := h.plane.registers[1]
		if aws.ToString(again.ContainerInstanceArn) != instanceARN || *again.Attributes[0].Value != "2" {
			t.Errorf("registered again as %+v", again)
		}
		h.kill()
		h.options.Instance.Cluster = "another"
		h.begin()
		if err := <-h.life.ended; err == nil || !strings.Contains(err.Error(), `registered in cluster "test" and was started for cluster "another"`) {
			t.Errorf("ended with %v", err)
		}
		h.life.over = true
		h.options.Instance.Cluster = "test"
		h.plane.register = func(*ecs.RegisterContainerInstanceInput) error {
			return &smithy.GenericAPIError{Code: "InvalidParameterException", Message: "no"}
		}
		h.begin()
		if err := <-h.life.ended; err == nil || !strings.Contains(err.Error(), "register the container instance") {
			t.Errorf("ended with %v", err)
		}
		h.life.over = true
	})
}

// What runs and is not in the manifest is stopped when the control plane
// confirms it, and only then.
func TestManifest(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.begin()
		web, other := task("t1", essential("web")), task("t2", essential("web"))
		h.plane.run(web)
		h.plane.run(other)
		h.untilStatus(web.ARN, "RUNNING")
		h.untilStatus(other.ARN, "RUNNING")
		h.plane.setDown(true)
		h.plane.forget(web.ARN)
		pass(time.Second)
		h.plane.setDown(false)
		h.until("only t2 runs", time.Minute, func() bool { return slices.Equal(h.running(), []string{"t2-0"}) })
		h.until("nothing is left of t1", time.Minute, func() bool {
			return !slices.ContainsFunc(h.left(), func(s string) bool { return strings.Contains(s, "t1") })
		})
		// A question alone stops nothing.
		answers := h.life.agent.manifest(t.Context(), &acs.TaskManifestMessage{MessageID: "m", ClusterARN: clusterARN, InstanceARN: instanceARN})()
		if len(answers) != 2 || answers[1].(*acs.TaskStopVerificationMessage).StopCandidates[0].ARN != other.ARN {
			t.Errorf("answers: %+v", answers)
		}
		pass(time.Minute)
		if len(h.running()) != 1 {
			t.Error("a question stopped a task")
		}
	})
}

// A stop that follows its start never overtakes it, however slow saving is; and
// what comes twice, or late, starts nothing.
func TestOrderOfMessages(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.begin()
		a := h.life.agent
		web := task("t1", essential("web"))
		stop := web
		stop.DesiredStatus, stop.Containers = "STOPPED", []acs.Container{{Name: "web", Essential: true}}
		message := func(id string, tasks ...acs.Task) *acs.PayloadMessage {
			return &acs.PayloadMessage{MessageID: id, ClusterARN: clusterARN, InstanceARN: instanceARN, Tasks: tasks}
		}
		started := a.handle(t.Context(), message("1", web))
		stopped := a.handle(t.Context(), message("2", stop))
		if got := stopped(); len(got) != 1 || got[0].(*acs.AckRequest).MessageID != "2" {
			t.Errorf("answers to the stop: %+v", got)
		}
		if got := started(); len(got) != 1 || got[0].(*acs.AckRequest).MessageID != "1" {
			t.Errorf("answers to the start: %+v", got)
		}
		h.nothingLeft()
		if h.starts["t1-0"] != 0 {
			t.Error("it was started")
		}
		for range 2 { // it was sent before its end was known
			if got := a.handle(t.Context(), message("3", web))(); len(got) != 1 {
				t.Errorf("answers to the late payload: %+v", got)
			}
		}
		pass(time.Minute)
		if h.starts["t1-0"] != 0 || len(h.left()) > 0 {
			t.Errorf("a late payload had an effect: %v", h.left())
		}
		for _, bad := range []*acs.PayloadMessage{{}, {MessageID: "1", ClusterARN: "c"}, {ClusterARN: "c", InstanceARN: "i"}} {
			if got := a.handle(t.Context(), bad)(); got != nil {
				t.Errorf("%+v was answered: %+v", bad, got)
			}
		}
	})
}

// An unknown task that is to stop is reported STOPPED.
func TestStopOfAnUnknownTask(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.begin()
		web := task("t1", essential("web"))
		h.plane.setDown(true)
		h.plane.run(web)
		h.plane.stop(web.ARN)
		h.plane.setDown(false)
		h.untilStatus(web.ARN, "STOPPED")
		h.nothingLeft()
	})
}
