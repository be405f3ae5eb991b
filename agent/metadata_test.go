package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
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
	"github.com/roadstead/roadstead/dispatch/acs"
)

// tell asks the endpoint something from an address.
func tell(h *host, method, path, from, body string) (int, string) {
	r := httptest.NewRequest(method, "http://169.254.170.2"+path, strings.NewReader(body))
	r.RemoteAddr = from + ":4711"
	w := httptest.NewRecorder()
	h.life.agent.TaskEndpoint().ServeHTTP(w, r)
	return w.Code, strings.TrimSpace(w.Body.String())
}

// A task is told of itself, of each of its containers and of what they use; of
// others it is told nothing.
func TestMetadata(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.options.Instance.Attributes = []types.Attribute{{Name: aws.String("ecs.availability-zone"), Value: aws.String("us-east-1a")}}
		var env []string
		h.behave = func(c runtime.Container) fake.Behaviour {
			if c.ID == "t1-0" {
				env = c.Env
			}
			return fake.Behaviour{}
		}
		h.begin()
		web, other := task("t1", essential("web"), sidecar("side")), task("t2", essential("web"))
		web.CPU, web.Memory, web.LaunchType, web.ServiceName = 0.5, 512, "EC2", "front"
		web.Containers[0].CPU, web.Containers[0].Memory, web.Containers[0].ContainerARN = 256, 128, "arn:c"
		web.Containers[0].PortMappings = []acs.PortMapping{{ContainerPort: 80, HostPort: 8080, Protocol: "tcp"}}
		web.Containers[0].DockerConfig = &acs.DockerConfig{Config: `{"Labels":{"own":"1"}}`}
		web.Containers[0].RestartPolicy = &acs.RestartPolicy{Enabled: true, AttemptPeriod: 60}
		web.Containers[0].MountPoints = []acs.MountPoint{{SourceVolume: "v", ContainerPath: "/v"}}
		web.Volumes = []acs.Volume{{Name: "v", Host: &acs.HostVolume{SourcePath: h.dir}}}
		h.plane.run(web)
		h.plane.run(other)
		h.untilStatus(web.ARN, "RUNNING")
		h.untilStatus(other.ARN, "RUNNING")
		pass(time.Minute)
		for _, want := range []string{"ECS_CONTAINER_METADATA_URI=http://169.254.170.2/v3/t1-0",
			"ECS_CONTAINER_METADATA_URI_V4=http://169.254.170.2/v4/t1-0", "ECS_AGENT_URI=http://169.254.170.2/api/t1-0"} {
			if !slices.Contains(env, want) {
				t.Errorf("%s is not in %v", want, env)
			}
		}
		addresses := addressesOf(h)
		mine, others := addresses["t1-0"], addresses["t2-0"]
		var got taskMetadata
		status, text := tell(h, "GET", "/v4/t1-0/task", mine, "")
		if err := json.Unmarshal([]byte(text), &got); err != nil || status != 200 {
			t.Fatalf("%d %s: %v", status, text, err)
		}
		if got.TaskARN != web.ARN || got.Cluster != clusterARN || got.Family != "web" || got.Revision != "3" || got.KnownStatus != "RUNNING" || got.DesiredStatus != "RUNNING" ||
			*got.Limits != (limitsMetadata{0.5, 512}) || got.AvailabilityZone != "us-east-1a" || got.LaunchType != "EC2" || got.ServiceName != "front" ||
			got.PullStartedAt == nil || got.PullStoppedAt == nil || len(got.Containers) != 2 {
			t.Errorf("task: %s", text)
		}
		_, text = tell(h, "GET", "/v4/t1-0", mine, "")
		var c containerMetadata
		if err := json.Unmarshal([]byte(text), &c); err != nil {
			t.Fatal(err)
		}
		if c.Name != "web" || c.DockerID != "t1-0" || c.Image != "web:1" || !strings.HasPrefix(c.ImageID, "sha256:") || c.KnownStatus != "RUNNING" || c.Limits != (limitsMetadata{256, 128}) ||
			c.StartedAt == nil || c.Type != "NORMAL" || c.ContainerARN != "arn:c" || *c.RestartCount != 0 || c.Labels["own"] != "1" || c.Labels[labelFamily] != "web" ||
			!reflect.DeepEqual(c.Networks, []networkMetadata{{NetworkMode: "bridge", IPv4Addresses: []string{mine}}}) || !reflect.DeepEqual(c.Ports, []portMetadata{{80, "tcp", 8080, "0.0.0.0", "", ""}}) ||
			!reflect.DeepEqual(c.Volumes, []volumeMetadata{{"v", h.dir, "/v"}}) || c.LogDriver != "json-file" {
			t.Errorf("container: %s", text)
		}
		for path, want := range map[string]string{
			"/v3/t1-1": `"Name":"side"`, "/v3/t1-0/task": `"KnownStatus":"RUNNING"`, "/v2/metadata": web.ARN, "/v2/metadata/t1-1": `"Name":"side"`,
			"/v4/t1-0/taskWithTags": web.ARN, "/v4/t1-0/stats": `"total_usage"`, "/v4/t1-1/task/stats": `"t1-1":{"id":"t1-1"`, "/v2/stats": `"t1-0":{`, "/v2/stats/t1-0": `"usage"`,
		} {
			if status, text := tell(h, "GET", path, mine, ""); status != 200 || !strings.Contains(text, want) {
				t.Errorf("%s: %d %s", path, status, text)
			}
			if status, text := tell(h, "GET", path, "127.0.0.1", ""); status != 404 {
				t.Errorf("%s from nowhere: %d %s", path, status, text)
			}
			if strings.Contains(path, "t1-") {
				if status, text := tell(h, "GET", path, others, ""); status != 404 {
					t.Errorf("%s from another task: %d %s", path, status, text)
				}
			}
		}
		h.plane.stop(web.ARN, other.ARN)
		h.nothingLeft()
	})
}

// shield is a Protector.
type shield struct {
	err   error
	fails bool
	asked []string
}

func (s *shield) UpdateTaskProtection(_ context.Context, as acs.Credentials, in *ecs.UpdateTaskProtectionInput) (*ecs.UpdateTaskProtectionOutput, error) {
	s.asked = append(s.asked, fmt.Sprint("update ", as.AccessKeyID, " ", in.Tasks, " ", in.ProtectionEnabled, " ", aws.ToInt32(in.ExpiresInMinutes)))
	if s.err != nil {
		return nil, s.err
	}
	if s.fails {
		return &ecs.UpdateTaskProtectionOutput{Failures: []types.Failure{{Arn: &in.Tasks[0], Reason: aws.String("DEPLOYMENT_BLOCKED"), Detail: aws.String("d")}}}, nil
	}
	at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	return &ecs.UpdateTaskProtectionOutput{ProtectedTasks: []types.ProtectedTask{{TaskArn: &in.Tasks[0], ProtectionEnabled: in.ProtectionEnabled, ExpirationDate: &at}}}, nil
}

func (s *shield) GetTaskProtection(_ context.Context, as acs.Credentials, in *ecs.GetTaskProtectionInput) (*ecs.GetTaskProtectionOutput, error) {
	s.asked = append(s.asked, fmt.Sprint("get ", as.AccessKeyID, " ", in.Tasks))
	return &ecs.GetTaskProtectionOutput{ProtectedTasks: []types.ProtectedTask{{TaskArn: &in.Tasks[0]}}}, s.err
}

// A task protects itself, as its role, and nobody else.
func TestTaskProtection(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		s := &shield{}
		h.shield = s
		h.begin()
		web, other := task("t1", essential("web")), task("t2", essential("web"))
		h.plane.roles[web.ARN] = role("c1")
		h.plane.run(web)
		h.plane.run(other)
		h.untilStatus(web.ARN, "RUNNING")
		h.untilStatus(other.ARN, "RUNNING")
		mine, others := addressesOf(h)["t1-0"], addressesOf(h)["t2-0"]
		const path = "/api/t1-0/task-protection/v1/state"
		check := func(what, method, path, from, body string, status int, want string) {
			t.Helper()
			if code, text := tell(h, method, path, from, body); code != status || text != want {
				t.Errorf("%s: %d %s, want %s", what, code, text, want)
			}
		}
		refused := func(code, message string) string {
			return `{"error":{"Arn":"` + web.ARN + `","Code":"` + code + `","Message":"` + message + `"}}`
		}
		check("get", "GET", path, mine, "", 200, `{"protection":{"ProtectionEnabled":false,"TaskArn":"`+web.ARN+`"}}`)
		check("update", "PUT", path, mine, `{"ProtectionEnabled":true,"ExpiresInMinutes":60}`, 200,
			`{"protection":{"ExpirationDate":"2030-01-02T03:04:05Z","ProtectionEnabled":true,"TaskArn":"`+web.ARN+`"}}`)
		if want := []string{"get ASIAc1 [" + web.ARN + "]", "update ASIAc1 [" + web.ARN + "] true 60"}; !slices.Equal(s.asked, want) {
			t.Errorf("asked %v", s.asked)
		}
		check("no field", "PUT", path, mine, `{}`, 400, refused("InvalidParameterException", "Invalid request: does not contain 'ProtectionEnabled' field"))
		check("no JSON", "PUT", path, mine, `{`, 400, refused("BadRequest", "UpdateTaskProtection: failed to decode request"))
		if code, _ := tell(h, "PUT", path, others, `{"ProtectionEnabled":true}`); code != 404 {
			t.Errorf("another task: %d", code)
		}
		if code, text := tell(h, "GET", "/api/t2-0/task-protection/v1/state", others, ""); code != 403 || !strings.Contains(text, "AccessDeniedException") {
			t.Errorf("a task without a role: %d %s", code, text)
		}
		s.fails = true
		check("failure", "PUT", path, mine, `{"ProtectionEnabled":true}`, 200, `{"failure":{"Arn":"`+web.ARN+`","Detail":"d","Reason":"DEPLOYMENT_BLOCKED"}}`)
		s.err = &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "no", Fault: smithy.FaultClient}
		check("refused", "GET", path, mine, "", 400, refused("AccessDeniedException", "no"))
		s.err = &smithy.GenericAPIError{Code: "ServerException", Message: "later", Fault: smithy.FaultServer}
		check("broken", "GET", path, mine, "", 500, refused("ServerException", "later"))
		s.err = errors.New("connection reset by 10.0.0.1")
		check("away", "GET", path, mine, "", 500, refused("ServerException", "the control plane does not answer"))
		if code, _ := tell(h, http.MethodDelete, path, mine, ""); code != http.StatusMethodNotAllowed {
			t.Errorf("another method: %d", code)
		}
		h.plane.stop(web.ARN, other.ARN)
		h.nothingLeft()
	})
}
