package sim

import (
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// zonesSettled looks whether a service that is to be evened out over the zones
// is, as far as there is room ("zones").
func (c *checker) zonesSettled(v store.View, s *model.Service, d *model.Deployment) string {
	if !evened(s) || d.Status.Rollout != model.RolloutCompleted {
		return ""
	}
	zones := map[string]int{} // those that have an instance
	for i := range store.All[*model.ContainerInstance](v) {
		if zone := zoneOf(i); zone != "" && takes(i, s) && i.Status == model.InstanceActive && i.AgentConnected {
			zones[zone] += 0
		}
	}
	most := 0
	var need *model.Resources
	for t := range store.TasksByService(v, s.Key().ID) {
		switch i, ok := store.Get[*model.ContainerInstance](v, t.Spec.Instance); {
		case t.Stopped():
		case t.Protected(c.w.clock.now):
			return ""
		case ok:
			need = &t.Spec.Resources
			zones[zoneOf(i)]++
			most = max(most, zones[zoneOf(i)])
		}
	}
	for i := range store.All[*model.ContainerInstance](v) {
		if n := zones[zoneOf(i)]; takes(i, s) && i.Status == model.InstanceActive && i.AgentConnected && most-n > 1 && fits(v, i, *need) {
			return c.blame("zones", "service %s has %d tasks in a zone and %d in %s, where there is room on %s", s.Name, most, n, zoneOf(i), i.ID)
		}
	}
	return ""
}

// takes reports whether the instance takes tasks of the service by their launch
// type.
func takes(i *model.ContainerInstance, s *model.Service) bool {
	return i.Fargate || s.Spec.LaunchType != model.LaunchFargate
}

// evened reports whether the service is one that is evened out over the zones.
func evened(s *model.Service) bool {
	r := s.Spec
	spreads := len(r.Strategy) == 0 || r.Strategy[0].Type == "spread" && r.Strategy[0].Field == "attribute:ecs.availability-zone"
	if r.Network != nil && r.LaunchType != model.LaunchFargate { // addresses may be lacking, too
		return false
	}
	return r.ZoneRebalancing == "ENABLED" && r.Scheduling == model.SchedulingReplica && spreads && len(r.Constraints) == 0 &&
		len(r.CapacityStrategy) == 0 && r.DesiredCount*r.Rollout.MaximumPercent/100 > r.DesiredCount
}

func zoneOf(i *model.ContainerInstance) string {
	zone, _ := i.Attribute("ecs.availability-zone")
	return zone
}
