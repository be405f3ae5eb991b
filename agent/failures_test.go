package agent

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"

	"github.com/roadstead/roadstead/agent/network"
	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/fake"
	"github.com/roadstead/roadstead/dispatch/acs"
)

func kind(k runtime.Kind, op, text string) error {
	return &runtime.Error{Kind: k, Op: op, Subject: "x", Err: errors.New(text)}
}

// Whatever fails, the task is reported STOPPED in ECS's words and nothing is
// left.
func TestFailingStarts(t *testing.T) {
	api := fmt.Errorf("failed to initialize logging driver: failed to create Cloudwatch log stream: %w",
		&smithy.OperationError{ServiceID: "CloudWatch Logs", OperationName: "CreateLogStream",
			Err: &smithy.GenericAPIError{Code: "ResourceNotFoundException", Message: "The specified log group does not exist."}})
	refused := &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "no", Fault: smithy.FaultClient}
	for _, c := range []struct {
		what, op string
		err      error
		want     string
		tries    int
	}{
		{"no such image", "pull", kind(runtime.KindImageNotFound, runtime.OpResolve, "docker.io/library/web:1: not found"), "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref web:1: docker.io/library/web:1: not found", 1},
		{"no access", "pull", kind(runtime.KindAuthDenied, runtime.OpResolve, "401"), "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref web:1: pull access denied, repository does not exist or may require authorization: 401", 1},
		{"no registry", "pull", kind(runtime.KindUnreachable, runtime.OpResolve, "failed to do request: Head: connection refused"), "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref web:1: failed to do request: Head: connection refused", pullAttempts},
		{"registry ends", "pull", kind(runtime.KindUnreachable, "pull", "failed to copy: connection refused"), "CannotPullContainerError: ref pull has been retried 5 time(s): failed to copy: connection refused", pullAttempts},
		{"full disk while pulling", "pull", kind(runtime.KindNoSpace, "pull", "failed to extract layer x: no space left on device"), "CannotPullContainerError: ref pull has been retried 1 time(s): failed to extract layer x: no space left on device", 1},
		{"no token", "token", errors.New("connection refused"), "CannotPullECRContainerError: connection refused", pullAttempts},
		{"token refused", "token", refused, "CannotPullECRContainerError: api error AccessDeniedException: no", 1},
		{"port in use", "attach", &network.PortError{Port: 80, Protocol: network.TCP}, "CannotStartContainerError: Bind for 0.0.0.0:80 failed: port is already allocated", 1},
		{"no log group", "open-log", api, "CannotStartContainerError: failed to initialize logging driver: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.", 1},
		{"no such user", "start", kind(runtime.KindCannotCreate, "start", "unable to find user x"), "CannotCreateContainerError: unable to find user x", 1},
		{"no such command", "start", kind(runtime.KindCommandNotFound, "start", "no such file"), "CannotStartContainerError: no such file", 1},
		{"something else", "start", errors.New("it broke"), "CannotStartContainerError: it broke", 1},
	} {
		t.Run(c.what, func(t *testing.T) {
			onHost(t, func(t *testing.T, h *host) {
				tries := 0
				h.fail = func(op, id string) error {
					if op == c.op && !strings.HasPrefix(id, "side") && id != "t1-1" {
						tries++
						return c.err
					}
					return nil
				}
				h.begin()
				web := task("t1", essential("web"), sidecar("side"))
				h.plane.run(web)
				h.untilStatus(web.ARN, "STOPPED")
				r := h.plane.report(web.ARN)
				if r.Reason == nil || *r.Reason != c.want || *r.Containers[0].Reason != c.want || tries != c.tries {
					t.Errorf("%d tries, reported %v", tries, r.Reason)
					if r.Reason != nil {
						t.Error(*r.Reason)
					}
				}
				h.nothingLeft()
			})
		})
	}
}

func TestHangingStartIsGivenUp(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.behave = func(runtime.Container) fake.Behaviour { return fake.Behaviour{StartTakes: 24 * time.Hour} }
		h.begin()
		web := task("t1", essential("web"))
		h.plane.run(web)
		h.until("STOPPED", 5*time.Minute, func() bool { return h.plane.last(web.ARN) == "STOPPED" })
		if got := *h.plane.report(web.ARN).Reason; got != "DockerTimeoutError: Could not transition to started; timed out after waiting 3m0s" {
			t.Errorf("reason: %s", got)
		}
		h.nothingLeft()
	})
}

func TestATaskThatIsStoppedWhilePulling(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.pull = func(runtime.PullRequest) fake.Pulled { return fake.Pulled{Takes: 24 * time.Hour} }
		h.begin()
		web := task("t1", essential("web"))
		h.plane.run(web)
		pass(time.Second)
		h.plane.stop(web.ARN)
		h.untilStatus(web.ARN, "STOPPED")
		h.nothingLeft()
	})
}

// A container that is not essential may fail; the task goes on without it.
func TestFailingSidecar(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.fail = func(op, id string) error {
			if op == "pull" && id == "side:1" {
				return kind(runtime.KindImageNotFound, "pull", "no such tag")
			}
			return nil
		}
		h.begin()
		web := task("t1", essential("web"), sidecar("side"))
		h.plane.run(web)
		h.untilStatus(web.ARN, "RUNNING")
		pass(time.Minute)
		if got := h.plane.told(web.ARN); len(got) != 1 || *h.plane.report(web.ARN).Containers[1].Status != "STOPPED" {
			t.Errorf("reports: %v", got)
		}
	})
}

// The disk is full when the task is to be saved: it is not started, and once
// there is room everything goes on.
func TestFullDisk(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.begin()
		// What is written there is met with ENOSPC.
		if err := os.Symlink("/dev/full", filepath.Join(h.dir, "tasks", "t1.json.new")); err != nil {
			t.Fatal(err)
		}
		web := task("t1", essential("web"))
		h.pull = func(r runtime.PullRequest) fake.Pulled { return fake.Pulled{Takes: time.Hour} }
		save, err := h.life.agent.node.Assign(t.Context(), web)
		if err != nil {
			t.Fatal(err)
		}
		if err := save(); err == nil || !strings.Contains(err.Error(), "no space left on device") {
			t.Fatalf("saved on a full disk: %v", err)
		}
		if _, err := os.Lstat(filepath.Join(h.dir, "tasks", "t1.json.new")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("half a record is left: %v", err)
		}
		if err := save(); err != nil {
			t.Errorf("there is room again: %v", err)
		}
	})
}

func TestTaskThatCannotBeSavedIsNotStarted(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.begin()
		if err := os.Mkdir(filepath.Join(h.dir, "tasks", "t1.json"), 0o700); err != nil {
			t.Fatal(err)
		}
		web := task("t1", essential("web"))
		h.plane.run(web)
		h.untilStatus(web.ARN, "STOPPED")
		if r := h.plane.report(web.ARN); !strings.HasPrefix(*r.Reason, "CannotCreateContainerError: record of task ") {
			t.Errorf("reason: %s", *r.Reason)
		}
		if h.starts["t1-0"] != 0 {
			t.Error("it was started")
		}
	})
}

// What cannot be removed at once is removed later, whatever step it is that
// fails.
func TestFailingRemovals(t *testing.T) {
	for _, op := range []string{"remove", "detach", "finish-log"} {
		t.Run(op, func(t *testing.T) {
			onHost(t, func(t *testing.T, h *host) {
				failures := 4
				h.fail = func(o, _ string) error {
					if o == op && failures > 0 {
						failures--
						return errors.New("device or resource busy")
					}
					return nil
				}
				h.begin()
				web := task("t1", essential("web"), sidecar("side"))
				h.plane.run(web)
				h.untilStatus(web.ARN, "RUNNING")
				h.plane.stop(web.ARN)
				h.untilStatus(web.ARN, "STOPPED")
				h.nothingLeft()
			})
		})
	}
}

// The runtime is away when a container is to be stopped.
func TestSignalsAreSentAgain(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		failures := 2
		h.fail = func(op, _ string) error {
			if strings.HasPrefix(op, "signal") && failures > 0 {
				failures--
				return kind(runtime.KindUnavailable, "signal", "the daemon does not answer")
			}
			return nil
		}
		h.begin()
		web := task("t1", essential("web"))
		h.plane.run(web)
		h.untilStatus(web.ARN, "RUNNING")
		h.plane.stop(web.ARN)
		h.untilStatus(web.ARN, "STOPPED")
		if code := *h.plane.report(web.ARN).Containers[0].ExitCode; code != 143 {
			t.Errorf("exit code %d: it was killed and not asked", code)
		}
	})
}

func TestStopTimeoutAndStopSignal(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.behave = func(runtime.Container) fake.Behaviour { return fake.Behaviour{StopTakes: -1} }
		h.pull = func(r runtime.PullRequest) fake.Pulled {
			pulled := fake.PullAny(r)
			pulled.Image.Config.StopSignal = map[string]string{"quitter:1": "SIGQUIT"}[r.Image]
			return pulled
		}
		h.begin()
		web := task("t1", essential("web", func(c *acs.Container) { c.StopTimeout = 7 }), sidecar("quitter"))
		h.plane.run(web)
		h.untilStatus(web.ARN, "RUNNING")
		began := time.Now()
		h.plane.stop(web.ARN)
		h.untilStatus(web.ARN, "STOPPED")
		if took := time.Since(began); took < 7*time.Second || took > 8*time.Second {
			t.Errorf("stopped after %v", took)
		}
		r := h.plane.report(web.ARN)
		if *r.Containers[0].ExitCode != 137 || *r.Containers[1].ExitCode != 128+3 {
			t.Errorf("exit codes %d, %d", *r.Containers[0].ExitCode, *r.Containers[1].ExitCode)
		}
	})
}

func TestTwoTasksWithOnePort(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.begin()
		one, two := task("t1", essential("web", port(80, 8080))), task("t2", essential("web", port(80, 8080)))
		h.plane.run(one)
		h.untilStatus(one.ARN, "RUNNING")
		h.plane.run(two)
		h.untilStatus(two.ARN, "STOPPED")
		if got := *h.plane.report(two.ARN).Reason; !strings.HasSuffix(got, "Bind for 0.0.0.0:8080 failed: port is already allocated") {
			t.Errorf("reason: %s", got)
		}
		h.plane.stop(one.ARN)
		h.untilStatus(one.ARN, "STOPPED")
		h.nothingLeft()
		three := task("t3", essential("web", port(80, 8080)))
		h.plane.run(three)
		h.untilStatus(three.ARN, "RUNNING")
	})
}

// A task that makes no sense, or asks for what is not there, is reported and
// not sent for ever.
func TestRefusedPayloads(t *testing.T) {
	circle := task("t1", essential("a", after("b", "START")), essential("b", after("a", "START")))
	vpc := task("t1", essential("web"))
	vpc.NetworkMode = "awsvpc"
	shared := task("t1", essential("web"))
	shared.PIDMode = "service"
	broken := task("t1", essential("web", func(c *acs.Container) { c.DockerConfig = &acs.DockerConfig{HostConfig: "{"} }))
	for _, c := range []struct {
		payload acs.Task
		want    string
	}{
		{circle, "CannotCreateContainerError: container a depends on itself, by way of others or directly"},
		{vpc, "CannotCreateContainerError: the task has 0 network interfaces, want 1"},
		{shared, `CannotCreateContainerError: pidMode "service" with ipcMode "" is not supported by this container instance`},
		{broken, "CannotCreateContainerError: host configuration of container web: unexpected end of JSON input"},
	} {
		onHost(t, func(t *testing.T, h *host) {
			h.begin()
			h.plane.run(c.payload)
			h.untilStatus(c.payload.ARN, "STOPPED")
			if got := *h.plane.report(c.payload.ARN).Reason; got != c.want {
				t.Errorf("reason: %s", got)
			}
			h.nothingLeft()
		})
	}
}

func TestTooManyTasksWait(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.options.Node.MaxTasks = 2
		h.begin()
		for i := range 3 {
			h.plane.run(task(fmt.Sprint("t", i), essential("web")))
		}
		h.until("two run", time.Minute, func() bool { return len(h.running()) == 2 })
		pass(5 * time.Minute)
		if got := h.running(); len(got) != 2 {
			t.Fatalf("running: %v", got)
		}
		for _, arn := range h.plane.arns() {
			if h.plane.last(arn) == "RUNNING" {
				h.plane.stop(arn)
				break
			}
		}
		h.until("the third runs", 5*time.Minute, func() bool {
			n := 0
			for _, arn := range h.plane.arns() {
				if h.plane.last(arn) == "RUNNING" {
					n++
				}
			}
			return n == 2 && len(h.plane.arns()) == 3 && len(h.running()) == 2 && h.starts["t2-0"] == 1
		})
	})
}

func TestUnusableARN(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.begin()
		for _, id := range []string{"", "../../etc/passwd\x00", "a.b", ".."} {
			if _, err := h.life.agent.node.Assign(t.Context(), task(id, essential("web"))); err == nil {
				t.Errorf("accepted a task with id %q", id)
			}
		}
	})
}

// A runtime that goes away during a start is asked again; whether the start had
// come true makes no difference to the task.
func TestStartThatWasNotAnswered(t *testing.T) {
	for _, happened := range []bool{false, true} {
		t.Run(fmt.Sprint("happened ", happened), func(t *testing.T) {
			onHost(t, func(t *testing.T, h *host) {
				attempts := 0
				h.fail = func(op, _ string) error {
					if op != "start" || attempts == 3 {
						return nil
					}
					if attempts++; attempts == 1 && happened {
						h.runtime.Script(func(m *fake.Machine, now time.Time) {
							c := runtime.Container{ID: "t1-0", TaskID: "t1", Image: "web:1",
								Labels: map[string]string{labelTask: task("t1").ARN, labelContainer: "web"}}
							if _, _, err := m.Start(now, c); err != nil {
								t.Error(err)
							}
						})
					}
					return &runtime.Error{Kind: runtime.KindUnavailable, Op: "start", Subject: "t1-0", Err: errors.New("error reading from server: EOF")}
				}
				h.pull = func(r runtime.PullRequest) fake.Pulled {
					pulled := fake.PullAny(r)
					pulled.Image.Ref = r.Image
					return pulled
				}
				h.begin()
				web := task("t1", essential("web"))
				h.plane.run(web)
				h.untilStatus(web.ARN, "RUNNING")
				h.plane.stop(web.ARN)
				h.untilStatus(web.ARN, "STOPPED")
				if r := h.plane.report(web.ARN); *r.Containers[0].ExitCode != 143 {
					t.Errorf("container: %+v", r.Containers[0])
				}
				h.nothingLeft()
			})
		})
	}
}
