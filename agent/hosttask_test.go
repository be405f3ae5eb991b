package agent

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/fake"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// Tasks in the host's network ask from the machine's own address: by an id that
// only they were told they get what is theirs, at whichever instance of the
// process they arrive, before and after a restart. Nobody gets anything of
// another task by an id.
func TestHostNetworkAsks(t *testing.T) {
	const machine = "192.0.2.7"
	other := t.TempDir()
	onHost(t, func(t *testing.T, h *host) {
		neighbours := new(Neighbours)
		h.options.Neighbours = neighbours
		h.options.FromHost = func(a netip.Addr) bool { return a == netip.MustParseAddr(machine) }
		var env []string
		h.behave = func(c runtime.Container) fake.Behaviour {
			if c.ID == "t1-1" {
				env = c.Env
			}
			return fake.Behaviour{}
		}
		h.begin()
		one, two := task("t1", essential("web"), sidecar("side")), task("t2", essential("web"))
		one.NetworkMode = "host"
		one.Containers = append(one.Containers, essential("closed", func(c *acs.Container) { c.DockerConfig = &acs.DockerConfig{Config: `{"NetworkDisabled":true}`} }))
		h.plane.roles[one.ARN], h.plane.roles[two.ARN] = role("c1"), role("c2")
		h.plane.run(one)
		h.plane.run(two)
		h.untilStatus(one.ARN, "RUNNING")
		h.untilStatus(two.ARN, "RUNNING")
		if !slices.Contains(env, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v2/credentials/c1") {
			t.Errorf("environment: %v", env)
		}
		path := ""
		for _, e := range env {
			if rest, ok := strings.CutPrefix(e, "ECS_CONTAINER_METADATA_URI_V4=http://169.254.170.2"); ok {
				path = rest
			}
		}
		if !strings.HasPrefix(path, "/v4/t1-1.") || len(path) != len("/v4/t1-1.")+2*proofBytes {
			t.Fatalf("the container asks at %q", path)
		}
		agent := h.life.agent
		asked := func(what, path, from string, status int, want string) {
			t.Helper()
			if code, text := tell(h, http.MethodGet, path, from, ""); code != status || !strings.Contains(text, want) {
				t.Errorf("%s: %d %s", what, code, text)
			}
		}
		sandbox := addressesOf(h)["t2-0"]
		check := func() {
			t.Helper()
			asked("its credentials", "/v2/credentials/c1", machine, 200, `"AccessKeyId":"ASIAc1"`)
			asked("itself", path, machine, 200, `"Name":"side"`)
			asked("its mode", path, machine, 200, `"NetworkMode":"host"`)
			asked("itself in version 3", strings.Replace(path, "/v4/", "/v3/", 1), machine, 200, `"Name":"side"`)
			asked("its task", path+"/task", machine, 200, one.ARN)
			asked("its stats", path+"/task/stats", machine, 200, `"t1-0":{`)
			asked("its protection", strings.Replace(path, "/v4/", "/api/", 1)+"/task-protection/v1/state", machine, 403, `"AccessDeniedException"`)
		}
		check()
		asked("credentials of a task with an address", "/v2/credentials/c2", machine, 400, "InvalidIdInRequest")
		asked("credentials of a task in the host's network, from a sandbox", "/v2/credentials/c1", sandbox, 400, "InvalidIdInRequest")
		asked("credentials from elsewhere", "/v2/credentials/c1", "192.0.2.8", 400, "InvalidIdInRequest")
		asked("a task with an address", "/v4/t2-0/task", machine, 404, "")
		asked("a task with an address, with a proof", "/v4/"+agent.node.proof.of("t2-0")+"/task", machine, 404, "")
		asked("a container without its proof", "/v4/t1-1/task", machine, 404, "")
		asked("a container with another's proof", strings.Replace(path, "t1-1", "t1-0", 1), machine, 404, "")
		asked("a container with a proof, from a sandbox", path, sandbox, 404, "")
		asked("no id", "/v2/metadata", machine, 404, "")

		// Another instance of the process answers for it.
		o := h.options
		o.Node.Dir = other
		w := &wires{h, h.life}
		beside, err := New(h.plane, Edges{Runtime: w, Undoer: w, Prober: w, Meter: w, Network: netWires{w, h.network.Open()}, Registry: w, Logs: logWires{w}}, o)
		if err != nil {
			t.Fatal(err)
		}
		over, idle := make(chan struct{}), make(chan struct{})
		go func() { // its node runs no task
			defer close(idle)
			for {
				select {
				case f := <-beside.node.work:
					f(time.Now())
				case <-over:
					return
				}
			}
		}()
		h.life.agent = beside
		check()
		asked("credentials of a task with an address, at the neighbour", "/v2/credentials/c2", machine, 400, "InvalidIdInRequest")
		h.life.agent = agent
		close(over)
		<-idle

		h.kill()
		if left := neighbours.with(nil); len(left) != 1 {
			t.Errorf("%d agents are known after the end of the only one", len(left)-1)
		}
		h.begin()
		pass(11 * time.Second)
		check()
		h.plane.stop(one.ARN, two.ARN)
		h.nothingLeft()
	})
}
