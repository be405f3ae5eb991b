package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// TestTaskKnowsItself asks from inside a container what it is, what it uses and
// whether it is protected.
func TestTaskKnowsItself(t *testing.T) {
	p := start(t)
	in := p.enter("knowing", p.image(), nil)
	_, out := in.do("echo $ECS_CONTAINER_METADATA_URI_V4; echo $ECS_CONTAINER_METADATA_URI; echo $ECS_AGENT_URI")
	uris := strings.Fields(out)
	if len(uris) != 3 {
		t.Fatalf("the environment names %v", uris)
	}
	for _, uri := range []string{uris[0] + "/task", uris[1] + "/task"} {
		body, ok := in.get(uri)
		var task struct {
			TaskARN, KnownStatus string
			Containers           []struct {
				DockerID string `json:"DockerId"`
				Name     string
				Networks []struct{ IPv4Addresses []string }
			}
		}
		if err := json.Unmarshal([]byte(body), &task); err != nil || !ok {
			t.Fatalf("%s: %v: %s", uri, err, body)
		}
		if task.TaskARN != *in.task.TaskArn || len(task.Containers) != 1 || task.Containers[0].Name != "main" ||
			task.Containers[0].DockerID != *in.task.Containers[0].RuntimeId || task.Containers[0].Networks[0].IPv4Addresses[0] != in.address {
			t.Errorf("%s: %s", uri, body)
		}
	}
	if body, ok := in.get(uris[0] + "/stats"); !ok || !strings.Contains(body, `"total_usage":`) {
		t.Errorf("stats: %s", body)
	}
	other := p.enter("curious", p.listen+"/busybox:latest", nil)
	if body, ok := other.get(uris[0] + "/task"); ok {
		t.Errorf("another task is told: %s", body)
	}
}

// TestNoNetwork looks for a network from inside a container that has none.
func TestNoNetwork(t *testing.T) {
	p := start(t)
	dir := t.TempDir()
	definition := p.register("alone", p.image(), "ls /sys/class/net > /w/seen; sleep 1000", func(in *ecs.RegisterTaskDefinitionInput) {
		in.Volumes = []types.Volume{{Name: aws.String("w"), Host: &types.HostVolumeProperties{SourcePath: aws.String(dir)}}}
		c := &in.ContainerDefinitions[0]
		c.DisableNetworking = aws.Bool(true)
		c.MountPoints = []types.MountPoint{{SourceVolume: aws.String("w"), ContainerPath: aws.String("/w")}}
	})
	p.untilTask(p.run(definition), "RUNNING")
	seen := func() string {
		text, _ := os.ReadFile(filepath.Join(dir, "seen"))
		return strings.TrimSpace(string(text))
	}
	until(t, stepPatience, "the container to look", func() bool { return seen() != "" })
	if seen() != "lo" {
		t.Errorf("the container has %s", seen())
	}
}
