package dispatch

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/model/mutant"
)

// Timing of a session.
// Source: specs/agent-protocol.md sections 2 and 5.
const (
	// HeartbeatEvery is how often the server shows that it is there.
	HeartbeatEvery = 30 * time.Second
	// HeartbeatPatience is how long a heartbeat may stay unanswered before
	// the connection counts as dead.
	HeartbeatPatience = 45 * time.Second
	// ResendAfter is how long a payload may stay unacknowledged, and an
	// acknowledged stop unreported, before it is sent again.
	ResendAfter = 30 * time.Second
	// RenewBefore is how long before their expiry credentials are renewed.
	RenewBefore = 30 * time.Minute
	// MaxInFlight is how many payloads wait for an acknowledgement at a time.
	MaxInFlight = 64
)

// Assignment is one task that an instance is to run or to stop, as far as the
// control plane knows. Tasks that were reported STOPPED are not assignments.
type Assignment struct {
	ARN        string
	ClusterARN string
	Desired    string // RUNNING or STOPPED
	// Running is set once the instance reported the task RUNNING: it knows
	// the task and is not told to start it again, because a task runs once.
	Running bool
	// Payload makes the task as the agent is told of it. It is called when
	// the task is sent and not kept. It may be nil for a task that is Running and
	// not to stop, which is not sent.
	Payload func(now time.Time) acs.Task
	// Credentials makes the task's credentials by role type; nil when the
	// task has no role.
	Credentials func(role string, now time.Time) *acs.Credentials
}

// Session is the server's side of one ACS connection: a machine without I/O.
// Assign and Update say what the instance is to run; Receive takes what the agent said;
// Tick lets time pass; Outbox hands out what is to be sent.
type Session struct {
	options  SessionOptions
	messages int64
	outbox   []acs.Message
	assigned map[string]Assignment
	// unsettled are the assignments that something is still to be sent for, and
	// credentialed those whose credentials run out: all that Tick looks at, so
	// that a message costs no walk over everything that runs.
	unsettled    map[string]struct{}
	credentialed map[string]struct{}
	sent         map[string]*delivery // by task ARN, until the task runs
	acks         map[string]string    // message id -> task ARN
	renewals     map[renewal]time.Time
	manifest     string // id of the manifest that was sent last
	sequence     int64
	beat         time.Time // when the next heartbeat is due
	waiting      time.Time // since when a heartbeat is unanswered; zero: none is
	started      bool
	resend       bool // credentials of live tasks are to be sent again
}

// SessionOptions says whom a session talks to.
type SessionOptions struct {
	ClusterARN, InstanceARN string
	// Nonce distinguishes this connection's message ids from all others'.
	Nonce string
	// SendCredentials is the agent's wish: it has restarted and remembers no
	// credentials.
	SendCredentials bool
}

type delivery struct {
	desired string
	message string
	at      time.Time
	acked   bool
}

type renewal struct{ task, role string }

// NewSession returns the session of a connection that was just opened.
func NewSession(o SessionOptions) *Session {
	return &Session{
		options:  o,
		assigned: map[string]Assignment{}, unsettled: map[string]struct{}{}, credentialed: map[string]struct{}{},
		sent:     map[string]*delivery{},
		acks:     map[string]string{},
		renewals: map[renewal]time.Time{},
		resend:   o.SendCredentials,
	}
}

// Assign replaces what the instance is to run. Sequence is the store's
// revision that the assignments were read at; an older one is ignored.
func (s *Session) Assign(now time.Time, sequence int64, assignments []Assignment) {
	if s.started && sequence < s.sequence {
		return
	}
	wanted := make(map[string]bool, len(assignments))
	for _, a := range assignments {
		wanted[a.ARN] = true
	}
	var gone []string
	for arn := range s.assigned {
		if !wanted[arn] {
			gone = append(gone, arn)
		}
	}
	s.Update(now, sequence, assignments, gone)
}

// Update replaces those assignments that have changed and forgets those that
// are gone. Sequence is the store's revision that they were read at.
func (s *Session) Update(now time.Time, sequence int64, changed []Assignment, gone []string) {
	s.sequence = max(s.sequence, sequence)
	for _, a := range changed {
		s.assigned[a.ARN] = a
		s.settle(a.ARN)
	}
	for _, arn := range gone {
		s.forget(arn)
	}
	if !s.started {
		s.started = true
		s.beat = now
		if !mutant.On(mutant.ManifestLost) {
			s.sendManifest(now)
		}
	}
	s.Tick(now)
}

// settle notes whether there is something to send for an assigned task.
func (s *Session) settle(arn string) {
	a, d := s.assigned[arn], s.sent[arn]
	if a.Credentials != nil {
		s.credentialed[arn] = struct{}{}
	}
	switch {
	case a.Desired == "STOPPED":
		s.unsettled[arn] = struct{}{}
	case a.Running:
		delete(s.unsettled, arn)
		if d != nil { // the instance knows the task, acknowledged or not
			delete(s.acks, d.message)
			delete(s.sent, arn)
		}
	case d != nil && d.acked && d.desired == a.Desired:
		delete(s.unsettled, arn)
	default:
		s.unsettled[arn] = struct{}{}
	}
}

// forget drops all that is kept of a task that is assigned no more.
func (s *Session) forget(arn string) {
	if d := s.sent[arn]; d != nil {
		delete(s.acks, d.message)
		delete(s.sent, arn)
	}
	for _, role := range []string{acs.RoleTaskApplication, acs.RoleTaskExecution} {
		delete(s.renewals, renewal{arn, role})
	}
	delete(s.assigned, arn)
	delete(s.unsettled, arn)
	delete(s.credentialed, arn)
}

// Receive takes a message of the agent.
func (s *Session) Receive(now time.Time, m acs.Message) {
	switch m := m.(type) {
	case *acs.AckRequest:
		s.acknowledged(m.MessageID)
	case *acs.NackRequest:
		// Only self-updates are refused, and those are never sent.
	case *acs.HeartbeatAckRequest:
		s.waiting = time.Time{}
	case *acs.TaskStopVerificationMessage:
		s.verifyStops(now, m)
	}
	s.Tick(now)
}

func (s *Session) acknowledged(message string) {
	arn, ok := s.acks[message]
	if !ok {
		return
	}
	delete(s.acks, message)
	if d := s.sent[arn]; d != nil && d.message == message {
		d.acked = true
		s.settle(arn)
	}
}

// Tick sends what is due at now.
func (s *Session) Tick(now time.Time) {
	if !s.started {
		return
	}
	if !now.Before(s.beat) {
		s.send(&acs.HeartbeatMessage{MessageID: s.nextID(), Healthy: true})
		s.beat = now.Add(HeartbeatEvery)
		if s.waiting.IsZero() {
			s.waiting = now
		}
	}
	for _, arn := range s.due(now) {
		s.deliver(now, s.assigned[arn])
	}
	s.renew(now)
	s.resend = false
}

// due returns the tasks whose payload is to be sent now: stops first, then by
// ARN, and no more than may be in flight.
func (s *Session) due(now time.Time) []string {
	var due []string
	resent := 0
	for arn := range s.unsettled {
		a, d := s.assigned[arn], s.sent[arn]
		switch {
		case d == nil, d.desired != a.Desired:
			due = append(due, arn)
		case now.Sub(d.at) >= ResendAfter && (!d.acked || a.Desired == "STOPPED"):
			due = append(due, arn)
			if !d.acked {
				resent++ // takes the place of itself
			}
		}
	}
	room := MaxInFlight - len(s.acks) + resent
	if !mutant.On(mutant.MapOrdered) {
		slices.SortFunc(due, func(x, y string) int {
			return cmp.Or(-cmp.Compare(s.assigned[x].Desired, s.assigned[y].Desired), cmp.Compare(x, y))
		})
	}
	return due[:max(0, min(room, len(due)))]
}

// deliver sends one task in a message of its own, so that one that the agent
// does not accept holds back no other.
func (s *Session) deliver(now time.Time, a Assignment) {
	if old := s.sent[a.ARN]; old != nil {
		delete(s.acks, old.message)
	}
	id := s.nextID()
	task := a.Payload(now)
	s.noteExpiry(a.ARN, acs.RoleTaskApplication, task.RoleCredentials)
	s.noteExpiry(a.ARN, acs.RoleTaskExecution, task.ExecutionRoleCredentials)
	s.sent[a.ARN] = &delivery{desired: a.Desired, message: id, at: now}
	s.acks[id] = a.ARN
	s.send(&acs.PayloadMessage{
		MessageID: id, ClusterARN: s.options.ClusterARN, InstanceARN: s.options.InstanceARN,
		SeqNum: s.sequence, GeneratedAt: now.UnixMilli(), Tasks: []acs.Task{task},
	})
}

// sendManifest says what the instance is to run. Amazon's agent passes over a
// manifest that is not newer than all it has seen, and remembers that for ever:
// the time goes on where the store's revision starts anew or comes from a
// backup.
func (s *Session) sendManifest(now time.Time) {
	s.manifest = s.nextID()
	m := &acs.TaskManifestMessage{
		MessageID: s.manifest, ClusterARN: s.options.ClusterARN, InstanceARN: s.options.InstanceARN,
		GeneratedAt: now.UnixMilli(), Timeline: max(s.sequence, now.UnixMilli()), Tasks: []acs.ManifestTask{},
	}
	for _, arn := range slices.Sorted(maps.Keys(s.assigned)) {
		a := s.assigned[arn]
		task := acs.ManifestTask{ARN: arn, ClusterARN: a.ClusterARN, DesiredStatus: a.Desired}
		if a.Running {
			task.LastStatus = "RUNNING"
		}
		m.Tasks = append(m.Tasks, task)
	}
	s.send(m)
}

// verifyStops confirms those candidates that are still not to run.
func (s *Session) verifyStops(now time.Time, m *acs.TaskStopVerificationMessage) {
	answer := &acs.TaskStopVerificationAck{MessageID: m.MessageID, GeneratedAt: now.UnixMilli(), StopTasks: []acs.ManifestTask{}}
	for _, c := range m.StopCandidates {
		if a, ok := s.assigned[c.ARN]; ok && a.Desired == "RUNNING" {
			continue
		}
		c.DesiredStatus = "STOPPED"
		answer.StopTasks = append(answer.StopTasks, c)
	}
	s.send(answer)
}

// Denies reports whether m ends tasks because the control plane does not know
// them: the link's Confirm comes before it is sent. A task that is stopped by a
// payload was stopped by a commit.
func Denies(m acs.Message) bool {
	answer, ok := m.(*acs.TaskStopVerificationAck)
	return ok && len(answer.StopTasks) > 0
}

// renew sends credentials that are about to expire, and all of them to an
// agent that has forgotten them.
func (s *Session) renew(now time.Time) {
	for _, arn := range slices.Sorted(maps.Keys(s.credentialed)) {
		a := s.assigned[arn]
		if a.Credentials == nil || (s.sent[arn] == nil && !a.Running) {
			continue
		}
		for _, role := range []string{acs.RoleTaskApplication, acs.RoleTaskExecution} {
			at, known := s.renewals[renewal{arn, role}]
			if known && now.Before(at) || !known && !s.resend && !a.Running {
				continue
			}
			c := a.Credentials(role, now)
			if c == nil {
				continue
			}
			s.noteExpiry(arn, role, c)
			s.send(&acs.IAMRoleCredentialsMessage{MessageID: s.nextID(), TaskARN: arn,
				ClusterARN: a.ClusterARN, RoleType: role, Credentials: c})
		}
	}
}

func (s *Session) noteExpiry(arn, role string, c *acs.Credentials) {
	if c == nil {
		return
	}
	if at, err := time.Parse(time.RFC3339, c.Expiration); err == nil {
		s.renewals[renewal{arn, role}] = at.Add(-RenewBefore)
	}
}

// Next returns when Tick has something to do, if nothing else happens before.
func (s *Session) Next() time.Time {
	next := s.beat
	earlier := func(t time.Time) {
		if t.Before(next) {
			next = t
		}
	}
	if !s.waiting.IsZero() {
		earlier(s.waiting.Add(HeartbeatPatience))
	}
	for arn := range s.unsettled {
		if d := s.sent[arn]; d != nil {
			earlier(d.at.Add(ResendAfter))
		}
	}
	for _, at := range s.renewals {
		earlier(at)
	}
	return next
}

// Dead reports whether the agent has left a heartbeat unanswered for too long.
func (s *Session) Dead(now time.Time) bool {
	return !s.waiting.IsZero() && now.Sub(s.waiting) >= HeartbeatPatience && !mutant.On(mutant.DeafSession)
}

// Outbox returns what is to be sent, in order, and forgets it.
func (s *Session) Outbox() []acs.Message {
	out := s.outbox
	s.outbox = nil
	return out
}

func (s *Session) send(m acs.Message) { s.outbox = append(s.outbox, m) }

func (s *Session) nextID() string {
	s.messages++
	return fmt.Sprintf("%s-%d", s.options.Nonce, s.messages)
}
