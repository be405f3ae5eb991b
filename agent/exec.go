package agent

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/dispatch/exec"
)

const (
	// maxCommands is how many sessions of ECS Exec an instance takes part in.
	maxCommands = 512
	// invitedAhead is how many invitations wait to be looked at.
	invitedAhead = 64
)

// invite takes the control plane's wish to join a session to a container. It
// does not wait; what is dropped is told to the person as not answered.
func (a *Agent) invite(m *acs.ExecuteCommandMessage) {
	select {
	case a.invited <- m:
	default:
		a.options.Logger.Warn("too many sessions are asked for at once; one is not joined", "session", m.SessionID)
	}
}

// attend takes part in sessions until ctx ends, which ends what runs in them.
// They outlive the control channel, which is renewed now and then.
func (a *Agent) attend(ctx context.Context) {
	var sessions errgroup.Group
	sessions.SetLimit(maxCommands)
	defer sessions.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-a.invited:
			joined := sessions.TryGo(func() error {
				if err := a.attendOne(ctx, m); err != nil && ctx.Err() == nil {
					a.options.Logger.Warn("session ended", "session", m.SessionID, "task", m.TaskARN, "container", m.Container, "error", err)
				}
				return nil
			})
			if !joined {
				a.options.Logger.Warn("the instance takes part in too many sessions; one is not joined", "session", m.SessionID)
			}
		}
	}
}

// attendOne takes part in one session.
func (a *Agent) attendOne(ctx context.Context, m *acs.ExecuteCommandMessage) error {
	conn, err := a.dial(ctx, m.Endpoint, url.Values{"session": {m.SessionID},
		"clusterArn": {a.options.Instance.Cluster}, "containerInstanceArn": {a.InstanceARN()}})
	if err != nil {
		return err
	}
	stream := exec.NewStream(conn)
	defer stream.Close()
	if err := stream.Introduce(ctx, m.Token); err != nil {
		return fmt.Errorf("join the session: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	s := newExecSession(ctx, stream, m)
	listening := make(chan struct{})
	// The reader's end is the session's, and the other way round.
	go func() {
		defer close(listening)
		defer cancel()
		s.listen(ctx)
	}()
	defer func() { cancel(); stream.Close(); <-listening }()
	code, err := a.act(ctx, s)
	switch {
	case ctx.Err() != nil:
		return nil // the person, or the server, has hung up
	case err != nil:
		err = stream.Write(ctx, exec.Failed, []byte(whyNot(err)))
	default:
		err = stream.WriteNumber(ctx, exec.Exit, code)
	}
	if err == nil {
		stream.Finish()
	}
	return err
}

// act does what a session is for, and returns the command's exit code.
func (a *Agent) act(ctx context.Context, s *execSession) (int, error) {
	id, err := a.node.containerID(ctx, s.asked.TaskARN, s.asked.Container)
	if err != nil {
		return 0, err
	}
	run := a.node.edges.Executor
	if run == nil {
		return 0, errors.New("this container instance runs no commands")
	}
	if s.asked.Verb {
		return 0, s.perform(ctx, run, id)
	}
	env := []string(nil)
	if s.asked.Terminal && s.asked.Term != "" {
		env = []string{"TERM=" + s.asked.Term}
	}
	return run.Execute(ctx, id, runtime.Command{Args: s.asked.Command, Terminal: s.asked.Terminal, User: s.asked.User, Env: env,
		Stdin: &s.input, Stdout: s.output(exec.Output), Stderr: s.output(exec.Errors), Sizes: s.sizes, Started: s.begun})
}

var errNotRunning = errors.New("the container is not running")

// containerID returns the name under which the runtime knows a container that
// runs.
func (n *Node) containerID(ctx context.Context, task, name string) (id string, err error) {
	err = n.do(ctx, func(time.Time) {
		if l := n.live[task]; l != nil && runs(l, name) {
			id = l.runs[name].id
		}
	})
	if err == nil && id == "" {
		err = errNotRunning
	}
	return id, err
}

// whyNot words why a command could not be run, for people: without the layers
// that the error came through.
func whyNot(err error) string {
	text := err.Error()
	var known *runtime.Error
	if errors.As(err, &known) {
		text = known.Err.Error()
		switch known.Kind {
		case runtime.KindCommandNotFound, runtime.KindCommandNotExecutable:
			text = "Failed to start pty: " + text[max(0, strings.LastIndex(text, "exec: ")):]
		case runtime.KindNotFound:
			text = errNotRunning.Error()
		}
	}
	return text
}
