package sim

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"

	"github.com/roadstead/roadstead/agent/step"
	"github.com/roadstead/roadstead/dispatch"
	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
)

// submit reports a task's state.
func (a *agent) submit(l *live, r step.Report) {
	in := &ecs.SubmitTaskStateChangeInput{Cluster: &a.node.cluster, Task: &l.payload.ARN,
		PullStartedAt: instant(r.PullStartedAt), PullStoppedAt: instant(r.PullStoppedAt), ExecutionStoppedAt: instant(r.ExecutionStopped)}
	if r.Status != "" {
		in.Status = aws.String(r.Status)
	}
	for _, arn := range r.Attachments {
		in.Attachments = append(in.Attachments, types.AttachmentStateChange{AttachmentArn: aws.String(arn), Status: aws.String("ATTACHED")})
	}
	if r.Reason != "" {
		in.Reason = aws.String(r.Reason)
	}
	for _, c := range r.Containers {
		in.Containers = append(in.Containers, containerChange(c))
	}
	if r.Status == step.Stopped && slices.ContainsFunc(r.Containers, func(c step.ContainerReport) bool { return c.RuntimeID == "" }) &&
		!mutant.On(mutant.ForgottenEnd) {
		ending := l.task.Payload()
		l.whenSaved(func() {
			a.node.records[ending.ARN] = ending
			a.send(l, in)
		})
		return
	}
	a.send(l, in)
}

// send sends a report.
func (a *agent) send(l *live, in *ecs.SubmitTaskStateChangeInput) {
	a.w.trace.say(a.node.name, "reports %s %s", short(l.payload.ARN), aws.ToString(in.Status))
	a.stray(in)
	a.w.call(a.node, "SubmitTaskStateChange", in, func(_ any, err error) {
		if !a.alive() {
			return
		}
		var api smithy.APIError
		refused := errors.As(err, &api) && (api.ErrorCode() == "InvalidParameterException" || api.ErrorCode() == "ClientException")
		if refused {
			a.w.counts.Refused++
			a.w.trace.say(a.node.name, "report of %s is refused: %v", short(l.payload.ARN), err)
		}
		l.task.Submitted(a.node.now(), err == nil, refused)
		a.act(l)
	})
}

// stray makes a report arrive once more now and then, at once or much later,
// when others may have overtaken it.
func (a *agent) stray(in *ecs.SubmitTaskStateChangeInput) {
	w, d := a.w, a.node.dice
	again := func() {
		to := w.reached()
		if to == nil || a.node.cut {
			return
		}
		if t, ok := w.check.taskOf(to.db.View(), in.Task); ok && in.Status != nil && model.TaskStatus(*in.Status).Before(t.Status.Last) {
			w.happen(ReportDisordered)
		}
		_, _ = to.serve("SubmitTaskStateChange", in) // nobody waits for its answer
	}
	if !w.troubled || !d.chance(w.shape.stray) {
		return
	}
	if d.chance(0.5) {
		w.happen(ReportTwice)
		w.clock.after(w.travel(), again)
		return
	}
	w.happen(ReportLate)
	w.clock.after(d.skewed(100*time.Millisecond, 90*time.Second), again)
}

func containerChange(c step.ContainerReport) types.ContainerStateChange {
	out := types.ContainerStateChange{ContainerName: aws.String(c.Name), Status: aws.String(c.Status), ExitCode: c.ExitCode}
	if c.RuntimeID != "" {
		out.RuntimeId = aws.String(c.RuntimeID)
	}
	if c.Reason != "" {
		out.Reason = aws.String(c.Reason)
	}
	if c.Digest != "" {
		out.ImageDigest = aws.String(c.Digest)
	}
	for _, b := range c.Bindings {
		out.NetworkBindings = append(out.NetworkBindings, types.NetworkBinding{BindIP: aws.String(b.BindIP),
			ContainerPort: aws.Int32(int32(b.ContainerPort)), HostPort: aws.Int32(int32(b.HostPort)), Protocol: types.TransportProtocol(b.Protocol)})
	}
	return out
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// publishEvery is how often all health is sent when nothing changes.
const publishEvery = 20 * time.Second

// health sends the containers' health again and again.
func (a *agent) health() {
	a.publish(true)
	a.soon(publishEvery, a.health)
}

// publish sends the health of all tasks that have any, or only of those that
// changed.
func (a *agent) publish(all bool) {
	if a.conn == nil || a.conn.plane != a.w.plane && a.conn.plane != a.w.stale {
		return
	}
	m := &acs.PublishHealthRequest{}
	var word []byte
	for arn, l := range a.live {
		health := l.task.Health()
		word = word[:0]
		for _, c := range health {
			word = append(append(append(append(word, c.Name...), ' '), c.Status...), ' ')
		}
		if len(health) == 0 || !all && a.told[arn] == string(word) {
			continue
		}
		a.told[arn] = string(word)
		h := acs.TaskHealth{TaskARN: arn, ClusterARN: l.payload.ClusterARN, Family: l.payload.Family, Version: l.payload.Version}
		for _, c := range health {
			h.Containers = append(h.Containers, acs.ContainerHealth{Name: c.Name, Status: c.Status})
		}
		m.Tasks = append(m.Tasks, h)
	}
	if len(m.Tasks) == 0 {
		return
	}
	slices.SortFunc(m.Tasks, func(a, b acs.TaskHealth) int { return cmp.Compare(a.TaskARN, b.TaskARN) })
	hello, to := dispatch.Hello{Cluster: a.node.cluster, Instance: a.node.arn}, a.conn.plane
	a.spoke = later(a.w.clock.now.Add(a.w.travel()), a.spoke) // one connection: nothing overtakes
	a.w.clock.at(a.spoke, func() {
		if a.node.cut || a.w.plane != to && a.w.stale != to {
			return
		}
		if err := to.links.Telemetry(a.w.ctx, hello, m); err != nil {
			clear(a.told) // the channel is closed, and the next one begins with everything
		}
	})
}
