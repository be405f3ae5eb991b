package step

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// TestTranscripts runs the stories under testdata: what happens to a task,
// line by line, and what the machine wants done about it.
//
//	task [network=host|awsvpc] [desired=STOPPED] [service=NAME]
//	NAME [image=REFERENCE] [essential] [restart=SECONDS,IGNORED] [secret] [private] [start=SECONDS] [stop=SECONDS] [after=NAME:CONDITION]... [link=NAME:ALIAS] [port=NUMBER] [check=INTERVAL,TIMEOUT,RETRIES,START-PERIOD[,PREFIX-OF-CMD]]
//
// makes the task. Then: prepared, connected, occupied, disconnected, pulled, attached, started, exited, signalled, probed,
// submitted, forgotten, removed, desire, retry, adopt, and wait DURATION.
// Refuse takes the same as task, with reason=... .
func TestTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		s := &story{now: time.Unix(1_700_000_000, 0).UTC()}
		datadriven.RunTest(t, path, s.run)
	})
}

type story struct {
	now  time.Time
	task *Task
}

func (s *story) run(t *testing.T, d *datadriven.TestData) string {
	if d.Cmd == "task" || d.Cmd == "refuse" {
		payload := acs.Task{ARN: "arn:aws:ecs:us-east-1:000000000000:task/default/t1", DesiredStatus: Running}
		reason := ""
		for _, a := range d.CmdArgs {
			switch a.Key {
			case "network":
				if payload.NetworkMode = a.Vals[0]; payload.NetworkMode == "awsvpc" {
					payload.Interfaces = []acs.NetworkInterface{{AttachmentARN: "eni"}}
				}
			case "service":
				payload.ServiceName = a.Vals[0]
			case "desired":
				payload.DesiredStatus = a.Vals[0]
			case "reason":
				reason = strings.ReplaceAll(a.Vals[0], "_", " ")
			}
		}
		for _, line := range strings.Split(d.Input, "\n") {
			payload.Containers = append(payload.Containers, containerFrom(t, line))
		}
		task, err := New(payload)
		if d.Cmd == "refuse" {
			task, err = Refuse(payload, reason), nil
		}
		if err != nil {
			return "refused: " + err.Error() + "\n"
		}
		s.task = task
		s.task.Tick(s.now)
		return s.answer()
	}
	s.happen(t, d)
	return s.answer()
}

func containerFrom(t *testing.T, line string) acs.Container {
	words := strings.Fields(line)
	c := acs.Container{Name: words[0]}
	for _, w := range words[1:] {
		key, value, _ := strings.Cut(w, "=")
		switch key {
		case "image":
			c.Image = value
		case "essential":
			c.Essential = true
		case "start":
			c.StartTimeout, _ = strconv.ParseInt(value, 10, 64)
		case "stop":
			c.StopTimeout, _ = strconv.ParseInt(value, 10, 64)
		case "secret":
			c.Secrets = []acs.Secret{{Name: "A", ValueFrom: "a"}}
		case "private":
			c.RegistryAuthentication = &acs.RegistryAuthentication{Type: "asm"}
		case "restart":
			period, ignored, _ := strings.Cut(value, ",")
			c.RestartPolicy = &acs.RestartPolicy{Enabled: true, AttemptPeriod: int64(number(t, period)), IgnoredExitCodes: []int32{int32(number(t, ignored))}}
		case "link":
			c.Links = append(c.Links, value)
		case "port":
			c.PortMappings = append(c.PortMappings, acs.PortMapping{ContainerPort: number(t, value)})
		case "after":
			name, condition, _ := strings.Cut(value, ":")
			c.DependsOn = append(c.DependsOn, acs.Dependency{ContainerName: name, Condition: condition})
		case "check":
			p := strings.Split(value, ",")
			config, err := json.Marshal(acs.Config{Healthcheck: &acs.Healthcheck{Test: []string{strings.Join(append(p[4:], "CMD"), ""), "check"},
				Interval: nanoseconds(t, p[0]), Timeout: nanoseconds(t, p[1]), Retries: number(t, p[2]), StartPeriod: nanoseconds(t, p[3])}})
			if err != nil {
				t.Fatal(err)
			}
			c.HealthCheckType, c.DockerConfig = "docker", &acs.DockerConfig{Config: string(config)}
		default:
			t.Fatalf("unknown word %q", w)
		}
	}
	return c
}

func nanoseconds(t *testing.T, s string) int64 {
	d, err := time.ParseDuration(s)
	if err != nil {
		t.Fatal(err)
	}
	return int64(d)
}

func number(t *testing.T, s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// happen tells the machine one thing. The first argument names a container;
// code=N is an exit code, error=... a failure; in texts, _ stands for a space.
func (s *story) happen(t *testing.T, d *datadriven.TestData) {
	name, failure, reason := "", Failure(""), ""
	var code *int32
	if len(d.CmdArgs) > 0 && len(d.CmdArgs[0].Vals) == 0 {
		name = d.CmdArgs[0].Key
	}
	for _, a := range d.CmdArgs {
		switch a.Key {
		case "code":
			n := int32(number(t, a.Vals[0]))
			code = &n
		case "error":
			failure = Failure(strings.ReplaceAll(a.Vals[0], "_", " "))
		case "reason":
			reason = strings.ReplaceAll(a.Vals[0], "_", " ")
		}
	}
	switch d.Cmd {
	case "wait":
		s.now = s.now.Add(time.Duration(nanoseconds(t, name)))
		s.task.Tick(s.now)
	case "connected":
		s.task.Connected(s.now, failure)
	case "occupied":
		s.task.Occupied(s.now, failure)
	case "disconnected":
		s.task.Disconnected(s.now, failure)
	case "prepared":
		s.task.Prepared(s.now, failure)
	case "pulled":
		s.task.Pulled(s.now, name, "sha256:"+name, failure)
	case "attached":
		s.task.Attached(s.now, name, []Binding{{BindIP: "0.0.0.0", ContainerPort: 80, HostPort: 32768, Protocol: "tcp"}}, failure)
	case "started":
		s.task.Started(s.now, name, "id-"+name, failure)
	case "exited":
		s.task.Exited(s.now, name, code, reason)
	case "signalled":
		s.task.Signalled(s.now, name, failure)
	case "probed":
		s.task.Probed(s.now, name, failure == "", string(failure))
	case "submitted":
		s.task.Submitted(s.now, failure == "", failure == "refused")
	case "forgotten":
		s.task.Forgotten(s.now, failure)
	case "removed":
		s.task.Removed(s.now, name, failure)
	case "retry":
		s.task.Retry(s.now)
	case "desire":
		s.task.Desire(s.now, name)
	case "adopt":
		var found []Found
		for _, line := range strings.Split(d.Input, "\n") {
			if words := strings.Fields(line); len(words) == 2 {
				f := Found{Name: words[0], RuntimeID: "id-" + words[0], Running: words[1] == "running", StartedAt: s.now.Add(-time.Minute), EndedAt: s.now}
				if !f.Running {
					n := int32(number(t, words[1]))
					f.ExitCode = &n
				}
				found = append(found, f)
			}
		}
		s.task.Adopt(s.now, found)
	default:
		t.Fatalf("unknown command %q", d.Cmd)
	}
}

// answer prints the effects, the health where there is any, and the next wake.
func (s *story) answer() string {
	var b strings.Builder
	for _, e := range s.task.Effects() {
		switch e := e.(type) {
		case Submit:
			fmt.Fprintf(&b, "submit %s\n", strings.TrimSpace(strings.Join(e.Report.Attachments, " ")+" "+e.Report.Status+quoted(e.Report.Reason)))
			for _, c := range e.Report.Containers {
				fmt.Fprintf(&b, "  %s %s%s%s%s\n", c.Name, c.Status, exit(c.ExitCode), quoted(c.Reason), ports(s.task.payload.NetworkMode, c.Bindings))
			}
		case Signal:
			if e.Stop {
				fmt.Fprintf(&b, "signal %s to stop\n", e.Container)
			} else {
				fmt.Fprintf(&b, "signal %s %v\n", e.Container, e.Signal)
			}
		case Probe:
			fmt.Fprintf(&b, "probe %s\n", e.Container)
		default:
			what := strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T %v", e, e), "step."))
			b.WriteString(strings.TrimSpace(strings.NewReplacer("{", "", "}", "").Replace(what)) + "\n")
		}
	}
	for _, h := range s.task.Health() {
		fmt.Fprintf(&b, "health %s %s\n", h.Name, h.Status)
	}
	if at := s.task.Next(); !at.IsZero() && !at.Before(s.now) {
		fmt.Fprintf(&b, "wake in %v\n", at.Sub(s.now))
	}
	if s.task.Done() {
		b.WriteString("done\n")
	}
	if b.Len() == 0 {
		return "nothing\n"
	}
	return b.String()
}

func quoted(s string) string {
	if s == "" {
		return ""
	}
	return fmt.Sprintf(" %q", s)
}

func exit(code *int32) string {
	if code == nil {
		return ""
	}
	return fmt.Sprintf(" exit %d", *code)
}

// ports prints the bindings of a container in the host's network; those of a
// sandbox are the driver's.
func ports(mode string, bindings []Binding) string {
	var b strings.Builder
	for _, p := range bindings {
		if mode == "host" {
			fmt.Fprintf(&b, " %s:%d->%d/%s", p.BindIP, p.HostPort, p.ContainerPort, p.Protocol)
		}
	}
	return b.String()
}
