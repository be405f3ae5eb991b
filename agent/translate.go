package agent

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/model"
)

// minimumMemory is the least hard limit of a container; less is raised to it.
// Source: specs/agent-protocol.md section 2.1.
const minimumMemory = 4 << 20

// period is the scheduler's period that CPU quotas refer to.
const period = 100 * time.Millisecond

func containerOf(t acs.Task, name string) acs.Container {
	for _, c := range t.Containers {
		if c.Name == name {
			return c
		}
	}
	return acs.Container{Name: name}
}

func hostConfigOf(c acs.Container) (h acs.HostConfig, err error) {
	if c.DockerConfig == nil || c.DockerConfig.HostConfig == "" {
		return h, nil
	}
	if err := json.Unmarshal([]byte(c.DockerConfig.HostConfig), &h); err != nil {
		return h, fmt.Errorf("host configuration of container %s: %w", c.Name, err)
	}
	return h, nil
}

func configOf(c acs.Container) (o acs.Config, err error) {
	if c.DockerConfig == nil || c.DockerConfig.Config == "" {
		return o, nil
	}
	if err := json.Unmarshal([]byte(c.DockerConfig.Config), &o); err != nil {
		return o, fmt.Errorf("configuration of container %s: %w", c.Name, err)
	}
	return o, nil
}

// translate turns what the control plane said of a container, in Docker's
// terms, into what the runtime starts.
func (n *Node) translate(t acs.Task, name string, r run, given secrets, peers map[string]string) (runtime.Container, Log, error) {
	spec := containerOf(t, name)
	host, err := hostConfigOf(spec)
	if err != nil {
		return runtime.Container{}, Log{}, err
	}
	config, err := configOf(spec)
	if err != nil {
		return runtime.Container{}, Log{}, err
	}
	out := runtime.Container{
		ID: r.id, TaskID: taskID(t.ARN), Name: name, Labels: n.labels(t, name, r, config),
		Image: r.image.Ref, Entrypoint: spec.EntryPoint, Command: spec.Command, Env: n.environment(t, spec, r, given),
		WorkingDir: config.WorkingDir, User: config.User, TTY: config.Tty, OpenStdin: config.OpenStdin,
		NetNS: r.sandbox.NetNSPath, Hostname: config.Hostname,
		PID: runtime.Sharing(t.PIDMode), IPC: runtime.Sharing(t.IPCMode),
		ShmSize: host.ShmSize, Privileged: host.Privileged, CapAdd: host.CapAdd, CapDrop: host.CapDrop,
		ReadonlyRootfs: host.ReadonlyRootfs, Init: host.Init != nil && *host.Init, Sysctls: host.Sysctls,
		SecurityOpt: host.SecurityOpt, StopSignal: r.stopSignal,
		Resources: resources(spec, host), Task: n.taskLimits(t), Scratch: n.scratch(t), Runtime: t.Runtime,
	}
	isolate(&out, t, n.options.OpenFiles)
	for _, u := range host.Ulimits {
		out.Ulimits = append(out.Ulimits, runtime.Ulimit{Name: u.Name, Soft: u.Soft, Hard: u.Hard})
	}
	for _, d := range host.Devices {
		out.Devices = append(out.Devices, runtime.Device{HostPath: d.PathOnHost, ContainerPath: d.PathInContainer, Permissions: d.CgroupPermissions})
	}
	for _, path := range slices.Sorted(maps.Keys(host.Tmpfs)) {
		out.Tmpfs = append(out.Tmpfs, tmpfs(path, host.Tmpfs[path]))
	}
	if err := n.makeImageVolumes(t, spec, host, r.image.Config.Volumes); err != nil {
		return runtime.Container{}, Log{}, err
	}
	if out.Mounts, err = n.mounts(t, spec); err != nil {
		return runtime.Container{}, Log{}, err
	}
	if err := n.fileSecrets(&out, spec, given); err != nil {
		return runtime.Container{}, Log{}, err
	}
	if err := n.writeFiles(&out, t, host, r, peers); err != nil {
		return runtime.Container{}, Log{}, err
	}
	if err := n.prepareRouter(&out, t, spec); err != nil {
		return runtime.Container{}, Log{}, err
	}
	if err := n.giveGPUs(&out, t); err != nil {
		return runtime.Container{}, Log{}, err
	}
	log := n.logOf(t, name, r.id)
	log.Subject.Env, log.Subject.ImageDigest, out.LogFrames = out.Env, r.image.Digest, FramesLogs(log.Driver)
	return out, log, nil
}

func (n *Node) labels(t acs.Task, name string, r run, config acs.Config) map[string]string {
	labels := map[string]string{}
	maps.Copy(labels, config.Labels)
	delete(labels, model.LabelSecretFiles) // which are for the agent; the runtime keeps such names to itself
	delete(labels, model.LabelSecretRefresh)
	labels[labelCluster] = t.ClusterARN
	labels[labelContainer] = name
	labels[labelTask] = t.ARN
	labels[labelFamily] = t.Family
	labels[labelVersion] = t.Version
	labels[labelDigest] = r.image.Digest
	labels[labelImage] = r.image.Ref
	labels[labelStop] = r.stopSignal
	return labels
}

func (n *Node) environment(t acs.Task, spec acs.Container, r run, given secrets) []string {
	all := map[string]string{}
	maps.Copy(all, n.options.Environment)
	maps.Copy(all, n.metadataEnvironment(t, spec, r))
	if onFargate(t) {
		all["AWS_EXECUTION_ENV"] = "AWS_ECS_FARGATE"
	}
	if t.RoleCredentials != nil {
		all["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = CredentialsPath + t.RoleCredentials.CredentialsID
	}
	maps.Copy(all, given.fromFiles(spec))
	maps.Copy(all, spec.Environment)
	maps.Copy(all, routerEnvironment(t, spec, r, given))
	if f, err := filingOf(spec); err == nil && f.path == "" {
		maps.Copy(all, given.environment(spec))
	}
	var out []string
	for _, k := range slices.Sorted(maps.Keys(all)) {
		out = append(out, k+"="+all[k])
	}
	return out
}

func resources(spec acs.Container, host acs.HostConfig) runtime.Resources {
	out := runtime.Resources{
		// Docker and ECS both give a container without CPU units the least share.
		CPUShares:         max(2, spec.CPU),
		MemoryReservation: host.MemoryReservation,
		Swappiness:        host.MemorySwappiness,
	}
	if spec.Memory > 0 {
		out.MemoryLimit = max(minimumMemory, spec.Memory<<20)
	}
	if host.MemorySwap != 0 {
		swap := host.MemorySwap
		out.MemorySwap = &swap
	}
	return out
}

// taskLimits are the limits of a task that names its own size, and of its
// processes.
func (n *Node) taskLimits(t acs.Task) runtime.TaskLimits {
	out := runtime.TaskLimits{MemoryLimit: t.Memory << 20, PidsLimit: n.options.TaskProcesses}
	if out.PidsLimit == 0 && onFargate(t) {
		out.PidsLimit = n.options.Machine.share(t.Memory)
	}
	if t.CPU > 0 {
		out.CPUQuota = time.Duration(t.CPU * float64(period))
		out.CPUShares = int64(t.CPU * 1024)
	}
	return out
}

// tmpfs reads Docker's form of a tmpfs mount: options with commas, the size
// among them.
func tmpfs(path, options string) runtime.Tmpfs {
	out := runtime.Tmpfs{Destination: path}
	for _, o := range strings.Split(options, ",") {
		value, isSize := strings.CutPrefix(o, "size=")
		if !isSize {
			if o != "" {
				out.Options = append(out.Options, o)
			}
			continue
		}
		shift := 0
		switch {
		case strings.HasSuffix(value, "k"):
			shift = 10
		case strings.HasSuffix(value, "m"):
			shift = 20
		case strings.HasSuffix(value, "g"):
			shift = 30
		}
		if size, err := strconv.ParseInt(strings.TrimRight(value, "kmg"), 10, 64); err == nil {
			out.Size = size << shift
		}
	}
	return out
}
