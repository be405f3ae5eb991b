package cli

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/agent/cdi"
	"github.com/roadstead/roadstead/agent/disk"
	"github.com/roadstead/roadstead/agent/mount"
	"github.com/roadstead/roadstead/agent/runtime/containerd"
	"github.com/roadstead/roadstead/model"
)

// lending is what a container instance keeps for itself and what it offers, as
// the flags of `up` and `agent` say. The zero value is usable.
type lending struct {
	memory     int64 // reserved, in MiB; 0 is reservedMemory
	processes  int64 // that a task may have; 0 is as many as it likes
	ports      []int // of TCP, reserved beside 22
	portsUDP   []int
	attributes map[string]string
	s3         string            // endpoint of S3; "": environment files are not read
	efs        map[string]string // servers and exports by the ids of file systems
	gpuKind    string            // of devices (vendor/class); "" is NVIDIA's
	gpuFolders []string          // with their specifications; none: where CDI has them
	runtimes   []string          // OCI runtimes, NAME=PROGRAM [FLAG...]
	perShim    int               // tasks that share a shim; 0 is 1
}

// maxReservedPorts is ECS's limit. Source: Amazon ECS container agent
// configuration, ECS_RESERVED_PORTS.
const maxReservedPorts = 100

// maxTaskProcesses is the kernel's limit, and so ECS's. Source: Amazon ECS
// container agent configuration, ECS_TASK_PIDS_LIMIT.
const maxTaskProcesses = 4 << 20

// addLendingFlags adds flags whose meaning is that of the stock agent's
// ECS_RESERVED_MEMORY, ECS_TASK_PIDS_LIMIT, ECS_RESERVED_PORTS,
// ECS_RESERVED_PORTS_UDP and ECS_INSTANCE_ATTRIBUTES.
func addLendingFlags(c *cobra.Command) *lending {
	l := &lending{}
	c.Flags().Int64Var(&l.memory, "reserved-memory", reservedMemory, "memory that is kept from tasks, in MiB")
	c.Flags().Int64Var(&l.processes, "task-pids-limit", 0, "processes and threads that a task may have (default: no limit; on Fargate as much of the machine's as it has of its memory)")
	c.Flags().IntSliceVar(&l.ports, "reserved-ports", nil, "TCP ports that tasks are not given, beside 22")
	c.Flags().IntSliceVar(&l.portsUDP, "reserved-ports-udp", nil, "UDP ports that tasks are not given")
	c.Flags().StringToStringVar(&l.attributes, "attribute", nil, "attributes of the instance, NAME=VALUE")
	c.Flags().StringVar(&l.s3, "s3-endpoint", os.Getenv("AWS_ENDPOINT_URL_S3"), "URL of a service that speaks S3, for environment files (default: AWS_ENDPOINT_URL_S3)")
	c.Flags().StringToStringVar(&l.efs, "efs", nil, "where file systems of EFS are, ID=HOST:/EXPORT: servers of NFS 4.1")
	c.Flags().StringVar(&l.gpuKind, "gpu-kind", cdi.DefaultKind, "kind of the CDI devices that tasks get as GPUs, VENDOR/CLASS")
	c.Flags().StringSliceVar(&l.gpuFolders, "cdi-spec-dir", nil, "folders with CDI specifications (default: /etc/cdi and /var/run/cdi)")
	c.Flags().StringArrayVar(&l.runtimes, "runtime", nil, `OCI runtime beside runc, "NAME=PROGRAM [FLAG...]" or "NAME=io.containerd.KIND.VERSION"; crun and runsc are found by themselves (docs/RUNTIMES.md)`)
	c.Flags().IntVar(&l.perShim, "tasks-per-shim", 1, "tasks that one shim is given; those of Fargate have one each (docs/SHIM.md)")
	return l
}

// gpus are the machine's GPUs, and what gives their ids at any time. Why others are not among them is logged when it
// becomes so: the machine is of use without them.
func (l lending) gpus(log *slog.Logger) (devices *cdi.Devices, ids func() []string) {
	devices = cdi.New(cdi.Options{Kind: l.gpuKind, Folders: l.gpuFolders})
	var told []string
	return devices, func() []string {
		found, unusable := devices.IDs()
		var now []string
		for _, err := range unusable {
			if now = append(now, err.Error()); !slices.Contains(told, err.Error()) {
				log.Warn("some GPUs are not lent", "lent", found, "error", err)
			}
		}
		told = now
		return found
	}
}

// resources returns what the machine lends, less what is reserved.
func (l lending) resources(parts int) ([]types.Resource, error) {
	if l.perShim < 0 || l.perShim > containerd.MaxTasksPerShim {
		return nil, fmt.Errorf("--tasks-per-shim %d: want 1 to %d", l.perShim, containerd.MaxTasksPerShim)
	}
	if l.processes < 0 || l.processes > maxTaskProcesses {
		return nil, fmt.Errorf("--task-pids-limit %d: want 1 to %d", l.processes, maxTaskProcesses)
	}
	all, err := machineResources(l.memory, parts)
	if err == nil {
		err = l.fileSystems()
	}
	if err != nil {
		return nil, err
	}
	for name, ports := range map[string][]int{"PORTS": l.ports, "PORTS_UDP": l.portsUDP} {
		if len(ports) > maxReservedPorts {
			return nil, fmt.Errorf("%d reserved ports: at most %d", len(ports), maxReservedPorts)
		}
		for i := range all {
			if aws.ToString(all[i].Name) != name {
				continue
			}
			for _, port := range ports {
				if port < 1 || port > 65535 {
					return nil, fmt.Errorf("reserved port %d: want 1 to 65535", port)
				}
				all[i].StringSetValue = append(all[i].StringSetValue, strconv.Itoa(port))
			}
		}
	}
	return all, nil
}

// abilities are the attributes of what this machine can do and not every one.
func (l lending) abilities() (out []types.Attribute) {
	add := func(can bool, name string) {
		if can {
			out = append(out, types.Attribute{Name: aws.String(name)})
		}
	}
	add(l.s3 != "", model.CapabilityEnvironmentFile)
	disks := disk.Loop{}
	add(disks.Usable(disk.Ext4) == nil, model.CapabilityStorage)
	// Which file system a volume has is said when the task is run, so all are needed.
	add(disks.Usable(disk.Ext4) == nil && disks.Usable(disk.Ext3) == nil && disks.Usable(disk.XFS) == nil, model.CapabilityEBS)
	// The second version of control groups knows no swappiness of a container.
	add(exists("/sys/fs/cgroup/memory/memory.swappiness") && exists("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes"), model.CapabilitySwappiness)
	add(len(l.efs) > 0, model.CapabilityEFS)
	enabled, _ := os.ReadFile("/sys/module/apparmor/parameters/enabled") // absent: there is none
	add(strings.HasPrefix(string(enabled), "Y"), model.CapabilityAppArmor)
	return out
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// fileSystem is what file systems of EFS are called.
var fileSystem = regexp.MustCompile(`^fs-[0-9a-f]{8,40}$`)

// fileSystems checks where file systems are said to be, and that they can be
// mounted at all.
func (l lending) fileSystems() error {
	for _, id := range slices.Sorted(maps.Keys(l.efs)) {
		host, _, isExport := strings.Cut(l.efs[id], ":/")
		switch {
		case !fileSystem.MatchString(id):
			return fmt.Errorf("--efs %s: want an id such as fs-12345678", id)
		case !isExport || host == "":
			return fmt.Errorf("--efs %s: %q is not HOST:/EXPORT", id, l.efs[id])
		}
	}
	if len(l.efs) > 0 && !mount.HasNFS() {
		return errors.New("--efs takes a kernel with nfs4: load the module nfs")
	}
	return nil
}
