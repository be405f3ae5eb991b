package sim

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/smithy-go"

	"github.com/roadstead/roadstead/agent/network"
	"github.com/roadstead/roadstead/agent/step"
	"github.com/roadstead/roadstead/dispatch"
	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/model/mutant"
)

// agent is one life of a node's agent: what kill -9 takes. It drives the real
// task machines as package agent does, with every wait turned into an event.
type agent struct {
	w       *world
	node    *node
	network network.Network
	live    map[string]*live // by ARN
	ended   map[string]bool  // tasks that are done with, by ARN
	adopted bool
	conn    *conn
	told    map[string]string // health that was sent, by task
	spoke   time.Time         // when the last of it arrives
	tries   int               // of what is being tried again
}

// live is a task and what the agent remembers of its containers.
type live struct {
	task    *step.Task
	payload acs.Task
	runs    map[string]*run
	saved   bool
	saves   []func() // wait for the record
	wake    *event
	waited  bool // for the end of another task's network
}

// run is one container.
type run struct {
	id, image, digest string
	sandbox           network.Attachment
}

func (a *agent) alive() bool { return a.node.agent == a }

// soon makes f happen after d if the agent lives then.
func (a *agent) soon(d time.Duration, f func()) *event {
	return a.w.clock.after(d, func() {
		if a.alive() {
			f()
		}
	})
}

// begin takes over what an earlier life left, and joins the cluster.
func (a *agent) begin() {
	a.adopt()
	a.register()
	a.health()
	a.keepChecking()
}

// again waits longer each time.
func (a *agent) again(f func()) {
	wait := 100 * time.Millisecond
	for range a.tries {
		wait = min(wait*3/2, 10*time.Second)
	}
	a.tries++
	a.soon(wait, f)
}

// register registers the instance, under the ARN that it has if it has one.
func (a *agent) register() {
	a.w.call(a.node, "RegisterContainerInstance", a.node.registration(), func(out any, err error) {
		if !a.alive() {
			return
		}
		var api smithy.APIError
		switch {
		case err == nil:
			a.node.arn = *out.(*ecs.RegisterContainerInstanceOutput).ContainerInstance.ContainerInstanceArn
			a.tries = 0
			a.connect()
			return
		case errors.As(err, &api) && api.ErrorCode() == "ClientException" && a.node.arn != "":
			a.w.trace.say(a.node.name, "joins anew: %v", err)
			a.node.arn = "" // it was deregistered
		}
		a.again(a.register)
	})
}

// connect opens the control channel.
func (a *agent) connect() {
	hello := dispatch.Hello{Cluster: a.node.cluster, Instance: a.node.arn, AgentVersion: "1.0.0"}
	a.soon(a.w.travel(), func() {
		to := a.w.reached()
		if a.node.cut || to == nil {
			a.again(a.connect)
			return
		}
		c, err := to.accept(a, hello)
		if err != nil {
			a.w.trace.say(a.node.name, "is not admitted: %v", err)
			a.again(a.connect)
			return
		}
		a.conn, a.tries = c, 0
		a.told = map[string]string{} // the telemetry channel begins anew, too
	})
}

// disconnected is called when the agent's end of c has closed.
func (a *agent) disconnected(c *conn) {
	if c.used {
		c.used = false
		a.lost(c)
	}
}

func (a *agent) lost(c *conn) {
	if a.conn == c {
		a.conn = nil
		a.again(a.connect)
	}
}

// check gives up a connection that is silent, and one whose end was missed.
func (a *agent) check() {
	if c := a.conn; c != nil && !a.node.cut {
		switch {
		case !c.served:
			a.disconnected(c)
		case a.w.clock.now.Sub(c.heard) > silence:
			c.leave()
			a.lost(c)
		}
	}
}

// checkEvery is how often the agent looks after its connection.
const checkEvery = 10 * time.Second

func (a *agent) keepChecking() {
	a.check()
	a.soon(checkEvery, a.keepChecking)
}

// receive acts on a message of the control plane.
func (a *agent) receive(c *conn, m acs.Message) {
	switch m := m.(type) {
	case *acs.HeartbeatMessage:
		c.send(&acs.HeartbeatAckRequest{MessageID: m.MessageID})
	case *acs.PayloadMessage:
		for _, t := range m.Tasks {
			a.assign(t, func() {
				c.send(&acs.AckRequest{Cluster: m.ClusterARN, Instance: m.InstanceARN, MessageID: m.MessageID})
			})
		}
	case *acs.TaskManifestMessage:
		c.send(&acs.AckRequest{Cluster: m.ClusterARN, Instance: m.InstanceARN, MessageID: m.MessageID})
		a.compare(c, m)
	case *acs.TaskStopVerificationAck:
		for _, t := range m.StopTasks {
			if l := a.live[t.ARN]; l != nil {
				l.task.Desire(a.node.now(), step.Stopped)
				a.act(l)
			}
		}
	}
}

// compare asks whether what runs and is not listed is to stop.
func (a *agent) compare(c *conn, m *acs.TaskManifestMessage) {
	listed := map[string]bool{}
	for _, t := range m.Tasks {
		listed[t.ARN] = t.DesiredStatus == "RUNNING"
	}
	q := &acs.TaskStopVerificationMessage{MessageID: m.MessageID}
	for _, arn := range slices.Sorted(maps.Keys(a.live)) {
		if !listed[arn] && a.live[arn].task.Payload().DesiredStatus == step.Running {
			q.StopCandidates = append(q.StopCandidates, acs.ManifestTask{ARN: arn, ClusterARN: m.ClusterARN, DesiredStatus: "STOPPED"})
		}
	}
	if len(q.StopCandidates) > 0 {
		c.send(q)
	}
}

// assign takes a payload; saved is called once its record is there.
func (a *agent) assign(payload acs.Task, saved func()) {
	l := a.live[payload.ARN]
	if l == nil && a.ended[payload.ARN] && !mutant.On(mutant.LatePayload) {
		saved() // it was told of before its end was known there
		return
	}
	if l == nil {
		task, err := step.New(payload)
		if err != nil {
			a.w.fail("payload", "the agent refuses a payload: %v", err)
			return
		}
		l = newLive(task, payload)
		a.live[payload.ARN] = l
		a.w.trace.say(a.node.name, "accepts %s to be %s", short(payload.ARN), payload.DesiredStatus)
		a.soon(a.node.dice.skewed(100*time.Microsecond, 50*time.Millisecond), func() { a.save(l) })
	}
	l.task.Desire(a.node.now(), payload.DesiredStatus)
	l.whenSaved(saved)
	a.act(l)
}

func newLive(task *step.Task, payload acs.Task) *live {
	l := &live{task: task, payload: payload, runs: map[string]*run{}}
	for i, c := range payload.Containers {
		l.runs[c.Name] = &run{id: containerID(taskID(payload.ARN), i)}
	}
	return l
}

// containerID is the id of a task's i-th container.
func containerID(task string, i int) string { return fmt.Sprintf("%s-%d", task, i) }

// save writes the task's record.
func (a *agent) save(l *live) {
	a.node.records[l.payload.ARN] = l.payload
	l.saved = true
	for _, f := range l.saves {
		f()
	}
	l.saves = nil
}

func (l *live) whenSaved(f func()) {
	if l.saved {
		f()
		return
	}
	l.saves = append(l.saves, f)
}

// taskID returns the last part of a task's ARN.
func taskID(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

// short names a task, or anything with a long id, in a trace.
func short(arn string) string {
	id := taskID(arn)
	return id[:min(len(id), 6)]
}
