package etcdlog

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// Defaults and limits of the connection to an etcd cluster.
const (
	dialTimeout = 5 * time.Second
	keepAlive   = 2 * time.Second
	// DefaultLease is how long after its last sign of life a leader is
	// replaced, in seconds.
	DefaultLease = 2
)

// ExternalOptions are settings of the connection to an etcd cluster.
type ExternalOptions struct {
	// TLS is nil for a cluster without TLS.
	TLS *tls.Config
	// Username and Password are for a cluster that authenticates by them.
	Username, Password string
	// Lease is the length of the leader's lease in seconds; 0 means
	// DefaultLease. etcd may lengthen it to two of its election timeouts.
	Lease int
	// Name tells candidates apart in the election; "" means the host's name.
	Name string
	// Logger gets the client's warnings and errors; nil means slog.Default().
	Logger *slog.Logger
}

// Dial connects to an etcd cluster by the URLs of its members. Processes
// that share the cluster elect one to lead. The cluster must take at least
// store.MaxChangeWrites+1 operations in a transaction (--max-txn-ops) for the
// largest changes; smaller ones get along with its default.
func Dial(ctx context.Context, endpoints []string, opts ExternalOptions) (*Log, error) {
	if opts.Lease == 0 {
		opts.Lease = DefaultLease
	}
	if opts.Name == "" {
		opts.Name, _ = os.Hostname()
	}
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	client, err := clientv3.New(clientv3.Config{
		Endpoints:            endpoints,
		TLS:                  opts.TLS,
		Username:             opts.Username,
		Password:             opts.Password,
		DialTimeout:          dialTimeout,
		DialKeepAliveTime:    keepAlive,
		DialKeepAliveTimeout: keepAlive,
		Logger:               zapTo(opts.Logger),
	})
	if err != nil {
		return nil, fmt.Errorf("etcdlog: dial %v: %w", endpoints, err)
	}
	reach, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	if _, err := client.Get(reach, headKey); err != nil {
		client.Close()
		return nil, fmt.Errorf("etcdlog: reach %v: %w", endpoints, err)
	}
	b := &ballot{client: client, name: opts.Name, ttl: opts.Lease}
	return &Log{client: client, elect: b, space: unguarded{}, keep: history, stop: func() error {
		b.resign()
		return client.Close()
	}}, nil
}
