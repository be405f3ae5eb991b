package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"github.com/roadstead/roadstead/agent"
	"github.com/roadstead/roadstead/agent/disk"
	"github.com/roadstead/roadstead/agent/logdriver"
	"github.com/roadstead/roadstead/agent/mount"
	"github.com/roadstead/roadstead/agent/network/linux"
	"github.com/roadstead/roadstead/agent/runtime/containerd"
	"github.com/roadstead/roadstead/agent/secretfile"
	"github.com/roadstead/roadstead/agent/volume"
	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/model"
)

// nodeOptions configure a container instance.
type nodeOptions struct {
	dir         dataDir
	url         string // of the control plane
	cluster     string
	bundle      []byte // what the control plane is verified by; nil is the system's roots
	credentials aws.CredentialsProvider
	attributes  []types.Attribute
	log         *slog.Logger
	// containerd is the address of the host's containerd; "" runs our own.
	containerd string
	// apis lets tasks call the AWS APIs through the node.
	apis bool
	// instanceMetadata is off (or ""), required or optional: how the machine is
	// told of itself; issue makes the credentials that it is given, nil for the
	// agent's own.
	instanceMetadata string
	issue            func(instance string) (aws.Credentials, error)
	// lending is what the instance keeps for itself and offers.
	lending lending
	// runtimes are what containers can run on beside runc.
	runtimes []containerd.OCIRuntime
	// pulling is where it gets images from.
	pulling pulling
	// prepared is how many network namespaces are made ahead.
	prepared int
	// The rest is for one of several instances on the machine: the folder of
	// the one whose containerd it uses, "" for its own; how many there are,
	// each of which lends as much; the last letter of its availability zone, ""
	// for a; and what they tell each other of their security groups.
	beside dataDir
	parts  int
	// withoutGPUs: another of them lends the machine's GPUs.
	withoutGPUs bool
	zone        string
	neighbours  *linux.Neighbours
	agents      *agent.Neighbours
}

// node is a container instance: the runtime, the network and the agent.
type node struct {
	options    nodeOptions
	layout     containerd.Layout
	supervisor *containerd.Supervisor
	runtime    *containerd.Client
	network    *linux.Network
	logs       *logdriver.Driver
	files      *secretfile.Store
	agent      *agent.Agent
	target     *url.URL // of the control plane
	registry   *agent.Registry
	// certificate is the instance's; nil without TLS.
	certificate *instanceCertificate
}

// preparedNamespaces is how many network namespaces are kept ready.
const preparedNamespaces = 8

// othersMayRead is the mask of the files that this process and what it starts
// create, whatever the one is that it was started with: users inside of
// containers are others, and have to get at the files of theirs, such as
// /etc/hosts. What nobody may read is in the data directory, which nobody may enter.
const othersMayRead = 0o022

func openNode(o nodeOptions) (*node, error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("running containers takes root: start it as root, or start only the control plane with `roadstead server`")
	}
	unix.Umask(othersMayRead)
	layout, err := containerd.NewLayout(string(o.dir))
	if err != nil {
		return nil, err
	}
	if o.beside != "" {
		other, err := containerd.NewLayout(string(o.beside))
		if err != nil {
			return nil, err
		}
		layout = layout.With(other)
	}
	n := &node{options: o, layout: layout, files: secretfile.New(o.dir.join("node", "secrets"))}
	if o.containerd == "" && o.beside == "" {
		if n.supervisor, err = containerd.NewSupervisor(layout, containerd.SupervisorOptions{Log: o.log, Output: logWriter{o.log}}); err != nil {
			return nil, err
		}
	}
	if err = n.openRuntime(); err != nil {
		return nil, err
	}
	if n.network, err = linux.Open(n.networkOptions()); err != nil {
		return nil, errors.Join(err, n.runtime.Close())
	}
	return n, n.introduce()
}

// openRuntime makes the client of containerd, and what gives it the passwords
// of the control plane's registry.
func (n *node) openRuntime() (err error) {
	o := n.options
	if n.target, err = url.Parse(o.url); err != nil {
		return fmt.Errorf("URL of the control plane: %w", err)
	}
	n.registry = agent.NewRegistry(ecr.NewFromConfig(trusting(clientConfig(o.url, o.credentials), o.bundle)), time.Now)
	options := containerd.Options{Roots: o.bundle, Address: o.containerd, Namespace: o.dir.name(), Runtimes: o.runtimes, TasksPerShim: o.lending.perShim, CgroupRoot: "/roadstead-" + o.dir.name(),
		Unmirrored: []string{"localhost:" + n.target.Port()}}
	if err := o.pulling.apply(&options, n.target.Host, n.target.Scheme == "http", n.registry.Token); err != nil {
		return err
	}
	n.runtime, err = containerd.New(n.layout, options)
	return err
}

// instancePort is where the machine's requests about itself are led; 0: nowhere.
func (n *node) instancePort() uint16 {
	if n.options.tellsOfItself() {
		return instancePort
	}
	return 0
}

func (n *node) networkOptions() linux.Options {
	return linux.Options{InstancePort: n.instancePort(), Name: n.options.dir.name(), Neighbours: n.options.neighbours, Prepared: n.options.prepared, MetadataPort: taskEndpointPort, Observe: func(e linux.Event) {
		n.options.log.Warn("network", "operation", e.Operation, "error", e.Err)
	}}
}

// introduce makes the agent over its edges.
func (n *node) introduce() (err error) {
	o := n.options
	config := trusting(clientConfig(o.url, o.credentials), o.bundle)
	if n.logs, err = logdriver.New(cloudwatchlogs.NewFromConfig(config), o.dir.join("node", "logs"), logdriver.Options{Logger: o.log}); err != nil {
		return err
	}
	target := n.target
	insecure, channels := []string{}, (*http.Client)(nil)
	if target.Scheme == "https" {
		n.certificate = &instanceCertificate{url: o.url, roots: rootsOf(o.bundle), credentials: o.credentials, now: time.Now, log: o.log,
			instance: func() string { return n.agent.InstanceARN() }}
		channels = n.certificate.channels()
	}
	if target.Scheme == "http" {
		insecure = append(insecure, target.Host, "localhost:"+target.Port())
	}
	edges := agent.Edges{Runtime: n.runtime, Undoer: n.runtime, Prober: n.runtime, Meter: n.runtime, Executor: n.runtime, Network: n.network, Logs: n.logs,
		Registry: n.registry, Secrets: secretReader{config}, SecretFiles: n.files, Protector: protector{config}}
	if o.lending.s3 != "" {
		objects, err := newObjectReader(o.lending.s3)
		if err != nil {
			return err
		}
		edges.Objects = objects
	}
	helper, err := mount.OwnHelper()
	if err != nil {
		return err
	}
	edges.Mounts, edges.FileServers, edges.Images = mount.Table{Helper: helper}, mount.Table{Helper: helper}, n.runtime
	if disks := (disk.Loop{}); disks.Usable(disk.Ext4) == nil {
		edges.Disks, edges.Volumes = disks, volume.New(disks, o.dir.join("node", "ebs"), time.Now)
	}
	resources, err := o.lending.resources(max(o.parts, 1))
	if err != nil {
		return err
	}
	devices, gpus := o.lending.gpus(o.log)
	edges.GPUs = devices
	if o.withoutGPUs {
		gpus = nil
	}
	settings := agent.NodeOptions{Dir: o.dir.join("node"), ResolvConf: n.network.ResolvConf(), Insecure: insecure, OpenFiles: openFiles(), FileSystems: o.lending.efs,
		Environment: taskEnvironment(o.apis), TaskProcesses: o.lending.processes, Machine: machine()}
	if err := o.pulling.node(&settings); err != nil {
		return err
	}
	n.agent, err = agent.New(ecs.NewFromConfig(config), edges, agent.Options{
		Node: settings,
		Instance: agent.Instance{Cluster: o.cluster, Resources: resources, GPUs: gpus,
			Attributes: slices.Concat(capabilities(zoneOf(o)), o.lending.abilities(), runtimeAttributes(o.runtimes), custom(o.lending.attributes), o.attributes), Version: Version, Hash: "roadstead"},
		Region: region, Credentials: o.credentials, HTTP: channels, Logger: o.log,
		FromHost: n.network.FromHost, Neighbours: o.agents,
	})
	return err
}

// run runs the instance until ctx ends. Containers go on. What the agent acts
// through stops after the agent: it ends what it has begun.
func (n *node) run(ctx context.Context) error {
	defer n.close()
	below, stopBelow := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBelow()
	group, ctx := errgroup.WithContext(ctx)
	if n.supervisor != nil {
		group.Go(func() error { return n.supervisor.Run(below) })
	}
	group.Go(func() error { return n.network.Run(below) })
	group.Go(func() error { return n.logs.Run(below) })
	group.Go(func() error { return n.serveTasks(ctx) })
	group.Go(func() error { return n.serveInstance(ctx) })
	if n.certificate != nil {
		group.Go(func() error { n.certificate.run(ctx); return nil })
	}
	group.Go(func() error {
		defer stopBelow()
		if err := n.runtime.Ready(ctx); err != nil {
			return err
		}
		if err := n.agent.Run(ctx); err != nil {
			return err
		}
		return ctx.Err()
	})
	return group.Wait()
}

// taskEndpointPort is where, on the bridge's address, tasks' requests to
// 169.254.170.2 arrive. It is the stock agent's.
const taskEndpointPort = 51679

// serveTasks answers tasks' requests to 169.254.170.2.
func (n *node) serveTasks(ctx context.Context) error {
	address := netip.AddrPortFrom(n.network.Gateway(), taskEndpointPort).String()
	handler := n.agent.TaskEndpoint()
	if n.options.apis {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.Proxy = nil
		if len(n.options.bundle) > 0 {
			transport.TLSClientConfig = clientTLS(rootsOf(n.options.bundle), nil)
		}
		defer transport.CloseIdleConnections()
		var err error
		if handler, err = lettingThrough(handler, n.options.url, transport); err != nil {
			return err
		}
	}
	server := &http.Server{Addr: address, Handler: handler, ReadTimeout: 10 * time.Second, MaxHeaderBytes: 16 << 10}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.ListenAndServe(); ctx.Err() == nil {
		return fmt.Errorf("serve tasks at %s: %w", address, err)
	}
	return ctx.Err()
}

func (n *node) close() {
	if err := errors.Join(n.network.Close(), n.runtime.Close()); err != nil {
		n.options.log.Warn("closing the container instance", "error", err)
	}
}

// purge removes every container, sandbox and control group of the instance. Its
// containerd must be running.
func (n *node) purge(ctx context.Context) error {
	err := n.runtime.Ready(ctx)
	if err == nil {
		err = n.runtime.Purge(ctx)
	}
	if err == nil {
		err = n.network.Destroy(ctx)
	}
	if err == nil {
		err = n.files.Destroy()
	}
	return err
}

// forget removes what is left of an instance that was purged.
func (n *node) forget(ctx context.Context) error {
	err := errors.Join(n.runtime.Close(), containerd.EndShims(ctx, n.options.dir.name()))
	if err == nil {
		err = n.layout.RemoveRun()
	}
	// Others on this machine may still use the folder above.
	_ = os.Remove(filepath.Dir(n.layout.Run))
	return err
}

// machineResources returns what one of as many instances of the machine lends:
// its part of all processors, and of the memory less what is kept for the
// platform and the system.
func machineResources(reserved int64, parts int) ([]types.Resource, error) {
	memory, err := machineMemory()
	if err != nil {
		return nil, err
	}
	if reserved == 0 {
		reserved = reservedMemory
	}
	if memory -= reserved; memory <= 0 {
		return nil, fmt.Errorf("%d MiB of memory are reserved, which is all that there is", reserved)
	}
	return []types.Resource{
		{Name: aws.String("CPU"), Type: aws.String("INTEGER"), IntegerValue: int32(goruntime.NumCPU() * 1024 / parts)},
		{Name: aws.String("MEMORY"), Type: aws.String("INTEGER"), IntegerValue: int32(memory / int64(parts))},
		{Name: aws.String("PORTS"), Type: aws.String("STRINGSET"), StringSetValue: []string{"22"}},
		{Name: aws.String("PORTS_UDP"), Type: aws.String("STRINGSET"), StringSetValue: []string{}},
	}, nil
}

// machineMemory is all that this machine has, in MiB.
func machineMemory() (int64, error) {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return 0, fmt.Errorf("memory of this machine: %w", err)
	}
	return int64(info.Totalram) * int64(info.Unit) >> 20, nil
}

// reservedMemory is kept for the platform and the system, in MiB.
const reservedMemory = 512

// zoneOf is the last letter of a node's availability zone.
func zoneOf(o nodeOptions) string { return cmp.Or(o.zone, "a") }

// capabilities are what this agent can do, in the names that task definitions
// ask for (requiresAttributes), and what it is.
func capabilities(zone string) []types.Attribute {
	var out []types.Attribute
	for _, c := range model.Capabilities() {
		out = append(out, types.Attribute{Name: aws.String(c.Name)})
	}
	out = append(out, types.Attribute{Name: aws.String(acs.ExecCapability)})
	architecture := map[string]string{"amd64": "x86_64", "arm64": "arm64"}[goruntime.GOARCH]
	for _, a := range [][2]string{{"ecs.os-type", "linux"}, {"ecs.os-family", "LINUX"}, {"ecs.cpu-architecture", architecture},
		{"ecs.availability-zone", region + zone}, {"ecs.instance-type", "roadstead"}} {
		out = append(out, types.Attribute{Name: aws.String(a[0]), Value: aws.String(a[1])})
	}
	return out
}

// logWriter gives each line that a child process writes to the log.
type logWriter struct{ log *slog.Logger }

func (w logWriter) Write(p []byte) (int, error) {
	for _, line := range strings.Split(strings.TrimSpace(string(p)), "\n") {
		w.log.Debug("containerd", "line", line)
	}
	return len(p), nil
}

func staticCredentials(id, secret, token string) aws.CredentialsProvider {
	return aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider(id, secret, token))
}
