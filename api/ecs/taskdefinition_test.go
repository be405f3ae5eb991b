package ecs_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func TestDefaultsOfADefinition(t *testing.T) {
	l := newLab(t)
	out := must[*ecs.RegisterTaskDefinitionOutput](t)(l.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("web"), Cpu: aws.String(".25 vCPU"), Memory: aws.String("0.5 GB"),
		Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}},
		ContainerDefinitions: []types.ContainerDefinition{{Name: aws.String("web"), Image: aws.String("127.0.0.1:4566/web:1"),
			PortMappings: []types.PortMapping{{ContainerPort: aws.Int32(80)}}, HealthCheck: &types.HealthCheck{Command: []string{"CMD-SHELL", "true"}}}},
	}))
	d := out.TaskDefinition
	if *d.TaskDefinitionArn != arn+"task-definition/web:1" || d.Revision != 1 || d.Status != "ACTIVE" || *d.Cpu != "256" || *d.Memory != "512" ||
		!d.RegisteredAt.Equal(l.clock()) || *d.RegisteredBy != "arn:aws:iam::"+account+":root" || len(out.Tags) != 1 {
		t.Fatalf("%+v", d)
	}
	c := d.ContainerDefinitions[0]
	if !*c.Essential || c.Environment == nil || c.MountPoints == nil || c.VolumesFrom == nil || c.SystemControls == nil ||
		*c.PortMappings[0].HostPort != 0 || c.PortMappings[0].Protocol != "tcp" || *c.HealthCheck.Interval != 30 || *c.HealthCheck.Retries != 3 {
		t.Fatalf("%+v", c)
	}
	if d.Volumes == nil || d.PlacementConstraints == nil || !slices.Contains(d.Compatibilities, types.CompatibilityEc2) || d.RequiresCompatibilities != nil {
		t.Fatalf("%+v", d)
	}
	var names []string
	for _, a := range d.RequiresAttributes {
		names = append(names, *a.Name)
	}
	want := []string{"com.amazonaws.ecs.capability.docker-remote-api.1.24", "com.amazonaws.ecs.capability.ecr-auth", "ecs.capability.container-health-check"}
	if !slices.Equal(names, want) {
		t.Fatalf("requires %v", names)
	}
	host := must[*ecs.RegisterTaskDefinitionOutput](t)(l.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("web"), NetworkMode: types.NetworkModeHost, ContainerDefinitions: []types.ContainerDefinition{{Name: aws.String("web"),
			Image: aws.String("web"), Memory: aws.Int32(8), PortMappings: []types.PortMapping{{ContainerPort: aws.Int32(80)}}}}})).TaskDefinition
	if host.Revision != 2 || *host.ContainerDefinitions[0].PortMappings[0].HostPort != 80 {
		t.Fatalf("%+v", host)
	}
}

// TestEverythingSupportedRegisters is one definition with all that instances can do.
func TestEverythingSupportedRegisters(t *testing.T) {
	l := newLab(t)
	role := aws.String("arn:aws:iam::" + account + ":role/web")
	l.register("all", func(in *ecs.RegisterTaskDefinitionInput) {
		in.Cpu, in.Memory, in.TaskRoleArn, in.ExecutionRoleArn = aws.String("512"), aws.String("1024"), role, role
		in.NetworkMode = types.NetworkModeBridge
		in.RequiresCompatibilities = []types.Compatibility{types.CompatibilityEc2, types.CompatibilityExternal}
		in.RuntimePlatform = &types.RuntimePlatform{CpuArchitecture: types.CPUArchitectureX8664, OperatingSystemFamily: types.OSFamilyLinux}
		in.PlacementConstraints = []types.TaskDefinitionPlacementConstraint{{Type: "memberOf", Expression: aws.String("attribute:rack == 1")}}
		in.Volumes = []types.Volume{{Name: aws.String("own")}, {Name: aws.String("host"), Host: &types.HostVolumeProperties{SourcePath: aws.String("/srv")}}}
		c := &in.ContainerDefinitions[0]
		c.EntryPoint, c.Command, c.WorkingDirectory, c.User = []string{"/bin/sh"}, []string{"-c", "true"}, aws.String("/"), aws.String("1000:1000")
		c.Environment = []types.KeyValuePair{{Name: aws.String("A"), Value: aws.String("")}}
		c.PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80), HostPort: aws.Int32(8080), Name: aws.String("http"), AppProtocol: types.ApplicationProtocolHttp},
			{ContainerPort: aws.Int32(53), Protocol: types.TransportProtocolUdp}}
		c.DependsOn = []types.ContainerDependency{{ContainerName: aws.String("init"), Condition: types.ContainerConditionSuccess},
			{ContainerName: aws.String("side"), Condition: types.ContainerConditionHealthy}}
		c.StartTimeout, c.StopTimeout = aws.Int32(60), aws.Int32(5)
		c.DockerLabels = map[string]string{"a": "b"}
		c.ReadonlyRootFilesystem, c.Privileged, c.Interactive, c.PseudoTerminal = aws.Bool(true), aws.Bool(true), aws.Bool(true), aws.Bool(true)
		c.LinuxParameters = &types.LinuxParameters{Capabilities: &types.KernelCapabilities{Add: []string{"NET_ADMIN"}, Drop: []string{"ALL"}},
			InitProcessEnabled: aws.Bool(true), SharedMemorySize: aws.Int32(64), MaxSwap: aws.Int32(0), Swappiness: aws.Int32(10),
			Tmpfs:   []types.Tmpfs{{ContainerPath: aws.String("/tmp"), Size: 16}},
			Devices: []types.Device{{HostPath: aws.String("/dev/null"), Permissions: []types.DeviceCgroupPermission{"read"}}}}
		c.Ulimits = []types.Ulimit{{Name: types.UlimitNameNofile, SoftLimit: 1024, HardLimit: 2048}}
		c.SystemControls = []types.SystemControl{{Namespace: aws.String("net.core.somaxconn"), Value: aws.String("1024")}}
		c.ExtraHosts = []types.HostEntry{{Hostname: aws.String("db"), IpAddress: aws.String("10.0.0.1")}}
		c.DnsServers, c.DnsSearchDomains, c.Hostname = []string{"10.0.0.2"}, []string{"example.com"}, aws.String("web")
		c.MountPoints = []types.MountPoint{{SourceVolume: aws.String("own"), ContainerPath: aws.String("/data")}, {SourceVolume: aws.String("host"), ContainerPath: aws.String("/srv"), ReadOnly: aws.Bool(true)}}
		c.VolumesFrom = []types.VolumeFrom{{SourceContainer: aws.String("init")}}
		c.Links = []string{"side:cache"}
		c.LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: map[string]string{"awslogs-group": "/web", "awslogs-region": region,
			"awslogs-stream-prefix": "web", "awslogs-create-group": "true", "mode": "non-blocking", "max-buffer-size": "4m"}}
		in.ContainerDefinitions = append(in.ContainerDefinitions,
			types.ContainerDefinition{Name: aws.String("init"), Image: aws.String("init"), Essential: aws.Bool(false),
				LogConfiguration: &types.LogConfiguration{LogDriver: types.LogDriverJsonFile}},
			types.ContainerDefinition{Name: aws.String("side"), Image: aws.String("side@sha256:" + strings.Repeat("a", 64)), MemoryReservation: aws.Int32(64),
				HealthCheck: &types.HealthCheck{Command: []string{"CMD", "true"}, Interval: aws.Int32(5), Timeout: aws.Int32(2), StartPeriod: aws.Int32(0)}})
	})
}

func TestDefinitionLife(t *testing.T) {
	l := newLab(t)
	first, second := l.register("web"), l.register("web")
	describe := func(ref string) *types.TaskDefinition {
		t.Helper()
		return must[*ecs.DescribeTaskDefinitionOutput](t)(l.DescribeTaskDefinition(t.Context(), &ecs.DescribeTaskDefinitionInput{TaskDefinition: &ref})).TaskDefinition
	}
	for ref, want := range map[string]string{"web": second, "web:1": first, first: first, arn + "task-definition/web": second} {
		if got := *describe(ref).TaskDefinitionArn; got != want {
			t.Errorf("%s is %s", ref, got)
		}
	}
	for _, ref := range []string{"none", "web:3", arn + "cluster/web", strings.Replace(first, account, "999999999999", 1)} {
		_, err := l.DescribeTaskDefinition(t.Context(), &ecs.DescribeTaskDefinitionInput{TaskDefinition: &ref})
		refused(t, err, "ClientException", "Unable to describe task definition.")
	}
	deregister := func(ref string) (*ecs.DeregisterTaskDefinitionOutput, error) {
		return l.DeregisterTaskDefinition(t.Context(), &ecs.DeregisterTaskDefinitionInput{TaskDefinition: &ref})
	}
	_, err := deregister("web")
	refused(t, err, "ClientException", "Revision is missing.")
	_, err = deregister("web:one")
	refused(t, err, "InvalidParameterException", "Invalid revision number. Number: one")
	_, err = deregister("web:9")
	refused(t, err, "ClientException", "The specified task definition does not exist.")
	if d := must[*ecs.DeregisterTaskDefinitionOutput](t)(deregister(second)).TaskDefinition; d.Status != "INACTIVE" || d.DeregisteredAt == nil {
		t.Fatalf("%+v", d)
	}
	if got := *describe("web").TaskDefinitionArn; got != first {
		t.Errorf("the latest ACTIVE revision is %s", got)
	}
	if d := describe(second); d.Status != "INACTIVE" {
		t.Errorf("%+v", d)
	}
	deletion := func(refs ...string) (*ecs.DeleteTaskDefinitionsOutput, error) {
		return l.DeleteTaskDefinitions(t.Context(), &ecs.DeleteTaskDefinitionsInput{TaskDefinitions: refs})
	}
	out := must[*ecs.DeleteTaskDefinitionsOutput](t)(deletion(first, second, "web:9", second))
	if len(out.TaskDefinitions) != 1 || out.TaskDefinitions[0].Status != "DELETE_IN_PROGRESS" || out.TaskDefinitions[0].DeleteRequestedAt == nil {
		t.Fatalf("%+v", out.TaskDefinitions)
	}
	if len(out.Failures) != 2 || *out.Failures[0].Reason != "The specified task definition is still in ACTIVE status. Please deregister the target and try again." ||
		*out.Failures[1].Reason != "The specified task definition does not exist. Specify a valid account, family, revision and try again." {
		t.Fatalf("%+v", out.Failures)
	}
	_, err = deletion(slices.Repeat([]string{"web:1"}, 11)...)
	refused(t, err, "InvalidParameterException", "Size of TaskDefinition references list cannot exceed 10")
	if third := l.register("web"); third != arn+"task-definition/web:3" {
		t.Errorf("the new revision is %s", third)
	}
}

func TestListsOfDefinitions(t *testing.T) {
	l := newLab(t)
	for _, family := range []string{"a", "a-b", "b"} {
		for range 3 {
			l.register(family)
		}
	}
	if _, err := l.DeregisterTaskDefinition(t.Context(), &ecs.DeregisterTaskDefinitionInput{TaskDefinition: aws.String("a:2")}); err != nil {
		t.Fatal(err)
	}
	list := func(in *ecs.ListTaskDefinitionsInput) string {
		t.Helper()
		var names []string
		for p := ecs.NewListTaskDefinitionsPaginator(l, in); p.HasMorePages(); {
			out, err := p.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range out.TaskDefinitionArns {
				names = append(names, strings.TrimPrefix(a, arn+"task-definition/"))
			}
		}
		return strings.Join(names, " ")
	}
	for _, limit := range []*int32{nil, aws.Int32(1), aws.Int32(2), aws.Int32(3)} {
		ascending := list(&ecs.ListTaskDefinitionsInput{MaxResults: limit})
		descending := list(&ecs.ListTaskDefinitionsInput{MaxResults: limit, Sort: types.SortOrderDesc})
		if ascending != "a:1 a:3 a-b:1 a-b:2 a-b:3 b:1 b:2 b:3" || descending != "b:3 b:2 b:1 a-b:3 a-b:2 a-b:1 a:3 a:1" {
			t.Fatalf("%v\n%v", ascending, descending)
		}
	}
	if got := list(&ecs.ListTaskDefinitionsInput{FamilyPrefix: aws.String("a")}); got != "a:1 a:3" {
		t.Errorf("of family a: %s", got)
	}
	if got := list(&ecs.ListTaskDefinitionsInput{Status: "INACTIVE"}); got != "a:2" {
		t.Errorf("INACTIVE: %s", got)
	}
	_, err := l.ListTaskDefinitions(t.Context(), &ecs.ListTaskDefinitionsInput{Status: "GONE"})
	refused(t, err, "InvalidParameterException", "Invalid status: GONE")
	for _, n := range []int{1, 2, 3} {
		if _, err := l.DeregisterTaskDefinition(t.Context(), &ecs.DeregisterTaskDefinitionInput{TaskDefinition: aws.String(fmt.Sprint("b:", n))}); err != nil {
			t.Fatal(err)
		}
	}
	families := func(status types.TaskDefinitionFamilyStatus, prefix *string) string {
		t.Helper()
		return strings.Join(must[*ecs.ListTaskDefinitionFamiliesOutput](t)(l.ListTaskDefinitionFamilies(t.Context(),
			&ecs.ListTaskDefinitionFamiliesInput{Status: status, FamilyPrefix: prefix})).Families, " ")
	}
	if a, b, c, d := families("", nil), families("INACTIVE", nil), families("ALL", nil), families("", aws.String("a-")); a != "a a-b" || b != "b" || c != "a a-b b" || d != "a-b" {
		t.Errorf("families: %q %q %q %q", a, b, c, d)
	}
}
