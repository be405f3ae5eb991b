package scrape

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/roadstead/roadstead/telemetry/metrics"
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("roadstead_"+name, help, labels, nil)
}

// What containers are shown by: the service is empty for tasks of none.
var ofContainers = []string{"account", "cluster", "service", "family", "container"}

func describeContainers(name, help string) *prometheus.Desc {
	return describe(name, help, ofContainers...)
}

// The metrics, in base units as Prometheus wants them.
var (
	containers        = describeContainers("containers", "Containers that have reported what they use within the last minutes.")
	containerCores    = describeContainers("container_cpu_cores", "Processors that the containers use, on average in the newest minute.")
	containerMemory   = describeContainers("container_memory_bytes", "Memory that the containers use, without inactive file pages, on average in the newest minute.")
	containerSeconds  = describeContainers("container_cpu_seconds_total", "Processor time that the containers have used, as their reports tell it.")
	containerRestarts = describeContainers("container_restarts_total", "How often restart policies have restarted the containers.")
	containerCounters = [...]*prometheus.Desc{
		metrics.RxBytes:           describeContainers("container_network_receive_bytes_total", "Bytes that came through the containers' interfaces."),
		metrics.RxPackets:         describeContainers("container_network_receive_packets_total", "Packets that came through the containers' interfaces."),
		metrics.RxErrors:          describeContainers("container_network_receive_errors_total", "Packets that came with errors."),
		metrics.RxDropped:         describeContainers("container_network_receive_dropped_total", "Packets that came and were dropped."),
		metrics.TxBytes:           describeContainers("container_network_transmit_bytes_total", "Bytes that went through the containers' interfaces."),
		metrics.TxPackets:         describeContainers("container_network_transmit_packets_total", "Packets that went through the containers' interfaces."),
		metrics.TxErrors:          describeContainers("container_network_transmit_errors_total", "Packets that could not be sent for errors."),
		metrics.TxDropped:         describeContainers("container_network_transmit_dropped_total", "Packets that were to be sent and were dropped."),
		metrics.StorageReadBytes:  describeContainers("container_storage_read_bytes_total", "Bytes that the containers have read from devices."),
		metrics.StorageWriteBytes: describeContainers("container_storage_written_bytes_total", "Bytes that the containers have written to devices."),
	}

	clusterTasks     = describe("cluster_tasks", "Tasks of the cluster.", "account", "cluster", "status")
	clusterServices  = describe("cluster_services", "Services of the cluster that are not INACTIVE.", "account", "cluster")
	clusterInstances = describe("cluster_container_instances", "Container instances of the cluster.", "account", "cluster", "status")
	clusterConnected = describe("cluster_container_instances_connected", "Container instances of the cluster whose agent is connected.", "account", "cluster")
	clusterCPU       = describe("cluster_cpu_cores", "Processors that the cluster's container instances have registered, and that tasks reserve of them.", "account", "cluster", "state")
	clusterMemory    = describe("cluster_memory_bytes", "Memory that the cluster's container instances have registered, and that tasks reserve of it.", "account", "cluster", "state")

	serviceTasks       = describe("service_tasks", "Tasks of the service: desired, running and pending.", "account", "cluster", "service", "status")
	serviceDeployments = describe("service_deployments", "Deployments of the service that have not ended, the steady one included.", "account", "cluster", "service")
	omissions          = describe("scrape_omitted", "Clusters and services that are not shown because there are too many.")

	storeNouns     = describe("store_nouns", "Nouns in the store, by kind.", "kind")
	storeRevision  = describe("store_revision_total", "Revision of the newest commit that this server has applied.")
	storeWaiting   = describe("store_commits_waiting", "Commits that wait to be written.")
	storeLeading   = describe("store_leading", "1 while this server may write.")
	agentChannels  = describe("agent_channels", "Channels that agents have open, control and telemetry together.")
	agentInstances = describe("agent_instances_connected", "Container instances whose control channel is open.")
	logBytes       = describe("logs_disk_bytes", "Disk that log events take.")

	usageContainers = describe("usage_containers", "Containers whose use is known.")
	usageGroups     = describe("usage_groups", "Groups of containers whose use is counted.")
	usageDropped    = describe("usage_dropped_total", "Reports of use that there was no room for.")
)

func descriptions() []*prometheus.Desc {
	return append([]*prometheus.Desc{containers, containerCores, containerMemory, containerSeconds, containerRestarts,
		clusterTasks, clusterServices, clusterInstances, clusterConnected, clusterCPU, clusterMemory, serviceTasks, serviceDeployments, omissions,
		storeNouns, storeRevision, storeWaiting, storeLeading, agentChannels, agentInstances, logBytes, usageContainers, usageGroups, usageDropped},
		containerCounters[:]...)
}
