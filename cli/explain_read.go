package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/place"
)

// What the API allows in one request. Source: ECS API reference.
const (
	explainPage = 100
	// explainMost bounds how many instances or tasks are read.
	explainMost = 10_000
)

// fleet reads all container instances of the cluster as placement sees them.
// Their ids are their ARNs' last parts.
func (e *explainer) fleet() (*place.Fleet, error) {
	var nodes []place.Node
	pages := ecs.NewListContainerInstancesPaginator(e.ecs, &ecs.ListContainerInstancesInput{Cluster: &e.cluster})
	for pages.HasMorePages() && len(nodes) < explainMost {
		page, err := pages.NextPage(e.ctx)
		if err != nil {
			return nil, fmt.Errorf("list container instances: %w", err)
		}
		if len(page.ContainerInstanceArns) == 0 {
			continue
		}
		out, err := e.ecs.DescribeContainerInstances(e.ctx, &ecs.DescribeContainerInstancesInput{
			Cluster: &e.cluster, ContainerInstances: page.ContainerInstanceArns})
		if err != nil {
			return nil, fmt.Errorf("describe container instances: %w", err)
		}
		for i := range out.ContainerInstances {
			nodes = append(nodes, nodeOf(&out.ContainerInstances[i]))
		}
	}
	return place.NewFleet(nodes), nil
}

// nodeOf is an instance as the API describes it, in the terms of placement.
func nodeOf(i *types.ContainerInstance) place.Node {
	ec2 := aws.ToString(i.Ec2InstanceId)
	n := &model.ContainerInstance{ID: lastPart(aws.ToString(i.ContainerInstanceArn)), Status: aws.ToString(i.Status),
		AgentConnected: i.AgentConnected, RegisteredAt: aws.ToTime(i.RegisteredAt), EC2InstanceID: ec2, External: strings.HasPrefix(ec2, "mi-"),
		CapacityProvider: aws.ToString(i.CapacityProviderName), Registered: resourcesOf(i.RegisteredResources)}
	if v := i.VersionInfo; v != nil {
		n.AgentVersion, n.AgentHash, n.DockerVersion = aws.ToString(v.AgentVersion), aws.ToString(v.AgentHash), aws.ToString(v.DockerVersion)
	}
	for _, a := range i.Attributes {
		n.Attributes = append(n.Attributes, model.Attribute{Name: aws.ToString(a.Name), Value: aws.ToString(a.Value)})
	}
	left := resourcesOf(i.RemainingResources)
	usage := model.Usage{CPU: n.Registered.CPU - left.CPU, Memory: n.Registered.Memory - left.Memory, GPUs: n.Registered.GPUs - left.GPUs,
		Running: int(i.RunningTasksCount), Pending: int(i.PendingTasksCount)}
	usage.Ports = slices.DeleteFunc(left.Ports, func(p model.Port) bool { return slices.Contains(n.Registered.Ports, p) })
	return place.Node{Instance: n, Usage: usage}
}

// resourcesOf reads amounts and, as the API has it for registered and for
// remaining resources alike, the ports that are taken.
func resourcesOf(given []types.Resource) (r model.Resources) {
	for _, g := range given {
		switch name := aws.ToString(g.Name); name {
		case "CPU":
			r.CPU = int(g.IntegerValue)
		case "MEMORY":
			r.Memory = int(g.IntegerValue)
		case "GPU":
			r.GPUs = len(g.StringSetValue)
		case "PORTS", "PORTS_UDP":
			protocol := map[string]string{"PORTS": "tcp", "PORTS_UDP": "udp"}[name]
			for _, s := range g.StringSetValue {
				if number, err := strconv.Atoi(s); err == nil {
					r.Ports = append(r.Ports, model.Port{Number: number, Protocol: protocol})
				}
			}
		}
	}
	slices.SortFunc(r.Ports, model.ComparePorts)
	return r
}

func lastPart(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

// instanceID is the id of the instance with the ARN, as nodeOf makes it.
func instanceID(arn string) string { return model.InstanceID("", "", lastPart(arn)) }

// tasks reads the tasks of the cluster that are meant to run, all or those of
// a service.
func (e *explainer) tasks(service string) ([]types.Task, error) {
	in := &ecs.ListTasksInput{Cluster: &e.cluster, DesiredStatus: types.DesiredStatusRunning}
	if service != "" {
		in.ServiceName = &service
	}
	var tasks []types.Task
	pages := ecs.NewListTasksPaginator(e.ecs, in)
	for pages.HasMorePages() && len(tasks) < explainMost {
		page, err := pages.NextPage(e.ctx)
		if err != nil {
			return nil, fmt.Errorf("list tasks: %w", err)
		}
		for arns := range slices.Chunk(page.TaskArns, explainPage) {
			out, err := e.ecs.DescribeTasks(e.ctx, &ecs.DescribeTasksInput{Cluster: &e.cluster, Tasks: arns})
			if err != nil {
				return nil, fmt.Errorf("describe tasks: %w", err)
			}
			tasks = append(tasks, out.Tasks...)
		}
	}
	return tasks, nil
}

// request is what one more task of the definition asks of an instance.
func (e *explainer) request(definition string, over *types.TaskOverride, strategy []types.PlacementStrategy, constraints []types.PlacementConstraint) (*place.Request, *types.TaskDefinition, error) {
	out, err := e.ecs.DescribeTaskDefinition(e.ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: &definition})
	if err != nil {
		return nil, nil, fmt.Errorf("describe task definition %s: %w", definition, err)
	}
	def := out.TaskDefinition
	all := place.DefinitionConstraints(def)
	for _, c := range constraints {
		all = append(all, model.PlacementConstraint{Type: string(c.Type), Expression: aws.ToString(c.Expression)})
	}
	var wanted []model.PlacementStrategy
	for _, s := range strategy {
		wanted = append(wanted, model.PlacementStrategy{Type: string(s.Type), Field: aws.ToString(s.Field)})
	}
	rules, err := place.Compile(wanted, all)
	if err != nil {
		return nil, nil, err
	}
	resources, err := place.Demand(def, over)
	if err != nil {
		return nil, nil, err
	}
	runtime, err := clusterRuntime(e.ctx, e.ecs, e.cluster)
	if err != nil {
		return nil, nil, err
	}
	req := &place.Request{Count: 1, Resources: resources, Required: place.RequiredOn(runtime, def, over), Rules: rules}
	if slices.ContainsFunc(all, func(c model.PlacementConstraint) bool { return strings.Contains(c.Expression, "task:group") }) {
		if req.GroupsOf, err = e.groups(); err != nil {
			return nil, nil, err
		}
	}
	return req, def, nil
}

// groups reads which groups the tasks on each instance have.
func (e *explainer) groups() (func(string) []string, error) {
	tasks, err := e.tasks("")
	if err != nil {
		return nil, err
	}
	groups := map[string][]string{}
	for _, t := range tasks {
		if t.ContainerInstanceArn != nil {
			id := instanceID(*t.ContainerInstanceArn)
			groups[id] = append(groups[id], aws.ToString(t.Group))
		}
	}
	return func(id string) []string { return groups[id] }, nil
}
