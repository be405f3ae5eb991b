package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// groupFile reads a number of a container's control group; version 2 and
// version 1 have it in different files.
func (p *platform) groupFile(t testing.TB, task types.Task, unified, controller, legacy string) int64 {
	t.Helper()
	below := "roadstead-" + p.name() + "/" + idOf(task) + "/" + idOf(task) + "-0/"
	text, err := os.ReadFile("/sys/fs/cgroup/" + controller + "/" + below + legacy)
	scale := int64(1)
	if err != nil {
		text, err = os.ReadFile("/sys/fs/cgroup/" + below + unified)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, rest, ok := strings.Cut(string(text), "usage_usec "); ok {
		text, scale = []byte(rest), 1000
	}
	n, err := strconv.ParseInt(strings.Fields(string(text))[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n * scale
}

// TestNumbersOfARealTask compares what a task is told of its use with what the
// kernel says, and looks for the same in Prometheus' metrics and in Container
// Insights.
func TestNumbersOfARealTask(t *testing.T) {
	metrics := freeAddress(t)
	p := startIn(t, filepath.Join(t.TempDir(), "data"), "--metrics", metrics)
	ctx := t.Context()
	if _, err := p.ecs.UpdateClusterSettings(ctx, &ecs.UpdateClusterSettingsInput{Cluster: aws.String("default"),
		Settings: []types.ClusterSetting{{Name: types.ClusterSettingNameContainerInsights, Value: aws.String("enabled")}}}); err != nil {
		t.Fatal(err)
	}
	image := p.image()
	busy := p.enter("busy", image, nil)
	if _, out := busy.do("dd if=/dev/zero of=/blob bs=65536 count=64 2>/dev/null; (while :; do :; done) & echo on"); !strings.Contains(out, "on") {
		t.Fatal(out)
	}
	_, uri := busy.do("echo $ECS_CONTAINER_METADATA_URI_V4")
	uri = strings.TrimSpace(uri)

	// What the task is told lies between what the kernel says before and after.
	var told struct {
		CPU struct {
			Usage struct {
				Total int64 `json:"total_usage"`
			} `json:"cpu_usage"`
		} `json:"cpu_stats"`
		Memory struct {
			Usage int64 `json:"usage"`
		} `json:"memory_stats"`
		Networks map[string]struct {
			RxBytes   int64 `json:"rx_bytes"`
			RxPackets int64 `json:"rx_packets"`
			TxBytes   int64 `json:"tx_bytes"`
		} `json:"networks"`
	}
	cpu := func() int64 { return p.groupFile(t, busy.task, "cpu.stat", "cpuacct", "cpuacct.usage") }
	sent := func() (n int64) {
		_, out := busy.do("cat /sys/class/net/eth0/statistics/tx_bytes")
		n, err := strconv.ParseInt(strings.TrimSpace(out), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	cpuBefore, sentBefore := cpu(), sent()
	body, ok := busy.get(uri + "/stats")
	cpuAfter, sentAfter := cpu(), sent()
	if err := json.Unmarshal([]byte(body), &told); err != nil || !ok {
		t.Fatalf("stats %s: %v", body, err)
	}
	if n := told.CPU.Usage.Total; n < cpuBefore || n > cpuAfter || n == 0 {
		t.Errorf("told of %d ns of processor time, between %d and %d", n, cpuBefore, cpuAfter)
	}
	if n := told.Networks["eth0"].TxBytes; n < sentBefore || n > sentAfter || n == 0 || told.Networks["eth0"].RxPackets == 0 || len(told.Networks) != 1 {
		t.Errorf("told of %+v, sent between %d and %d", told.Networks, sentBefore, sentAfter)
	}
	if most := p.groupFile(t, busy.task, "memory.peak", "memory", "memory.max_usage_in_bytes"); told.Memory.Usage <= 0 || told.Memory.Usage > most {
		t.Errorf("told of %d bytes of memory, at most %d", told.Memory.Usage, most)
	}

	// The same reaches Prometheus' metrics.
	value := func(name string) (v float64) {
		got, err := http.Get("http://" + metrics + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		defer got.Body.Close()
		text, err := io.ReadAll(got.Body)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if rest, ok := strings.CutPrefix(line, name+`{account="000000000000",cluster="default",container="main",family="busy",service=""} `); ok {
				if _, err := fmt.Sscan(rest, &v); err != nil {
					t.Fatal(err)
				}
			}
		}
		return v
	}
	until(t, 90*time.Second, "the task's use to be shown", func() bool { return value("roadstead_container_cpu_cores") > 0.1 })
	for name, atLeast := range map[string]float64{"roadstead_container_memory_bytes": 4096, "roadstead_container_network_transmit_bytes_total": 100, "roadstead_containers": 1} {
		if v := value(name); v < atLeast {
			t.Errorf("%s is %v, want at least %v", name, v, atLeast)
		}
	}
	if n := value("roadstead_container_cpu_cores"); n > float64(len(cpus())) {
		t.Errorf("%v processors of %d in use", n, len(cpus()))
	}

	// And the log, within two minutes.
	const group = "/aws/ecs/containerinsights/default/performance"
	events := func(kind string) (found []map[string]any) {
		out, err := p.logs.FilterLogEvents(ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String(group), FilterPattern: aws.String(`{ $.Type = "` + kind + `" }`)})
		if err != nil {
			return nil // the group is not there yet
		}
		for _, e := range out.Events {
			var event map[string]any
			if err := json.Unmarshal([]byte(aws.ToString(e.Message)), &event); err != nil {
				t.Fatal(err)
			}
			found = append(found, event)
		}
		return found
	}
	var task map[string]any
	until(t, 150*time.Second, "an event of the task", func() bool {
		for _, e := range events("Task") {
			if e["TaskId"] == idOf(busy.task) && e["CpuUtilized"].(float64) > 100 {
				task = e
			}
		}
		return task != nil
	})
	if task["ClusterName"] != "default" || task["TaskDefinitionFamily"] != "busy" || task["KnownStatus"] != "RUNNING" || task["MemoryReserved"] != 16.0 || task["NetworkTxPackets"].(float64) <= 0 {
		t.Errorf("task: %v", task)
	}
	if c := events("Container"); len(c) == 0 || c[0]["ContainerName"] != "main" || c[0]["Image"] != image {
		t.Errorf("container: %v", c)
	}
	if c := events("Cluster"); len(c) == 0 || c[0]["ContainerInstanceCount"] != 1.0 {
		t.Errorf("cluster: %v", c)
	}
	streams := p.aws("logs", "describe-log-streams", "--log-group-name", group, "--query", "logStreams[].logStreamName", "--output", "text")
	for _, want := range []string{"AgentTelemetry-", "ClusterTelemetry-default"} {
		if !strings.Contains(streams, want) {
			t.Errorf("streams %q: no %s", streams, want)
		}
	}
	if days := p.aws("logs", "describe-log-groups", "--log-group-name-prefix", group, "--query", "logGroups[0].retentionInDays", "--output", "text"); days != "1" {
		t.Errorf("retention of %s days", days)
	}
}

// cpus are the processors of this machine.
func cpus() []string {
	found, _ := filepath.Glob("/sys/devices/system/cpu/cpu[0-9]*") // the pattern is well-formed
	return found
}
