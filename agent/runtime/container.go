package runtime

import (
	"syscall"
	"time"
)

// Container is everything needed to run one container. The zero value of a field means Docker's default, which is what
// the containers of ECS have always been given. Amounts of memory are bytes.
type Container struct {
	ID     string            // unique on the machine; letters, digits, '-', '_' and '.', at most 76 characters
	TaskID string            // containers of one task share a shim and a cgroup; same characters as ID
	Name   string            // the container's name in its task definition; only for people
	Labels map[string]string // kept with the container and given back in events; the agent adopts by them

	Image      string   // the Ref that Pull returned
	Entrypoint []string // nil: the image's; given: the image's command is not used either, as in Docker
	Command    []string // nil: the image's
	Env        []string // "NAME=value"; wins over the image's
	WorkingDir string   // "": the image's, else "/"
	User       string   // "uid", "name", "uid:gid" and so on; "": the image's, else root
	TTY        bool     // give it a terminal; both streams then arrive as one
	OpenStdin  bool     // keep standard input open instead of at its end

	// Runtime names the OCI runtime, of those that the machine has; "" is runc. What a runtime cannot do as runc does it
	// is KindInvalid.
	Runtime string

	NetNS      string  // path of a network namespace; "" is the machine's own
	Hostname   string  // "": the first 12 characters of ID, or the machine's name when NetNS is the machine's
	HostsFile  string  // path of a file to show as /etc/hosts; "": the image's
	ResolvConf string  // path of a file to show as /etc/resolv.conf; "": the image's
	PID        Sharing // of processes; never SharedWithNobody
	IPC        Sharing // of message queues, semaphores and shared memory
	Mounts     []Mount
	Tmpfs      []Tmpfs
	ShmSize    int64 // of /dev/shm, where it is the container's or the task's; 0 is 64 MiB
	Devices    []Device
	// Scratch is a directory of the machine that what the container writes goes into, beside its mounts; "": where the
	// implementation keeps it. It is the task's: whoever made it removes it after the container.
	Scratch string

	Resources Resources
	Task      TaskLimits // the same for every container of the task; the first one started sets them

	// Isolated gives the container users of its own: to the machine they are users of a range that only its task has,
	// without any right. Not with Privileged, nor with PID or IPC shared with others than the container's own.
	Isolated       bool
	Privileged     bool
	CapAdd         []string // "NET_ADMIN", "CAP_NET_ADMIN" or "ALL"
	CapDrop        []string
	ReadonlyRootfs bool
	Init           bool // run a small init as the first process, which forwards signals and reaps
	Ulimits        []Ulimit
	Sysctls        map[string]string
	SecurityOpt    []string // "no-new-privileges", "seccomp=unconfined", "apparmor=PROFILE"; another is KindInvalid

	// LogPath is the file to which both streams are appended as the process writes them; "" discards them. The task's
	// shim writes it, so nothing is lost while the agent is away. File and directory are made when absent. Every write
	// appends, so whoever has read the file may truncate it.
	LogPath string
	// LogFrames has each line written as a Frame. A machine's own containerd, with its own shim, writes plain lines all
	// the same.
	LogFrames bool
	// LogLimit is how many bytes the log file keeps at least of what nobody has taken: of much more than that, the
	// oldest is given back to the disk, as a hole in the file. 0: there is no limit. A machine's own containerd, with its
	// own shim, and file systems without holes know none.
	LogLimit int64
	// Hooks are programs of the machine that the OCI runtime runs around the container's start and end. Not with Isolated.
	Hooks      []Hook
	StopSignal string // "SIGTERM", "TERM" or "15"; kept as a label for whoever stops it; "": the image's
}

// Sharing is with whom a container shares a namespace.
type Sharing string

const (
	SharedByDefault  Sharing = ""     // its own
	SharedInTask     Sharing = "task" // with the containers of its task that say so, too
	SharedWithHost   Sharing = "host" // with the machine
	SharedWithNobody Sharing = "none" // its own, and no /dev/shm
)

// Resources limit one container.
type Resources struct {
	CPUShares         int64         // relative weight, 1024 is one processor's worth; 0 is the kernel's default
	CPUQuota          time.Duration // processor time per CPUPeriod; 0 is no limit
	CPUPeriod         time.Duration // 0 is 100 ms
	CPUSetCPUs        string        // "0-3,5"; "" is all
	MemoryLimit       int64         // hard; 0 is no limit of its own
	MemoryReservation int64         // soft: what is kept for it when memory is short
	MemorySwap        *int64        // memory and swap together; -1 is no limit; nil is twice MemoryLimit, where there is swap
	Swappiness        *int64        // 0 to 100; cgroup v1 only
	PidsLimit         int64         // 0 is no limit of its own
	OOMKillDisable    bool          // cgroup v1 only
}

// TaskLimits limit all containers of a task together. The zero value limits nothing.
type TaskLimits struct {
	CPUQuota    time.Duration // processor time per 100 ms
	CPUShares   int64         // weight of the task among tasks
	MemoryLimit int64
	PidsLimit   int64
}

// Mount shows a path of the machine inside the container. The source must exist.
type Mount struct {
	Source      string
	Destination string // absolute
	ReadOnly    bool
	// Fill says that Source, an empty folder, is first filled with what the image has at Destination, and takes its owner
	// and mode, as Docker's volumes do. What is beside it in its folder must be nobody's but the caller's.
	Fill  bool
	Given bool // Source, a folder, and the files in it belong to the container's user from its start on
	// Options are further options of the mount, such as "nosuid,nodev"; never "rw" or a propagation.
	Options     string
	Propagation string // "rprivate" (also ""), "rshared", "rslave", "private", "shared", "slave"
}

// Tmpfs is a file system in memory; it counts as the container's memory.
type Tmpfs struct {
	Destination string
	Size        int64    // 0 is half the machine's memory, the kernel's default
	Options     []string // "noexec", "mode=1777", ...
}

// Device shows a device of the machine inside the container.
type Device struct {
	HostPath      string
	ContainerPath string // "": HostPath
	Permissions   string // of "rwm"; "" is all
	// Mode, UID and GID are those of the file in the container; nil: as on the machine.
	Mode, UID, GID *uint32
}

// Hook is a program that the OCI runtime runs. Source: OCI runtime specification, "POSIX-platform Hooks".
type Hook struct {
	When    string // "prestart", "createRuntime", "createContainer", "startContainer", "poststart" or "poststop"
	Path    string // absolute
	Args    []string
	Env     []string
	Timeout *int // seconds
}

// Ulimit is one resource limit of the first process.
type Ulimit struct {
	Name string // "nofile", "nproc", ...
	Soft int64  // -1 is no limit
	Hard int64
}

// StopSignalOr gives the number of a stop signal as an image or a task definition writes it ("SIGQUIT", "QUIT", "3"),
// or the fallback when it is empty or no signal.
func StopSignalOr(name string, fallback syscall.Signal) syscall.Signal {
	if signal, ok := parseSignal(name); ok {
		return signal
	}
	return fallback
}
