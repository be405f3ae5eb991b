package sim

import (
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// user is whoever calls the AWS API: it makes, changes and deletes what it
// likes, and believes the answers.
type user struct {
	w           *world
	dice        dice
	resting     bool
	definitions []string           // that were registered
	services    []*userService     // that were created
	tasks       []string           // ARNs of tasks that it ran
	tokens      map[string]*errand // of RunTask
	calls       int
}

type userService struct {
	name   string
	daemon bool
}

// errand is one call of RunTask, perhaps made several times with its token.
type errand struct {
	arns  []string // that were answered first
	tries int
}

func newUser(w *world) *user {
	return &user{w: w, dice: newDice(w.seed, "user"), tokens: map[string]*errand{}}
}

// begin makes the cluster and goes on from there.
func (u *user) begin() {
	u.w.call(nil, "CreateCluster", &ecs.CreateClusterInput{ClusterName: aws.String("main")}, func(_ any, err error) {
		if err != nil {
			u.w.clock.after(time.Second, u.begin)
			return
		}
		for range u.dice.number(1, 4) {
			u.define()
		}
		u.next()
	})
}

// rest ends its activity; it takes no instance for granted that it has
// drained.
func (u *user) rest() { u.resting = true }

func (u *user) next() {
	u.w.clock.after(u.dice.between(0, 2*u.w.shape.calls), func() {
		if !u.resting {
			u.do()
			u.next()
		}
	})
}

// do makes one call.
func (u *user) do() {
	d := u.dice
	switch f := d.Float64(); {
	case len(u.definitions) == 0 || f < 0.08:
		u.define()
	case f < 0.25 && len(u.services) < 6:
		u.create()
	case f < 0.52 && len(u.services) > 0:
		u.update(u.services[d.IntN(len(u.services))])
	case f < 0.53 && len(u.services) > 0:
		u.halt(u.services[d.IntN(len(u.services))])
	case f < 0.55 && len(u.services) > 0:
		u.protect(u.services[d.IntN(len(u.services))])
	case f < 0.60 && len(u.services) > 0:
		u.remove(d.IntN(len(u.services)))
	case f < 0.80:
		u.runTask()
	case f < 0.87 && len(u.tasks) > 0:
		u.call("StopTask", &ecs.StopTaskInput{Cluster: aws.String("main"), Task: aws.String(u.tasks[d.IntN(len(u.tasks))])}, nil)
	case f < 0.93:
		u.drain()
	case f < 0.96 && len(u.services) > 0:
		u.race(u.services[d.IntN(len(u.services))])
	case f < 0.98:
		u.deregister()
	default:
		u.define()
	}
}

func (u *user) call(operation string, in any, done func(out any)) {
	u.calls++
	u.w.trace.say("user", "%s", operation)
	u.w.call(nil, operation, in, func(out any, err error) {
		if err != nil {
			u.w.trace.say("user", "%s: %v", operation, err)
			u.w.check.answered(operation, err)
			return
		}
		if done != nil {
			done(out)
		}
	})
}

// define registers a task definition.
func (u *user) define() {
	d := u.dice
	in := &ecs.RegisterTaskDefinitionInput{Family: aws.String(fmt.Sprintf("family%d", d.number(1, 3)))}
	kind := pick(d, imageFine, imageFine, imageFine, imageStubborn, imageCrashing, imageFlaky, imageJob, imageMissing, imageSlow, imageHeavy, imageSick)
	for i := range d.number(1, 3) {
		in.ContainerDefinitions = append(in.ContainerDefinitions, u.container(i, kind))
	}
	u.call("RegisterTaskDefinition", in, func(out any) {
		t := out.(*ecs.RegisterTaskDefinitionOutput).TaskDefinition
		u.definitions = append(u.definitions, fmt.Sprintf("%s:%d", *t.Family, t.Revision))
	})
}

func (u *user) container(i int, kind string) types.ContainerDefinition {
	d := u.dice
	if i > 0 {
		kind = imageFine
	}
	c := types.ContainerDefinition{Name: aws.String(fmt.Sprintf("c%d", i)), Image: aws.String(fmt.Sprintf("sim/%s:%d", kind, d.number(1, 3))),
		Cpu: int32(pick(d, 64, 128, 256, 512)), Memory: aws.Int32(int32(pick(d, 64, 128, 300, 512))), Essential: aws.Bool(i == 0 || d.chance(0.7))}
	if i > 0 && d.chance(0.5) {
		c.DependsOn = []types.ContainerDependency{{ContainerName: aws.String("c0"), Condition: types.ContainerConditionStart}}
	}
	if d.chance(0.2) {
		c.VersionConsistency = pick(d, types.VersionConsistencyEnabled, types.VersionConsistencyDisabled)
	}
	if d.chance(0.2) {
		c.StopTimeout = aws.Int32(int32(d.number(1, 60)))
	}
	if i == 0 && (kind == imageSick || kind == imageFine && d.chance(0.2)) {
		c.HealthCheck = &types.HealthCheck{Command: []string{"CMD-SHELL", "check"}, Interval: aws.Int32(int32(d.number(5, 20))),
			Timeout: aws.Int32(2), Retries: aws.Int32(int32(d.number(1, 3)))}
	}
	if i == 0 && d.chance(0.2) {
		c.PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80), HostPort: aws.Int32(int32(pick(d, 0, 8080, 8081))), Protocol: types.TransportProtocolTcp}}
	}
	return c
}

func (u *user) definition() *string {
	return aws.String(u.definitions[u.dice.IntN(len(u.definitions))])
}

func (u *user) rollout(daemon bool) *types.DeploymentConfiguration {
	d := u.dice
	c := &types.DeploymentConfiguration{MinimumHealthyPercent: aws.Int32(int32(pick(d, 0, 33, 50, 66, 75, 100))),
		MaximumPercent: aws.Int32(int32(pick(d, 101, 120, 150, 200, 300)))}
	if daemon {
		c.MinimumHealthyPercent, c.MaximumPercent = aws.Int32(int32(pick(d, 0, 50))), aws.Int32(100)
	}
	if d.chance(0.4) {
		c.DeploymentCircuitBreaker = &types.DeploymentCircuitBreaker{Enable: true, Rollback: d.chance(0.6)}
	}
	return c
}

// create makes a service.
func (u *user) create() {
	d := u.dice
	s := &userService{name: fmt.Sprintf("service%d", d.number(1, 9)), daemon: d.chance(0.15)}
	in := &ecs.CreateServiceInput{Cluster: aws.String("main"), ServiceName: &s.name, TaskDefinition: u.definition(),
		DeploymentConfiguration: u.rollout(s.daemon)}
	if s.daemon {
		in.SchedulingStrategy = types.SchedulingStrategyDaemon
	} else {
		in.DesiredCount = aws.Int32(int32(d.number(0, 7)))
	}
	switch {
	case s.daemon:
	case d.chance(0.2):
		in.PlacementStrategy = []types.PlacementStrategy{{Type: types.PlacementStrategyTypeBinpack, Field: aws.String("memory")}}
	case d.chance(0.2):
		in.PlacementStrategy = []types.PlacementStrategy{{Type: types.PlacementStrategyTypeSpread, Field: aws.String("attribute:ecs.availability-zone")}}
	}
	if d.chance(0.15) {
		in.PlacementConstraints = []types.PlacementConstraint{{Type: types.PlacementConstraintTypeDistinctInstance}}
	}
	u.call("CreateService", in, func(any) {
		if !slices.ContainsFunc(u.services, func(o *userService) bool { return o.name == s.name }) {
			u.services = append(u.services, s)
		}
	})
}

// update changes a service.
func (u *user) update(s *userService) {
	d := u.dice
	in := &ecs.UpdateServiceInput{Cluster: aws.String("main"), Service: &s.name}
	if !s.daemon && d.chance(0.6) {
		in.DesiredCount = aws.Int32(int32(d.number(0, 7)))
	}
	if d.chance(0.5) {
		in.TaskDefinition = u.definition()
	}
	if d.chance(0.2) {
		in.DeploymentConfiguration = u.rollout(s.daemon)
	}
	in.ForceNewDeployment = d.chance(0.15)
	u.call("UpdateService", in, nil)
}

// remove deletes a service.
func (u *user) remove(i int) {
	s := u.services[i]
	in := &ecs.DeleteServiceInput{Cluster: aws.String("main"), Service: &s.name, Force: aws.Bool(true)}
	u.call("DeleteService", in, func(any) {
		u.services = slices.DeleteFunc(u.services, func(o *userService) bool { return o == s })
	})
}

// runTask runs tasks, with a token that a lost answer is asked for again with.
func (u *user) runTask() {
	in := &ecs.RunTaskInput{Cluster: aws.String("main"), TaskDefinition: u.definition(), Count: aws.Int32(int32(u.dice.number(1, 3)))}
	if u.dice.chance(0.6) {
		in.ClientToken = aws.String(fmt.Sprintf("token%d", u.calls))
		u.tokens[*in.ClientToken] = &errand{}
	}
	u.runAgain(in)
}

func (u *user) runAgain(in *ecs.RunTaskInput) {
	r := u.tokens[aws.ToString(in.ClientToken)]
	u.calls++
	u.w.trace.say("user", "RunTask %s", *in.TaskDefinition)
	u.w.call(nil, "RunTask", in, func(out any, err error) {
		if err != nil {
			u.w.trace.say("user", "RunTask: %v", err)
			u.w.check.answered("RunTask", err)
			if r != nil && r.tries < 5 {
				r.tries++
				u.w.clock.after(time.Second, func() { u.runAgain(in) })
			}
			return
		}
		var arns []string
		for _, t := range out.(*ecs.RunTaskOutput).Tasks {
			arns = append(arns, *t.TaskArn)
		}
		u.tasks = append(u.tasks, arns...)
		if r == nil || len(arns) == 0 {
			return
		}
		if r.arns != nil && !slices.Equal(r.arns, arns) {
			u.w.fail("idempotency", "the token %s ran %v and then %v", *in.ClientToken, r.arns, arns)
		}
		r.arns = arns
		if r.tries == 0 && u.dice.chance(0.3) { // asks although it knows
			r.tries++
			u.runAgain(in)
		}
	})
}

// drain drains an instance, or ends that.
func (u *user) drain() {
	n := u.w.nodes[u.dice.IntN(len(u.w.nodes))]
	if n.arn == "" {
		return
	}
	status := pick(u.dice, types.ContainerInstanceStatusDraining, types.ContainerInstanceStatusActive, types.ContainerInstanceStatusActive)
	u.w.trace.say("user", "wants %s to be %s", n.name, status)
	if status == types.ContainerInstanceStatusDraining {
		u.w.happen(InstanceDrained)
	} else {
		u.w.happen(InstanceBack)
	}
	u.call("UpdateContainerInstancesState", &ecs.UpdateContainerInstancesStateInput{Cluster: aws.String("main"),
		ContainerInstances: []string{n.arn}, Status: status}, nil)
}

// race makes two calls at once that concern the same. Which one arrives first
// the network decides.
func (u *user) race(s *userService) {
	u.w.happen(CallsRace)
	u.w.trace.say("user", "makes two calls at once")
	switch u.dice.IntN(4) {
	case 0:
		u.update(s)
		u.update(s)
	case 1:
		u.update(s)
		u.remove(slices.Index(u.services, s))
	case 2:
		u.drain()
		u.call("UpdateService", &ecs.UpdateServiceInput{Cluster: aws.String("main"), Service: &s.name, ForceNewDeployment: true}, nil)
	case 3:
		if len(u.tasks) > 0 {
			u.call("StopTask", &ecs.StopTaskInput{Cluster: aws.String("main"), Task: aws.String(u.tasks[u.dice.IntN(len(u.tasks))])}, nil)
		}
		u.update(s)
	}
}

// deregister takes an instance out of the cluster by force; its agent joins
// anew.
func (u *user) deregister() {
	n := u.w.nodes[u.dice.IntN(len(u.w.nodes))]
	if n.arn == "" {
		return
	}
	u.w.trace.say("user", "deregisters %s", n.name)
	u.w.happen(InstanceDropped)
	u.call("DeregisterContainerInstance", &ecs.DeregisterContainerInstanceInput{Cluster: aws.String("main"),
		ContainerInstance: aws.String(n.arn), Force: aws.Bool(true)}, nil)
}
