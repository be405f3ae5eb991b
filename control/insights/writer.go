package insights

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/roadstead/roadstead/control/census"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/telemetry/logs"
	"github.com/roadstead/roadstead/telemetry/metrics"
)

// retentionDays is how long events are kept unless somebody changes the group.
// Source: CloudWatch user guide, "Container Insights": one day by default.
const retentionDays = 1

// delay is how long after the end of a minute it is written: agents report
// every 20 s, and what comes later counts for the next minute.
const delay = 2 * time.Second

// Log keeps events; *logs.Store is one.
type Log interface {
	CreateGroup(ctx context.Context, g logs.Group) error
	CreateStream(ctx context.Context, account, group, name string) error
	Append(ctx context.Context, account, group, stream string, events []logs.InputEvent) error
}

// Usage tells what containers used; *metrics.Store is one.
type Usage interface {
	In(minute time.Time) map[string][]metrics.Usage
}

// Options of a Writer; the zero value works.
type Options struct {
	Region string
	Now    func() time.Time
	Logger *slog.Logger
}

// Writer writes the events of every minute.
type Writer struct {
	view    func() store.View
	usage   Usage
	log     Log
	options Options
}

// New returns a Writer, which does nothing until Run.
func New(view func() store.View, usage Usage, log Log, o Options) *Writer {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Writer{view: view, usage: usage, log: log, options: o}
}

// Run writes each minute shortly after its end, until ctx ends.
func (w *Writer) Run(ctx context.Context) error {
	for {
		now := w.options.Now()
		minute := now.Truncate(time.Minute)
		timer := time.NewTimer(minute.Add(time.Minute + delay).Sub(now))
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
		if err := w.Write(ctx, minute); err != nil && ctx.Err() == nil {
			w.options.Logger.Warn("container insights of a minute are not written", "minute", minute, "error", err)
		}
	}
}

// Write writes the events of the minute that begins then.
func (w *Writer) Write(ctx context.Context, minute time.Time) error {
	v := w.view()
	if !wanted(v) {
		return nil
	}
	usage := w.usage.In(minute)
	var failed error
	for _, c := range census.Take(v) {
		if c.Insights() == "disabled" {
			continue
		}
		page := page{writer: w, view: v, cluster: c, minute: minute, streams: map[string][]logs.InputEvent{}}
		page.compose(usage)
		failed = errors.Join(failed, page.append(ctx))
	}
	return failed
}

// wanted says whether any cluster has insights: without one nothing is counted.
func wanted(v store.View) bool {
	for c := range store.All[*model.Cluster](v) {
		if n := (&census.Cluster{Cluster: c}); c.Status == model.ClusterActive && n.Insights() != "disabled" {
			return true
		}
	}
	return false
}

// page is one minute of one cluster.
type page struct {
	writer  *Writer
	view    store.View
	cluster *census.Cluster
	minute  time.Time
	streams map[string][]logs.InputEvent
	order   []string // of streams
}

func (p *page) add(stream string, event any) {
	if p.streams[stream] == nil {
		p.order = append(p.order, stream)
	}
	p.streams[stream] = append(p.streams[stream], logs.InputEvent{Timestamp: p.minute.UnixMilli(), Message: encode(event)})
}

// compose makes all events.
func (p *page) compose(usage map[string][]metrics.Usage) {
	c := p.cluster
	for t := range store.Prefix[*model.Task](p.view, c.Key().ID+"/") {
		if said := usage[t.Key().ID]; len(said) > 0 {
			p.task(t, said)
		}
	}
	of := origin{Version: "0", ClusterName: c.Name, Timestamp: p.minute.UnixMilli()}
	for _, s := range c.Services {
		of.Type, of.ServiceName = "Service", s.Name
		p.add("ServiceTelemetry-"+s.Name, serviceEvent{of, s.Desired(), s.Running, s.Pending, s.Deployments, s.TaskSets,
			counts([]string{"ServiceName", "ClusterName"}, "DesiredTaskCount", "RunningTaskCount", "PendingTaskCount", "DeploymentCount", "TaskSetCount")})
	}
	of.Type, of.ServiceName = "Cluster", ""
	p.add("ClusterTelemetry-"+c.Name, clusterEvent{of, c.Running, c.RegisteredInstances(), len(c.Services),
		counts([]string{"ClusterName"}, "TaskCount", "ContainerInstanceCount", "ServiceCount")})
}

// task makes the events of a task and of its containers.
func (p *page) task(t *model.Task, said []metrics.Usage) {
	d, ok := store.DefinitionOf(p.view, t)
	if !ok {
		return
	}
	enhanced := p.cluster.Insights() == "enhanced"
	on, stream := p.placeOf(t)
	service := t.Spec.Service[strings.LastIndexByte(t.Spec.Service, '/')+1:]
	whole, ephemeral := usage{}, int64(-1)
	for _, c := range d.Definition.ContainerDefinitions {
		for _, u := range said {
			if u.Container != aws.ToString(c.Name) {
				continue
			}
			e := containerEvent{origin: taskOrigin("Container", p.cluster, t, d, service, on, p.minute), usage: used(u)}
			e.ContainerName, e.Image, e.ContainerKnownStatus = u.Container, aws.ToString(c.Image), knownStatus(t, u.Container)
			e.reserve(c)
			if c.RestartPolicy != nil && aws.ToBool(c.RestartPolicy.Enabled) {
				e.RestartCount = &u.Restarts
			}
			if enhanced {
				e.CloudWatchMetrics = containerMetrics(e.usage, service)
			}
			p.add(stream, e)
			whole, ephemeral = whole.plus(e.usage), max(ephemeral, u.Ephemeral)
		}
	}
	e := taskEvent{origin: taskOrigin("Task", p.cluster, t, d, service, on, p.minute), usage: whole}
	e.CPUReserved, e.MemoryReserved = float64(t.Spec.Resources.CPU), int64(t.Spec.Resources.Memory)
	e.AccountID, e.Region, e.AvailabilityZone = t.Account, p.writer.options.Region, on.zone
	e.KnownStatus, e.LaunchType = string(t.Status.Last), t.Spec.LaunchType
	e.PullStartedAt, e.PullStoppedAt = milliseconds(t.Status.PullStartedAt), milliseconds(t.Status.PullStoppedAt)
	e.CreatedAt, e.StartedAt = milliseconds(t.Spec.CreatedAt), milliseconds(t.Status.StartedAt)
	if ephemeral >= 0 {
		size := int32(defaultEphemeral)
		if s := d.Definition.EphemeralStorage; s != nil {
			size = s.SizeInGiB
		}
		e.EphemeralStorageReserved, e.EphemeralStorageUtilized = new(rounded(float64(size)*1.073741824)), new(rounded(float64(ephemeral)/1e9))
	}
	e.CloudWatchMetrics = taskMetrics(whole, service, enhanced, ephemeral >= 0)
	p.add(stream, e)
}

// defaultEphemeral is the ephemeral storage of a task on Fargate, in GiB.
const defaultEphemeral = 20

// placeOf says where a task runs, and which stream its events are in. AWS does
// not tell which instances Fargate has.
func (p *page) placeOf(t *model.Task) (on instance, stream string) {
	i, ok := store.Get[*model.ContainerInstance](p.view, t.Spec.Instance)
	if ok {
		on.zone, _ = i.Attribute(model.AttributeZone)
	}
	if t.Spec.LaunchType == model.LaunchFargate || !ok {
		return on, "FargateTelemetry-0001"
	}
	on.id, on.ec2 = i.ID, i.EC2InstanceID
	return on, "AgentTelemetry-" + i.ID
}

func knownStatus(t *model.Task, container string) string {
	if at := t.Container(container); at >= 0 {
		return string(t.Status.Containers[at].Last)
	}
	return ""
}

func milliseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// containerMetrics names the metrics of a container, which only enhanced
// insights have.
func containerMetrics(u usage, service string) []metricSet {
	sets := taskMetrics(u, "", false, false)
	set := &sets[0]
	if u.RestartCount != nil {
		set.Metrics = append(set.Metrics, metric{"RestartCount", "Count"})
	}
	set.Dimensions = [][]string{{"ClusterName", "TaskDefinitionFamily", "ContainerName"}, {"ClusterName", "TaskDefinitionFamily", "TaskId", "ContainerName"}}
	if service != "" {
		set.Dimensions = append(set.Dimensions, []string{"ClusterName", "ServiceName", "ContainerName"})
	}
	return sets
}

// append writes the events, and makes the group and the streams that are
// missing.
func (p *page) append(ctx context.Context) error {
	group := "/aws/ecs/containerinsights/" + p.cluster.Name + "/performance"
	for _, stream := range p.order {
		for events := p.streams[stream]; len(events) > 0; {
			n := fitting(events)
			if err := p.appendTo(ctx, group, stream, events[:n]); err != nil {
				return fmt.Errorf("container insights of cluster %s: stream %s: %w", p.cluster.Name, stream, err)
			}
			events = events[n:]
		}
	}
	return nil
}

func (p *page) appendTo(ctx context.Context, group, stream string, events []logs.InputEvent) error {
	log, account := p.writer.log, p.cluster.Account
	err := log.Append(ctx, account, group, stream, events)
	if errors.Is(err, logs.ErrGroupNotFound) {
		err = log.CreateGroup(ctx, logs.Group{Account: account, Name: group, Class: "STANDARD", RetentionDays: retentionDays})
		if err == nil || errors.Is(err, logs.ErrGroupExists) {
			err = logs.ErrStreamNotFound
		}
	}
	if !errors.Is(err, logs.ErrStreamNotFound) {
		return err
	}
	if err := log.CreateStream(ctx, account, group, stream); err != nil && !errors.Is(err, logs.ErrStreamExists) {
		return err
	}
	return log.Append(ctx, account, group, stream, events)
}

// fitting is how many of the events go into one append.
func fitting(events []logs.InputEvent) int {
	bytes := 0
	for i, e := range events {
		if bytes += len(e.Message); i == logs.MaxAppendEvents || bytes > logs.MaxAppendBytes {
			return max(i, 1)
		}
	}
	return len(events)
}
