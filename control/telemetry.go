package control

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/dispatch"
	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// Telemetry implements dispatch.Control. Health and use are of the tasks that
// run on the speaking instance and of no others.
func (l *Links) Telemetry(ctx context.Context, h dispatch.Hello, m acs.Message) error {
	who, _ := caller.From(ctx)
	i, err := l.find(ctx, who, h)
	if err != nil {
		return err
	}
	switch m := m.(type) {
	case *acs.PublishHealthRequest:
		for _, t := range m.Tasks {
			if err := l.health(ctx, i, t); err != nil {
				return err
			}
		}
	case *acs.PublishMetricsRequest:
		l.use(i, m)
	case *acs.PublishInstanceStatusRequest:
		return l.instanceStatus(ctx, i.Key().ID, m)
	}
	return nil
}

// taskOf returns the id of the task that an instance speaks of.
func taskOf(i *model.ContainerInstance, text string) (id string, ok bool) {
	arn, ok := model.ParseARN(text)
	if !ok {
		return "", false
	}
	_, task := arn.Path() // cluster/id: tasks of Fargate are of another cluster than their instance
	if !strings.Contains(task, "/") {
		task = i.Cluster + "/" + task
	}
	return i.Account + "/" + task, true
}

func (l *Links) health(ctx context.Context, i *model.ContainerInstance, h acs.TaskHealth) error {
	task, ok := taskOf(i, h.TaskARN)
	if !ok {
		return nil
	}
	byName := map[string]string{}
	for _, c := range h.Containers {
		byName[c.Name] = c.Status
	}
	return retryConflicts(func() error {
		v := l.db.View()
		t, ok := store.Get[*model.Task](v, task)
		if !ok || t.Spec.Instance != i.Key().ID || t.Stopped() {
			return nil
		}
		d, ok := store.DefinitionOf(v, t)
		if !ok {
			return nil
		}
		now := t.ObserveHealth(byName, func(name string) bool {
			for _, c := range d.Definition.ContainerDefinitions {
				if aws.ToString(c.Name) == name {
					return aws.ToBool(c.Essential)
				}
			}
			return false
		})
		if now == t {
			return nil
		}
		var c model.Change
		c.Put(now)
		_, err := l.db.Commit(ctx, c)
		return err
	})
}

func (l *Links) instanceStatus(ctx context.Context, id string, m *acs.PublishInstanceStatusRequest) error {
	return retryConflicts(func() error {
		old, ok := store.Get[*model.ContainerInstance](l.db.View(), id)
		if !ok {
			return nil
		}
		i := old.Clone()
		for _, s := range m.Statuses {
			if strings.EqualFold(s.Type, "ContainerRuntime") || strings.EqualFold(s.Type, "CONTAINER_RUNTIME") {
				i.HealthStatus = s.Status
			}
		}
		if i.HealthStatus == old.HealthStatus {
			return nil
		}
		i.HealthUpdated = l.options.Now()
		var c model.Change
		c.Put(i)
		_, err := l.db.Commit(ctx, c)
		return err
	})
}
