package agent

import (
	"context"
	"errors"
	"net/url"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/roadstead/roadstead/agent/step"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// acsOnce serves the control channel until the connection ends.
func (a *Agent) acsOnce(ctx context.Context, opened func()) error {
	endpoint, _, err := a.endpoints(ctx)
	if err != nil {
		return err
	}
	wanting, err := a.wantsCredentials(ctx)
	if err != nil {
		return err
	}
	conn, err := a.dial(ctx, endpoint, url.Values{
		"clusterArn": {a.options.Instance.Cluster}, "containerInstanceArn": {a.InstanceARN()},
		"agentHash": {a.options.Instance.Hash}, "agentVersion": {a.options.Instance.Version},
		"seqNum": {"1"}, "protocolVersion": {"2"}, "sendCredentials": {wanting},
	})
	if err != nil {
		return err
	}
	defer conn.CloseNow()
	opened()
	if err := a.node.Retry(ctx); err != nil {
		return err
	}
	// Who answers must not outlive the connection.
	answering, cancel := context.WithCancel(ctx)
	var handling errgroup.Group
	defer handling.Wait()
	defer cancel()
	handling.SetLimit(messagesAtOnce + 1) // and the pings
	handling.Go(func() error { return ping(answering, conn) })
	return receive(ctx, conn, func(m acs.Message) error {
		// What a message changes is changed in the order of the messages, so that
		// a stop never overtakes its start; saving and answering takes a while,
		// and the next message need not wait for it.
		answers := a.handle(ctx, m)
		handling.Go(func() error {
			for _, answer := range answers() {
				if err := send(answering, conn, answer); err != nil {
					return err // the reader learns of it, too
				}
			}
			return nil
		})
		return nil
	})
}

// messagesAtOnce is how many messages of the control plane are being answered
// at a time.
const messagesAtOnce = 64

// wantsCredentials is "true" while a task lacks the credentials that its
// containers ask for: they are kept in memory alone, and the control plane is
// to send all of them again.
func (a *Agent) wantsCredentials(ctx context.Context) (string, error) {
	tasks, err := a.node.Tasks(ctx)
	if err != nil {
		return "", err
	}
	for _, t := range tasks {
		for _, c := range []*acs.Credentials{t.RoleCredentials, t.ExecutionRoleCredentials} {
			if c != nil && t.DesiredStatus == step.Running && !a.creds.has(c.CredentialsID) {
				return "true", nil
			}
		}
	}
	return "false", nil
}

func none() []acs.Message { return nil }

func these(m ...acs.Message) func() []acs.Message { return func() []acs.Message { return m } }

// handle acts on one message of the control plane. What it returns does the
// rest and gives the answers.
func (a *Agent) handle(ctx context.Context, m acs.Message) (answers func() []acs.Message) {
	switch m := m.(type) {
	case *acs.HeartbeatMessage:
		return these(&acs.HeartbeatAckRequest{MessageID: m.MessageID})
	case *acs.PayloadMessage:
		return a.payload(ctx, m)
	case *acs.TaskManifestMessage:
		return a.manifest(ctx, m)
	case *acs.TaskStopVerificationAck:
		var arns []string
		for _, t := range m.StopTasks {
			arns = append(arns, t.ARN)
		}
		if err := a.node.Stop(ctx, arns); err != nil {
			a.options.Logger.Warn("tasks were not stopped", "error", err)
		}
	case *acs.IAMRoleCredentialsMessage:
		if known, err := a.node.Knows(ctx, m.TaskARN); err == nil && known &&
			a.creds.keep(m.TaskARN, m.Credentials, m.RoleType == acs.RoleTaskApplication) {
			return these(credentialsAck(m.MessageID, m.Credentials))
		}
	case *acs.ExecuteCommandMessage:
		a.invite(m)
	case *acs.ErrorMessage:
		a.options.Logger.Warn("the control plane reports an error", "message", m.Message)
	}
	return none
}

// payload accepts tasks. The message is acknowledged when every task in it was
// accepted and saved; stops come before starts.
func (a *Agent) payload(ctx context.Context, m *acs.PayloadMessage) (answers func() []acs.Message) {
	if m.MessageID == "" || m.ClusterARN == "" || m.InstanceARN == "" {
		return none
	}
	tasks := slices.Clone(m.Tasks)
	slices.SortStableFunc(tasks, func(x, y acs.Task) int {
		return rank(x.DesiredStatus) - rank(y.DesiredStatus)
	})
	var acks []acs.Message
	var saves []func() error
	for _, t := range tasks {
		save, err := a.node.Assign(ctx, t)
		if err != nil {
			save = func() error { return err }
		} else {
			acks = append(acks, a.keepCredentials(ctx, m.MessageID, t)...)
		}
		saves = append(saves, save)
	}
	return func() []acs.Message {
		var failed error
		for _, save := range saves {
			failed = errors.Join(failed, save())
		}
		// gofail: var agentTaskSaved struct{}
		if failed != nil {
			a.options.Logger.Error("payload not accepted", "message", m.MessageID, "error", failed)
			return nil
		}
		return append(acks, &acs.AckRequest{Cluster: m.ClusterARN, Instance: m.InstanceARN, MessageID: m.MessageID})
	}
}

// keepCredentials takes over the credentials that came with a task.
func (a *Agent) keepCredentials(ctx context.Context, message string, t acs.Task) (acks []acs.Message) {
	known, err := a.node.Knows(ctx, t.ARN)
	for _, c := range []*acs.Credentials{t.RoleCredentials, t.ExecutionRoleCredentials} {
		if c == nil {
			continue
		}
		if err == nil && known { // else nothing would ever forget them
			a.creds.keep(t.ARN, c, c == t.RoleCredentials)
		}
		acks = append(acks, credentialsAck(message, c))
	}
	return acks
}

func rank(desired string) int {
	if desired == step.Stopped {
		return 0
	}
	return 1
}

// manifest compares what runs with what should and asks about the difference.
// It starts nothing: what is missing comes as a payload, unless it ran before;
// then it is reported STOPPED, because a task runs once.
func (a *Agent) manifest(ctx context.Context, m *acs.TaskManifestMessage) (answers func() []acs.Message) {
	listed := map[string]bool{}
	var known []acs.ManifestTask
	for _, t := range m.Tasks {
		listed[t.ARN] = t.DesiredStatus == step.Running
		if t.LastStatus == step.Running && t.DesiredStatus == step.Running {
			known = append(known, t)
		}
	}
	if err := a.node.Answer(ctx, known); err != nil {
		return none
	}
	running, err := a.node.Running(ctx)
	if err != nil {
		return none
	}
	ack := &acs.AckRequest{Cluster: m.ClusterARN, Instance: m.InstanceARN, MessageID: m.MessageID}
	question := &acs.TaskStopVerificationMessage{MessageID: m.MessageID}
	for _, arn := range running {
		if !listed[arn] {
			question.StopCandidates = append(question.StopCandidates,
				acs.ManifestTask{ARN: arn, ClusterARN: m.ClusterARN, DesiredStatus: step.Stopped})
		}
	}
	if len(question.StopCandidates) > 0 {
		return these(ack, question)
	}
	return these(ack)
}

func credentialsAck(message string, c *acs.Credentials) acs.Message {
	return &acs.IAMRoleCredentialsAckRequest{MessageID: message, CredentialsID: c.CredentialsID, Expiration: c.Expiration}
}
