package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/sigv4"
	"github.com/roadstead/roadstead/cli/garbage"
	"github.com/roadstead/roadstead/control"
	"github.com/roadstead/roadstead/dispatch"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/reap"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/etcdlog"
)

// scalePlane is a whole control plane in this process: what plane has, and the
// loops and the agents' channels, wired as `roadstead server` wires them.
type scalePlane struct {
	*plane
	links  *control.Links
	server *dispatch.Server
	// planned counts what the services' loop does.
	planned planCount
	stop    func()
}

// planCount counts plans. It is a control.Observer.
type planCount struct{ plans, writing, took atomic.Int64 }

// Observe implements control.Observer.
func (c *planCount) Observe(e control.Event) {
	if p, ok := e.(control.Planned); ok {
		c.plans.Add(1)
		c.took.Add(int64(p.Took))
		if p.Revision != 0 {
			c.writing.Add(1)
		}
	}
}

func (c *planCount) String() string {
	return fmt.Sprintf("%d plans of services, %d of them with writes, %.1f s with their commits", c.plans.Load(), c.writing.Load(),
		time.Duration(c.took.Load()).Seconds())
}

// etcdIn is where `roadstead server --data-dir DIR` keeps its etcd.
func etcdIn(dataDir string) string { return filepath.Join(dataDir, "etcd") }

// run starts the loops and the agents' channels; stop ends them.
func (p *plane) run(planWrites int) *scalePlane {
	s := &scalePlane{plane: p}
	s.links = control.NewLinks(p.db, dispatch.Platform{Region: benchRegion}, nil, control.LinksOptions{Now: time.Now, Nonce: uuid.NewString})
	root := caller.NewRoot(benchAccount, benchKey)
	s.server = dispatch.NewServer(s.links, func(r *http.Request) (context.Context, error) { return caller.With(r.Context(), root), nil }, dispatch.ServerOptions{})
	ctx, cancel := context.WithCancel(context.Background())
	var loops sync.WaitGroup
	for _, run := range []func(context.Context) error{s.links.Run,
		control.New(p.db, control.NewServices(control.ServicesOptions{PlanWrites: planWrites}), control.Options{Observer: &s.planned}).Run,
		control.New(p.db, control.NewProvisioner(control.ProvisionOptions{}), control.Options{}).Run,
		control.New(p.db, control.NewDaemons(control.DaemonsOptions{}), control.Options{}).Run,
		control.New(p.db, control.NewReaper(reap.Timing{}), control.Options{}).Run,
	} {
		loops.Go(func() {
			if err := run(ctx); !errors.Is(err, context.Canceled) {
				p.t.Errorf("a loop ended: %v", err)
			}
		})
	}
	loops.Go(func() { garbage.Run(ctx) })
	s.stop = func() {
		cancel()
		loops.Wait()
	}
	return s
}

// openStore opens the store of a data directory.
func openStore(t testing.TB, dataDir string) (*etcdlog.Log, *store.DB) {
	t.Helper()
	ctx := context.Background()
	defer garbage.Fill()()
	log, err := etcdlog.OpenEmbedded(ctx, etcdIn(dataDir), etcdlog.EmbeddedOptions{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(ctx, log, store.Options{BatchWrites: log.BatchWrites()})
	if err != nil {
		t.Fatal(err)
	}
	return log, db
}

// instances returns the ARNs of all container instances.
func (p *plane) instances() (arns []string) {
	for i := range store.All[*model.ContainerInstance](p.db.View()) {
		arns = append(arns, i.ARN(benchRegion))
	}
	return arns
}

// deployment returns the primary deployment of a service.
func (p *plane) deployment(service string) *model.Deployment {
	v := p.db.View()
	id := model.ServiceID(benchAccount, "default", service)
	s, ok := store.Get[*model.Service](v, id)
	if !ok {
		p.t.Fatalf("no service %s", service)
	}
	d, ok := store.Get[*model.Deployment](v, id+"/"+s.Primary)
	if !ok {
		p.t.Fatalf("no deployment of %s", service)
	}
	return d
}

// benchKeys knows the one key of the measurements in process.
type benchKeys struct{}

const (
	benchRegion = "us-east-1"
	benchKey    = "AKIAROADSTEADBENCHXX"
	benchSecret = "roadstead-bench-roadstead-bench-roadste" // of nobody's account
)

// Lookup implements sigv4.Keys.
func (benchKeys) Lookup(id, token string, _ time.Time) (sigv4.Secret, caller.Identity, error) {
	if id != benchKey || token != "" {
		return "", caller.Identity{}, fmt.Errorf("%w: %s", sigv4.ErrUnknownKey, id)
	}
	return benchSecret, caller.NewRoot(benchAccount, id), nil
}
