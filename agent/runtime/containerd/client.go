package containerd

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	containerd "github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/core/sandbox"
	"github.com/containerd/containerd/v2/pkg/cap"
	"github.com/containerd/containerd/v2/pkg/dialer"
	"github.com/containerd/containerd/v2/plugins/snapshots/overlay/overlayutils"
	"github.com/containerd/errdefs"
	"golang.org/x/sync/semaphore"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/cgroup"
)

// Client runs containers through a containerd. It implements runtime.Runtime, runtime.Prober and runtime.Meter. While
// the daemon is away its calls wait for it, at most as long as their own time limits.
type Client struct {
	conn     *containerd.Client
	layout   Layout
	options  Options
	groups   *groups
	shims    *shims
	locks    *taskLocks
	fills    *taskLocks // by the sources of volumes
	images   *imageCache
	pulls    *flights
	known    *known
	ranges   *ranges
	shim     string  // path or name by which containerd finds the shim
	machine  machine // with the fields that are the same for all containers
	starts   *semaphore.Weighted
	probes   probeIDs
	commands *commandIDs
	answers  time.Duration // answerTimeout
	// hostNetwork names the network namespace of the machine.
	hostNetwork string
	// The connections to registries, with and without verified certificates.
	secure, insecure *http.Transport
}

var (
	_ runtime.Runtime   = (*Client)(nil)
	_ runtime.Prober    = (*Client)(nil)
	_ runtime.Executor  = (*Client)(nil)
	_ runtime.Concealer = (*Client)(nil)
	_ runtime.Meter     = (*Client)(nil)
)

// hostShim is the shim of a containerd that is not ours, which may be too old for our own shim. It keeps no records, so
// the client does: what ends while neither agent nor that containerd see it is then lost.
const hostShim = "io.containerd.runc.v2"

// Time limits of calls; a caller's own may be shorter.
const (
	startTimeout  = 2 * time.Minute
	signalTimeout = 30 * time.Second
	removeTimeout = 2 * time.Minute
	killTimeout   = 30 * time.Second // from SIGKILL to the end of a process
	pullTimeout   = 2 * time.Hour
	answerTimeout = 10 * time.Second // for what has been asked for and is not wanted any more
)

// New gives a client; the daemon need not run yet.
func New(layout Layout, options Options) (*Client, error) {
	options, err := options.withDefaults(layout)
	if err != nil {
		return nil, err
	}
	if err := layout.prepare(); err != nil {
		return nil, err
	}
	if err := sweepLooks(layout.looks()); err != nil {
		return nil, err
	}
	if err := layout.linkShim(options.Shim); err != nil {
		return nil, err
	}
	if err := layout.prepareRuntimes(options.Runtimes); err != nil {
		return nil, err
	}
	runtimeName := layout.Shim
	if options.Address != layout.Address() {
		runtimeName = hostShim
	}
	tree, err := cgroup.Open("")
	if err != nil {
		return nil, err
	}
	if options.Snapshotter == "" {
		options.Snapshotter = chooseSnapshotter(layout)
	}
	fixed, err := lookAtMachine(tree, options)
	if err != nil {
		return nil, err
	}
	conn, err := connect(options)
	if err != nil {
		return nil, err
	}
	client := &Client{
		conn:     conn,
		layout:   layout,
		options:  options,
		groups:   newGroups(tree, options.CgroupRoot, layout.shared),
		locks:    newTaskLocks(),
		fills:    newTaskLocks(),
		images:   newImages(conn, options, layout.looks()),
		pulls:    newFlights(),
		known:    newKnown(),
		commands: newCommandIDs(),
		answers:  answerTimeout,

		hostNetwork: networkOf("self"),

		machine: fixed,
		shim:    runtimeName,
		starts:  semaphore.NewWeighted(int64(options.Starts)),
		secure:  newTransport(false, options.Roots), insecure: newTransport(true, nil),
	}
	client.shims, client.ranges = newShims(layout, options, client), newRanges(client, options.Namespace)
	return client, nil
}

// Close ends the connection and lets shims end that have no task. Containers are not touched.
func (c *Client) Close() error {
	c.shims.close()
	c.secure.CloseIdleConnections()
	c.insecure.CloseIdleConnections()
	return c.conn.Close()
}

// labelsByID implements containerLister.
func (c *Client) labelsByID(ctx context.Context) (map[string]map[string]string, error) {
	if err := c.ensureSandbox(ctx); err != nil {
		return nil, err
	}
	list, err := c.conn.ContainerService().List(ctx)
	if err != nil {
		return nil, err
	}
	labels := make(map[string]map[string]string, len(list))
	for _, container := range list {
		labels[container.ID] = container.Labels
	}
	return labels, nil
}

// Ready waits until the daemon answers or ctx ends.
func (c *Client) Ready(ctx context.Context) error {
	serving, err := c.conn.IsServing(ctx)
	if err != nil {
		return failure("connect to", "containerd", err)
	}
	if !serving {
		return &runtime.Error{Kind: runtime.KindUnavailable, Op: "connect to", Subject: "containerd", Err: errNotServing}
	}
	return nil
}

func connect(options Options) (*containerd.Client, error) {
	// A restarted daemon is there again within a fraction of a second; gRPC's own first pause is a whole one.
	pause := backoff.Config{BaseDelay: 20 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second}
	conn, err := containerd.New(options.Address,
		containerd.WithDefaultNamespace(options.Namespace),
		containerd.WithDialOpts([]grpc.DialOption{
			grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithConnectParams(grpc.ConnectParams{Backoff: pause, MinConnectTimeout: 5 * time.Second}),
			grpc.WithContextDialer(dialer.ContextDialer),
			grpc.WithDefaultCallOptions(grpc.WaitForReady(true)),
		}),
	)
	if err != nil {
		return nil, fmt.Errorf("connect to containerd: %w", err)
	}
	return conn, nil
}

// chooseSnapshotter tries to mount an overlay where the images will be.
func chooseSnapshotter(layout Layout) string {
	if overlayutils.Supported(layout.Root) != nil {
		return "native"
	}
	return "overlayfs"
}

func lookAtMachine(tree cgroup.Tree, options Options) (machine, error) {
	hostname, err := os.Hostname()
	if err != nil {
		return machine{}, fmt.Errorf("ask for the machine's name: %w", err)
	}
	capabilities, err := cap.Current()
	if err != nil {
		return machine{}, fmt.Errorf("ask for capabilities: %w", err)
	}
	swapFile := filepath.Join(cgroup.Mount, "memory", "memory.memsw.limit_in_bytes")
	if tree.Unified() {
		swapFile = "/proc/swaps" // v2 always limits swap when the kernel has any
	}
	_, err = os.Stat(swapFile)
	return machine{
		hostname:     hostname,
		init:         options.Init,
		swap:         err == nil,
		unified:      tree.Unified(),
		devices:      readDevices,
		capabilities: capabilities,
	}, nil
}

// known remembers the labels of containers, which containerd's events do not carry.
type known struct {
	mu     sync.Mutex
	labels map[string]map[string]string
}

func newKnown() *known { return &known{labels: make(map[string]map[string]string)} }

func (k *known) put(id string, labels map[string]string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.labels[id] = labels
}

func (k *known) get(id string) (map[string]string, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	labels, ok := k.labels[id]
	return labels, ok
}

func (k *known) drop(id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.labels, id)
}

// ensureSandbox makes the record that containerd wants to see before it uses a shim that it is told of.
func (c *Client) ensureSandbox(ctx context.Context) error {
	store := c.conn.SandboxStore()
	_, err := store.Get(ctx, sandboxID)
	if err == nil || !errdefs.IsNotFound(err) {
		return err
	}
	_, err = store.Create(ctx, sandbox.Sandbox{ID: sandboxID, Runtime: sandbox.RuntimeOpts{Name: c.shim}})
	if err != nil && !errdefs.IsAlreadyExists(err) {
		return err
	}
	return nil
}
