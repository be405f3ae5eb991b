package place

import (
	"fmt"
	"slices"
	"strings"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/place/expression"
)

// Limits of explanations.
const (
	// MaxDetails is how many of a Result's Failures have a Detail.
	MaxDetails = 100
	// MaxDetail bounds a Detail, in bytes.
	MaxDetail = 1000
)

// Refusal is one thing about an instance that keeps a task from it.
type Refusal struct {
	// Reason is one of the Fail constants.
	Reason string
	// Detail is a sentence that says exactly what refused, and what there is:
	// the amount asked, free and registered; the port; the attribute; the
	// expression.
	Detail string
}

// Explanation is what one instance says to a request.
type Explanation struct {
	Instance string // id (model.InstanceID)
	// Refusals are all that refused, in the order in which they are checked;
	// none: one more task fits.
	Refusals []Refusal
}

// Fits reports whether the instance can take one more task.
func (e Explanation) Fits() bool { return len(e.Refusals) == 0 }

// Explain returns what each instance of the fleet, in whatever state, says to
// one more task of the request, in the order of ids. Count and Only do not
// matter.
func Explain(f *Fleet, req *Request) []Explanation {
	occupied := map[string]bool{}
	for _, id := range req.occupied() {
		occupied[id] = true
	}
	all := make([]Explanation, 0, len(f.nodes))
	for i := range f.nodes {
		n := &f.nodes[i]
		all = append(all, Explanation{n.id, req.refusals(n, occupied[n.id])})
	}
	return all
}

// Refusals returns all that keeps one more task of the request from node n.
// The first is what Check returns.
func Refusals(n Node, req *Request) []Refusal {
	fn := newFleetNode(n)
	return req.refusals(&fn, slices.Contains(req.occupied(), fn.id))
}

// Detail joins the sentences of refusals to one text of at most MaxDetail
// bytes.
func Detail(refusals []Refusal) string {
	var all []string
	for _, r := range refusals {
		all = append(all, r.Detail)
	}
	return cut(strings.Join(all, " "), MaxDetail)
}

func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	const dots = "..."
	return strings.ToValidUTF8(s[:most-len(dots)], "") + dots
}

func (r *Request) refusals(n *fleetNode, occupied bool) (all []Refusal) {
	refuse := func(reason, format string, args ...any) {
		all = append(all, Refusal{reason, fmt.Sprintf(format, args...)})
	}
	if n.Instance.Status != model.InstanceActive {
		refuse(FailInactive, "The container instance is %s, not %s.", n.Instance.Status, model.InstanceActive)
	}
	if r.External && !n.Instance.External {
		refuse(FailLaunchType, "The launch type is EXTERNAL and the container instance is not.")
	}
	if r.Fargate && !n.Instance.Fargate {
		refuse(FailLaunchType, "The task is for Fargate and the container instance does not take its tasks.")
	}
	if !r.Fargate && n.Guest {
		refuse(FailLaunchType, "The container instance takes tasks of Fargate alone.")
	}
	switch has := n.Instance.CapacityProvider; {
	case r.Provider == "" || has == r.Provider:
	case has == "":
		refuse(FailProvider, "The capacity provider %s is wanted and the container instance belongs to none.", r.Provider)
	default:
		refuse(FailProvider, "The capacity provider %s is wanted and the container instance belongs to %s.", r.Provider, has)
	}
	if !n.Instance.AgentConnected {
		refuse(FailAgent, "The agent of the container instance is not connected.")
	}
	if len(r.Zones) > 0 && !slices.Contains(r.Zones, n.zone) {
		refuse(FailZone, "The availability zones %s are wanted and the container instance is in %q.", strings.Join(r.Zones, ", "), n.zone)
	}
	for _, want := range r.Required {
		switch have, ok := n.Instance.Attribute(want.Name); {
		case !ok && want.Value == "":
			refuse(FailAttribute, "The attribute %s is required and missing.", want.Name)
		case !ok:
			refuse(FailAttribute, "The attribute %s=%s is required and missing.", want.Name, want.Value)
		case want.Value != "" && want.Value != have:
			refuse(FailAttribute, "The attribute %s=%s is required and its value is %q.", want.Name, want.Value, have)
		}
	}
	if r.Rules != nil {
		for _, e := range r.Rules.memberOf {
			if !r.memberOf(n, e) {
				refuse(FailMemberOf, "The expression %q does not hold.", e)
			}
		}
		if r.Rules.distinct && occupied {
			refuse(FailDistinct, "A task of the group is on the container instance, and each is to have its own.")
		}
	}
	return append(all, r.shortages(n)...)
}

// shortages are the refusals for what the instance has left.
func (r *Request) shortages(n *fleetNode) (all []Refusal) {
	has := n.Instance.Registered
	if free := has.CPU - n.Usage.CPU; r.Resources.CPU > free {
		all = append(all, Refusal{FailCPU, fmt.Sprintf("%d CPU units are asked for, and %d of %d are free.", r.Resources.CPU, free, has.CPU)})
	}
	if free := has.Memory - n.Usage.Memory; r.Resources.Memory > free {
		all = append(all, Refusal{FailMemory, fmt.Sprintf("%d MiB of memory are asked for, and %d of %d are free.", r.Resources.Memory, free, has.Memory)})
	}
	if free := has.GPUs - n.Usage.GPUs; r.Resources.GPUs > 0 && r.Resources.GPUs > free {
		all = append(all, Refusal{FailGPU, fmt.Sprintf("%d GPUs are asked for, and %d of %d are free.", r.Resources.GPUs, max(free, 0), has.GPUs)})
	}
	for _, p := range r.Resources.Ports {
		switch {
		case holdsPort(n.Usage.Ports, p):
			all = append(all, Refusal{FailPorts, fmt.Sprintf("The host port %d/%s is taken by another task.", p.Number, p.Protocol)})
		case slices.Contains(has.Ports, p):
			all = append(all, Refusal{FailPorts, fmt.Sprintf("The host port %d/%s is reserved by the container instance.", p.Number, p.Protocol)})
		}
	}
	return all
}

// memberOf reports whether the expression holds for the instance.
func (r *Request) memberOf(n *fleetNode, e *expression.Expression) bool {
	s := expression.Subject{Instance: n.Instance, Usage: n.Usage}
	if e.UsesGroups() && r.GroupsOf != nil {
		s.Groups = r.GroupsOf(n.id)
	}
	return e.Match(s)
}
