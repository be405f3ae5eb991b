package cli

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/cockroachdb/datadriven"

	apiecs "github.com/roadstead/roadstead/api/ecs"
	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
	"github.com/roadstead/roadstead/wire"
)

// explained is a control plane in this process, and what is in it.
type explained struct {
	t   *testing.T
	db  *store.DB
	url string
}

func newExplained(t *testing.T) *explained {
	db, err := store.Open(t.Context(), memlog.New(memlog.Options{}), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	router := wire.NewRouter(wire.Options{Authenticate: func(r *http.Request, _ []byte) (context.Context, error) {
		return caller.With(r.Context(), caller.NewRoot(account, "ROOT")), nil
	}}, apiecs.New(db, apiecs.Options{Region: region, Now: func() time.Time { return explainNow }}))
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)
	return &explained{t, db, server.URL}
}

var requestID = regexp.MustCompile(`RequestID: [0-9a-f-]+`)

var explainNow = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func (x *explained) put(nouns ...model.Noun) {
	x.t.Helper()
	var c model.Change
	for _, n := range nouns {
		c.PutUnguarded(n)
	}
	if _, err := x.db.Commit(x.t.Context(), c); err != nil {
		x.t.Fatal(err)
	}
}

// instance stores an instance: "ID CPU MEMORY [provider=P] [reserved=PORT]
// [DRAINING] [disconnected] [NAME=VALUE]".
func (x *explained) instance(words []string) {
	cpu, _ := strconv.Atoi(words[1])
	memory, _ := strconv.Atoi(words[2])
	i := &model.ContainerInstance{Account: account, Cluster: "main", ID: words[0], Status: model.InstanceActive, AgentConnected: true,
		RegisteredAt: explainNow, Registered: model.Resources{CPU: cpu, Memory: memory}}
	for _, w := range words[3:] {
		name, value, pair := strings.Cut(w, "=")
		switch {
		case name == "provider":
			i.CapacityProvider = value
		case name == "reserved":
			port, _ := strconv.Atoi(value)
			i.Registered.Ports = []model.Port{{Number: port, Protocol: "tcp"}}
		case name == "disconnected":
			i.AgentConnected = false
		case pair:
			i.Attributes = append(i.Attributes, model.Attribute{Name: name, Value: value})
		default:
			i.Status = w
		}
	}
	x.put(i)
}

// task stores a task: "ID FAMILY INSTANCE STATUS SERVICE [CODE REASON]".
func (x *explained) task(line string) {
	words := strings.SplitN(line, " ", 7)
	t := &model.Task{Account: account, Cluster: "main", ID: words[0], Desired: model.TaskRunning,
		Spec: model.TaskSpec{TaskDefinition: model.TaskDefinitionID(account, words[1], 1), CreatedAt: explainNow, Group: "family:" + words[1],
			Resources: model.Resources{CPU: 256, Memory: 512, Ports: []model.Port{{Number: 80, Protocol: "tcp"}}}},
		Status: model.TaskObserved{Last: model.TaskStatus(words[3]), Containers: []model.ContainerObserved{{Name: "app", Last: model.TaskStatus(words[3])}}}}
	if words[2] != "-" {
		t.Spec.Instance = model.InstanceID(account, "main", words[2])
	} else {
		t.Spec.CapacityProvider = "spare"
	}
	if words[4] != "-" {
		t.Spec.Service, t.Spec.Group = model.ServiceID(account, "main", words[4]), "service:"+words[4]
	}
	if len(words) > 5 {
		code := int32(137)
		t.Desired, t.StopCode, t.StoppedReason, t.Status.StoppedAt = model.TaskStopped, words[5], words[6], explainNow
		t.Status.Containers[0].ExitCode, t.Status.Containers[0].Reason = &code, "OutOfMemoryError: Container killed due to memory usage"
	}
	x.put(t)
}

// service stores a service of the family's first revision that has been asked
// for two tasks.
func (x *explained) service(name, family string, constraints []model.PlacementConstraint) {
	spec := model.ServiceSpec{TaskDefinition: model.TaskDefinitionID(account, family, 1), DesiredCount: 2, LaunchType: "EC2",
		Scheduling: model.SchedulingReplica, Constraints: constraints}
	s := &model.Service{Account: account, Cluster: "main", Name: name, Status: model.ServiceActive, Spec: spec, CreatedAt: explainNow, Primary: "ecs-svc/1234567890123456789"}
	x.put(s, &model.Deployment{Account: account, Cluster: "main", Service: name, ID: s.Primary, Spec: spec, CreatedAt: explainNow,
		Status: model.DeploymentStatus{State: model.DeploymentPrimary, Rollout: model.RolloutInProgress, RolloutReason: "ECS deployment ecs-svc/1234567890123456789 in progress."}},
		&model.ServiceEvents{Account: account, Cluster: "main", Service: name, Events: []model.ServiceEvent{
			{ID: "1", At: explainNow, Message: "(service " + name + ") has started 1 tasks: (task a)."},
			{ID: "2", At: explainNow.Add(time.Second), Message: "(service " + name + ") was unable to place a task."}}})
}

// define registers a task definition from JSON.
func (x *explained) define(text string) {
	var in ecs.RegisterTaskDefinitionInput
	if err := json.Unmarshal([]byte(text), &in); err != nil {
		x.t.Fatal(err)
	}
	client := ecs.NewFromConfig(clientConfig(x.url, staticCredentials("ROOT", "secret", "")))
	if _, err := client.RegisterTaskDefinition(x.t.Context(), &in); err != nil {
		x.t.Fatal(err)
	}
}

// world makes everything that the lines name.
func (x *explained) world(lines string) {
	x.put(&model.Cluster{Account: account, Name: "main", Status: model.ClusterActive, CreatedAt: explainNow})
	for line := range strings.SplitSeq(lines, "\n") {
		kind, rest, _ := strings.Cut(line, " ")
		switch kind {
		case "define":
			x.define(rest)
		case "instance":
			x.instance(strings.Fields(rest))
		case "task":
			x.task(rest)
		case "service":
			words := strings.SplitN(rest, " ", 3)
			var constraints []model.PlacementConstraint
			if len(words) > 2 {
				constraints = append(constraints, model.PlacementConstraint{Type: "memberOf", Expression: words[2]})
			}
			x.service(words[0], words[1], constraints)
		default:
			x.t.Fatalf("unknown line %s", line)
		}
	}
}

// TestExplain plays testdata/explain.txt against a control plane in this
// process, which the command reaches through the API alone.
func TestExplain(t *testing.T) {
	withoutAWS(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "ROOT")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	datadriven.RunTest(t, "testdata/explain.txt", func(_ *testing.T, d *datadriven.TestData) string {
		if d.Cmd == "world" {
			x := newExplained(t)
			x.world(d.Input)
			t.Setenv("AWS_ENDPOINT_URL", x.url)
			return ""
		}
		out, errs, _ := run(t, append([]string{"explain", "--cluster", "main"}, strings.Fields(d.Input)...)...)
		return out + requestID.ReplaceAllString(errs, "RequestID: ID")
	})
}
