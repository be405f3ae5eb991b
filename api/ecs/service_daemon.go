package ecs

import (
	"slices"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/place"
	"github.com/roadstead/roadstead/store"
)

// eligible counts the instances that a DAEMON service wants a task on: the
// connected ones that are ACTIVE, have the attributes and meet the constraints.
// Room does not count, or a daemon that runs would not be wanted any more.
func eligible(v store.View, s *model.Service) int32 {
	t, ok := store.Get[*model.TaskDefinition](v, s.Spec.TaskDefinition)
	if !ok {
		return 0
	}
	rules, err := place.Compile(nil, slices.Concat(place.DefinitionConstraints(t.Definition), s.Spec.Constraints))
	if err != nil {
		return 0
	}
	req := &place.Request{Count: 1, Required: place.Required(t.Definition), Rules: rules, GroupsOf: groupsOf(v),
		External: s.Spec.LaunchType == "EXTERNAL"}
	count := int32(0)
	for i := range store.Prefix[*model.ContainerInstance](v, model.ClusterID(s.Account, s.Cluster)+"/") {
		n := place.Node{Instance: i, Usage: store.Usage(v, i.Key().ID)}
		if i.AgentConnected && place.Belongs(n, req) == "" {
			count++
		}
	}
	return count
}
