package dispatch

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// TestSessions runs the stories under testdata/session: what the server says to one
// instance.
//
//	open [credentials]      begins a session
//	assign rev=N            NAME DESIRED [running] [role], a line each, are assigned
//	update rev=N            the same, of those alone that have changed; NAME gone is assigned no more
//	ack N / beat N          the agent acknowledges message n-N / heartbeat
//	verify N                the agent asks whether the tasks named may be stopped
//	wait DURATION           time passes
func TestSessions(t *testing.T) {
	datadriven.Walk(t, "testdata/session", func(t *testing.T, path string) {
		s := &story{now: time.Unix(1_700_000_000, 0).UTC()}
		datadriven.RunTest(t, path, s.run)
	})
}

type story struct {
	now     time.Time
	session *Session
}

func (s *story) run(t *testing.T, d *datadriven.TestData) string {
	argument := ""
	if len(d.CmdArgs) > 0 {
		argument = d.CmdArgs[0].Key
	}
	switch d.Cmd {
	case "open":
		s.session = NewSession(SessionOptions{ClusterARN: "cluster", InstanceARN: "instance", Nonce: "n",
			SendCredentials: argument == "credentials"})
		return ""
	case "assign":
		rev := int64(0)
		d.ScanArgs(t, "rev", &rev)
		s.session.Assign(s.now, rev, assignments(d.Input))
	case "update":
		rev := int64(0)
		d.ScanArgs(t, "rev", &rev)
		var gone []string
		for _, line := range strings.Split(d.Input, "\n") {
			if name, ok := strings.CutSuffix(line, " gone"); ok {
				gone = append(gone, name)
			}
		}
		changed := slices.DeleteFunc(assignments(d.Input), func(a Assignment) bool { return a.Desired == "gone" })
		s.session.Update(s.now, rev, changed, gone)
	case "ack":
		s.session.Receive(s.now, &acs.AckRequest{MessageID: "n-" + argument})
	case "beat":
		s.session.Receive(s.now, &acs.HeartbeatAckRequest{MessageID: "n-" + argument})
	case "verify":
		m := &acs.TaskStopVerificationMessage{MessageID: "n-" + argument}
		for _, name := range strings.Fields(d.Input) {
			m.StopCandidates = append(m.StopCandidates, acs.ManifestTask{ARN: name})
		}
		s.session.Receive(s.now, m)
	case "wait":
		pause, err := time.ParseDuration(argument)
		if err != nil {
			t.Fatal(err)
		}
		s.now = s.now.Add(pause)
		s.session.Tick(s.now)
	default:
		t.Fatalf("unknown command %q", d.Cmd)
	}
	return s.said()
}

func assignments(input string) (out []Assignment) {
	for _, line := range strings.Split(input, "\n") {
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		a := Assignment{ARN: words[0], ClusterARN: "cluster", Desired: words[1]}
		for _, w := range words[2:] {
			a.Running = a.Running || w == "running"
			if w == "role" {
				a.Credentials = func(role string, now time.Time) *acs.Credentials {
					if role != acs.RoleTaskApplication {
						return nil
					}
					return &acs.Credentials{CredentialsID: "id", Expiration: now.Add(6 * time.Hour).Format(time.RFC3339)}
				}
			}
		}
		a.Payload = func(now time.Time) acs.Task {
			t := acs.Task{ARN: a.ARN, DesiredStatus: a.Desired}
			if a.Credentials != nil {
				t.RoleCredentials = a.Credentials(acs.RoleTaskApplication, now)
			}
			return t
		}
		out = append(out, a)
	}
	return out
}

func (s *story) said() string {
	var b strings.Builder
	for _, m := range s.session.Outbox() {
		switch m := m.(type) {
		case *acs.PayloadMessage:
			fmt.Fprintf(&b, "%s payload %s %s seq %d\n", m.MessageID, m.Tasks[0].ARN, m.Tasks[0].DesiredStatus, m.SeqNum)
		case *acs.HeartbeatMessage:
			fmt.Fprintf(&b, "%s heartbeat\n", m.MessageID)
		case *acs.TaskManifestMessage:
			fmt.Fprintf(&b, "%s manifest:", m.MessageID)
			for _, t := range m.Tasks {
				fmt.Fprintf(&b, " %s %s", t.ARN, t.DesiredStatus)
			}
			b.WriteString("\n")
		case *acs.TaskStopVerificationAck:
			fmt.Fprintf(&b, "%s may stop:", m.MessageID)
			for _, t := range m.StopTasks {
				fmt.Fprintf(&b, " %s", t.ARN)
			}
			b.WriteString("\n")
		case *acs.IAMRoleCredentialsMessage:
			fmt.Fprintf(&b, "%s credentials %s %s until %s\n", m.MessageID, m.TaskARN, m.RoleType, m.Credentials.Expiration)
		}
	}
	fmt.Fprintf(&b, "wake in %v\n", s.session.Next().Sub(s.now))
	if s.session.Dead(s.now) {
		b.WriteString("dead\n")
	}
	return b.String()
}

// TestManifestsGoOnAfterARestore opens a session with a store that has gone back,
// as one that comes from a backup has.
func TestManifestsGoOnAfterARestore(t *testing.T) {
	now, last := time.Unix(1_700_000_000, 0), int64(0)
	for _, revision := range []int64{900, 5} {
		s := NewSession(SessionOptions{ClusterARN: "cluster", InstanceARN: "instance", Nonce: "n"})
		now = now.Add(time.Second)
		s.Assign(now, revision, assignments("t RUNNING"))
		for _, m := range s.Outbox() {
			switch m := m.(type) {
			case *acs.TaskManifestMessage:
				if m.Timeline <= last {
					t.Errorf("the manifest at revision %d has timeline %d, and the agent has seen %d", revision, m.Timeline, last)
				}
				last = max(last, m.Timeline)
			case *acs.PayloadMessage:
				last = max(last, m.SeqNum)
			}
		}
	}
}
