package insights

import (
	"encoding/json"
	"math"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/control/census"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/telemetry/metrics"
)

// The events' members, and the order in which they stand.
// Source: CloudWatch user guide, "Container Insights performance log events for
// Amazon ECS".
type (
	// origin says whose the numbers are.
	origin struct {
		Version                string
		Type                   string // Container, Task, Service or Cluster
		ContainerName          string `json:",omitempty"`
		TaskID                 string `json:"TaskId,omitempty"`
		TaskDefinitionFamily   string `json:",omitempty"`
		TaskDefinitionRevision string `json:",omitempty"`
		ServiceName            string `json:",omitempty"`
		ContainerInstanceID    string `json:"ContainerInstanceId,omitempty"`
		EC2InstanceID          string `json:"EC2InstanceId,omitempty"`
		ClusterName            string
		Image                  string `json:",omitempty"`
		ContainerKnownStatus   string `json:",omitempty"`
		AccountID              string `json:",omitempty"`
		Region                 string `json:",omitempty"`
		AvailabilityZone       string `json:",omitempty"`
		KnownStatus            string `json:",omitempty"`
		LaunchType             string `json:",omitempty"`
		PullStartedAt          int64  `json:",omitempty"` // these, as Timestamp, in milliseconds since the epoch
		PullStoppedAt          int64  `json:",omitempty"`
		CreatedAt              int64  `json:",omitempty"`
		StartedAt              int64  `json:",omitempty"`
		Timestamp              int64
	}
	// usage are CPU units, MiB, bytes per second, and counts.
	usage struct {
		CPUUtilized       float64 `json:"CpuUtilized"`
		CPUReserved       float64 `json:"CpuReserved"`
		MemoryUtilized    int64
		MemoryReserved    int64
		StorageReadBytes  int64 // since the container started, as on AWS
		StorageWriteBytes int64
		*network
		RestartCount *int64 `json:",omitempty"`
	}
	network struct {
		NetworkRxBytes   int64
		NetworkRxDropped int64
		NetworkRxErrors  int64
		NetworkRxPackets int64
		NetworkTxBytes   int64
		NetworkTxDropped int64
		NetworkTxErrors  int64
		NetworkTxPackets int64
	}
	containerEvent struct {
		origin
		usage
		CloudWatchMetrics []metricSet `json:",omitempty"`
	}
	taskEvent struct {
		origin
		usage
		EphemeralStorageReserved *float64 `json:",omitempty"` // GB
		EphemeralStorageUtilized *float64 `json:",omitempty"`
		CloudWatchMetrics        []metricSet
	}
	serviceEvent struct {
		origin
		DesiredTaskCount, RunningTaskCount, PendingTaskCount, DeploymentCount, TaskSetCount int
		CloudWatchMetrics                                                                   []metricSet
	}
	clusterEvent struct {
		origin
		TaskCount, ContainerInstanceCount, ServiceCount int
		CloudWatchMetrics                               []metricSet
	}
	// metricSet names members of the event that are metrics.
	metricSet struct {
		Namespace  string
		Metrics    []metric
		Dimensions [][]string
	}
	metric struct{ Name, Unit string }
)

const namespace = "ECS/ContainerInsights"

var usageMetrics = [...]metric{{"CpuUtilized", "None"}, {"CpuReserved", "None"}, {"MemoryUtilized", "Megabytes"}, {"MemoryReserved", "Megabytes"},
	{"StorageReadBytes", "Bytes/Second"}, {"StorageWriteBytes", "Bytes/Second"}, {"NetworkRxBytes", "Bytes/Second"}, {"NetworkTxBytes", "Bytes/Second"}}

// networkMetrics is how many at the end of usageMetrics are of the network.
const networkMetrics = 2

// instance is where a task runs.
type instance struct {
	id, ec2, zone string // "" for tasks of Fargate, but for the zone
}

// taskOrigin says which task the numbers are of.
func taskOrigin(kind string, c *census.Cluster, t *model.Task, d *model.TaskDefinition, service string, on instance, at time.Time) origin {
	return origin{Version: "0", Type: kind, TaskID: t.ID, TaskDefinitionFamily: d.Family, TaskDefinitionRevision: strconv.Itoa(d.Revision), ServiceName: service,
		ContainerInstanceID: on.id, EC2InstanceID: on.ec2, ClusterName: c.Name, Timestamp: at.UnixMilli()}
}

// used turns what one container used in a minute into the event's numbers.
func used(u metrics.Usage) usage {
	out := usage{CPUUtilized: rounded(u.CPU.Mean() / 100 * 1024), MemoryUtilized: int64(u.Memory.Mean()),
		StorageReadBytes: u.Counters[metrics.StorageReadBytes], StorageWriteBytes: u.Counters[metrics.StorageWriteBytes]}
	if u.Networked {
		out.network = &network{NetworkRxBytes: int64(u.Rx.Mean()), NetworkTxBytes: int64(u.Tx.Mean()),
			NetworkRxDropped: u.Counters[metrics.RxDropped], NetworkRxErrors: u.Counters[metrics.RxErrors], NetworkRxPackets: u.Counters[metrics.RxPackets],
			NetworkTxDropped: u.Counters[metrics.TxDropped], NetworkTxErrors: u.Counters[metrics.TxErrors], NetworkTxPackets: u.Counters[metrics.TxPackets]}
	}
	return out
}

// plus adds the numbers of another container of the task.
func (u usage) plus(o usage) usage {
	u.CPUUtilized, u.MemoryUtilized = rounded(u.CPUUtilized+o.CPUUtilized), u.MemoryUtilized+o.MemoryUtilized
	u.StorageReadBytes, u.StorageWriteBytes = u.StorageReadBytes+o.StorageReadBytes, u.StorageWriteBytes+o.StorageWriteBytes
	if o.RestartCount != nil {
		n := *o.RestartCount
		if u.RestartCount != nil {
			n += *u.RestartCount
		}
		u.RestartCount = &n
	}
	switch {
	case o.network == nil:
	case u.network == nil:
		u.network = o.network
	default:
		a, b := *u.network, *o.network
		u.network = &network{a.NetworkRxBytes + b.NetworkRxBytes, a.NetworkRxDropped + b.NetworkRxDropped, a.NetworkRxErrors + b.NetworkRxErrors, a.NetworkRxPackets + b.NetworkRxPackets,
			a.NetworkTxBytes + b.NetworkTxBytes, a.NetworkTxDropped + b.NetworkTxDropped, a.NetworkTxErrors + b.NetworkTxErrors, a.NetworkTxPackets + b.NetworkTxPackets}
	}
	return u
}

// rounded keeps thousandths: more is noise, and long to write.
func rounded(f float64) float64 { return math.Round(f*1000) / 1000 }

// reserve says what a container has reserved: its CPU units, and its limit of
// memory or else its reservation, in MiB.
func (u *usage) reserve(c types.ContainerDefinition) {
	u.CPUReserved, u.MemoryReserved = float64(c.Cpu), int64(aws.ToInt32(c.Memory))
	if c.Memory == nil {
		u.MemoryReserved = int64(aws.ToInt32(c.MemoryReservation))
	}
}

// taskMetrics names the task's metrics, by what it belongs to; with more of
// them, and by the task itself, when the cluster's insights are enhanced.
func taskMetrics(u usage, service string, enhanced, ephemeral bool) []metricSet {
	set := metricSet{Namespace: namespace, Metrics: usageMetrics[:], Dimensions: [][]string{{"ClusterName"}, {"ClusterName", "TaskDefinitionFamily"}}}
	if u.network == nil {
		set.Metrics = usageMetrics[:len(usageMetrics)-networkMetrics]
	}
	set.Metrics = append([]metric{}, set.Metrics...)
	if ephemeral {
		set.Metrics = append(set.Metrics, metric{"EphemeralStorageReserved", "Gigabytes"}, metric{"EphemeralStorageUtilized", "Gigabytes"})
	}
	if u.RestartCount != nil && enhanced {
		set.Metrics = append(set.Metrics, metric{"RestartCount", "Count"})
	}
	if service != "" {
		set.Dimensions = append(set.Dimensions, []string{"ServiceName", "ClusterName"})
	}
	if enhanced {
		set.Dimensions = append(set.Dimensions, []string{"ClusterName", "TaskDefinitionFamily", "TaskId"})
		if service != "" {
			set.Dimensions = append(set.Dimensions, []string{"ClusterName", "ServiceName", "TaskId"})
		}
	}
	return []metricSet{set}
}

// counts names metrics that are counts.
func counts(dimensions []string, names ...string) []metricSet {
	set := metricSet{Namespace: namespace, Dimensions: [][]string{dimensions}}
	for _, n := range names {
		set.Metrics = append(set.Metrics, metric{n, "Count"})
	}
	return []metricSet{set}
}

func encode(event any) string {
	text, err := json.Marshal(event)
	if err != nil {
		panic("insights: " + err.Error()) // it has nothing that cannot be written
	}
	return string(text)
}
