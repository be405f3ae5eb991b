package ecs_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const role = "arn:aws:iam::000000000000:role/r"

// shorthand expands what would be long to write in the table.
func shorthand(patch map[string]any) {
	take := func(name string) any {
		v := patch[name]
		delete(patch, name)
		return v
	}
	if take("fargate") == true {
		for name, value := range map[string]any{"requiresCompatibilities": []any{"FARGATE"}, "networkMode": "awsvpc", "cpu": "256", "memory": "512"} {
			if _, given := patch[name]; !given {
				patch[name] = value
			}
		}
	}
	if take("role") == true {
		patch["executionRoleArn"] = role
	}
	if n, ok := take("files").(float64); ok {
		files := slices.Repeat([]any{map[string]any{"type": "s3", "value": "arn:aws:s3:::bucket/a.env"}}, int(n))
		patch["container"] = map[string]any{"environmentFiles": files}
	}
	if n, ok := take("constraints").(float64); ok {
		patch["placementConstraints"] = slices.Repeat([]any{map[string]any{"type": "memberOf", "expression": "attribute:a == b"}}, int(n))
	}
	if n, ok := take("copies").(float64); ok {
		var copies []any
		for i := range int(n) {
			copies = append(copies, map[string]any{"name": fmt.Sprint("c", i), "image": "x", "memory": 8})
		}
		patch["containerDefinitions"] = copies
	}
}

// TestDefinitionRefusals is the table of AWS's words.
func TestDefinitionRefusals(t *testing.T) {
	l := newLab(t)
	data, err := os.ReadFile("testdata/refusals.txt")
	if err != nil {
		t.Fatal(err)
	}
	cases := 0
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		message, text, _ := strings.Cut(line, " | ")
		r := row{patch: map[string]any{}}
		if err := json.Unmarshal([]byte(text), &r.patch); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		shorthand(r.patch)
		in := r.registration(t)
		if given, ok := r.patch["containerDefinitions"]; ok {
			in.ContainerDefinitions = decode(t, map[string]any{"containerDefinitions": given}).ContainerDefinitions
		}
		t.Run(message, func(t *testing.T) {
			_, err := l.bare().RegisterTaskDefinition(t.Context(), in)
			refused(t, err, "ClientException", strings.ReplaceAll(message, `\n`, "\n"))
		})
		cases++
	}
	if cases < 120 {
		t.Errorf("only %d refusals", cases)
	}
	_, err = l.RegisterTaskDefinition(t.Context(), func() *ecs.RegisterTaskDefinitionInput {
		in := definition("long")
		in.ContainerDefinitions[0].Command = []string{strings.Repeat("x", 70000)}
		return in
	}())
	refused(t, err, "ClientException", "Actual length: ...")
	if n := must[*ecs.ListTaskDefinitionsOutput](t)(l.ListTaskDefinitions(t.Context(), &ecs.ListTaskDefinitionsInput{})); len(n.TaskDefinitionArns) != 0 {
		t.Fatalf("registered after all: %v", n.TaskDefinitionArns)
	}
	if d := l.register("web"); d != arn+"task-definition/web:1" {
		t.Fatalf("refusals used up revisions: %s", d)
	}
}

func fargate(in *ecs.RegisterTaskDefinitionInput) {
	in.NetworkMode, in.RequiresCompatibilities = types.NetworkModeAwsvpc, []types.Compatibility{types.CompatibilityFargate}
	in.Cpu, in.Memory = aws.String("256"), aws.String("512")
}

// TestFargateSizes walks over all sizes in steps of 512 MiB.
func TestFargateSizes(t *testing.T) {
	l := newLab(t)
	want := map[int][3]int{512: {1024, 4096, 1024}, 1024: {2048, 8192, 1024}, 2048: {4096, 16384, 1024}, 4096: {8192, 30720, 1024},
		8192: {16384, 61440, 4096}, 16384: {32768, 122880, 8192}}
	tried := 0
	for _, cpu := range []int{256, 512, 1024, 2048, 4096, 8192, 16384} {
		for memory := 512; memory <= 131072; memory += 512 {
			fits := cpu == 256 && slices.Contains([]int{512, 1024, 2048}, memory)
			if w, ok := want[cpu]; ok {
				fits = memory >= w[0] && memory <= w[1] && memory%w[2] == 0
			}
			if !fits && memory%4096 != 512 {
				continue // a sample of what does not fit is enough
			}
			in := definition("fargate")
			fargate(in)
			in.Cpu, in.Memory = aws.String(fmt.Sprint(cpu)), aws.String(fmt.Sprint(memory))
			_, err := l.RegisterTaskDefinition(t.Context(), in)
			if (err == nil) != fits {
				t.Errorf("%d CPU, %d memory: %v", cpu, memory, err)
			}
			tried++
		}
	}
	if tried < 100 {
		t.Errorf("only %d sizes", tried)
	}
}

// TestCompatibilities are the launch types that AWS answers.
func TestCompatibilities(t *testing.T) {
	l := newLab(t)
	for _, c := range []struct {
		want   string
		change func(in *ecs.RegisterTaskDefinitionInput)
	}{
		{"EXTERNAL EC2", func(in *ecs.RegisterTaskDefinitionInput) {}},
		{"EC2 FARGATE MANAGED_INSTANCES", fargate},
		{"EC2 MANAGED_INSTANCES", func(in *ecs.RegisterTaskDefinitionInput) {
			fargate(in)
			in.Memory, in.RequiresCompatibilities = aws.String("717"), []types.Compatibility{types.CompatibilityEc2}
		}},
		{"EC2", func(in *ecs.RegisterTaskDefinitionInput) { in.NetworkMode = types.NetworkModeAwsvpc }},
		{"EC2", func(in *ecs.RegisterTaskDefinitionInput) {
			in.ContainerDefinitions[0].PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80), AppProtocol: types.ApplicationProtocolHttp}}
		}},
		{"EC2 FARGATE", func(in *ecs.RegisterTaskDefinitionInput) {
			fargate(in)
			in.Cpu, in.Memory = aws.String("1 vCPU"), aws.String("2 GB")
			in.RuntimePlatform = &types.RuntimePlatform{OperatingSystemFamily: types.OSFamilyWindowsServer2022Core}
		}},
		{"EC2 MANAGED_INSTANCES", func(in *ecs.RegisterTaskDefinitionInput) {
			fargate(in)
			in.RequiresCompatibilities = nil
			in.ContainerDefinitions[0].Privileged = aws.Bool(true)
		}},
	} {
		in := definition("fit")
		c.change(in)
		out, err := l.RegisterTaskDefinition(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		var fit []string
		for _, k := range out.TaskDefinition.Compatibilities {
			fit = append(fit, string(k))
		}
		if got := strings.Join(fit, " "); got != c.want {
			t.Errorf("fit for %s, want %s", got, c.want)
		}
	}
}

// TestMoreDefaults are those of networks and volumes, and that nothing is
// filled in that Terraform would take for a change.
func TestMoreDefaults(t *testing.T) {
	l := newLab(t)
	in := definition("defaults")
	fargate(in)
	in.ContainerDefinitions[0].PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80), Protocol: "sctp"}, {ContainerPortRange: aws.String("90-95")}}
	in.ContainerDefinitions[0].RestartPolicy = &types.ContainerRestartPolicy{Enabled: aws.Bool(true)}
	in.Volumes = []types.Volume{{Name: aws.String("bind")}, {Name: aws.String("efs"), EfsVolumeConfiguration: &types.EFSVolumeConfiguration{FileSystemId: aws.String("fs-1")}},
		{Name: aws.String("ebs"), ConfiguredAtLaunch: aws.Bool(true)}}
	in.ContainerDefinitions[0].MountPoints = []types.MountPoint{{SourceVolume: aws.String("ebs"), ContainerPath: aws.String("/e")}}
	out := must[*ecs.RegisterTaskDefinitionOutput](t)(l.RegisterTaskDefinition(t.Context(), in))
	d := must[*ecs.DescribeTaskDefinitionOutput](t)(l.DescribeTaskDefinition(t.Context(), &ecs.DescribeTaskDefinitionInput{
		TaskDefinition: out.TaskDefinition.TaskDefinitionArn, Include: []types.TaskDefinitionField{types.TaskDefinitionFieldTags}})).TaskDefinition
	c := d.ContainerDefinitions[0]
	if p := c.PortMappings[0]; *p.HostPort != 80 || p.Protocol != types.TransportProtocolTcp {
		t.Errorf("%+v", p)
	}
	if p := c.PortMappings[1]; p.HostPort != nil || p.ContainerPort != nil || p.Protocol != types.TransportProtocolTcp {
		t.Errorf("%+v", p)
	}
	if c.RestartPolicy.RestartAttemptPeriod != nil || c.VersionConsistency != "" || d.EnableFaultInjection != nil || d.RuntimePlatform != nil || d.EphemeralStorage != nil {
		t.Errorf("filled in too much: %+v", d)
	}
	v := d.Volumes
	if v[0].Host == nil || v[0].Host.SourcePath != nil || *v[1].EfsVolumeConfiguration.RootDirectory != "/" || v[1].Host != nil || v[2].Host != nil {
		t.Errorf("%+v", v)
	}
}
