package ecs_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

func attributes(i *types.ContainerInstance) map[string]string {
	all := map[string]string{}
	for _, a := range i.Attributes {
		all[*a.Name] = aws.ToString(a.Value)
	}
	return all
}

func TestRegistration(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	in := &ecs.RegisterContainerInstanceInput{TotalResources: resources(2048, 4000, "22", "2375"), Attributes: capable(
		types.Attribute{Name: aws.String("ecs.os-type"), Value: aws.String("linux")}, types.Attribute{Name: aws.String("rack"), Value: aws.String("1")}),
		InstanceIdentityDocument: aws.String(""), VersionInfo: &types.VersionInfo{AgentVersion: aws.String("1.0")},
		Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}}
	i := must[*ecs.RegisterContainerInstanceOutput](t)(l.RegisterContainerInstance(t.Context(), in)).ContainerInstance
	got := attributes(i)
	for _, a := range in.Attributes {
		if value, ok := got[*a.Name]; !ok || value != aws.ToString(a.Value) {
			t.Errorf("attribute %s is not echoed", *a.Name)
		}
	}
	if *i.Status != "ACTIVE" || len(*i.Ec2InstanceId) != 20 || i.AgentConnected || len(i.Tags) != 1 || *i.VersionInfo.AgentVersion != "1.0" {
		t.Fatalf("%+v", i)
	}
	if r := i.RegisteredResources; r[0].IntegerValue != 2048 || r[1].IntegerValue != 4000 || !slices.Equal(r[2].StringSetValue, []string{"22", "2375"}) || len(r[3].StringSetValue) != 0 {
		t.Fatalf("%+v", r)
	}

	must[*ecs.PutAttributesOutput](t)(l.PutAttributes(t.Context(), &ecs.PutAttributesInput{Attributes: []types.Attribute{
		{Name: aws.String("zone"), Value: aws.String("b"), TargetId: i.ContainerInstanceArn}}}))
	in.ContainerInstanceArn = i.ContainerInstanceArn
	in.TotalResources = resources(1024, 2000)
	in.Attributes = in.Attributes[1:]
	again := must[*ecs.RegisterContainerInstanceOutput](t)(l.RegisterContainerInstance(t.Context(), in)).ContainerInstance
	got = attributes(again)
	_, kept := got[*capable()[0].Name]
	if *again.ContainerInstanceArn != *i.ContainerInstanceArn || again.RegisteredResources[0].IntegerValue != 1024 || kept || got["zone"] != "b" || got["rack"] != "1" {
		t.Fatalf("%+v", again)
	}
}

func TestRegistrationOfAnEC2Instance(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	document := `{"instanceId":"i-0123","instanceType":"t3.micro","availabilityZone":"eu-central-1a","architecture":"x86_64","imageId":"ami-1"}`
	in := &ecs.RegisterContainerInstanceInput{TotalResources: resources(1024, 1000), InstanceIdentityDocument: &document}
	i := must[*ecs.RegisterContainerInstanceOutput](t)(l.RegisterContainerInstance(t.Context(), in)).ContainerInstance
	got := attributes(i)
	if *i.Ec2InstanceId != "i-0123" || got["ecs.instance-type"] != "t3.micro" || got["ecs.availability-zone"] != "eu-central-1a" || got["ecs.ami-id"] != "ami-1" {
		t.Fatalf("%+v", got)
	}
	in.ContainerInstanceArn = i.ContainerInstanceArn
	in.InstanceIdentityDocument = aws.String(`{"instanceId":"i-0123","instanceType":"t3.large"}`)
	_, err := l.RegisterContainerInstance(t.Context(), in)
	refused(t, err, "ClientException", "Container instance type changes are not supported.")
}

func TestRegistrationRefusals(t *testing.T) {
	l := newLab(t)
	in := func() *ecs.RegisterContainerInstanceInput {
		return &ecs.RegisterContainerInstanceInput{TotalResources: resources(1024, 1000)}
	}
	_, err := l.RegisterContainerInstance(t.Context(), in())
	refused(t, err, "ClusterNotFoundException", "Cluster not found.")
	l.cluster("default")
	l.cluster("gone")
	must[*ecs.DeleteClusterOutput](t)(l.DeleteCluster(t.Context(), &ecs.DeleteClusterInput{Cluster: aws.String("gone")}))
	left := l.instance("default", 1024, 1024)
	must[*ecs.DeregisterContainerInstanceOutput](t)(l.DeregisterContainerInstance(t.Context(), &ecs.DeregisterContainerInstanceInput{ContainerInstance: &left}))
	for _, c := range []struct {
		code, message string
		change        func(in *ecs.RegisterContainerInstanceInput)
	}{
		{"ClientException", "The referenced cluster was inactive.", func(in *ecs.RegisterContainerInstanceInput) { in.Cluster = aws.String("gone") }},
		{"ClientException", "Container instance " + left[len(left)-32:] + " is inactive.", func(in *ecs.RegisterContainerInstanceInput) { in.ContainerInstanceArn = &left }},
		{"ClientException", "Container instance 0123 was not found.", func(in *ecs.RegisterContainerInstanceInput) {
			in.ContainerInstanceArn = aws.String(arn + "container-instance/default/0123")
		}},
		{"InvalidParameterException", "Invalid containerInstanceArn...", func(in *ecs.RegisterContainerInstanceInput) {
			in.ContainerInstanceArn = aws.String(arn + "container-instance/other/0123")
		}},
		{"InvalidParameterException", "totalResources must have CPU and MEMORY.", func(in *ecs.RegisterContainerInstanceInput) { in.TotalResources = nil }},
		{"InvalidParameterException", `Invalid port "x" in resource PORTS.`, func(in *ecs.RegisterContainerInstanceInput) { in.TotalResources = resources(1, 1, "x") }},
		{"InvalidParameterException", "The resource NEURON_CORES is not supported by Roadstead yet.", func(in *ecs.RegisterContainerInstanceInput) {
			in.TotalResources = append(in.TotalResources, types.Resource{Name: aws.String("NEURON_CORES")})
		}},
		{"InvalidParameterException", "The instance identity document is invalid.", func(in *ecs.RegisterContainerInstanceInput) { in.InstanceIdentityDocument = aws.String("{") }},
	} {
		in := in()
		c.change(in)
		_, err := l.RegisterContainerInstance(t.Context(), in)
		refused(t, err, c.code, c.message)
	}
}

func TestDescribeAndListInstances(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	var arns []string
	for i := range 5 {
		arns = append(arns, l.instance("default", 1024, 1024, types.Attribute{Name: aws.String("n"), Value: aws.String(fmt.Sprint(i))}))
	}
	l.register("web", func(in *ecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80), HostPort: aws.Int32(8080)}}
	})
	out := must[*ecs.StartTaskOutput](t)(l.StartTask(t.Context(), &ecs.StartTaskInput{TaskDefinition: aws.String("web"), ContainerInstances: arns[:1]}))
	l.report(*out.Tasks[0].TaskArn, "RUNNING")
	d := must[*ecs.DescribeContainerInstancesOutput](t)(l.DescribeContainerInstances(t.Context(), &ecs.DescribeContainerInstancesInput{
		ContainerInstances: []string{arns[0], arns[1][len(arns[1])-32:], "nothing"}, Include: []types.ContainerInstanceField{"CONTAINER_INSTANCE_HEALTH"}}))
	i := d.ContainerInstances[0]
	if r := i.RemainingResources; r[0].IntegerValue != 924 || r[1].IntegerValue != 896 || !slices.Equal(r[2].StringSetValue, []string{"22", "8080", "51678"}) {
		t.Fatalf("%+v", r)
	}
	if i.RunningTasksCount != 1 || !i.AgentConnected || i.HealthStatus == nil || *d.ContainerInstances[1].ContainerInstanceArn != arns[1] ||
		*d.Failures[0].Arn != arn+"container-instance/default/nothing" {
		t.Fatalf("%+v %+v", i, d.Failures)
	}
	list := func(in *ecs.ListContainerInstancesInput) []string {
		t.Helper()
		var all []string
		for p := ecs.NewListContainerInstancesPaginator(l, in); p.HasMorePages(); {
			page, err := p.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, page.ContainerInstanceArns...)
		}
		return all
	}
	sorted := slices.Sorted(slices.Values(arns))
	if got := list(&ecs.ListContainerInstancesInput{MaxResults: aws.Int32(2)}); !slices.Equal(got, sorted) {
		t.Fatalf("%v", got)
	}
	if got := list(&ecs.ListContainerInstancesInput{Filter: aws.String("attribute:n == 3")}); !slices.Equal(got, arns[3:4]) {
		t.Fatalf("%v", got)
	}
	if got := list(&ecs.ListContainerInstancesInput{Filter: aws.String("runningTasksCount > 0")}); !slices.Equal(got, arns[:1]) {
		t.Fatalf("%v", got)
	}
	if got := list(&ecs.ListContainerInstancesInput{Filter: aws.String("task:group == family:web")}); !slices.Equal(got, arns[:1]) {
		t.Fatalf("%v", got)
	}
	_, err := l.ListContainerInstances(t.Context(), &ecs.ListContainerInstancesInput{Filter: aws.String("attribute:n ==")})
	refused(t, err, "InvalidParameterException", "Invalid expression...")
	drained := must[*ecs.UpdateContainerInstancesStateOutput](t)(l.UpdateContainerInstancesState(t.Context(), &ecs.UpdateContainerInstancesStateInput{
		ContainerInstances: []string{arns[4], "nothing"}, Status: "DRAINING"}))
	if *drained.ContainerInstances[0].Status != "DRAINING" || len(drained.Failures) != 1 {
		t.Fatalf("%+v", drained)
	}
	if got := list(&ecs.ListContainerInstancesInput{Status: "DRAINING"}); !slices.Equal(got, arns[4:]) {
		t.Fatalf("%v", got)
	}
	_, err = l.UpdateContainerInstancesState(t.Context(), &ecs.UpdateContainerInstancesStateInput{ContainerInstances: arns, Status: "INACTIVE"})
	refused(t, err, "InvalidParameterException", "Container instance status should be one of [ACTIVE, DRAINING]")
}

// TestAnInstanceActsForItselfAlone gives one instance a session of its own.
func TestAnInstanceActsForItselfAlone(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	own, others := l.instance("default", 1024, 1024), l.instance("default", 1024, 1024)
	l.register("web")
	tasks := must[*ecs.StartTaskOutput](t)(l.StartTask(t.Context(), &ecs.StartTaskInput{TaskDefinition: aws.String("web"), ContainerInstances: []string{own, others}})).Tasks
	id := caller.NewSession(caller.Instance, "arn:aws:iam::"+account+":role/node", "AROA", "node")
	id.BoundTo = own
	l.bind("NODE", id)
	node := l.as("NODE")
	status := aws.String("RUNNING")
	if _, err := node.SubmitTaskStateChange(t.Context(), &ecs.SubmitTaskStateChangeInput{Task: tasks[0].TaskArn, Status: status}); err != nil {
		t.Fatal(err)
	}
	for name, call := range map[string]func() error{
		"SubmitTaskStateChange": func() error {
			_, err := node.SubmitTaskStateChange(t.Context(), &ecs.SubmitTaskStateChangeInput{Task: tasks[1].TaskArn, Status: status})
			return err
		},
		"SubmitContainerStateChange": func() error {
			_, err := node.SubmitContainerStateChange(t.Context(), &ecs.SubmitContainerStateChangeInput{Task: tasks[1].TaskArn, Status: status, ContainerName: aws.String("web")})
			return err
		},
		"UpdateContainerInstancesState": func() error {
			_, err := node.UpdateContainerInstancesState(t.Context(), &ecs.UpdateContainerInstancesStateInput{ContainerInstances: []string{others}, Status: "DRAINING"})
			return err
		},
		"DeregisterContainerInstance": func() error {
			_, err := node.DeregisterContainerInstance(t.Context(), &ecs.DeregisterContainerInstanceInput{ContainerInstance: &others, Force: aws.Bool(true)})
			return err
		},
		"RegisterContainerInstance": func() error {
			_, err := node.RegisterContainerInstance(t.Context(), &ecs.RegisterContainerInstanceInput{ContainerInstanceArn: &others, TotalResources: resources(1, 1)})
			return err
		},
		"DiscoverPollEndpoint": func() error {
			_, err := node.DiscoverPollEndpoint(t.Context(), &ecs.DiscoverPollEndpointInput{ContainerInstance: &others})
			return err
		},
		"ListTagsForResource": func() error {
			_, err := node.ListTagsForResource(t.Context(), &ecs.ListTagsForResourceInput{ResourceArn: tasks[1].TaskArn})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) { refused(t, call(), "AccessDeniedException", "User: arn:aws:sts::...") })
	}
	fresh := arn + "container-instance/default/0123456789abcdef0123456789abcdef"
	id.BoundTo = fresh
	l.bind("NEW", id)
	out := must[*ecs.RegisterContainerInstanceOutput](t)(l.as("NEW").RegisterContainerInstance(t.Context(), &ecs.RegisterContainerInstanceInput{TotalResources: resources(1, 1)}))
	if *out.ContainerInstance.ContainerInstanceArn != fresh {
		t.Errorf("registered as %s", *out.ContainerInstance.ContainerInstanceArn)
	}
}

func TestAgentOperations(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	instance := l.instance("default", 1024, 1024)
	out := must[*ecs.DiscoverPollEndpointOutput](t)(l.DiscoverPollEndpoint(t.Context(), &ecs.DiscoverPollEndpointInput{ContainerInstance: &instance}))
	if *out.Endpoint != "http://127.0.0.1:4566/acs" || *out.TelemetryEndpoint != "http://127.0.0.1:4566/tcs" {
		t.Fatalf("%+v", out)
	}
	task := l.run(l.register("web"))
	ack := must[*ecs.SubmitContainerStateChangeOutput](t)(l.SubmitContainerStateChange(t.Context(), &ecs.SubmitContainerStateChangeInput{
		Task: &task, ContainerName: aws.String("web"), Status: aws.String("STOPPED"), ExitCode: aws.Int32(3), Reason: aws.String("OutOfMemoryError: Container killed due to memory usage")}))
	if aws.ToString(ack.Acknowledgment) == "" {
		t.Fatal("no acknowledgment")
	}
	l.report(task, "STOPPED")
	before := l.db.View().Rev()
	l.report(task, "STOPPED")
	l.report(task, "RUNNING")
	if l.db.View().Rev() != before {
		t.Error("a repeated report was stored again")
	}
	shown := must[*ecs.DescribeTasksOutput](t)(l.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Tasks: []string{task}})).Tasks[0]
	if *shown.Containers[0].ExitCode != 3 || *shown.Containers[0].Reason == "" || shown.StopCode != "EssentialContainerExited" {
		t.Fatalf("%+v", shown)
	}
	_, err := l.SubmitTaskStateChange(t.Context(), &ecs.SubmitTaskStateChangeInput{Task: aws.String(arn + "task/default/nothing"), Status: aws.String("RUNNING")})
	refused(t, err, "InvalidParameterException", "The referenced task was not found.")
	_, err = l.SubmitTaskStateChange(t.Context(), &ecs.SubmitTaskStateChangeInput{Task: &task, Status: aws.String("ASLEEP")})
	refused(t, err, "InvalidParameterException", "Invalid status: ASLEEP")
	_, err = l.SubmitAttachmentStateChanges(t.Context(), &ecs.SubmitAttachmentStateChangesInput{Attachments: []types.AttachmentStateChange{{AttachmentArn: aws.String("a"), Status: aws.String("ATTACHED")}}})
	refused(t, err, "InvalidParameterException", "The attachment a was not found.")
}

func TestAttributes(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	a, b := l.instance("default", 1024, 1024), l.instance("default", 1024, 1024)
	kind := types.TargetType("")
	put := func(name, value, target string) error {
		_, err := l.PutAttributes(t.Context(), &ecs.PutAttributesInput{Attributes: []types.Attribute{{Name: &name, Value: &value, TargetId: &target, TargetType: kind}}})
		return err
	}
	for i, target := range []string{a, b, a} {
		if err := put("stack", fmt.Sprint(i), target); err != nil {
			t.Fatal(err)
		}
	}
	list := func(in *ecs.ListAttributesInput) []types.Attribute {
		t.Helper()
		in.TargetType = types.TargetTypeContainerInstance
		return must[*ecs.ListAttributesOutput](t)(l.ListAttributes(t.Context(), in)).Attributes
	}
	if got := list(&ecs.ListAttributesInput{AttributeName: aws.String("stack")}); len(got) != 2 {
		t.Fatalf("%+v", got)
	}
	if got := list(&ecs.ListAttributesInput{AttributeName: aws.String("stack"), AttributeValue: aws.String("2")}); len(got) != 1 || *got[0].TargetId != a {
		t.Fatalf("%+v", got)
	}
	refused(t, put("ecs.os-type", "windows", a), "InvalidParameterException", "The attribute ecs.os-type is reserved and cannot be changed.")
	refused(t, put("a b", "", a), "InvalidParameterException", "Attribute names must...")
	refused(t, put("a", "b;c", a), "InvalidParameterException", "Attribute values can contain...")
	refused(t, put("a", " b", a), "InvalidParameterException", "Attribute values can be at most 128 characters long and cannot start or end with whitespace.")
	refused(t, put("a", "", "nothing"), "InvalidParameterException", "targetType must be specified when targetId is not an ARN.")
	kind = "service"
	refused(t, put("a", "", a), "InvalidParameterException", "Invalid targetType: service")
	kind = types.TargetTypeContainerInstance
	refused(t, put("a", "", "nothing"), "TargetNotFoundException", "The specified target wasn't found: nothing")
	for i := range 9 {
		if err := put(fmt.Sprint("n", i), "", a); err != nil {
			t.Fatal(err)
		}
	}
	refused(t, put("n9", "", a), "AttributeLimitExceededException", "The number of attributes for the target cannot exceed 10.")
	must[*ecs.DeleteAttributesOutput](t)(l.DeleteAttributes(t.Context(), &ecs.DeleteAttributesInput{Attributes: []types.Attribute{{Name: aws.String("stack"), TargetId: &a}}}))
	if got := list(&ecs.ListAttributesInput{AttributeName: aws.String("stack")}); len(got) != 1 || *got[0].TargetId != b {
		t.Fatalf("%+v", got)
	}
	pages := 0
	for p := ecs.NewListAttributesPaginator(l, &ecs.ListAttributesInput{TargetType: types.TargetTypeContainerInstance, MaxResults: aws.Int32(20)}); p.HasMorePages(); pages++ {
		if _, err := p.NextPage(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if want := (2*len(capable()) + 10 + 19) / 20; pages != want {
		t.Errorf("%d pages, want %d", pages, want)
	}
}

// TestNoAgentIsUpdated asks for updates of agents that are not there, away,
// unknown and well.
func TestNoAgentIsUpdated(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	instance := l.instance("default", 10, 10)
	update := func(ref string) error {
		_, err := l.UpdateContainerAgent(t.Context(), &ecs.UpdateContainerAgentInput{ContainerInstance: &ref})
		return err
	}
	refused(t, update("none"), "InvalidParameterException", "The specified container instance does not exist.")
	refused(t, update(instance), "MissingVersionException", "The version of the container agent...")
	i, _ := store.Get[*model.ContainerInstance](l.db.View(), keyOf(instance))
	i = i.Clone()
	i.AgentVersion = "1.100.0"
	l.commit(i)
	refused(t, update(instance), "NoUpdateAvailableException", "There is no update available for your container agent.")
	l.connect(instance, false)
	refused(t, update(instance), "ClientException", "The container agent of the specified container instance is not connected.")
}
