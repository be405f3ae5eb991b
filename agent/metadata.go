package agent

import (
	"maps"
	"net/netip"
	"strings"
	"time"

	"github.com/roadstead/roadstead/agent/step"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// taskMetadata is what a task is told of itself.
// Source: ECS developer guide, "Amazon ECS task metadata endpoint version 4".
type taskMetadata struct {
	Cluster               string
	TaskARN               string
	Family                string
	Revision              string
	ServiceName           string `json:",omitempty"`
	DesiredStatus         string
	KnownStatus           string
	Limits                *limitsMetadata   `json:",omitempty"`
	PullStartedAt         *time.Time        `json:",omitempty"`
	PullStoppedAt         *time.Time        `json:",omitempty"`
	ExecutionStoppedAt    *time.Time        `json:",omitempty"`
	AvailabilityZone      string            `json:",omitempty"`
	LaunchType            string            `json:",omitempty"`
	TaskTags              map[string]string `json:",omitempty"`
	ContainerInstanceTags map[string]string `json:",omitempty"`
	Containers            []containerMetadata
	Storage               *storageMetadata `json:"EphemeralStorageMetrics,omitempty"`
	Errors                []metadataError  `json:",omitempty"`
}

// limitsMetadata are vCPUs and MiB for a task, CPU units and MiB for a
// container.
type limitsMetadata struct {
	CPU    float64 `json:",omitempty"`
	Memory int64   `json:",omitempty"`
}

// metadataError is a part of the metadata that could not be had.
type metadataError struct{ ErrorField, ErrorCode, ErrorMessage string }

type containerMetadata struct {
	DockerID      string `json:"DockerId"`
	Name          string
	DockerName    string
	Image         string
	ImageID       string
	Ports         []portMetadata    `json:",omitempty"`
	Labels        map[string]string `json:",omitempty"`
	DesiredStatus string
	KnownStatus   string
	ExitCode      *int32 `json:",omitempty"`
	Limits        limitsMetadata
	CreatedAt     *time.Time `json:",omitempty"`
	StartedAt     *time.Time `json:",omitempty"`
	Type          string
	Health        *healthMetadata   `json:",omitempty"`
	Volumes       []volumeMetadata  `json:",omitempty"`
	LogDriver     string            `json:",omitempty"`
	LogOptions    map[string]string `json:",omitempty"`
	ContainerARN  string            `json:",omitempty"`
	Networks      []networkMetadata `json:",omitempty"`
	RestartCount  *int              `json:",omitempty"`
}

type portMetadata struct {
	ContainerPort int `json:",omitempty"`
	Protocol      string
	HostPort      int    `json:",omitempty"`
	HostIP        string `json:"HostIp,omitempty"`
	// The ranges stand where a range was asked for.
	ContainerPortRange string `json:",omitempty"`
	HostPortRange      string `json:",omitempty"`
}

type healthMetadata struct {
	Status string     `json:"status"`
	Since  *time.Time `json:"statusSince,omitempty"`
	Output string     `json:"output,omitempty"`
}

type volumeMetadata struct {
	DockerName  string `json:",omitempty"`
	Source      string `json:",omitempty"`
	Destination string
}

// networkMetadata describes a container's network; of an interface of its task
// it says all that the stock agent does.
type networkMetadata struct {
	NetworkMode              string
	IPv4Addresses            []string `json:",omitempty"`
	AttachmentIndex          *int     `json:",omitempty"`
	MACAddress               string   `json:",omitempty"`
	IPv4SubnetCIDRBlock      string   `json:",omitempty"`
	DomainNameServers        []string `json:",omitempty"`
	DomainNameSearchList     []string `json:",omitempty"`
	PrivateDNSName           string   `json:",omitempty"`
	SubnetGatewayIpv4Address string   `json:",omitempty"`
}

// networkOf describes the network of one container. The second and third
// versions of the metadata do not know the interface.
func networkOf(version int, t acs.Task, r run) networkMetadata {
	out := networkMetadata{NetworkMode: t.NetworkMode}
	if out.NetworkMode == "" {
		out.NetworkMode = "bridge"
	}
	if !r.sandbox.IPv4.IsValid() {
		return out
	}
	out.IPv4Addresses = []string{r.sandbox.IPv4.String()}
	if version < 4 || !sharesNetwork(t) || len(t.Interfaces) == 0 {
		return out
	}
	in := t.Interfaces[0]
	out.AttachmentIndex, out.MACAddress, out.PrivateDNSName = new(int), in.MACAddress, in.PrivateDNSName
	out.DomainNameServers, out.DomainNameSearchList, out.SubnetGatewayIpv4Address = in.DomainNameServers, in.DomainNames, in.Gateway
	if gateway, err := netip.ParsePrefix(in.Gateway); err == nil {
		out.IPv4SubnetCIDRBlock = gateway.Masked().String()
	}
	return out
}

// askedTask is a task as it is when it asks about itself.
type askedTask struct {
	agent   *Agent // the task's
	payload acs.Task
	state   step.TaskState
	runs    map[string]run // of its containers, by name
}

// named returns the name of the container that the URL's id means: the runtime
// knows it by that id. In the host's network the proof comes after it.
func (a askedTask) named(id string) (name string, known bool) {
	if a.payload.NetworkMode == "host" {
		id, _, _ = strings.Cut(id, proofMark)
	}
	for _, c := range a.payload.Containers {
		if a.runs[c.Name].id == id {
			return c.Name, true
		}
	}
	return "", false
}

// metadata describes the task. The second and third versions know less than
// the fourth.
func (a askedTask) metadata(version int, zone string) taskMetadata {
	out := taskMetadata{Cluster: a.payload.ClusterARN, TaskARN: a.payload.ARN, Family: a.payload.Family, Revision: a.payload.Version,
		DesiredStatus: a.state.Desired, KnownStatus: a.state.Known, AvailabilityZone: zone, PullStartedAt: instant(a.state.PullStartedAt),
		PullStoppedAt: instant(a.state.PullStoppedAt), ExecutionStoppedAt: instant(a.state.ExecutionStopped), Containers: []containerMetadata{}}
	if a.payload.CPU > 0 || a.payload.Memory > 0 {
		out.Limits = &limitsMetadata{CPU: a.payload.CPU, Memory: a.payload.Memory}
	}
	if version >= 4 {
		out.LaunchType, out.ServiceName = a.payload.LaunchType, a.payload.ServiceName
	}
	for _, c := range a.state.Containers {
		out.Containers = append(out.Containers, a.container(version, c))
	}
	return out
}

func (a askedTask) container(version int, c step.ContainerState) containerMetadata {
	spec, r := containerOf(a.payload, c.Name), a.runs[c.Name]
	config, _ := configOf(spec) // what cannot be read was refused when the task came
	out := containerMetadata{DockerID: r.id, Name: c.Name, DockerName: r.id, Image: spec.Image, ImageID: c.Digest,
		Labels: metadataLabels(a.payload, c.Name, config), DesiredStatus: a.state.Desired, KnownStatus: c.Known, ExitCode: c.ExitCode,
		Limits:    limitsMetadata{CPU: float64(spec.CPU), Memory: spec.Memory},
		CreatedAt: instant(c.StartedAt), StartedAt: instant(c.StartedAt), Type: "NORMAL"}
	for _, b := range c.Bindings {
		out.Ports = append(out.Ports, portMetadata{b.ContainerPort, b.Protocol, b.HostPort, b.BindIP, b.ContainerPortRange, b.HostPortRange})
	}
	if h := c.Health; h != nil {
		out.Health = &healthMetadata{h.Status, instant(h.Since), h.Output}
	}
	for _, m := range spec.MountPoints {
		out.Volumes = append(out.Volumes, volumeMetadata{DockerName: m.SourceVolume, Source: sourceOf(a.payload, m.SourceVolume), Destination: m.ContainerPath})
	}
	out.Networks = []networkMetadata{networkOf(version, a.payload, r)}
	if version >= 4 {
		out.ContainerARN = spec.ContainerARN
		out.LogDriver, out.LogOptions = logConfig(spec)
		if spec.RestartPolicy != nil && spec.RestartPolicy.Enabled {
			out.RestartCount = &c.Restarts
		}
	}
	return out
}

// metadataLabels are the container's own labels, and the stock agent's.
func metadataLabels(t acs.Task, name string, config acs.Config) map[string]string {
	labels := map[string]string{}
	maps.Copy(labels, config.Labels)
	maps.Copy(labels, map[string]string{labelCluster: t.ClusterARN, labelContainer: name, labelTask: t.ARN, labelFamily: t.Family, labelVersion: t.Version})
	return labels
}

// sourceOf returns the path on the host of a volume that names one. Where the
// others are is nobody's business.
func sourceOf(t acs.Task, volume string) string {
	for _, v := range t.Volumes {
		if v.Name == volume && v.Host != nil {
			return v.Host.SourcePath
		}
	}
	return ""
}

// The paths behind 169.254.170.2 that a container's environment names.
// Source: specs/agent-protocol.md section 4.
const (
	taskHost     = "http://169.254.170.2"
	metadataPath = "/v4/"
	metadataV3   = "/v3/"
	agentPath    = "/api/"
)

// metadataEnvironment tells a container where it is told of itself. One without
// a network cannot ask.
func (n *Node) metadataEnvironment(t acs.Task, spec acs.Container, r run) map[string]string {
	id := r.id
	switch {
	case onHostNetwork(t, spec):
		id = n.proof.of(id)
	case !r.sandbox.IPv4.IsValid():
		return nil
	}
	return map[string]string{"ECS_CONTAINER_METADATA_URI": taskHost + metadataV3 + id,
		"ECS_CONTAINER_METADATA_URI_V4": taskHost + metadataPath + id, "ECS_AGENT_URI": taskHost + agentPath + id}
}
