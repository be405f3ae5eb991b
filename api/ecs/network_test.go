package ecs_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// inVPC registers a definition of network mode awsvpc with a port.
func (l *lab) inVPC(family string) string {
	return l.register(family, func(in *ecs.RegisterTaskDefinitionInput) {
		in.NetworkMode = types.NetworkModeAwsvpc
		in.ContainerDefinitions[0].PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80)}}
	})
}

// zoned registers an instance of the zone that can give tasks interfaces.
func (l *lab) zoned(zone string) string {
	return l.instance("default", 4096, 4096, types.Attribute{Name: aws.String("ecs.availability-zone"), Value: aws.String(region + zone)},
		types.Attribute{Name: aws.String(model.CapabilityInterface)})
}

// subnets returns the ids of the default subnets, by the letter of their zones.
func (l *lab) subnets() map[string]string {
	ids := map[string]string{}
	for s := range store.All[*model.Subnet](l.db.View()) {
		ids[s.Zone[len(s.Zone)-1:]] = s.ID
	}
	return ids
}

func in(subnets ...string) *types.NetworkConfiguration {
	return &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: subnets}}
}

// TestTaskHasAnInterface follows a task of its own address from RunTask to its
// end.
func TestTaskHasAnInterface(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.zoned("b")
	l.inVPC("own")
	subnets := l.subnets()
	run := func() (*ecs.RunTaskOutput, error) {
		return l.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String("own"), Count: aws.Int32(3),
			NetworkConfiguration: in(subnets["a"], subnets["b"])})
	}
	seen := map[string]bool{}
	var task types.Task
	for range 3 { // nine tasks of one container port on one instance
		out := must[*ecs.RunTaskOutput](t)(run())
		if len(out.Tasks) != 3 {
			t.Fatalf("%+v", out.Failures)
		}
		for _, task = range out.Tasks {
			seen[*task.Containers[0].NetworkInterfaces[0].PrivateIpv4Address] = true
		}
	}
	if len(seen) != 9 {
		t.Fatalf("%v", seen)
	}
	a := task.Attachments[0]
	details := map[string]string{}
	for _, d := range a.Details {
		details[*d.Name] = *d.Value
	}
	ip := details["privateIPv4Address"]
	if *a.Type != "ElasticNetworkInterface" || *a.Status != "ATTACHING" || details["subnetId"] != subnets["b"] || !strings.HasPrefix(ip, "172.31.") ||
		details["privateDnsName"] != "ip-"+strings.ReplaceAll(ip, ".", "-")+"."+region+".compute.internal" || len(details["macAddress"]) != 17 ||
		len(details["networkInterfaceId"]) != len("eni-")+17 || len(details) != 5 || *task.Containers[0].NetworkInterfaces[0].AttachmentId != *a.Id {
		t.Fatalf("%+v, %v", a, details)
	}
	status := func() string {
		return *must[*ecs.DescribeTasksOutput](t)(l.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Tasks: []string{*task.TaskArn}})).Tasks[0].Attachments[0].Status
	}
	attach := func(id string) []types.AttachmentStateChange {
		return []types.AttachmentStateChange{{AttachmentArn: aws.String(arn + "attachment/" + id), Status: aws.String("ATTACHED")}}
	}
	_, err := l.SubmitTaskStateChange(t.Context(), &ecs.SubmitTaskStateChangeInput{Task: task.TaskArn, Attachments: attach("other")})
	refused(t, err, "InvalidParameterException", "The attachment "+arn+"attachment/other was not found.")
	_, err = l.SubmitAttachmentStateChanges(t.Context(), &ecs.SubmitAttachmentStateChangesInput{Attachments: attach("other")})
	refused(t, err, "InvalidParameterException", "The attachment "+arn+"attachment/other was not found.")
	must[*ecs.SubmitTaskStateChangeOutput](t)(l.SubmitTaskStateChange(t.Context(), &ecs.SubmitTaskStateChangeInput{Task: task.TaskArn, Attachments: attach(*a.Id)}))
	if s := status(); s != "ATTACHED" {
		t.Errorf("after the report: %s", s)
	}
	before := l.db.View().Rev()
	must[*ecs.SubmitAttachmentStateChangesOutput](t)(l.SubmitAttachmentStateChanges(t.Context(), &ecs.SubmitAttachmentStateChangesInput{Attachments: attach(*a.Id)}))
	if l.db.View().Rev() != before {
		t.Error("what was known was stored again")
	}
	l.report(*task.TaskArn, "RUNNING")
	l.report(*task.TaskArn, "STOPPED")
	if s := status(); s != "DELETED" {
		t.Errorf("after its end: %s", s)
	}
}

// TestServiceHasAnInterfaceForEachTask rolls a service to another network, and
// keeps what an update does not name.
func TestServiceHasAnInterfaceForEachTask(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	for _, zone := range []string{"a", "b", "c"} {
		l.zoned(zone)
	}
	l.inVPC("own")
	subnets := l.subnets()
	made := l.serve("s", 6, func(c *ecs.CreateServiceInput) {
		c.TaskDefinition, c.NetworkConfiguration = aws.String("own"), in(subnets["a"], subnets["b"], subnets["c"], subnets["a"])
	})
	if n := made.NetworkConfiguration.AwsvpcConfiguration; len(n.Subnets) != 3 || n.SecurityGroups == nil || n.AssignPublicIp != "DISABLED" ||
		len(made.Deployments[0].NetworkConfiguration.AwsvpcConfiguration.Subnets) != 3 {
		t.Fatalf("%+v", n)
	}
	zones := func() map[string]int {
		l.settle("s")
		counts := map[string]int{}
		for task := range store.TasksByService(l.db.View(), model.ServiceID(account, "default", "s")) {
			if task.Stopped() {
				continue
			}
			i, _ := store.Get[*model.ContainerInstance](l.db.View(), task.Spec.Instance)
			zone, _ := i.Attribute("ecs.availability-zone")
			s, _ := l.db.View().Subnet(account, task.Spec.Interface.Subnet)
			counts[fmt.Sprint(zone[len(zone)-1:], s.Zone[len(s.Zone)-1:])]++
		}
		return counts
	}
	if got := zones(); !maps.Equal(got, map[string]int{"aa": 2, "bb": 2, "cc": 2}) {
		t.Fatalf("%v", got)
	}
	if kept := l.changed(&ecs.UpdateServiceInput{Service: aws.String("s"), EnableECSManagedTags: aws.Bool(true)}); len(kept.Deployments) != 1 ||
		len(kept.NetworkConfiguration.AwsvpcConfiguration.Subnets) != 3 {
		t.Fatalf("%+v", kept)
	}
	moved := l.changed(&ecs.UpdateServiceInput{Service: aws.String("s"), NetworkConfiguration: in(subnets["b"])})
	if len(moved.Deployments) != 2 {
		t.Fatalf("%+v", moved.Deployments)
	}
	if got := zones(); !maps.Equal(got, map[string]int{"ab": 2, "bb": 2, "cb": 2}) {
		t.Fatalf("%v", got)
	}
	l.register("web")
	_, err := l.UpdateService(t.Context(), &ecs.UpdateServiceInput{Service: aws.String("s"), TaskDefinition: aws.String("web")})
	refused(t, err, "InvalidParameterException", "Network Configuration is not valid for the given networkMode of this task definition.")
}

// TestFullSubnetsFailTasks uses a subnet of eleven addresses up.
func TestFullSubnetsFailTasks(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	instance := l.zoned("a")
	l.inVPC("own")
	var vpc string
	for v := range store.All[*model.VPC](l.db.View()) {
		vpc = v.ID
	}
	l.commit(&model.Subnet{Account: account, ID: "subnet-small", VPC: vpc, CIDR: "172.31.255.0/28", Zone: region + "a"})
	l.serve("s", 9, func(c *ecs.CreateServiceInput) {
		c.TaskDefinition, c.NetworkConfiguration = aws.String("own"), in("subnet-small")
	})
	l.settle("s")
	run := func() *ecs.RunTaskOutput {
		return must[*ecs.RunTaskOutput](t)(l.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String("own"), Count: aws.Int32(3), NetworkConfiguration: in("subnet-small")}))
	}
	out := run()
	if len(out.Tasks) != 2 || len(out.Failures) != 1 || *out.Failures[0].Reason != "RESOURCE:ENI" || *out.Failures[0].Arn != instance {
		t.Fatalf("%d tasks, %+v", len(out.Tasks), out.Failures)
	}
	started := must[*ecs.StartTaskOutput](t)(l.StartTask(t.Context(), &ecs.StartTaskInput{TaskDefinition: aws.String("own"), ContainerInstances: []string{instance}, NetworkConfiguration: in("subnet-small")}))
	if len(started.Tasks) != 0 || *started.Failures[0].Reason != "RESOURCE:ENI" {
		t.Fatalf("%+v", started)
	}
	l.changed(&ecs.UpdateServiceInput{Service: aws.String("s"), DesiredCount: aws.Int32(10)})
	l.schedule("s")
	if e := l.described("s").Events[0]; !strings.Contains(*e.Message, `encountered error "RESOURCE:ENI"`) {
		t.Errorf("%s", *e.Message)
	}
	l.report(*out.Tasks[0].TaskArn, "STOPPED")
	l.schedule("s")
	if s := l.described("s"); s.PendingCount != 1 {
		t.Errorf("an address was freed, and %d tasks are pending", s.PendingCount)
	}
	l.report(*out.Tasks[1].TaskArn, "STOPPED")
	if again := run(); len(again.Tasks) != 1 {
		t.Errorf("%d tasks, %+v", len(again.Tasks), again.Failures)
	}
}

// TestTasksGoWhereAddressesAre: RunTask tries other zones where the addresses of
// one are at an end, and says so of each instance when none has any.
func TestTasksGoWhereAddressesAre(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.zoned("a")
	l.zoned("b")
	l.inVPC("own")
	var vpc string
	for v := range store.All[*model.VPC](l.db.View()) {
		vpc = v.ID
	}
	l.commit(&model.Subnet{Account: account, ID: "subnet-small", VPC: vpc, CIDR: "172.31.255.0/28", Zone: region + "a"},
		&model.Subnet{Account: account, ID: "subnet-smaller", VPC: vpc, CIDR: "172.31.254.0/29", Zone: region + "b"})
	run := func(n int32) *ecs.RunTaskOutput {
		return must[*ecs.RunTaskOutput](t)(l.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String("own"), Count: &n,
			PlacementStrategy:    []types.PlacementStrategy{{Type: types.PlacementStrategyTypeSpread, Field: aws.String("attribute:ecs.availability-zone")}},
			NetworkConfiguration: in("subnet-small", "subnet-smaller")}))
	}
	subnets := map[string]int{}
	count := func(out *ecs.RunTaskOutput) {
		for _, task := range out.Tasks {
			subnets[*task.Attachments[0].Details[0].Value]++
		}
	}
	if out := run(8); len(out.Tasks) != 8 {
		t.Fatalf("%d of 8 tasks: %+v", len(out.Tasks), out.Failures)
	} else if count(out); subnets["subnet-small"] != 5 || subnets["subnet-smaller"] != 3 {
		t.Fatalf("%v", subnets)
	}
	out := run(10)
	count(out)
	if len(out.Tasks) != 6 || subnets["subnet-small"] != 11 || len(out.Failures) != 2 {
		t.Fatalf("%d tasks, %v: %+v", len(out.Tasks), subnets, out.Failures)
	}
	for _, f := range out.Failures {
		if *f.Reason != "RESOURCE:ENI" || !strings.Contains(*f.Detail, "InsufficientFreeAddressesInSubnet") {
			t.Errorf("%s: %s", *f.Reason, *f.Detail)
		}
	}
}

// TestAddressesAreGivenOnceAtATime has many callers and a service take the
// eleven addresses of a small subnet at once.
func TestAddressesAreGivenOnceAtATime(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.zoned("a")
	l.inVPC("own")
	var vpc string
	for v := range store.All[*model.VPC](l.db.View()) {
		vpc = v.ID
	}
	l.commit(&model.Subnet{Account: account, ID: "subnet-small", VPC: vpc, CIDR: "172.31.255.0/28", Zone: region + "a"})
	l.serve("s", 4, func(c *ecs.CreateServiceInput) {
		c.TaskDefinition, c.NetworkConfiguration = aws.String("own"), in("subnet-small")
	})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			out, err := l.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String("own"), Count: aws.Int32(2), NetworkConfiguration: in("subnet-small")})
			if err != nil {
				t.Errorf("%v", err)
			} else if (len(out.Tasks) < 2) != (len(out.Failures) == 1) || len(out.Tasks) > 2 { // it is the one instance that lacks addresses
				t.Errorf("%d tasks, %+v", len(out.Tasks), out.Failures)
			}
		})
	}
	wg.Go(func() { l.scheduleOnce(model.ServiceID(account, "default", "s")) })
	wg.Wait()
	seen := map[model.Address]bool{}
	for task := range store.All[*model.Task](l.db.View()) {
		if seen[task.Spec.Interface.Address] {
			t.Errorf("%v is given twice", task.Spec.Interface.Address)
		}
		seen[task.Spec.Interface.Address] = true
	}
	if len(seen) != 11 {
		t.Errorf("%d addresses are in use, want all 11", len(seen))
	}
}

func TestNetworkConfigurationIsChecked(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.zoned("a")
	l.inVPC("own")
	a := l.subnets()["a"]
	l.commit(&model.Subnet{Account: account, ID: "subnet-else", VPC: "vpc-else", CIDR: "10.0.0.0/24", Zone: region + "a"},
		&model.SecurityGroup{Account: account, ID: "sg-else", VPC: "vpc-else", Name: "else"})
	for message, change := range map[string]func(*types.AwsVpcConfiguration){
		"subnets can not be empty.":          func(c *types.AwsVpcConfiguration) { c.Subnets = []string{} },
		"subnets can have at most 16 items.": func(c *types.AwsVpcConfiguration) { c.Subnets = slices.Repeat([]string{a}, 17) },
		"securityGroups can have at most 5 items.": func(c *types.AwsVpcConfiguration) {
			c.SecurityGroups = slices.Repeat([]string{"sg"}, 6)
		},
		"Error retrieving subnet information for [" + a + ", subnet-x]: The subnet ID 'subnet-x' does not exist (ErrorCode: InvalidSubnetID.NotFound)": func(c *types.AwsVpcConfiguration) {
			c.Subnets = append(c.Subnets, "subnet-x")
		},
		"Error retrieving security group information for [sg-x]: The security group 'sg-x' does not exist (ErrorCode: InvalidGroup.NotFound)": func(c *types.AwsVpcConfiguration) {
			c.SecurityGroups = []string{"sg-x"}
		},
		"All subnets must belong to the same VPC.": func(c *types.AwsVpcConfiguration) { c.Subnets = append(c.Subnets, "subnet-else") },
		"Security Group sg-else does not appear to belong to the same VPC as the input subnets.": func(c *types.AwsVpcConfiguration) {
			c.SecurityGroups = []string{"sg-else"}
		},
		"Assign public IP is not supported for this launch type.": func(c *types.AwsVpcConfiguration) { c.AssignPublicIp = "ENABLED" },
		"Invalid assignPublicIp: MAYBE":                           func(c *types.AwsVpcConfiguration) { c.AssignPublicIp = "MAYBE" },
	} {
		n := in(a)
		change(n.AwsvpcConfiguration)
		_, err := l.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String("own"), NetworkConfiguration: n})
		refused(t, err, "InvalidParameterException", message)
		_, err = l.CreateService(t.Context(), &ecs.CreateServiceInput{ServiceName: aws.String("s"), TaskDefinition: aws.String("own"), DesiredCount: aws.Int32(1), NetworkConfiguration: n})
		refused(t, err, "InvalidParameterException", message)
	}
}
