package sim

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/place"
	"github.com/roadstead/roadstead/store"
)

// mustBeSettled fails the run if the world has not settled ("liveness").
func (c *checker) mustBeSettled() {
	if why := c.settled(); why != "" {
		c.w.fail(cmp.Or(c.culprit, "liveness"), "%s", why)
	}
}

// settled returns why the world has not settled; "" when it has: every
// service has what it is to have or says why not, every task is what it is to
// be, and what runs is exactly what is said to run.
func (c *checker) settled() string {
	c.culprit = ""
	p := c.w.plane
	if p == nil {
		return "there is no control plane"
	}
	v := p.db.View()
	if why := c.connected(v); why != "" {
		return why
	}
	if why := c.tasksSettled(v); why != "" {
		return why
	}
	for s := range store.All[*model.Service](v) {
		if why := c.serviceSettled(v, s); why != "" {
			return why
		}
	}
	for _, settled := range []func(store.View) string{c.daemonsSettled, c.volumesSettled, c.sandboxesSettled} {
		if why := settled(v); why != "" {
			return why
		}
	}
	return c.containersSettled(v)
}

// connected looks whether the instances are as the nodes are.
func (c *checker) connected(v store.View) string {
	for _, n := range c.w.nodes {
		if n.arn == "" && !n.lost {
			return n.name + " is not registered"
		}
		i, ok := store.Get[*model.ContainerInstance](v, model.InstanceID(account, n.cluster, taskID(n.arn)))
		switch {
		case !ok:
		case i.Status == model.InstanceInactive:
		case n.lost && i.AgentConnected:
			return n.name + " is lost and counts as connected"
		case !n.lost && !i.AgentConnected:
			return n.name + " does not count as connected"
		}
	}
	return ""
}

func (c *checker) tasksSettled(v store.View) string {
	for t := range store.All[*model.Task](v) {
		if t.Stopped() {
			continue
		}
		switch {
		case t.Desired == model.TaskStopped:
			return fmt.Sprintf("task %s is to stop and is %s", t.ID, t.Status.Last)
		case t.Status.Last != model.TaskRunning:
			return fmt.Sprintf("task %s is to run and is %s", t.ID, t.Status.Last)
		}
		if n := c.nodeOf(t); n == nil || n.lost {
			return fmt.Sprintf("task %s runs on an instance that is lost", t.ID)
		} else if name := c.missing(v, n, t); name != "" {
			return fmt.Sprintf("task %s is said to run on %s and its container %s does not", t.ID, n.name, name)
		}
	}
	return ""
}

func (c *checker) nodeOf(t *model.Task) *node {
	for _, n := range c.w.nodes {
		if n.arn != "" && taskID(n.arn) == taskID(t.Spec.Instance) {
			return n
		}
	}
	return nil
}

// missing returns a container of a task that is to run on a node and does not:
// an essential one, or one that is not said to have stopped.
func (c *checker) missing(v store.View, n *node, t *model.Task) string {
	runs := map[string]bool{}
	for _, e := range n.machine.List(n.now()) {
		if e.Status == runtime.StatusRunning && e.TaskID == t.ID {
			runs[e.Labels[labelContainer]] = true
		}
	}
	d, ok := store.DefinitionOf(v, t)
	if !ok {
		return "without a definition"
	}
	for _, def := range d.Definition.ContainerDefinitions {
		name := aws.ToString(def.Name)
		at := t.Container(name)
		if !runs[name] && (def.Essential == nil || *def.Essential || at < 0 || t.Status.Containers[at].Last != model.TaskStopped) {
			return name
		}
	}
	return ""
}

// containersSettled looks whether every container has its task, and every
// record.
func (c *checker) containersSettled(v store.View) string {
	for _, n := range c.w.nodes {
		if n.lost {
			continue
		}
		for _, e := range n.machine.List(n.now()) {
			t, ok := store.Get[*model.Task](v, model.TaskID(account, n.cluster, e.TaskID))
			if !ok || t.Stopped() || taskID(t.Spec.Instance) != taskID(n.arn) {
				return fmt.Sprintf("container %s is %s on %s without a task", e.ID, e.Status, n.name)
			}
		}
		if n.agent != nil && len(n.agent.live) != len(n.records) {
			return fmt.Sprintf("%s has %d records of %d tasks", n.name, len(n.records), len(n.agent.live))
		}
	}
	return ""
}

// serviceSettled looks whether a service has what it is to have, or says why
// not.
func (c *checker) serviceSettled(v store.View, s *model.Service) string {
	if s.Status == model.ServiceDraining {
		return fmt.Sprintf("service %s is still DRAINING", s.Name)
	}
	if s.Status != model.ServiceActive {
		return ""
	}
	if s.Spec.Controller == external {
		return c.setsSettled(v, s)
	}
	d, ok := store.Get[*model.Deployment](v, s.Key().ID+"/"+s.Primary)
	if !ok {
		return fmt.Sprintf("service %s has no primary deployment", s.Name)
	}
	current, older := 0, 0
	for t := range store.TasksByService(v, s.Key().ID) {
		switch {
		case t.Stopped():
		case t.Spec.Deployment == s.Primary && !draining(v, t):
			current++
		default:
			older++
		}
	}
	desired := s.Spec.DesiredCount
	if s.Spec.Scheduling == model.SchedulingDaemon {
		desired = c.daemons(v)
	}
	switch {
	case current == desired && older == 0 && d.Status.Rollout == model.RolloutInProgress:
		return fmt.Sprintf("service %s has all its tasks and its deployment is not completed", s.Name)
	case current == desired && older == 0:
		return c.zonesSettled(v, s, d)
	case current > desired:
		return fmt.Sprintf("service %s has %d tasks and is to have %d", s.Name, current, desired)
	case d.Status.Rollout == model.RolloutFailed:
		return ""
	case d.Status.RetryAt.After(c.w.clock.now):
		return fmt.Sprintf("service %s tries again at %v", s.Name, d.Status.RetryAt)
	case d.Status.LastStuck != "":
		return c.reallyStuck(v, s, d.ID, d.Status.LastStuck)
	}
	return fmt.Sprintf("service %s has %d tasks of its primary deployment and %d older ones, is to have %d, and does not say why", s.Name, current, older, desired)
}

// draining reports whether the task is to leave its instance.
func draining(v store.View, t *model.Task) bool {
	i, ok := store.Get[*model.ContainerInstance](v, t.Spec.Instance)
	return ok && i.Status == model.InstanceDraining
}

// daemons returns how many instances a daemon belongs on.
func (c *checker) daemons(v store.View) int {
	n := 0
	for i := range store.All[*model.ContainerInstance](v) {
		if i.Status == model.InstanceActive && i.AgentConnected {
			n++
		}
	}
	return n
}

// reallyStuck looks whether a service that says that it found no instance is
// right: no instance has room for one of its tasks ("excuse").
func (c *checker) reallyStuck(v store.View, s *model.Service, deployment, stuck string) string {
	if len(s.Spec.Constraints) > 0 || stuck == "DEPLOYMENT_CONFIGURATION" {
		return ""
	}
	var need *model.Resources
	for t := range store.All[*model.Task](v) {
		if t.Spec.Deployment == deployment {
			need = &t.Spec.Resources
		}
	}
	if need == nil { // none was ever placed, so nothing shows what one takes
		return ""
	}
	provider, _, _ := strings.Cut(stuck, ":")
	if strings.HasSuffix(stuck, place.FailInterface) {
		return c.addressFree(v, s, *need)
	}
	for i := range store.All[*model.ContainerInstance](v) {
		switch {
		case s.Spec.LaunchType == model.LaunchFargate, provider == model.ProviderFargate, provider == model.ProviderFargateSpot:
			if !i.Fargate {
				continue
			}
		case len(s.Spec.CapacityStrategy) > 0 && i.CapacityProvider != provider:
			continue
		}
		if i.Status == model.InstanceActive && i.AgentConnected && fits(v, i, *need) && s.Spec.Scheduling == model.SchedulingReplica {
			return fmt.Sprintf("service %s says %s and instance %s has room", s.Name, stuck, i.ID)
		}
	}
	return ""
}

func fits(v store.View, i *model.ContainerInstance, need model.Resources) bool {
	cpu, memory, gpus := need.CPU, need.Memory, need.GPUs
	taken := map[model.Port]bool{}
	for _, p := range i.Registered.Ports {
		taken[p] = true
	}
	for t := range store.TasksByInstance(v, i.Key().ID) {
		if t.HoldsResources() {
			cpu, memory, gpus = cpu+t.Spec.Resources.CPU, memory+t.Spec.Resources.Memory, gpus+t.Spec.Resources.GPUs
			for _, p := range t.Spec.Resources.Ports {
				taken[p] = true
			}
		}
	}
	for _, p := range need.Ports {
		if taken[p] {
			return false
		}
	}
	return cpu <= i.Registered.CPU && memory <= i.Registered.Memory && (need.GPUs == 0 || gpus <= i.Registered.GPUs)
}

// mustBeForgotten fails the run if stopped tasks are still in the tables long
// after ("memory").
func (c *checker) mustBeForgotten() {
	if c.w.failure != nil || c.w.plane == nil {
		return
	}
	for t := range store.All[*model.Task](c.w.plane.db.View()) {
		if t.Stopped() {
			c.w.fail("memory", "task %s has stopped at %v and is not forgotten", t.ID, t.Status.StoppedAt)
		}
	}
}
