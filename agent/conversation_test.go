package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"

	"github.com/roadstead/roadstead/agent/network"
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

func ask(h *host, id, from string) (int, map[string]any) {
	r := httptest.NewRequest(http.MethodGet, "http://169.254.170.2"+CredentialsPath+id, nil)
	r.RemoteAddr = from
	w := httptest.NewRecorder()
	h.life.agent.TaskEndpoint().ServeHTTP(w, r)
	var body map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		h.t.Fatalf("%s: %v", w.Body, err)
	}
	return w.Code, body
}

func role(id string) *acs.Credentials {
	return &acs.Credentials{CredentialsID: id, RoleARN: "arn:aws:iam::000000000000:role/r", AccessKeyID: "ASIA" + id,
		SecretAccessKey: "s", SessionToken: "t", Expiration: time.Now().Add(6 * time.Hour).UTC().Format(time.RFC3339)}
}

// A task gets its own credentials, by its address, and nobody else's.
func TestCredentials(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.begin()
		one, two := task("t1", essential("web")), task("t2", essential("web"))
		h.plane.roles[one.ARN], h.plane.roles[two.ARN] = role("c1"), role("c2")
		var env []string
		h.behave = func(c runtime.Container) fake.Behaviour {
			if c.ID == "t1-0" {
				env = c.Env
			}
			return fake.Behaviour{}
		}
		h.plane.run(one)
		h.plane.run(two)
		h.untilStatus(one.ARN, "RUNNING")
		h.untilStatus(two.ARN, "RUNNING")
		if !slices.Contains(env, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v2/credentials/c1") {
			t.Errorf("environment: %v", env)
		}
		addresses := addressesOf(h)
		check := func(what, id, from string, status int, field, want string) {
			t.Helper()
			if code, body := ask(h, id, from); code != status || fmt.Sprint(body[field]) != want {
				t.Errorf("%s: %d %v", what, code, body)
			}
		}
		mine, other := addresses["t1-0"]+":4711", addresses["t2-0"]+":4711"
		check("its own", "c1", mine, 200, "AccessKeyId", "ASIAc1")
		check("another's", "c1", other, 400, "message", "CredentialsV2Request: Credentials not found")
		check("unknown", "c9", mine, 400, "code", "InvalidIdInRequest")
		check("from nowhere", "c1", "127.0.0.1:80", 400, "HTTPErrorCode", "400")
		check("from elsewhere", "c1", "pipe", 400, "code", "InvalidIdInRequest")

		// After a restart they are only known once they were sent again.
		h.kill()
		h.plane.setDown(true)
		h.begin()
		check("after a restart", "c1", mine, 503, "code", "CredentialsUninitialized")
		h.plane.setDown(false)
		pass(11 * time.Second)
		check("sent again", "c1", mine, 200, "AccessKeyId", "ASIAc1")
		if last := h.plane.hellos[len(h.plane.hellos)-1]; !last.SendCredentials {
			t.Error("credentials were not asked for")
		}
		h.plane.pipes.cut()
		pass(11 * time.Second)
		if last := h.plane.hellos[len(h.plane.hellos)-1]; last.SendCredentials {
			t.Error("credentials were asked for again")
		}
		h.plane.stop(one.ARN, two.ARN)
		h.nothingLeft()
		if n := len(h.life.agent.creds.byID) + len(h.life.agent.creds.byTask); n != 0 {
			t.Errorf("%d credentials are kept of tasks that are gone", n)
		}
		// Nor are those of tasks that are not here kept.
		got := h.life.agent.handle(t.Context(), &acs.IAMRoleCredentialsMessage{MessageID: "m", TaskARN: "x", RoleType: acs.RoleTaskApplication, Credentials: role("c1")})()
		if len(got) != 0 || h.life.agent.creds.has("c1") {
			t.Errorf("credentials of an unknown task were taken: %+v", got)
		}
	})
}

// What starts a task has credentials of its own, which the task does not get.
func TestExecutionRoleIsNotTheTasks(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.begin()
		web := task("t1", essential("web"))
		h.plane.run(web)
		h.untilStatus(web.ARN, "RUNNING")
		a := h.life.agent
		message := &acs.IAMRoleCredentialsMessage{MessageID: "m", TaskARN: web.ARN, RoleType: acs.RoleTaskExecution, Credentials: role("x1")}
		if got := a.handle(t.Context(), message)(); len(got) != 1 {
			t.Errorf("answers: %+v", got)
		}
		if code, body := ask(h, "x1", addressesOf(h)["t1-0"]+":1"); code != 400 {
			t.Errorf("%d %v", code, body)
		}
		if a.creds.keep("another", role("x1"), true) {
			t.Error("an id changed its task")
		}
	})
}

func addressesOf(h *host) map[string]string {
	out := map[string]string{}
	list, err := h.network.Open().List(context.Background())
	if err != nil {
		h.t.Fatal(err)
	}
	for _, s := range list {
		if s.Mode == network.Bridge {
			out[s.ID] = s.IPv4.String()
		}
	}
	return out
}

// Health that turns is told at once, and use every 20 s.
func TestTelemetry(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		var sick atomic.Bool
		h.behave = func(runtime.Container) fake.Behaviour {
			return fake.Behaviour{Stats: runtime.Stats{MemoryUsage: 64 << 20},
				Exec: func([]string, bool) (runtime.ExecResult, error) {
					if sick.Load() {
						return runtime.ExecResult{ExitCode: 1, Output: []byte("refused")}, nil
					}
					return runtime.ExecResult{}, nil
				}}
		}
		h.begin()
		web := task("t1", essential("web", func(c *acs.Container) {
			c.HealthCheckType = "docker"
			c.DockerConfig = &acs.DockerConfig{Config: `{"Healthcheck":{"Test":["CMD-SHELL","probe"],"Interval":5000000000,"Timeout":1000000000,"Retries":2}}`}
		}))
		h.plane.run(web)
		h.untilStatus(web.ARN, "RUNNING")
		status := func() string {
			h.plane.mu.Lock()
			defer h.plane.mu.Unlock()
			for _, m := range slices.Backward(h.plane.said) {
				if m, ok := m.(*acs.PublishHealthRequest); ok && len(m.Tasks) > 0 {
					return m.Tasks[0].Containers[0].Status + " " + m.Tasks[0].Containers[0].StatusMessage
				}
			}
			return ""
		}
		h.until("HEALTHY", 6*time.Second, func() bool { return status() == "HEALTHY " })
		sick.Store(true)
		h.until("UNHEALTHY", 11*time.Second, func() bool { return status() == "UNHEALTHY refused" })
		// An adopted container is what it was until its checks say something.
		h.kill()
		sick.Store(false)
		h.plane.said = nil
		h.begin()
		pass(2 * time.Second)
		if got := status(); got != "HEALTHY " {
			t.Errorf("after adoption: %s", got)
		}
		pass(65 * time.Second)
		h.plane.mu.Lock()
		defer h.plane.mu.Unlock()
		var sets []acs.StatsSet
		for _, m := range h.plane.said {
			if m, ok := m.(*acs.PublishMetricsRequest); ok && len(m.Tasks) == 1 {
				sets = append(sets, *m.Tasks[0].Containers[0].Memory)
			}
		}
		// Sampling and publishing may come at one moment, in either order.
		if len(sets) < 3 || sets[2].SampleCount < 3 || sets[2].SampleCount > 5 || sets[2].Min != 64 || sets[2].Sum != 64*float64(sets[2].SampleCount) {
			t.Errorf("memory: %+v", sets)
		}
	})
}

func TestMeterSumsUp(t *testing.T) {
	m := newMeter(nil)
	at := time.Unix(1e9, 0)
	p := Process{Task: acs.Task{ARN: "t"}, Name: "web", ID: "t-0"}
	for i, cpu := range []time.Duration{0, time.Second, 4 * time.Second} {
		m.add(p, runtime.Stats{ReadAt: at.Add(time.Duration(i) * 5 * time.Second), CPU: cpu, MemoryUsage: int64(i+1) << 20})
	}
	got := m.take([]Process{p})[0].Containers[0]
	if *got.CPU != (acs.StatsSet{Min: 20, Max: 60, SampleCount: 2, Sum: 80}) || *got.Memory != (acs.StatsSet{Min: 1, Max: 3, SampleCount: 3, Sum: 6}) {
		t.Errorf("cpu %+v, memory %+v", got.CPU, got.Memory)
	}
	if again := m.take([]Process{p}); len(again) != 0 {
		t.Errorf("taken twice: %+v", again)
	}
}

// The runtime lists its containers anew: what it does not show any more is
// gone, and an old event about a name that is used again is not believed.
func TestListingAnew(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.begin()
		web, other := task("t1", essential("web")), task("t2", essential("web"))
		h.plane.run(web)
		h.plane.run(other)
		h.untilStatus(web.ARN, "RUNNING")
		h.untilStatus(other.ARN, "RUNNING")
		labels := h.containers()["t2-0"].Labels
		h.inject(runtime.Event{Status: runtime.StatusRemoved, ID: "t2-0", Labels: labels})
		synctest.Wait()
		h.mu.Lock()
		h.deaf = true
		h.mu.Unlock()
		if err := h.runtime.Remove(t.Context(), "t1-0"); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		if h.plane.last(web.ARN) != "RUNNING" {
			t.Fatal("the agent was told")
		}
		h.inject(runtime.Event{Status: runtime.StatusRunning, ID: "t2-0", Labels: labels})
		h.inject(runtime.Event{Status: runtime.StatusListed})
		h.untilStatus(web.ARN, "STOPPED")
		if c := h.plane.report(web.ARN).Containers[0]; c.ExitCode != nil || !strings.HasPrefix(*c.Reason, "ContainerVanishedError") {
			t.Errorf("container: %+v", c)
		}
		if h.plane.last(other.ARN) != "RUNNING" {
			t.Error("the one that is there was ended")
		}
	})
}
