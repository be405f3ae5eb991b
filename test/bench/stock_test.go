package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	runcoptions "github.com/containerd/containerd/api/types/runc/options"
	containerd "github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/contrib/seccomp"
	"github.com/containerd/containerd/v2/pkg/cio"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/containerd/v2/pkg/oci"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// stock is the peer of a burst: the distribution's containerd and runc as they
// come, with a socket and directories of their own.
type stock struct {
	t      testing.TB
	runc   string
	daemon *exec.Cmd
	client *containerd.Client
	image  containerd.Image
	group  account // the daemon and its shims
	below  account // the containers
	ctx    context.Context
}

// findStock returns the distribution's programs; "" what is not there.
func findStock() (daemon, runc string) { return find("/usr/bin/containerd"), find("/usr/sbin/runc") }

func newStock(t testing.TB, image sample) *stock {
	t.Helper()
	daemon, runc := findStock()
	dir, err := os.MkdirTemp("/run", "bench-stock-") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &stock{t: t, runc: runc}
	for suffix, group := range map[string]*account{"-daemon": &s.group, "-containers": &s.below} {
		if *group, err = openAccount(filepath.Base(dir) + suffix); err != nil {
			t.Fatal(err)
		}
	}
	config := fmt.Sprintf("version = 2\nroot = %q\nstate = %q\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n[grpc]\naddress = %q\n",
		filepath.Join(t.TempDir(), "root"), filepath.Join(dir, "state"), filepath.Join(dir, "s"))
	path := filepath.Join(dir, "config.toml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	s.daemon = s.group.command(daemon, "--config", path, "--log-level", "error")
	if err := s.daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	s.connect(filepath.Join(dir, "s"))
	s.load(image)
	return s
}

func (s *stock) connect(address string) {
	s.t.Helper()
	until(s.t, 20*time.Second, "stock containerd", func() bool {
		_, err := os.Stat(address)
		return err == nil
	})
	client, err := containerd.New(address, containerd.WithDefaultNamespace("bench"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.client, s.ctx = client, namespaces.WithNamespace(context.Background(), "bench")
}

// load imports and unpacks the image.
func (s *stock) load(image sample) {
	s.t.Helper()
	archive := filepath.Join(s.t.TempDir(), "image.tar")
	if err := tarball.WriteToFile(archive, name.MustParseReference("bench.local/busybox:latest"), image.image); err != nil {
		s.t.Fatal(err)
	}
	f, err := os.Open(archive)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	imported, err := s.client.Import(s.ctx, f)
	if err != nil || len(imported) == 0 {
		s.t.Fatalf("import into stock containerd: %v", err)
	}
	s.image = containerd.NewImage(s.client, imported[0])
	if err := s.image.Unpack(s.ctx, "overlayfs"); err != nil {
		s.t.Fatal(err)
	}
}

// start starts a container in the host's network, with the limit and the
// default filter of system calls that our tasks have, as Docker and nerdctl do,
// and returns when its process runs.
func (s *stock) start(id string) (containerd.Container, error) {
	options := []oci.SpecOpts{oci.WithImageConfig(s.image), oci.WithProcessArgs(sleeper...),
		oci.WithHostNamespace(specs.NetworkNamespace), oci.WithCgroup("/" + filepath.Base(string(s.below)) + "/" + id),
		oci.WithMemoryLimit(16 << 20), seccomp.WithDefaultProfile()}
	c, err := s.client.NewContainer(s.ctx, id, containerd.WithSnapshotter("overlayfs"), containerd.WithImage(s.image),
		containerd.WithNewSnapshot(id, s.image), containerd.WithNewSpec(options...),
		containerd.WithRuntime("io.containerd.runc.v2", &runcoptions.Options{BinaryName: s.runc}))
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", id, err)
	}
	task, err := c.NewTask(s.ctx, cio.NullIO)
	if err != nil {
		return c, fmt.Errorf("create task %s: %w", id, err)
	}
	if err := task.Start(s.ctx); err != nil {
		return c, fmt.Errorf("start task %s: %w", id, err)
	}
	return c, nil
}

func (s *stock) remove(c containerd.Container) error {
	task, err := c.Task(s.ctx, nil)
	if err == nil {
		_, err = task.Delete(s.ctx, containerd.WithProcessKill)
	}
	if err != nil {
		return fmt.Errorf("remove task %s: %w", c.ID(), err)
	}
	return c.Delete(s.ctx, containerd.WithSnapshotCleanup)
}

func (s *stock) stop() {
	if s.client != nil {
		s.client.Close()
	}
	if err := s.daemon.Process.Signal(os.Interrupt); err != nil {
		s.t.Errorf("stop stock containerd: %v", err)
	}
	_ = s.daemon.Wait() // how it ends is its own affair
	s.group.close()
	s.below.close()
}
