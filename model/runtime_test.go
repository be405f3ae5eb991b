package model

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func TestNamesOfRuntimes(t *testing.T) {
	for name, valid := range map[string]bool{
		"runsc": true, "kata-qemu": true, "r2": true, strings.Repeat("r", 32): true,
		"": false, "2r": false, "-r": false, "Runsc": false, "a/b": false, "a.b": false, "a b": false, strings.Repeat("r", 33): false,
	} {
		if ValidRuntime(name) != valid {
			t.Errorf("%q: %v", name, !valid)
		}
	}
}

func TestTheRuntimeOfACluster(t *testing.T) {
	tagged := func(key, value string) *Cluster { return &Cluster{Tags: []Tag{{"a", "b"}, {key, value}}} }
	for c, want := range map[*Cluster]string{nil: "", {}: "", tagged("other", "runsc"): "", tagged(TagRuntime, "runsc"): "runsc", tagged(TagRuntime, "runc"): ""} {
		if got := c.Runtime(); got != want {
			t.Errorf("%+v: %q, not %q", c, got, want)
		}
	}
}

// TestWhatTakesTheMachinesKernel goes through what a sandbox cannot give.
func TestWhatTakesTheMachinesKernel(t *testing.T) {
	yes := true
	with := func(c types.ContainerDefinition) *types.TaskDefinition {
		c.Name = new("main")
		return &types.TaskDefinition{ContainerDefinitions: []types.ContainerDefinition{{Name: new("other")}, c}}
	}
	setting := func(name string) *types.TaskDefinition {
		return with(types.ContainerDefinition{SystemControls: []types.SystemControl{{Namespace: &name}}})
	}
	for name, test := range map[string]struct {
		def  *types.TaskDefinition
		want bool
	}{
		"nothing":                  {with(types.ContainerDefinition{ReadonlyRootFilesystem: &yes, LinuxParameters: &types.LinuxParameters{InitProcessEnabled: &yes}}), false},
		"processes of the task":    {&types.TaskDefinition{PidMode: types.PidModeTask}, true},
		"IPC of the machine":       {&types.TaskDefinition{IpcMode: types.IpcModeHost}, true},
		"IPC of nobody":            {&types.TaskDefinition{IpcMode: types.IpcModeNone}, false},
		"all rights":               {with(types.ContainerDefinition{Privileged: &yes}), true},
		"a device":                 {with(types.ContainerDefinition{LinuxParameters: &types.LinuxParameters{Devices: []types.Device{{}}}}), true},
		"a GPU":                    {with(types.ContainerDefinition{ResourceRequirements: []types.ResourceRequirement{{Type: types.ResourceTypeGpu}}}), true},
		"a setting of the network": {setting("net.core.somaxconn"), false},
		"a setting of the kernel":  {setting("kernel.msgmax"), true},
		"a profile":                {with(types.ContainerDefinition{DockerSecurityOptions: []string{"apparmor:mine"}}), true},
		"no new privileges":        {with(types.ContainerDefinition{DockerSecurityOptions: []string{"no-new-privileges"}}), false},
	} {
		needs := RuntimeNeeds(test.def, nil, "runsc")
		if UsesHostKernel(test.def, nil) != test.want || len(RuntimeNeeds(test.def, nil, "")) != 0 || needs[0].Name != "roadstead.capability.runtime.runsc" ||
			(len(needs) == 2) != test.want || test.want && needs[1].Name != "roadstead.capability.runtime.runsc.host-kernel" {
			t.Errorf("%s: %v", name, needs)
		}
	}
}
