package deploy

import (
	"errors"
	"fmt"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/address"
	"github.com/roadstead/roadstead/plan/place"
	"github.com/roadstead/roadstead/plan/provision"
)

// request returns what a task of the primary deployment asks of an instance.
// Its error is for people.
func (p *planning) request() (*place.Request, error) {
	def := p.Definitions[p.primary.Spec.TaskDefinition]
	if def == nil || def.Definition == nil {
		return nil, errors.New("the task definition was not found")
	}
	if p.rules == nil {
		return nil, errors.New("the placement strategies or constraints are invalid")
	}
	resources, err := place.Demand(def.Definition, nil)
	if err != nil {
		return nil, fmt.Errorf("the task definition is invalid: %w", err)
	}
	req := &place.Request{Resources: resources, Required: place.RequiredOn(p.Runtime, def.Definition, nil), Rules: p.rules,
		External: p.primary.Spec.LaunchType == "EXTERNAL", GroupsOf: p.GroupsOf}
	if p.onFargate() {
		req.ForFargate(p.Fleet, address.ZonesOf(p.Network, p.Service.Account, p.primary.Spec.Network))
	}
	return req, nil
}

// onFargate reports whether tasks of the primary deployment run on Fargate. A
// strategy is of its providers or of none of them.
func (p *planning) onFargate() bool {
	spec := &p.primary.Spec
	if len(spec.CapacityStrategy) > 0 {
		return model.OnFargate("", spec.CapacityStrategy[0].Provider)
	}
	return model.OnFargate(spec.LaunchType, "")
}

// create writes a new task for each of the spots and returns them. One whose
// spot is no instance waits for one.
func (p *planning) create(on []spot, resources model.Resources) (made []*model.Task) {
	if len(on) == 0 {
		return nil
	}
	def := p.Definitions[p.primary.Spec.TaskDefinition]
	for _, at := range on {
		t := p.newTask(at, resources, def)
		p.out.Change.Put(t)
		made = append(made, t)
		if at.instance == "" {
			why := "Waits for an instance of the capacity provider " + at.provider + "."
			if p.onFargate() {
				why = "Waits for the room of tasks of FARGATE_SPOT."
			}
			p.out.Because(t.Key(), "Waiting", why)
			continue
		}
		n, _ := p.Fleet.Node(at.instance)
		if !p.guarded[at.instance] {
			p.out.Change.Expect(n.Instance)
			p.guarded[at.instance] = true
			p.before = append(p.before, n)
		}
		if p.set != nil { // the next task set may look for room, too
			p.elsewhere = append(p.elsewhere, at.instance)
			p.Fleet.Hold(t)
		}
		p.out.Because(t.Key(), "Started", "Started on "+at.instance+".")
	}
	p.spare -= len(on)
	p.acted = true
	return made
}

func (p *planning) newTask(at spot, resources model.Resources, def *model.TaskDefinition) *model.Task {
	s := p.Service
	spec := p.primary.Spec
	t := &model.Task{Account: s.Account, Cluster: s.Cluster, ID: p.ids.Hex(), Desired: model.TaskRunning, Tags: p.tags(def),
		Spec: model.TaskSpec{TaskDefinition: spec.TaskDefinition, Instance: at.instance, Service: s.Key().ID, Deployment: p.primary.ID,
			Group: "service:" + s.Name, StartedBy: p.primary.ID, LaunchType: spec.LaunchType, Resources: resources, CreatedAt: p.Now,
			EnableExecuteCommand: spec.EnableExecuteCommand, EnableManagedTags: s.Spec.EnableManagedTags,
			CapacityProvider: at.provider, Interface: at.network, PlatformVersion: platform(spec.PlatformVersion), Volume: model.TaskVolume(spec.Volume),
			Runtime: p.Runtime},
		Status: model.TaskObserved{Last: model.TaskPending, Version: 1}}
	switch {
	case p.onFargate():
		t.Spec.LaunchType = model.LaunchFargate
	case p.managed(at.provider):
		t.Spec.LaunchType = "MANAGED_INSTANCES"
	case t.Spec.LaunchType == "":
		t.Spec.LaunchType = "EC2"
	}
	for i := range def.Definition.ContainerDefinitions {
		if c := &def.Definition.ContainerDefinitions[i]; c.Name != nil {
			t.Status.Containers = append(t.Status.Containers,
				model.ContainerObserved{Name: *c.Name, Last: model.TaskPending, ID: p.ids.UUID()})
		}
	}
	if at.instance == "" {
		provision.Wait(t, s.Spec.Strategy, s.Spec.Constraints, spec.Network)
	}
	return t
}

// platform returns the platform version that tasks run on whose deployment
// names one. Source: ECS developer guide, "Fargate platform versions".
func platform(named string) string {
	if named == "LATEST" {
		return "1.4.0"
	}
	return named
}

// managed reports whether the provider's instances are managed ones.
func (p *planning) managed(provider string) bool {
	c := p.Providers[provider]
	return c != nil && c.Managed != nil
}

// tags are those that a new task gets: propagated ones and, if asked for,
// those that ECS manages.
// Source: ECS API reference, CreateService: propagateTags, enableECSManagedTags.
func (p *planning) tags(def *model.TaskDefinition) []model.Tag {
	var tags []model.Tag
	switch p.Service.Spec.PropagateTags {
	case "SERVICE":
		tags = append(tags, p.Service.Tags...)
	case "TASK_DEFINITION":
		tags = append(tags, def.Tags...)
	}
	if p.Service.Spec.EnableManagedTags {
		tags = append(tags, model.Tag{Key: "aws:ecs:clusterName", Value: p.Service.Cluster},
			model.Tag{Key: "aws:ecs:serviceName", Value: p.Service.Name})
	}
	return tags
}
