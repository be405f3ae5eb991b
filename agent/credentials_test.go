package agent

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/roadstead/roadstead/agent/network"
	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/fake"
	"github.com/roadstead/roadstead/dispatch/acs"
)

func ask(h *host, id, from string) (int, map[string]any) {
	r := httptest.NewRequest(http.MethodGet, "http://169.254.170.2"+CredentialsPath+id, nil)
	r.RemoteAddr = from
	// As of a client that closes its half of the connection once it has asked.
	closed, cancel := context.WithCancel(h.t.Context())
	cancel()
	r = r.WithContext(closed)
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
