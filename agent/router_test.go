package agent

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/fake"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// routedTask is a task whose log router is its last container.
func routedTask(id, kind, mode string) acs.Task {
	user := func(name string, options map[string]string) acs.Container {
		return essential(name, docker(acs.Config{Labels: map[string]string{"colour": "blue"}}, acs.HostConfig{LogConfig: &acs.LogConfig{Type: "awsfirelens", Config: options}}))
	}
	web := user("web", map[string]string{"Name": "http", "log-driver-buffer-limit": "7"})
	web.Secrets = []acs.Secret{{Name: "Header", ValueFrom: "/app/name", Type: acs.SecretBootstrap, Provider: acs.ProviderParameter, Region: "us-east-1", Target: acs.SecretForLogDriver}}
	router := essential("router", docker(acs.Config{User: "1000"}, acs.HostConfig{MemoryReservation: 80 << 20, LogConfig: &acs.LogConfig{Type: "awslogs", Config: map[string]string{"awslogs-group": "g"}}}))
	router.Memory, router.FirelensConfiguration = 100, &acs.FirelensConfiguration{Type: kind}
	t := task(id, web, user("side", nil), router)
	t.ExecutionRoleCredentials, t.NetworkMode = role("x"+id), mode
	return t
}

// A router is there before its users, knows where their output goes, and has
// what they wrote last before it is stopped; its secrets are on no disk.
func TestRouterInItsTask(t *testing.T) {
	for _, how := range []struct{ kind, shown, variable string }{
		{"fluentbit", "/fluent-bit/etc/fluent-bit.conf", "    Header ${Header_0}\n"},
		{"fluentd", "/fluentd/etc/fluent.conf", `    Header "#{ENV['Header_0']}"` + "\n"},
	} {
		t.Run(how.kind, func(t *testing.T) {
			onHost(t, func(t *testing.T, h *host) {
				h.vault = &vault{values: map[string]string{"/app/name": "canary-1"}}
				started := map[string]runtime.Container{}
				var order []string
				h.behave = func(c runtime.Container) fake.Behaviour {
					started[c.Name], order = c, append(order, c.Name)
					return fake.Behaviour{StartTakes: 10 * time.Millisecond}
				}
				h.begin()
				payload := routedTask("t1", how.kind, "bridge")
				if how.kind == "fluentd" {
					for i := range 2 { // the plugin's name has another key
						options := map[string]string{"@type": "http"}
						docker(acs.Config{}, acs.HostConfig{LogConfig: &acs.LogConfig{Type: "awsfirelens", Config: options}})(&payload.Containers[i])
					}
				}
				h.plane.run(payload)
				h.untilStatus(payload.ARN, "RUNNING")
				if order[0] != "router" {
					t.Errorf("started in the order %v", order)
				}
				dir := filepath.Join(h.dir, "containers", "t1", "2", "router")
				want := []runtime.Mount{{Source: filepath.Join(dir, "fluent.conf"), Destination: how.shown}, {Source: filepath.Join(dir, "socket"), Destination: "/var/run/", Given: true}}
				if got := started["router"].Mounts; !slices.Equal(got, want) {
					t.Errorf("the router mounts %+v", got)
				}
				config := read(t, filepath.Join(dir, "fluent.conf"))
				for _, line := range []string{how.variable, "web-firelens*", "ecs_task_arn " + payload.ARN + "\n", "ecs_cluster test\n"} {
					if !strings.Contains(config, line) {
						t.Errorf("%q is not in\n%s", line, config)
					}
				}
				if strings.Contains(config, "side-firelens") != (how.kind == "fluentd") || strings.Contains(config, "buffer-limit") || how.kind == "fluentbit" && !strings.Contains(config, "Mem_Buf_Limit 40MB") {
					t.Errorf("configuration:\n%s", config)
				}
				if env := started["router"].Env; !slices.Contains(env, "Header_0=canary-1") || slices.Contains(env, "FLUENT_UID=0") == (how.kind == "fluentbit") {
					t.Errorf("the router's environment: %v", env)
				}
				web := started["web"]
				if slices.ContainsFunc(web.Env, func(e string) bool { return strings.HasPrefix(e, "Header") }) || !slices.Contains(web.Env, "FLUENT_PORT=24224") ||
					!slices.ContainsFunc(web.Env, func(e string) bool { return strings.HasPrefix(e, "FLUENT_HOST=1") }) || !web.LogFrames || started["router"].LogFrames {
					t.Errorf("a user's environment: %v", web.Env)
				}
				h.logs.mu.Lock()
				log := h.logs.open["t1-0"]
				h.logs.mu.Unlock()
				if o := log.Options; log.Driver != "awsfirelens" || o["tag"] != "web-firelens-t1" || o["fluentd-address"] != "unix://"+filepath.Join(dir, "socket", "fluent.sock") ||
					how.kind == "fluentbit" && o["fluentd-buffer-limit"] != "7" || len(log.Subject.Labels) == 0 {
					t.Errorf("a user's log: %+v", log)
				}
				noCanary(t, h)
				h.plane.stop(payload.ARN)
				h.nothingLeft()
				drained := slices.IndexFunc(h.ops, func(op string) bool { return strings.Contains(op, "drain-log") && strings.Contains(op, "t1-0") })
				signalled := slices.IndexFunc(h.ops, func(op string) bool { return strings.Contains(op, "signal") && strings.Contains(op, "t1-2") })
				if drained < 0 || signalled < drained {
					t.Errorf("the router was stopped before it had everything: %v", h.ops)
				}
			})
		})
	}
}

// A router whose task has a disk of its own has its socket, beside which it
// may write what it likes, on that.
func TestRouterOnTheDiskOfItsTask(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.vault = &vault{values: map[string]string{"/app/name": "canary-1"}}
		h.disks = &disks{sizes: map[string]int64{}}
		var mounts []runtime.Mount
		h.behave = func(c runtime.Container) fake.Behaviour {
			if c.Name == "router" {
				mounts = c.Mounts
			}
			return fake.Behaviour{}
		}
		h.begin()
		payload := routedTask("t1", "fluentbit", "bridge")
		payload.EphemeralStorage = 30
		h.plane.run(payload)
		h.untilStatus(payload.ARN, "RUNNING")
		dir := filepath.Join(h.dir, "volumes", "t1", ".router")
		if len(mounts) != 2 || mounts[1] != (runtime.Mount{Source: dir, Destination: "/var/run/", Given: true}) {
			t.Errorf("the router mounts %+v", mounts)
		}
		h.logs.mu.Lock()
		log := h.logs.open["t1-0"]
		h.logs.mu.Unlock()
		if got := log.Options["fluentd-address"]; got != "unix://"+filepath.Join(dir, "fluent.sock") {
			t.Errorf("its users' output goes to %s", got)
		}
		h.plane.stop(payload.ARN)
		h.nothingLeft()
	})
}

// A router's configuration that cannot be worded fails its task in the agent's
// words.
func TestRouterThatCannotBeConfigured(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.vault = &vault{values: map[string]string{"/app/name": "canary-1"}}
		h.begin()
		payload := routedTask("t1", "fluentd", "bridge") // whose users name the plugin as Fluent Bit's do
		h.plane.run(payload)
		h.untilStatus(payload.ARN, "STOPPED")
		if reason := aws.ToString(h.plane.report(payload.ARN).Reason); !strings.Contains(reason, "unable to generate firelens config file: unable to apply log options of container web to firelens config: missing output key @type") {
			t.Error(reason)
		}
		h.nothingLeft()
	})
}

// A log that cannot be opened is worded as ECS does, on Fargate and elsewhere.
func TestLogFailures(t *testing.T) {
	missing := &smithy.GenericAPIError{Code: "ResourceNotFoundException", Message: "The specified log group does not exist."}
	docker := "failed to initialize logging driver: failed to create Cloudwatch log stream: "
	for _, c := range []struct {
		launch string
		err    error
		want   string
	}{
		{"EC2", fmt.Errorf("%soperation error CloudWatch Logs: %w", docker, missing), "CannotStartContainerError: " + docker + "ResourceNotFoundException: The specified log group does not exist."},
		{"FARGATE", fmt.Errorf("%soperation error CloudWatch Logs: %w", docker, missing), "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.: exit status 1"},
		{"FARGATE", os.ErrPermission, "ResourceInitializationError: failed to validate logger args: permission denied"},
	} {
		if got := logFailure(acs.Task{LaunchType: c.launch}, c.err); string(got) != c.want {
			t.Errorf("%s\nwant\n%s", got, c.want)
		}
	}
}
