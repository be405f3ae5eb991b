package dispatch

import (
	"maps"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/model"
)

// hostConfig returns the host side of a container in Docker's terms.
func (p Platform) hostConfig(t *model.Task, d *model.TaskDefinition, c *types.ContainerDefinition) *acs.HostConfig {
	out := &acs.HostConfig{
		NetworkMode: networkMode(d.Definition), Privileged: aws.ToBool(c.Privileged),
		ReadonlyRootfs: aws.ToBool(c.ReadonlyRootFilesystem), DNS: c.DnsServers, DNSSearch: c.DnsSearchDomains,
		SecurityOpt: c.DockerSecurityOptions, MemoryReservation: int64(aws.ToInt32(c.MemoryReservation)) << 20,
		LogConfig: p.logConfig(t, c),
	}
	for _, u := range c.Ulimits {
		out.Ulimits = append(out.Ulimits, acs.Ulimit{Name: string(u.Name), Soft: int64(u.SoftLimit), Hard: int64(u.HardLimit)})
	}
	for _, h := range c.ExtraHosts {
		out.ExtraHosts = append(out.ExtraHosts, aws.ToString(h.Hostname)+":"+aws.ToString(h.IpAddress))
	}
	for _, s := range c.SystemControls {
		if out.Sysctls == nil {
			out.Sysctls = map[string]string{}
		}
		out.Sysctls[aws.ToString(s.Namespace)] = aws.ToString(s.Value)
	}
	if c.LinuxParameters != nil {
		linux(out, c.LinuxParameters, int64(aws.ToInt32(c.Memory)))
	}
	return out
}

func linux(out *acs.HostConfig, l *types.LinuxParameters, memory int64) {
	if l.Capabilities != nil {
		out.CapAdd, out.CapDrop = l.Capabilities.Add, l.Capabilities.Drop
	}
	out.Init = l.InitProcessEnabled
	out.ShmSize = int64(aws.ToInt32(l.SharedMemorySize)) << 20
	if l.MaxSwap != nil {
		// Docker counts memory and swap together, and refuses swap where there is
		// no limit of memory.
		out.MemorySwap = (memory + int64(*l.MaxSwap)) << 20
	}
	// Source: ECS API reference, LinuxParameters: without maxSwap it means nothing.
	if l.Swappiness != nil && aws.ToInt32(l.MaxSwap) > 0 {
		s := int64(*l.Swappiness)
		out.MemorySwappiness = &s
	}
	for _, m := range l.Tmpfs {
		if out.Tmpfs == nil {
			out.Tmpfs = map[string]string{}
		}
		options := append([]string{"size=" + sizeMiB(m.Size)}, m.MountOptions...)
		out.Tmpfs[aws.ToString(m.ContainerPath)] = strings.Join(options, ",")
	}
	for _, dev := range l.Devices {
		out.Devices = append(out.Devices, device(dev))
	}
}

func device(d types.Device) acs.Device {
	out := acs.Device{PathOnHost: aws.ToString(d.HostPath), PathInContainer: aws.ToString(d.ContainerPath)}
	if out.PathInContainer == "" {
		out.PathInContainer = out.PathOnHost
	}
	for _, p := range d.Permissions {
		switch p {
		case types.DeviceCgroupPermissionRead:
			out.CgroupPermissions += "r"
		case types.DeviceCgroupPermissionWrite:
			out.CgroupPermissions += "w"
		case types.DeviceCgroupPermissionMknod:
			out.CgroupPermissions += "m"
		}
	}
	if out.CgroupPermissions == "" {
		out.CgroupPermissions = "rwm"
	}
	return out
}

// logConfig completes the container's log configuration: the stream's name
// follows ECS's rule prefix/container/task, and the log driver, which talks to
// the logs API by itself, is told where that is.
func (p Platform) logConfig(t *model.Task, c *types.ContainerDefinition) *acs.LogConfig {
	if c.LogConfiguration == nil {
		return nil
	}
	out := &acs.LogConfig{Type: string(c.LogConfiguration.LogDriver), Config: map[string]string{}}
	maps.Copy(out.Config, c.LogConfiguration.Options)
	if out.Type != "awslogs" {
		return out
	}
	if prefix, ok := out.Config["awslogs-stream-prefix"]; ok {
		delete(out.Config, "awslogs-stream-prefix")
		out.Config["awslogs-stream"] = prefix + "/" + aws.ToString(c.Name) + "/" + t.ID
	}
	if out.Config["awslogs-region"] == "" {
		out.Config["awslogs-region"] = p.Region
	}
	if out.Config["mode"] == "" && p.LogMode != "" {
		out.Config["mode"] = p.LogMode
	}
	if out.Config["awslogs-endpoint"] == "" && p.Endpoint != "" {
		out.Config["awslogs-endpoint"] = p.Endpoint
	}
	return out
}

func sizeMiB(mib int32) string { return strconv.FormatInt(int64(mib), 10) + "m" }
