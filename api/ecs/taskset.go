package ecs

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// Limits of task sets.
const (
	maxTaskSets   = 5 // of a service, those that drain included
	maxExternalID = 255
)

// external returns the service whose task sets are asked for or changed.
func (r request) external(v store.View, cluster, service *string) (*model.Cluster, *model.Service, error) {
	switch {
	case aws.ToString(cluster) == "":
		return nil, nil, invalid("Cluster can not be blank.")
	case aws.ToString(service) == "":
		return nil, nil, invalid("Service can not be blank.")
	}
	c, s, err := r.activeService(v, cluster, service)
	if err != nil {
		return nil, nil, err
	}
	if s.Spec.Controller != string(types.DeploymentControllerTypeExternal) {
		return nil, nil, invalid("Amazon ECS only supports task set management on services with external deployment controllers.")
	}
	return c, s, nil
}

// taskSetID returns the id in a task set's id or ARN, "" for anything else.
func (r request) taskSetID(s *model.Service, ref string) string {
	if strings.HasPrefix(ref, "arn:") {
		kind, rest := r.own(ref)
		id, ok := strings.CutPrefix(rest, s.Cluster+"/"+s.Name+"/")
		if kind != "task-set" || !ok {
			return ""
		}
		return id
	}
	return ref
}

// taskSet returns the task set of the service that ref names.
func (r request) taskSet(v store.View, s *model.Service, ref *string) (*model.TaskSet, error) {
	if aws.ToString(ref) == "" {
		return nil, invalid("Task set can not be blank.")
	}
	t, ok := store.Get[*model.TaskSet](v, model.DeploymentKeyID(s.Account, s.Cluster, s.Name, r.taskSetID(s, *ref)))
	if !ok {
		return nil, &types.TaskSetNotFoundException{Message: new("The specified task set does not exist.")}
	}
	return t, nil
}

// CreateTaskSet stores a task set of a service whose deployments somebody else
// controls. The control loops start its tasks.
func (d *frontDoor) CreateTaskSet(ctx context.Context, in *ecs.CreateTaskSetInput) (*ecs.CreateTaskSetOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	tags, err := checkTaskSet(in)
	if err != nil {
		return nil, err
	}
	anonymous := *in
	anonymous.ClientToken = nil
	token, err := newToken(r, "CreateTaskSet", in.ClientToken, &anonymous)
	if err != nil {
		return nil, err
	}
	d.structure.RLock()
	defer d.structure.RUnlock()
	var made *model.TaskSet
	var of *model.Service
	err = d.commit(r, func(v store.View, c *model.Change) error {
		cluster, s, err := r.external(v, in.Cluster, in.Service)
		if err != nil {
			return err
		}
		of = s
		scope := s.Cluster + "/" + s.Name
		results, err := token.done(v, scope)
		switch {
		case err != nil:
			return invalid("Creation of task set was not idempotent.")
		case len(results) == 1:
			made, err = r.taskSet(v, s, &results[0])
			return err
		}
		if n := len(slices.Collect(store.TaskSetsByService(v, s.Key().ID))); n >= maxTaskSets {
			return invalid("A service can have at most %d task sets. Delete a task set and try again.", maxTaskSets)
		}
		spec := &serviceSpec{s.Spec, in.NetworkConfiguration}
		spec.Network = nil
		if err := spec.capacity(r, v, cluster, string(in.LaunchType), in.CapacityProviderStrategy); err != nil {
			return err
		}
		spec.PlatformVersion = ""
		if err := spec.onPlatform(in.PlatformVersion); err != nil {
			return err
		}
		t, err := spec.resolve(r, v, aws.ToString(in.TaskDefinition))
		if err != nil {
			return err
		}
		made = &model.TaskSet{Account: s.Account, Cluster: s.Cluster, Service: s.Name, ID: r.ids().Deployment(),
			Spec:  model.ServiceSpec{TaskDefinition: spec.TaskDefinition, LaunchType: spec.LaunchType, CapacityStrategy: spec.CapacityStrategy, PlatformVersion: spec.PlatformVersion, Network: spec.Network},
			Scale: scaleOf(in.Scale), ExternalID: aws.ToString(in.ExternalId), Tags: tags, CreatedAt: r.now, UpdatedAt: r.now,
			Status: model.TaskSetActive, Stability: model.Stabilizing, StabilityAt: r.now}
		// The service counts its task sets: two that are made at once are one too many.
		c.Put(s.Clone())
		c.Expect(cluster)
		c.Expect(t)
		c.Put(made)
		token.remember(c, v, scope, []string{made.ID})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ecs.CreateTaskSetOutput{TaskSet: showTaskSet(r, d.db.View(), of, made, true)}, nil
}

// checkTaskSet checks what depends on nothing that is stored, and returns the tags.
func checkTaskSet(in *ecs.CreateTaskSetInput) ([]model.Tag, error) {
	if err := refuse(notSupported,
		parameter{"loadBalancers", len(in.LoadBalancers) > 0},
		parameter{"serviceRegistries", len(in.ServiceRegistries) > 0},
	); err != nil {
		return nil, err
	}
	switch {
	case in.LaunchType == types.LaunchTypeManagedInstances, in.LaunchType != "" && !slices.Contains(in.LaunchType.Values(), in.LaunchType):
		return nil, invalid("Invalid launch type: %s", in.LaunchType)
	case len(aws.ToString(in.ExternalId)) > maxExternalID:
		return nil, invalid("externalId can be at most %d characters long.", maxExternalID)
	case in.Scale == nil:
		return newTags(in.Tags)
	}
	if err := checkScale(in.Scale); err != nil {
		return nil, err
	}
	return newTags(in.Tags)
}

// checkScale checks a share of the service's desired count.
func checkScale(s *types.Scale) error {
	switch {
	case s == nil:
		return invalid("Scale can not be blank.")
	case s.Unit != "" && !slices.Contains(s.Unit.Values(), s.Unit):
		return invalid("Invalid scale unit: %s", s.Unit)
	case !(s.Value >= 0 && s.Value <= 100): // which refuses what is no number, too
		return invalid("The scale value must be between 0 and 100.")
	}
	return nil
}

// scaleOf returns the share, which is none where it is not given.
func scaleOf(s *types.Scale) float64 {
	if s == nil {
		return 0
	}
	return s.Value
}
