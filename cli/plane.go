package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	apicloudtrail "github.com/roadstead/roadstead/api/cloudtrail"
	apiec2 "github.com/roadstead/roadstead/api/ec2"
	apiecs "github.com/roadstead/roadstead/api/ecs"
	apiiam "github.com/roadstead/roadstead/api/iam"
	apilogs "github.com/roadstead/roadstead/api/logs"
	apiorgs "github.com/roadstead/roadstead/api/organizations"
	apists "github.com/roadstead/roadstead/api/sts"
	"github.com/roadstead/roadstead/auth/gate"
	"github.com/roadstead/roadstead/auth/keyring"
	"github.com/roadstead/roadstead/auth/sigv4"
	"github.com/roadstead/roadstead/auth/throttle"
	"github.com/roadstead/roadstead/cli/garbage"
	"github.com/roadstead/roadstead/cli/images"
	"github.com/roadstead/roadstead/cli/lastuse"
	"github.com/roadstead/roadstead/control"
	"github.com/roadstead/roadstead/control/insights"
	"github.com/roadstead/roadstead/control/scrape"
	"github.com/roadstead/roadstead/dispatch"
	"github.com/roadstead/roadstead/dispatch/exec"
	"github.com/roadstead/roadstead/plan/reap"
	"github.com/roadstead/roadstead/registry/blob"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/etcdlog"
	"github.com/roadstead/roadstead/store/seal"
	"github.com/roadstead/roadstead/telemetry/logs"
	"github.com/roadstead/roadstead/telemetry/logs/disk"
	"github.com/roadstead/roadstead/telemetry/metrics"
	"github.com/roadstead/roadstead/wire"
)

// The names that everything is made in unless configured otherwise.
const (
	region  = "us-east-1"
	account = "000000000000"
)

// planeOptions configure a control plane.
type planeOptions struct {
	dir    dataDir
	listen string   // HOST:PORT
	etcd   []string // endpoints of an external etcd; none means the embedded one
	rates  throttle.Rates
	secure security
	log    *slog.Logger
	// rootKey says where the root keyset is and what wraps it; "" is the data
	// directory and nothing.
	rootKey string
	// scraping says who may have the metrics.
	scraping scraping
}

// plane is a control plane: the front doors, the registry, the loops and the
// agents' channels, over one store.
type plane struct {
	options  planeOptions
	url      string
	listener net.Listener
	keys     *keyring.Keyring
	sealer   *seal.Sealer
	db       *store.DB
	log      *etcdlog.Log
	files    *disk.Directory
	events   *logs.Store
	blobs    *blob.Store
	guard    *guard
	doorway  *doorway
	allow    *gate.Gate
	uses     *lastuse.Uses
	services []*wire.Service
	links    *control.Links
	dispatch *dispatch.Server
	exec     *exec.Broker
	loops    []func(context.Context) error
	http     *http.Server
	usage    *metrics.Store
	metrics  *scrape.Metrics
	scraped  net.Listener // for metrics; nil: they are not served on this machine
}

// openPlane constructs a control plane and listens, so that whoever is told
// the URL reaches it; requests are answered once run is called.
func openPlane(ctx context.Context, o planeOptions) (p *plane, err error) {
	p = &plane{options: o}
	opened := p
	defer func() {
		if err != nil {
			opened.close()
		}
	}()
	if p.doorway, err = openDoorway(o.dir, o.listen, o.secure, o.log); err != nil {
		return nil, err
	}
	p.listener, p.url = p.doorway.listener, p.doorway.url
	if p.keys, err = keyring.Open(string(o.dir), rand.Reader, keyring.Options{Account: account}); err != nil {
		return nil, err
	}
	key, err := parseRootKey(o.dir, o.rootKey)
	if err != nil {
		return nil, err
	}
	if p.sealer, err = key.open(ctx); err != nil {
		return nil, err
	}
	if err = p.openStore(ctx); err != nil {
		return nil, err
	}
	if err = control.BeginNetwork(ctx, p.db, account, region); err != nil {
		return nil, err
	}
	if p.files, err = disk.Open(o.dir.join("logs")); err != nil {
		return nil, err
	}
	if p.events, err = logs.Open(p.files, logs.Options{}); err != nil {
		return nil, err
	}
	if p.blobs, err = blob.Open(o.dir.join("registry"), blob.Options{}); err != nil {
		return nil, err
	}
	if p.guard, err = openGuard(o.dir, o.rates, o.log); err != nil {
		return nil, err
	}
	return p, p.introduce()
}

// openStore reads the whole log.
func (p *plane) openStore(ctx context.Context) (err error) {
	filled := garbage.Fill()
	defer filled()
	if o := p.options; len(o.etcd) > 0 {
		p.log, err = etcdlog.Dial(ctx, o.etcd, etcdlog.ExternalOptions{})
	} else {
		p.log, err = etcdlog.OpenEmbedded(ctx, o.dir.join("etcd"), etcdlog.EmbeddedOptions{Logger: o.log})
	}
	if err != nil {
		return err
	}
	p.db, err = store.Open(ctx, p.log, store.Options{BatchWrites: p.log.BatchWrites()})
	return err
}

// introduce makes the rooms known to each other.
func (p *plane) introduce() error {
	host, hosts := p.doorway.host, p.doorway.hosts()
	platform := dispatch.Platform{Region: region, RegistryHosts: hosts, Endpoint: p.url}
	keys := keyring.WithStored(p.keys, func() keyring.Nouns { return p.db.View() }, p.sealer)
	verifier := sigv4.New(keys, sigv4.Options{})
	p.uses = lastuse.New(p.db, lastuse.Options{Root: p.keys.Bootstrap().AccessKeyID, RootAccount: account, Logger: p.options.log})
	allow := gate.New(func() gate.Nouns { return p.db.View() }, gate.Options{Region: region, Managed: managedPolicies(), Sealer: p.keys.Sessions()})
	p.usage = metrics.New(time.Now(), metrics.Options{})
	p.links = control.NewLinks(p.db, platform, taskSessions{p.keys, func() keyring.Nouns { return p.db.View() }}, control.LinksOptions{
		Now: time.Now, Nonce: uuid.NewString, Logger: p.options.log, Usage: p.usage})
	agents := p.doorway.pinned(authenticateAgent(verifier, allow))
	p.dispatch = dispatch.NewServer(p.links, p.guard.recordedChannels(agents), dispatch.ServerOptions{Logger: p.options.log})
	p.metrics = scrape.New(scrape.Sources{Store: p.db, Usage: p.usage, Agents: p.dispatch.Connections, LogBytes: func() int64 { return p.events.Usage().Bytes }},
		scrape.Options{Version: Version, Logger: p.options.log})
	p.exec = exec.New(p.url, p.dispatch, exec.Options{Archive: sessionArchive{p.events}, Logger: p.options.log})

	images := images.New(p.db, p.blobs, p.keys.Sessions(), entrance{keys, allow}, images.Options{Account: account, Region: region, Host: host, Scheme: p.doorway.scheme(),
		Logger: p.options.log, Record: recordedImages{p.guard.audit, p.options.log}})
	p.allow = allow
	p.services = append(confirmed(p.db, append(p.vault(allow.Authorize),
		images.Service(),
		apiec2.New(p.db, apiec2.Options{Region: region}),
		apiorgs.New(p.db, apiorgs.Options{Management: account, Logger: p.options.log}).Service(),
		apiiam.New(p.db, p.sealer, apiiam.Options{Region: region, Logger: p.options.log, Uses: p.uses,
			RootKey: p.keys.Bootstrap().AccessKeyID, RootAccount: account}),
		apists.New(p.db, p.keys.Sessions(), allow, apists.Options{BootstrapAccount: account, BootstrapKey: p.keys.Bootstrap().AccessKeyID}),
	)...),
		apiecs.New(p.db, apiecs.Options{Region: region, RegistryHosts: hosts, Logger: p.options.log, Endpoints: p.agentEndpoints, Exec: p.exec}),
		apicloudtrail.New(p.guard.trail, apicloudtrail.Options{Logger: p.options.log}),
		apilogs.New(p.events, apilogs.Options{Region: region}),
	)
	router := wire.NewRouter(p.guard.around(wire.Options{
		Authenticate: authenticate(verifier, p.uses),
		Authorize:    allow.Authorize,
		Logger:       p.options.log,
	}), p.services...)
	mux := http.NewServeMux()
	mux.Handle("/", p.metrics.Counted(router))
	mux.Handle("/v2/", hurry(images.Handler()))
	mux.Handle("POST "+identityPath, hurry(p.identify(verifier)))
	mux.Handle("POST "+certificatePath, hurry(p.doorway.certify(verifier, p.guard)))
	mux.Handle("GET /acs/ws", hurry(p.dispatch.ACS()))
	mux.Handle("GET /tcs/ws", hurry(p.dispatch.TCS()))
	mux.Handle("GET "+exec.ClientPath+"{session}", hurry(p.exec.Client()))
	mux.Handle("GET "+exec.NodePath+"/ws", hurry(p.exec.Node(agents)))
	if err := p.openMetrics(mux); err != nil {
		return err
	}
	p.http = &http.Server{Handler: mux, ReadHeaderTimeout: 20 * time.Second, IdleTimeout: 5 * time.Minute, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(p.options.log.Handler(), slog.LevelDebug)}
	watcher := control.Options{Observer: p.metrics.Loops(eventLog{p.options.log})}
	p.loops = []func(context.Context) error{p.uses.Run, p.links.Run, p.events.Run, p.blobs.Run, images.Run,
		control.New(p.db, control.NewServices(control.ServicesOptions{PlanWrites: p.log.PlanWrites()}), watcher).Run,
		control.New(p.db, control.NewProvisioner(control.ProvisionOptions{}), watcher).Run,
		control.New(p.db, control.NewReclaimer(), watcher).Run,
		control.New(p.db, control.NewDaemons(control.DaemonsOptions{}), watcher).Run,
		control.New(p.db, control.NewRotations(control.RotationsOptions{Region: region}), control.Options{Observer: p.metrics.Loops(rotationLog{eventLog{p.options.log}, p.guard.audit, p.db.View})}).Run,
		control.New(p.db, control.NewRefreshes(control.RefreshesOptions{}), watcher).Run,
		control.New(p.db, control.NewNetworks(region), watcher).Run,
		control.New(p.db, control.NewReaper(reap.Timing{}), watcher).Run,
		insights.New(p.db.View, p.usage, p.events, insights.Options{Region: region, Logger: p.options.log}).Run,
		p.serveMetrics,
	}
	return nil
}

// agentEndpoints says where agents open their channels: at this server.
func (p *plane) agentEndpoints(context.Context, string, string) (apiecs.Endpoints, error) {
	return apiecs.Endpoints{Control: p.url + "/acs", Telemetry: p.url + "/tcs"}, nil
}

// run serves until ctx ends, then stops in order: no new requests, agents'
// channels, loops.
func (p *plane) run(ctx context.Context) error {
	defer p.guard.record(ctx)()
	group, ctx := errgroup.WithContext(ctx)
	for _, loop := range p.loops {
		group.Go(func() error { return loop(ctx) })
	}
	group.Go(func() error { garbage.Run(ctx); return nil })
	group.Go(func() error {
		if err := p.http.Serve(p.listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		p.exec.Shutdown() // first: an instance is told of the end by its stream
		p.dispatch.Shutdown()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if err := p.http.Shutdown(grace); err != nil {
			return p.http.Close()
		}
		return nil
	})
	group.Go(func() error {
		select {
		case <-ctx.Done():
			return nil
		case <-p.db.Lost():
			return errors.New("another server leads now: this one can write nothing any more")
		}
	})
	return group.Wait()
}

func (p *plane) close() {
	p.guard.close()
	if p.listener != nil {
		p.listener.Close()
	}
	if p.scraped != nil {
		p.scraped.Close()
	}
	if p.blobs != nil {
		p.blobs.Close()
	}
	if p.files != nil {
		p.files.Close()
	}
	if p.log != nil {
		p.log.Close()
	}
}
