package agent

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/roadstead/roadstead/agent/step"
	"github.com/roadstead/roadstead/dispatch/acs"
)

const (
	// publishEvery is how often telemetry is sent when nothing changes.
	publishEvery = 20 * time.Second
	// tasksPerMessage is how many tasks one telemetry message speaks of.
	tasksPerMessage = 10
)

// tcsOnce serves the telemetry channel until the connection ends. Health is
// sent at once when it changes, because nothing else carries it.
func (a *Agent) tcsOnce(ctx context.Context, opened func()) error {
	_, endpoint, err := a.endpoints(ctx)
	if err != nil {
		return err
	}
	conn, err := a.dial(ctx, endpoint, url.Values{
		"cluster": {a.options.Instance.Cluster}, "containerInstance": {a.InstanceARN()},
		"agentHash": {a.options.Instance.Hash}, "agentVersion": {a.options.Instance.Version},
	})
	if err != nil {
		return err
	}
	defer conn.CloseNow()
	opened()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		return receive(ctx, conn, func(acs.Message) error { return nil })
	})
	group.Go(func() error {
		return a.publish(ctx, func(m acs.Message) error { return send(ctx, conn, m) })
	})
	return group.Wait()
}

func (a *Agent) publish(ctx context.Context, send func(acs.Message) error) error {
	every := time.NewTicker(publishEvery)
	defer every.Stop()
	last := map[string]string{}
	for periodic := true; ; {
		if periodic {
			if err := a.publishMetrics(ctx, send); err != nil {
				return err
			}
		}
		if err := a.publishHealth(ctx, send, last, periodic); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-every.C:
			periodic = true
		case <-a.node.HealthChanged():
			periodic = false
		}
	}
}

// publishHealth sends the health of all tasks, or only of those that changed
// since the last time unless all is set.
func (a *Agent) publishHealth(ctx context.Context, send func(acs.Message) error, last map[string]string, all bool) error {
	health, err := a.node.Health(ctx)
	if err != nil {
		return err
	}
	var tasks []acs.TaskHealth
	present := map[string]bool{}
	for _, h := range health {
		present[h.Task.ARN] = true
		word := fmt.Sprint(h.Containers)
		if !all && last[h.Task.ARN] == word {
			continue
		}
		last[h.Task.ARN] = word
		tasks = append(tasks, a.taskHealth(h))
	}
	for arn := range last {
		if !present[arn] {
			delete(last, arn)
		}
	}
	for len(tasks) > 0 {
		n := min(len(tasks), tasksPerMessage)
		m := &acs.PublishHealthRequest{Metadata: a.metadata(n == len(tasks)), Tasks: tasks[:n],
			Timestamp: a.options.Node.Now().UnixMilli()}
		if err := send(m); err != nil {
			return err
		}
		tasks = tasks[n:]
	}
	return nil
}

func (a *Agent) metadata(fin bool) *acs.Metadata {
	return &acs.Metadata{Cluster: a.options.Instance.Cluster, Instance: a.InstanceARN(), Fin: fin,
		MessageID: strconv.FormatInt(a.options.Node.Now().UnixNano(), 36)}
}

func (a *Agent) taskHealth(h TaskHealth) acs.TaskHealth {
	out := acs.TaskHealth{TaskARN: h.Task.ARN, ClusterARN: h.Task.ClusterARN, Family: h.Task.Family, Version: h.Task.Version}
	for _, c := range h.Containers {
		out.Containers = append(out.Containers, containerHealth(c))
	}
	return out
}

func containerHealth(c step.ContainerHealth) acs.ContainerHealth {
	out := acs.ContainerHealth{Name: c.Name, Status: c.Status, StatusMessage: clip(c.Output, maxReason)}
	if !c.Since.IsZero() {
		out.StatusSince = float64(c.Since.UnixMilli()) / 1000
	}
	return out
}
