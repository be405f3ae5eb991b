package acs

// Metadata heads every telemetry message.
type Metadata struct {
	Cluster   string `json:"cluster,omitempty"`
	Instance  string `json:"containerInstance,omitempty"`
	MessageID string `json:"messageId,omitempty"`
	RequestID string `json:"requestId,omitempty"`
	Idle      bool   `json:"idle,omitempty"`
	Fin       bool   `json:"fin,omitempty"`
}

// PublishMetricsRequest carries what the containers used in the last interval.
type PublishMetricsRequest struct {
	Metadata  *Metadata    `json:"metadata"`
	Tasks     []TaskMetric `json:"taskMetrics,omitempty"`
	Timestamp any          `json:"timestamp,omitempty"`
}

// TaskMetric is what one task used; at most 10 of them stand in a message.
type TaskMetric struct {
	TaskARN    string            `json:"taskArn"`
	ClusterARN string            `json:"clusterArn,omitempty"`
	Family     string            `json:"taskDefinitionFamily"`
	Version    string            `json:"taskDefinitionVersion"`
	Containers []ContainerMetric `json:"containerMetrics"`
	// EphemeralStorage is what a task on Fargate has written; nil: not said.
	EphemeralStorage *EphemeralStorageMetrics `json:"ephemeralStorageMetrics,omitempty"`
}

// ContainerMetric is what one container used.
type ContainerMetric struct {
	Name    string           `json:"containerName"`
	CPU     *StatsSet        `json:"cpuStatsSet,omitempty"`    // percent of one CPU
	Memory  *StatsSet        `json:"memoryStatsSet,omitempty"` // MiB
	Network *NetworkStatsSet `json:"networkStatsSet,omitempty"`
	Storage *StorageStatsSet `json:"storageStatsSet,omitempty"`
	Restart *RestartStatsSet `json:"restartStatsSet,omitempty"`
}

// StatsSet sums samples up.
type StatsSet struct {
	Min         float64 `json:"min"`
	Max         float64 `json:"max"`
	SampleCount int64   `json:"sampleCount"`
	Sum         float64 `json:"sum"`
}

// CountStatsSet sums samples of a counter up. A counter only grows, so its
// newest value is the maximum. What does not fit is in the overflows.
type CountStatsSet struct {
	Min         int64 `json:"min"`
	Max         int64 `json:"max"`
	SampleCount int64 `json:"sampleCount"`
	Sum         int64 `json:"sum"`
	OverflowMin int64 `json:"overflowMin,omitempty"`
	OverflowMax int64 `json:"overflowMax,omitempty"`
	OverflowSum int64 `json:"overflowSum,omitempty"`
}

// NetworkStatsSet are a container's interfaces taken together, counted since
// they were made; the rates are bytes per second.
type NetworkStatsSet struct {
	RxBytes          *CountStatsSet `json:"rxBytes,omitempty"`
	RxPackets        *CountStatsSet `json:"rxPackets,omitempty"`
	RxErrors         *CountStatsSet `json:"rxErrors,omitempty"`
	RxDropped        *CountStatsSet `json:"rxDropped,omitempty"`
	TxBytes          *CountStatsSet `json:"txBytes,omitempty"`
	TxPackets        *CountStatsSet `json:"txPackets,omitempty"`
	TxErrors         *CountStatsSet `json:"txErrors,omitempty"`
	TxDropped        *CountStatsSet `json:"txDropped,omitempty"`
	RxBytesPerSecond *StatsSet      `json:"rxBytesPerSecond,omitempty"`
	TxBytesPerSecond *StatsSet      `json:"txBytesPerSecond,omitempty"`
}

// StorageStatsSet is what a container has read from and written to devices, in
// bytes since it started.
type StorageStatsSet struct {
	Read    *CountStatsSet `json:"readSizeBytes,omitempty"`
	Written *CountStatsSet `json:"writeSizeBytes,omitempty"`
}

// RestartStatsSet is how often a container was restarted since the message
// before; only containers with a restart policy have one.
type RestartStatsSet struct {
	RestartCount int64 `json:"restartCount"`
}

// EphemeralStorageMetrics are bytes.
type EphemeralStorageMetrics struct {
	Utilized *CountStatsSet `json:"bytesUtilized,omitempty"`
}

// AckPublishMetric answers a PublishMetricsRequest.
type AckPublishMetric struct {
	Message string `json:"message,omitempty"`
}

// PublishHealthRequest carries the containers' health; nothing else does.
type PublishHealthRequest struct {
	Metadata  *Metadata    `json:"metadata"`
	Tasks     []TaskHealth `json:"tasks,omitempty"`
	Timestamp any          `json:"timestamp,omitempty"`
}

// TaskHealth is the health of one task's containers.
type TaskHealth struct {
	TaskARN    string            `json:"taskArn"`
	ClusterARN string            `json:"clusterArn,omitempty"`
	Family     string            `json:"taskDefinitionFamily"`
	Version    string            `json:"taskDefinitionVersion"`
	Containers []ContainerHealth `json:"containers"`
}

// ContainerHealth is the health of one container.
type ContainerHealth struct {
	Name          string `json:"containerName"`
	Status        string `json:"healthStatus"` // HEALTHY, UNHEALTHY or UNKNOWN
	StatusSince   any    `json:"statusSince,omitempty"`
	StatusMessage string `json:"statusMessage,omitempty"`
}

// AckPublishHealth answers a PublishHealthRequest.
type AckPublishHealth struct {
	Message string `json:"message,omitempty"`
}

// PublishInstanceStatusRequest carries the instance's own checks.
type PublishInstanceStatusRequest struct {
	Metadata  *Metadata        `json:"metadata"`
	Statuses  []InstanceStatus `json:"statuses,omitempty"`
	Timestamp any              `json:"timestamp,omitempty"`
}

// InstanceStatus is the outcome of one check of the instance.
type InstanceStatus struct {
	Type       string `json:"type"`   // ContainerRuntime
	Status     string `json:"status"` // OK, IMPAIRED, INSUFFICIENT_DATA, INITIALIZING
	LastChange any    `json:"lastStatusChange,omitempty"`
	Updated    any    `json:"lastUpdated,omitempty"`
}

// AckPublishInstanceStatus answers a PublishInstanceStatusRequest.
type AckPublishInstanceStatus struct {
	Message string `json:"message,omitempty"`
}
