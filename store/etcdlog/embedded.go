package etcdlog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"

	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"
	"golang.org/x/sys/unix"

	"github.com/roadstead/roadstead/store"
)

// Settings of the embedded etcd. Raft keeps the entries since the last
// snapshot in memory, so snapshots are taken often.
const (
	snapshotCount   = 250
	snapshotCatchUp = 50
	keptFiles       = 2 // segments of the write-ahead log (64 MB each), snapshots
	maxTxnOps       = store.MaxChangeWrites + 1
	maxRequestBytes = 4 * store.MaxChangeBytes
	defragMegabytes = 256 // at a start, when at least this much would be freed
	tickMillis      = 100
	electionMillis  = 500

	// DefaultQuota is how large the database may become, in bytes.
	DefaultQuota = 8 << 30
	// DefaultReserve is how many bytes must be free on the disk for a commit
	// to be tried: room for a segment of the write-ahead log and the database.
	DefaultReserve = 160 << 20
)

// EmbeddedOptions are settings of an embedded etcd.
type EmbeddedOptions struct {
	// Quota is the largest size of the database in bytes; 0 means DefaultQuota.
	Quota int64
	// Reserve is how many bytes of the disk must stay free, below which
	// Append returns store.ErrNoSpace; 0 means DefaultReserve.
	Reserve int64
	// Logger gets etcd's warnings and errors; nil means slog.Default().
	Logger *slog.Logger
}

// ErrLocked means that another process uses the data directory.
var ErrLocked = errors.New("data directory is in use by another process")

// OpenEmbedded starts an etcd inside this process with its data under dir,
// which is made if needed. Nothing listens on any address: only this process
// reaches it. It returns when etcd can be used, or with ErrLocked.
func OpenEmbedded(ctx context.Context, dir string, opts EmbeddedOptions) (*Log, error) {
	if opts.Quota == 0 {
		opts.Quota = DefaultQuota
	}
	if opts.Reserve == 0 {
		opts.Reserve = DefaultReserve
	}
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	unlock, err := lock(dir)
	if err != nil {
		return nil, fmt.Errorf("etcdlog: open %s: %w", dir, err)
	}
	log, err := open(ctx, dir, opts, unlock)
	if err != nil {
		unlock()
		return nil, fmt.Errorf("etcdlog: open %s: %w", dir, err)
	}
	return log, nil
}

func open(ctx context.Context, dir string, opts EmbeddedOptions, unlock func()) (*Log, error) {
	disk := &space{dir: dir, reserve: opts.Reserve}
	if err := disk.disk(); err != nil {
		return nil, err // etcd would end the process
	}
	server, err := embed.StartEtcd(config(dir, opts))
	if err != nil {
		return nil, err
	}
	select {
	case <-server.Server.ReadyNotify():
	case err = <-server.Err():
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		server.Close()
		return nil, err
	}
	client := v3client.New(server.Server)
	disk.client, disk.defrag = client, server.Server.Backend().Defrag
	return &Log{
		client: client,
		elect:  alone{},
		space:  disk,
		keep:   history,
		batch:  store.MaxChangeWrites, // etcd is told to take them
		stop: func() error {
			err := client.Close()
			if errors.Is(err, context.Canceled) {
				err = nil // closing a client cancels its own context
			}
			server.Close()
			unlock()
			return err
		},
	}, nil
}

func config(dir string, opts EmbeddedOptions) *embed.Config {
	c := embed.NewConfig()
	c.Dir = filepath.Join(dir, "etcd")
	c.Name = "roadstead"
	nowhere := url.URL{Scheme: "http", Host: "127.0.0.1:1"} // advertised to nobody, listened on by nobody
	c.ListenPeerUrls, c.ListenClientUrls = []url.URL{}, []url.URL{}
	c.AdvertisePeerUrls, c.AdvertiseClientUrls = []url.URL{nowhere}, []url.URL{nowhere}
	c.InitialCluster = c.Name + "=" + nowhere.String()
	c.ZapLoggerBuilder = embed.NewZapLoggerBuilder(zapTo(opts.Logger))
	c.SnapshotCount, c.SnapshotCatchUpEntries = snapshotCount, snapshotCatchUp
	c.MaxSnapFiles, c.MaxWalFiles = keptFiles, keptFiles
	c.MaxTxnOps, c.MaxRequestBytes = maxTxnOps, maxRequestBytes
	c.QuotaBackendBytes = opts.Quota
	c.BootstrapDefragThresholdMegabytes = defragMegabytes
	c.TickMs, c.ElectionMs = tickMillis, electionMillis
	c.AutoCompactionRetention = "0" // the log compacts by its own count
	return c
}

// lock takes the data directory for this process, which loses it when it ends
// in whatever way.
func lock(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, ErrLocked
		}
		return nil, err
	}
	return func() { f.Close() }, nil
}
