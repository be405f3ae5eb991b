package agent

import (
	"context"
	"errors"
	"net/url"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// acsOnce serves the control channel until the connection ends.
func (a *Agent) acsOnce(ctx context.Context, opened func()) error {
	endpoint, _, err := a.endpoints(ctx)
	if err != nil {
		return err
	}
	conn, err := a.dial(ctx, endpoint, url.Values{
		"clusterArn": {a.options.Instance.Cluster}, "containerInstanceArn": {a.InstanceARN()},
		"agentHash": {a.options.Instance.Hash}, "agentVersion": {a.options.Instance.Version},
		"seqNum": {"1"}, "protocolVersion": {"2"}, "sendCredentials": {a.wantsCredentials()},
	})
	if err != nil {
		return err
	}
	defer conn.CloseNow()
	opened()
	var handling errgroup.Group
	handling.SetLimit(messagesAtOnce)
	err = receive(ctx, conn, func(m acs.Message) error {
		// Saving a task takes a while; others need not wait for it.
		handling.Go(func() error {
			for _, answer := range a.handle(ctx, m) {
				if err := send(ctx, conn, answer); err != nil {
					return err
				}
			}
			return nil
		})
		return nil
	})
	return errors.Join(err, handling.Wait())
}

// messagesAtOnce is how many messages of the control plane are handled at a
// time.
const messagesAtOnce = 64

// wantsCredentials is "true" until credentials have come once: they are kept
// in memory alone.
func (a *Agent) wantsCredentials() string {
	if a.creds.empty() {
		return "true"
	}
	return "false"
}

// handle acts on one message of the control plane and returns the answers.
func (a *Agent) handle(ctx context.Context, m acs.Message) []acs.Message {
	switch m := m.(type) {
	case *acs.HeartbeatMessage:
		return []acs.Message{&acs.HeartbeatAckRequest{MessageID: m.MessageID}}
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
		if a.creds.keep(m.TaskARN, m.Credentials) {
			return []acs.Message{credentialsAck(m.MessageID, m.Credentials)}
		}
	case *acs.ErrorMessage:
		a.options.Logger.Warn("the control plane reports an error", "message", m.Message)
	}
	return nil
}

// payload accepts tasks. The message is acknowledged when every task in it was
// accepted and saved; stops come before starts.
func (a *Agent) payload(ctx context.Context, m *acs.PayloadMessage) []acs.Message {
	if m.MessageID == "" || m.ClusterARN == "" || m.InstanceARN == "" {
		return nil
	}
	var answers []acs.Message
	tasks := slices.Clone(m.Tasks)
	slices.SortStableFunc(tasks, func(x, y acs.Task) int {
		return rank(x.DesiredStatus) - rank(y.DesiredStatus)
	})
	for _, t := range tasks {
		for _, c := range []*acs.Credentials{t.RoleCredentials, t.ExecutionRoleCredentials} {
			if a.creds.keep(t.ARN, c) {
				answers = append(answers, credentialsAck(m.MessageID, c))
			}
		}
		if err := a.node.Assign(ctx, t); err != nil {
			a.options.Logger.Error("task not accepted", "task", t.ARN, "error", err)
			return nil
		}
	}
	return append(answers, &acs.AckRequest{Cluster: m.ClusterARN, Instance: m.InstanceARN, MessageID: m.MessageID})
}

func rank(desired string) int {
	if desired == "STOPPED" {
		return 0
	}
	return 1
}

// manifest compares what runs with what should and asks about the difference.
func (a *Agent) manifest(ctx context.Context, m *acs.TaskManifestMessage) []acs.Message {
	answers := []acs.Message{&acs.AckRequest{Cluster: m.ClusterARN, Instance: m.InstanceARN, MessageID: m.MessageID}}
	listed := map[string]bool{}
	for _, t := range m.Tasks {
		listed[t.ARN] = t.DesiredStatus == "RUNNING"
	}
	running, err := a.node.Running(ctx)
	if err != nil {
		return nil
	}
	question := &acs.TaskStopVerificationMessage{MessageID: m.MessageID}
	for _, arn := range running {
		if !listed[arn] {
			question.StopCandidates = append(question.StopCandidates,
				acs.ManifestTask{ARN: arn, ClusterARN: m.ClusterARN, DesiredStatus: "STOPPED"})
		}
	}
	if len(question.StopCandidates) > 0 {
		answers = append(answers, question)
	}
	return answers
}

func credentialsAck(message string, c *acs.Credentials) acs.Message {
	return &acs.IAMRoleCredentialsAckRequest{MessageID: message, CredentialsID: c.CredentialsID, Expiration: c.Expiration}
}
