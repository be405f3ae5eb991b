package place

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/cockroachdb/datadriven"

	"github.com/roadstead/roadstead/model"
)

// world is what a transcript has set up.
type world struct {
	nodes []Node
	tasks []*model.Task
}

func TestTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		var w world
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "nodes":
				w = world{}
				for line := range strings.SplitSeq(d.Input, "\n") {
					w.nodes = append(w.nodes, parseNode(t, line))
				}
				return ""
			case "place", "explain":
				return w.place(t, d)
			case "tasks":
				w.tasks = nil
				for line := range strings.SplitSeq(d.Input, "\n") {
					w.tasks = append(w.tasks, parseTask(t, line, len(w.tasks)))
				}
				return ""
			case "victims":
				return w.victims(t, d)
			}
			t.Fatalf("unknown command %s", d.Cmd)
			return ""
		})
	})
}

func instanceID(name string) string { return model.InstanceID("1", "c", name) }

// parseNode reads "name cpu=1024 memory=2048 zone=z1 used=cpu,memory
// gpus=2,1 held=tcp/80 reserved=tcp/22 running=2 status=DRAINING disconnected external name=value".
func parseNode(t *testing.T, line string) Node {
	words := strings.Fields(line)
	n := Node{Instance: &model.ContainerInstance{Account: "1", Cluster: "c", ID: words[0], Status: model.InstanceActive,
		AgentConnected: true, Registered: model.Resources{CPU: 1024, Memory: 1024}}}
	for _, w := range words[1:] {
		name, value, _ := strings.Cut(w, "=")
		switch name {
		case "cpu":
			n.Instance.Registered.CPU = number(t, value)
		case "memory":
			n.Instance.Registered.Memory = number(t, value)
		case "used":
			cpu, memory, _ := strings.Cut(value, ",")
			n.Usage.CPU, n.Usage.Memory = number(t, cpu), number(t, memory)
		case "held":
			n.Usage.Ports = parsePorts(t, value)
		case "gpus": // registered,used
			has, used, _ := strings.Cut(value, ",")
			n.Instance.Registered.GPUs, n.Usage.GPUs = number(t, has), number(t, used)
		case "reserved":
			n.Instance.Registered.Ports = parsePorts(t, value)
		case "running":
			n.Usage.Running = number(t, value)
		case "status":
			n.Instance.Status = value
		case "disconnected":
			n.Instance.AgentConnected = false
		case "external":
			n.Instance.External = true
		case "provider":
			n.Instance.CapacityProvider = value
		case "zone":
			n.Instance.Attributes = append(n.Instance.Attributes, model.Attribute{Name: ZoneAttribute, Value: value})
		default:
			n.Instance.Attributes = append(n.Instance.Attributes, model.Attribute{Name: name, Value: value})
		}
	}
	return n
}

// parseTask reads "node RUNNING UNHEALTHY"; later lines are newer tasks.
func parseTask(t *testing.T, line string, n int) *model.Task {
	words := strings.Fields(line)
	task := &model.Task{Account: "1", Cluster: "c", ID: fmt.Sprintf("t%d", n+1),
		Spec:   model.TaskSpec{Instance: instanceID(words[0]), CreatedAt: time.Unix(int64(n), 0)},
		Status: model.TaskObserved{Last: model.TaskStatus(words[1])}}
	if len(words) > 2 {
		task.Status.Health = words[2]
	}
	return task
}

func parsePorts(t *testing.T, s string) (ports []model.Port) {
	for p := range strings.SplitSeq(s, ",") {
		protocol, n, _ := strings.Cut(p, "/")
		ports = append(ports, model.Port{Number: number(t, n), Protocol: protocol})
	}
	return ports
}

func number(t *testing.T, s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// rules reads the lines "spread attribute:x", "memberOf ..." of the input.
func rules(d *datadriven.TestData) (*Rules, error) {
	var strategy []model.PlacementStrategy
	var constraints []model.PlacementConstraint
	for line := range strings.SplitSeq(d.Input, "\n") {
		kind, rest, _ := strings.Cut(line, " ")
		switch {
		case kind == DistinctInstance || kind == MemberOf:
			constraints = append(constraints, model.PlacementConstraint{Type: kind, Expression: rest})
		case kind != "":
			strategy = append(strategy, model.PlacementStrategy{Type: kind, Field: rest})
		}
	}
	return Compile(strategy, constraints)
}

func (w *world) place(t *testing.T, d *datadriven.TestData) string {
	r, err := rules(d)
	if err != nil {
		return err.Error() + "\n"
	}
	req := Request{Count: 1, Resources: model.Resources{CPU: 100, Memory: 100}, Rules: r}
	var seed uint64
	for _, a := range d.CmdArgs {
		switch a.Key {
		case "count":
			req.Count = number(t, a.Vals[0])
		case "seed":
			seed = uint64(number(t, a.Vals[0]))
		case "cpu":
			req.Resources.CPU = number(t, a.Vals[0])
		case "memory":
			req.Resources.Memory = number(t, a.Vals[0])
		case "gpus":
			req.Resources.GPUs = number(t, a.Vals[0])
		case "ports":
			req.Resources.Ports = parsePorts(t, strings.Join(a.Vals, ","))
		case "group", "occupied", "only":
			ids := []string{}
			for _, v := range a.Vals {
				ids = append(ids, instanceID(v))
			}
			*map[string]*[]string{"group": &req.Group, "occupied": &req.Occupied, "only": &req.Only}[a.Key] = ids
		case "require":
			name, value, _ := strings.Cut(a.Vals[0], ":")
			req.Required = append(req.Required, model.Attribute{Name: name, Value: value})
		case "external":
			req.External = true
		case "provider":
			req.Provider = a.Vals[0]
		default:
			t.Fatalf("unknown argument %s", a.Key)
		}
	}
	if d.Cmd == "explain" {
		return showExplanations(Explain(NewFleet(w.nodes), &req))
	}
	return show(Place(NewFleet(w.nodes), &req, seed))
}

func showExplanations(all []Explanation) string {
	var out strings.Builder
	for _, e := range all {
		name := strings.TrimPrefix(e.Instance, "1/c/")
		if e.Fits() {
			fmt.Fprintf(&out, "%s: fits\n", name)
		}
		for _, r := range e.Refusals {
			fmt.Fprintf(&out, "%s: %s: %s\n", name, r.Reason, r.Detail)
		}
	}
	return out.String()
}

func show(r Result) string {
	var out strings.Builder
	var names []string
	for _, id := range r.Placed {
		names = append(names, strings.TrimPrefix(id, "1/c/"))
	}
	fmt.Fprintf(&out, "placed: %s\n", strings.Join(names, " "))
	for _, f := range r.Failures {
		fmt.Fprintf(&out, "%s: %s (%s)\n", strings.TrimPrefix(f.Instance, "1/c/"), f.Reason, f.Detail)
	}
	if c, ok := r.Closest(); ok {
		fmt.Fprintf(&out, "closest: %s\n", strings.TrimPrefix(c.Instance, "1/c/"))
	}
	return out.String()
}

func (w *world) victims(t *testing.T, d *datadriven.TestData) string {
	r, err := rules(d)
	if err != nil {
		t.Fatal(err)
	}
	n := 1
	var staying []string
	for _, a := range d.CmdArgs {
		switch a.Key {
		case "count":
			n = number(t, a.Vals[0])
		case "staying":
			for _, v := range a.Vals {
				staying = append(staying, instanceID(v))
			}
		}
	}
	var out []string
	for _, v := range Victims(NewFleet(w.nodes), w.tasks, staying, r, n) {
		out = append(out, v.ID)
	}
	return strings.Join(out, " ") + "\n"
}

func TestDemand(t *testing.T) {
	container := func(name string, cpu int32, memory, reservation *int32) types.ContainerDefinition {
		return types.ContainerDefinition{Name: &name, Cpu: cpu, Memory: memory, MemoryReservation: reservation}
	}
	def := types.TaskDefinition{ContainerDefinitions: []types.ContainerDefinition{
		container("a", 100, aws.Int32(512), aws.Int32(128)), container("b", 50, aws.Int32(256), nil), container("c", 0, nil, nil)}}
	def.ContainerDefinitions[0].PortMappings = []types.PortMapping{
		{ContainerPort: aws.Int32(80), HostPort: aws.Int32(8080), Protocol: types.TransportProtocolTcp},
		{ContainerPort: aws.Int32(53), HostPort: aws.Int32(53), Protocol: types.TransportProtocolUdp},
		{ContainerPort: aws.Int32(81), HostPort: aws.Int32(0)}}
	host := def
	host.NetworkMode = types.NetworkModeHost
	awsvpc := def
	awsvpc.NetworkMode = types.NetworkModeAwsvpc
	sized := def
	sized.Cpu, sized.Memory = aws.String(".25 vCPU"), aws.String("0.5 GB")
	gpus := types.TaskDefinition{ContainerDefinitions: []types.ContainerDefinition{container("a", 1, nil, nil), container("b", 1, nil, nil), container("c", 1, nil, nil)}}
	for i, value := range []string{"2", "1", "ALL"} { // ALL is an attribute's affair
		gpus.ContainerDefinitions[i].ResourceRequirements = []types.ResourceRequirement{{Type: types.ResourceTypeGpu, Value: &value}}
	}
	wrong := def
	wrong.Cpu = aws.String("lots")
	for _, c := range []struct {
		name string
		def  types.TaskDefinition
		over *types.TaskOverride
		want string
	}{
		{"containers", def, nil, "{150 384 [{8080 tcp} {53 udp}] 0} <nil>"},
		{"host", host, nil, "{150 384 [{81 tcp} {8080 tcp} {53 udp}] 0} <nil>"},
		{"awsvpc", awsvpc, nil, "{150 384 [] 0} <nil>"},
		{"task", sized, nil, "{256 512 [{8080 tcp} {53 udp}] 0} <nil>"},
		{"override", def, &types.TaskOverride{Memory: aws.String("2048"), ContainerOverrides: []types.ContainerOverride{
			{Name: aws.String("a"), Cpu: aws.Int32(200)}}}, "{250 2048 [{8080 tcp} {53 udp}] 0} <nil>"},
		{"container override", def, &types.TaskOverride{ContainerOverrides: []types.ContainerOverride{
			{Name: aws.String("b"), Memory: aws.Int32(512)}, {Name: aws.String("a"), MemoryReservation: aws.Int32(64)}}},
			"{150 576 [{8080 tcp} {53 udp}] 0} <nil>"},
		{"gpus", gpus, nil, "{3 0 [] 3} <nil>"},
		{"other gpus", gpus, &types.TaskOverride{ContainerOverrides: []types.ContainerOverride{
			{Name: aws.String("b"), Cpu: aws.Int32(3)}, {Name: aws.String("c"), ResourceRequirements: gpus.ContainerDefinitions[0].ResourceRequirements}}}, "{5 0 [] 5} <nil>"},
		{"wrong", wrong, nil, `{0 0 [] 0} cpu of the task: "lots" is not an amount`},
	} {
		r, err := Demand(&c.def, c.over)
		if got := fmt.Sprint(r, err); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// What overrides ask of devices stands in place of what the definition asks.
func TestRequiredDevices(t *testing.T) {
	asking := func(value string) []types.ResourceRequirement {
		return []types.ResourceRequirement{{Type: types.ResourceTypeGpu, Value: &value}}
	}
	def := types.TaskDefinition{ContainerDefinitions: []types.ContainerDefinition{
		{Name: aws.String("a"), ResourceRequirements: asking("ALL")}, {Name: aws.String("b"), ResourceRequirements: asking("1")}},
		RequiresAttributes: []types.Attribute{{Name: aws.String("x")}, {Name: aws.String(model.CapabilityGPUAll)}}}
	for _, c := range []struct {
		a, b, want string // "": not overridden
	}{
		{"", "", "x " + model.CapabilityGPUAll}, {"2", "", "x"}, {"", "3", "x " + model.CapabilityGPUAll},
		{"1", "ALL", "x " + model.CapabilityGPUAll}, {"1", "1", "x"},
	} {
		over := &types.TaskOverride{}
		for name, value := range map[string]string{"a": c.a, "b": c.b} {
			if value != "" {
				over.ContainerOverrides = append(over.ContainerOverrides, types.ContainerOverride{Name: &name, ResourceRequirements: asking(value)})
			}
		}
		var names []string
		for _, a := range RequiredWith(&def, over) {
			names = append(names, a.Name)
		}
		slices.SortFunc(names, func(a, b string) int { return len(a) - len(b) })
		if got := strings.Join(slices.Compact(names), " "); got != c.want {
			t.Errorf("%q, %q: %s, want %s", c.a, c.b, got, c.want)
		}
	}
}
