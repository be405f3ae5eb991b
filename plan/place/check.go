package place

import (
	"slices"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
)

// Why an instance cannot take a task, in the words of RunTask's failures.
// Source: ECS developer guide, "API failure reasons".
const (
	FailInactive  = "INACTIVE"
	FailAgent     = "AGENT"
	FailAttribute = "ATTRIBUTE"
	FailCPU       = "RESOURCE:CPU"
	FailMemory    = "RESOURCE:MEMORY"
	FailPorts     = "RESOURCE:PORTS"
	FailGPU       = "RESOURCE:GPU"
	// FailInterface is a zone's: no address is free there for a task of network
	// mode awsvpc. Instances have no limit of interfaces here.
	FailInterface = "RESOURCE:ENI"
	FailDistinct  = "DistinctInstance placement constraint unsatisfied."
	FailMemberOf  = "MemberOf placement constraint unsatisfied."
	// FailLaunchType is ours: the task is for external instances only.
	FailLaunchType = "LAUNCH_TYPE"
	// FailZone is ours: the instance is in none of the availability zones that
	// the task's subnets are in.
	FailZone = "AVAILABILITY_ZONE"
	// FailProvider is ours: the instance belongs to another capacity provider.
	FailProvider = "CAPACITY_PROVIDER"
)

// NoAddress is the detail of FailInterface. Source: Amazon EC2 API reference,
// error code InsufficientFreeAddressesInSubnet, which ECS passes on.
const NoAddress = "InsufficientFreeAddressesInSubnet: no address is free in the subnets of the network configuration that the instance can use."

// closeness ranks the reasons: the higher, the more the instance had right.
func closeness(reason string) int {
	return slices.Index([]string{FailInactive, FailLaunchType, FailProvider, FailAgent, FailZone, FailAttribute, FailMemberOf,
		FailDistinct, FailCPU, FailMemory, FailGPU, FailPorts, FailInterface}, reason)
}

// Check returns why node n cannot take one more task of the request, or "".
func Check(n Node, req *Request) string {
	fn := newFleetNode(n)
	return req.check(&fn, slices.Contains(req.occupied(), fn.id))
}

// Belongs returns why node n is none of the request's instances even if it
// were empty and connected, or "": its state, launch type, capacity
// provider, attributes and memberOf constraints. It is how daemons find their instances.
func Belongs(n Node, req *Request) string {
	fn := newFleetNode(n)
	if why := req.standing(&fn); why != "" && why != FailAgent {
		return why
	}
	return req.belongs(&fn)
}

// apart reports whether distinctInstance looks at other tasks than Group's.
func (r *Request) apart() bool { return r.Occupied != nil || r.OccupiedAt != nil }

func (r *Request) occupied() []string {
	if r.apart() {
		return r.Occupied
	}
	return r.Group
}

func (r *Request) check(n *fleetNode, occupied bool) string {
	if why := r.standing(n); why != "" {
		return why
	}
	if why := r.belongs(n); why != "" {
		return why
	}
	if r.Rules != nil && r.Rules.distinct && occupied && !mutant.On(mutant.DistinctIgnored) {
		return FailDistinct
	}
	return r.fits(n)
}

// standing are the checks of the instance's own state.
func (r *Request) standing(n *fleetNode) string {
	switch {
	case n.Instance.Status != model.InstanceActive && !(mutant.On(mutant.PlacedOnDraining) && n.Instance.Status == model.InstanceDraining):
		return FailInactive
	case r.External && !n.Instance.External, r.Fargate && !n.Instance.Fargate && !mutant.On(mutant.FargateAnywhere), !r.Fargate && n.Guest:
		return FailLaunchType
	case r.Provider != "" && n.Instance.CapacityProvider != r.Provider && !mutant.On(mutant.ProviderIgnored):
		return FailProvider
	case !n.Instance.AgentConnected:
		return FailAgent
	}
	return ""
}

// belongs are the checks that no other task can change.
func (r *Request) belongs(n *fleetNode) string {
	if len(r.Zones) > 0 && !slices.Contains(r.Zones, n.zone) {
		return FailZone
	}
	for _, want := range r.Required {
		have, ok := n.Instance.Attribute(want.Name)
		if !ok || (want.Value != "" && want.Value != have) {
			return FailAttribute
		}
	}
	if r.Rules == nil {
		return ""
	}
	for _, e := range r.Rules.memberOf {
		if !r.memberOf(n, e) {
			return FailMemberOf
		}
	}
	return ""
}

// fits are the checks of what the instance has left.
func (r *Request) fits(n *fleetNode) string {
	switch {
	case mutant.On(mutant.RoomIgnored):
		return ""
	case r.Resources.CPU > n.Instance.Registered.CPU-n.Usage.CPU:
		return FailCPU
	case r.Resources.Memory > n.Instance.Registered.Memory-n.Usage.Memory:
		return FailMemory
	case r.Resources.GPUs > 0 && r.Resources.GPUs > n.Instance.Registered.GPUs-n.Usage.GPUs:
		return FailGPU
	}
	for _, p := range r.Resources.Ports {
		if holdsPort(n.Usage.Ports, p) || slices.Contains(n.Instance.Registered.Ports, p) {
			return FailPorts
		}
	}
	return ""
}

func holdsPort(sorted []model.Port, p model.Port) bool {
	_, found := slices.BinarySearchFunc(sorted, p, model.ComparePorts)
	return found
}
