package sim

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/cockroachdb/datadriven"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
	"github.com/roadstead/roadstead/store"
)

// TestScenarios runs testdata/honest: each file is one order of events that once
// went wrong, told so that it can be read, because seeds rot. A line is
//
//	node NAME                      a machine; its agent joins
//	define FAMILY image=KIND [health=yes]
//	service NAME family=F desired=N [minimum=N] [maximum=N]
//	update NAME [family=F] [desired=N]
//	task family=F                  RunTask
//	cut|join|kill|start|fail|power|lose NODE
//	lag NODE DURATION              what the control plane says comes later
//	disk full|free
//	plane kill|start|pause|resume  who is resumed may have been replaced, and not know it for a moment
//	run DURATION
//	show                           what is stored, and what runs
func TestScenarios(t *testing.T) { runScenarios(t, "testdata/honest") }

func runScenarios(t *testing.T, folder string) {
	datadriven.Walk(t, folder, func(t *testing.T, path string) {
		var s *scenario
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd == "world" {
				s = newScenario(t, d)
			}
			for line := range strings.Lines(d.Input) {
				if err := s.line(strings.Fields(line)); err != nil {
					d.Fatalf(t, "%s: %v", strings.TrimSpace(line), err)
				}
			}
			return s.said()
		})
	})
}

var ids = regexp.MustCompile(`[0-9a-f]{32}|[0-9]{19}`)

// anonymous replaces ids, which scenarios do not depend on.
func anonymous(s string) string { return ids.ReplaceAllString(s, "ID") }

// scenario is a world in which nothing happens but what is told.
type scenario struct {
	w      *world
	paused *plane
	out    strings.Builder
}

func newScenario(t *testing.T, d *datadriven.TestData) *scenario {
	var name string
	if d.HasArg("mutant") {
		d.ScanArgs(t, "mutant", &name)
	}
	s := shape{slow: time.Millisecond, calm: true}
	plant(t, mutant.Name(name))
	w := newWorld(1, s, Options{})
	w.startPlane()
	sc := &scenario{w: w}
	sc.call("CreateCluster", &ecs.CreateClusterInput{ClusterName: aws.String("main")})
	return sc
}

func (s *scenario) said() string {
	if s.w.failure != nil {
		fmt.Fprintf(&s.out, "FAILED %s: %s\n", s.w.failure.Check, anonymous(s.w.failure.Message))
	}
	out := s.out.String()
	s.out.Reset()
	if out == "" {
		return "ok\n"
	}
	return out
}

// call calls the front door and waits for the answer.
func (s *scenario) call(operation string, in any) {
	s.w.call(nil, operation, in, func(_ any, err error) {
		if err != nil {
			fmt.Fprintf(&s.out, "%s: %v\n", operation, err)
		}
	})
	s.w.run(10 * time.Millisecond)
}

func (s *scenario) node(name string) *node {
	for _, n := range s.w.nodes {
		if n.name == name {
			return n
		}
	}
	return &node{w: s.w, name: "nobody"}
}

func (s *scenario) line(f []string) error {
	if len(f) == 0 {
		return nil
	}
	args := map[string]string{}
	for _, a := range f[1:] {
		k, v, _ := strings.Cut(a, "=")
		args[k] = v
	}
	number := func(k string, otherwise int) *int32 {
		if n, err := strconv.Atoi(args[k]); err == nil {
			otherwise = n
		}
		return aws.Int32(int32(otherwise))
	}
	switch f[0] {
	case "run":
		d, err := time.ParseDuration(f[1])
		s.w.run(d)
		return err
	case "show":
		s.show()
	case "define":
		c := types.ContainerDefinition{Name: aws.String("c"), Image: aws.String("sim/" + args["image"] + ":1"), Cpu: 128, Memory: aws.Int32(128)}
		if args["health"] != "" {
			c.HealthCheck = &types.HealthCheck{Command: []string{"CMD-SHELL", "check"}, Interval: aws.Int32(5)}
		}
		s.call("RegisterTaskDefinition", &ecs.RegisterTaskDefinitionInput{Family: &f[1], ContainerDefinitions: []types.ContainerDefinition{c}})
	case "service":
		s.call("CreateService", &ecs.CreateServiceInput{Cluster: aws.String("main"), ServiceName: &f[1], TaskDefinition: aws.String(args["family"]),
			DesiredCount: number("desired", 1), DeploymentConfiguration: &types.DeploymentConfiguration{
				MinimumHealthyPercent: number("minimum", 100), MaximumPercent: number("maximum", 200)}})
	case "update":
		in := &ecs.UpdateServiceInput{Cluster: aws.String("main"), Service: &f[1]}
		if args["family"] != "" {
			in.TaskDefinition = aws.String(args["family"])
		}
		if args["desired"] != "" {
			in.DesiredCount = number("desired", 0)
		}
		s.call("UpdateService", in)
	case "task":
		s.call("RunTask", &ecs.RunTaskInput{Cluster: aws.String("main"), TaskDefinition: aws.String(args["family"])})
	default:
		return s.fault(f)
	}
	return nil
}

func (s *scenario) fault(f []string) (err error) {
	n := s.node(f[1])
	switch strings.Join(f[:1], " ") {
	case "node":
		s.w.addNode(f[1])
		s.w.run(6 * time.Second)
	case "cut":
		n.part()
	case "join":
		n.join()
	case "kill":
		n.kill()
	case "start":
		n.start()
	case "fail":
		n.fail()
	case "power":
		n.power()
	case "lose":
		n.fail()
		n.lost = true
	case "lag":
		n.lag, err = time.ParseDuration(f[2])
	case "disk":
		s.w.diskFull = f[1] == "full"
	case "plane":
		switch f[1] {
		case "start":
			s.w.startPlane()
		case "pause":
			s.paused = s.w.plane
			s.paused.pause()
		case "resume":
			s.paused.resume()
		default:
			s.w.plane.crash("it is killed")
		}
	default:
		return fmt.Errorf("nobody knows what %s means", f[0])
	}
	return err
}

// show tells what is stored and what really runs, without ids.
func (s *scenario) show() {
	if s.w.plane == nil {
		s.out.WriteString("no control plane\n")
		return
	}
	v := s.w.plane.db.View()
	for _, n := range s.w.nodes {
		i, _ := store.Get[*model.ContainerInstance](v, model.InstanceID(account, "main", taskID(n.arn)))
		connected := i != nil && i.AgentConnected
		fmt.Fprintf(&s.out, "%s: connected %v, %d containers run\n", n.name, connected, len(n.running()))
	}
	count := map[string]int{}
	var order []string
	for t := range store.All[*model.Task](v) {
		line := fmt.Sprintf("%s %s of %s, to be %s", t.Spec.Group, t.Status.Last, revision(t.Spec.TaskDefinition), t.Desired)
		if t.Stopped() {
			line += ": " + t.StoppedReason
		}
		line = anonymous(line)
		if count[line]++; count[line] == 1 {
			order = append(order, line)
		}
	}
	slices.Sort(order)
	for _, line := range order {
		fmt.Fprintf(&s.out, "%d %s\n", count[line], line)
	}
}
