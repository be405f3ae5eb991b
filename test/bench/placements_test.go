package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	goruntime "runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	apiecs "github.com/roadstead/roadstead/api/ecs"
	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/control"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/wire"
)

const (
	fleetSize        = 10_000
	byRunTask        = 20_000
	fleetServices    = 20
	serviceTasks     = 1_000
	placementsBar    = 10_000.0
	connectedAtATime = 100
	benchAccount     = "000000000000"
)

// plane is the control plane in this process: the front door, the loop of the
// services and the store over an embedded etcd, without agents.
type plane struct {
	t      testing.TB
	db     *store.DB
	router *wire.Router
}

func newPlane(t testing.TB) *plane {
	t.Helper()
	log, db := openStore(t, t.TempDir())
	t.Cleanup(func() {
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	return planeOver(t, db)
}

// planeOver returns the plane over a store, whose callers need not sign.
func planeOver(t testing.TB, db *store.DB) *plane {
	root := caller.NewRoot(benchAccount, benchKey)
	return &plane{t: t, db: db, router: routerOver(db,
		func(r *http.Request, _ []byte) (context.Context, error) { return caller.With(r.Context(), root), nil })}
}

func routerOver(db *store.DB, authenticate func(*http.Request, []byte) (context.Context, error)) *wire.Router {
	quiet := slog.New(slog.DiscardHandler)
	return wire.NewRouter(wire.Options{Logger: quiet, Authenticate: authenticate}, apiecs.New(db, apiecs.Options{Logger: quiet}))
}

// answer is what a caller in process is answered.
type answer struct {
	header http.Header
	status int
	text   []byte
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) { a.status = status }

func (a *answer) Write(b []byte) (int, error) {
	a.text = append(a.text, b...)
	return len(b), nil
}

// call calls an operation without a socket or a signature.
func (p *plane) call(operation, body string) error {
	r, err := http.NewRequest(http.MethodPost, "http://roadstead.test/", strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header["Content-Type"] = []string{"application/x-amz-json-1.1"}
	r.Header["X-Amz-Target"] = []string{"AmazonEC2ContainerServiceV20141113." + operation}
	w := &answer{header: http.Header{}, status: http.StatusOK}
	p.router.ServeHTTP(w, r)
	if w.status != http.StatusOK || bytes.Contains(w.text, []byte(`"failures":[{`)) {
		return fmt.Errorf("%s: %d %s", operation, w.status, w.text)
	}
	return nil
}

func (p *plane) must(operation, body string) {
	p.t.Helper()
	if err := p.call(operation, body); err != nil {
		p.t.Fatal(err)
	}
}

// together calls an operation n times from 32 callers.
func (p *plane) together(n int, operation, body string) {
	p.t.Helper()
	var next atomic.Int64
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			for next.Add(1) <= int64(n) {
				if err := p.call(operation, body); err != nil {
					p.t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}

// fleet registers the instances, and notes that their agents are connected as
// the agents' channels would.
func (p *plane) fleet() {
	p.t.Helper()
	p.register(fleetSize)
	var change model.Change
	n := 0
	for i := range store.All[*model.ContainerInstance](p.db.View()) {
		connected := i.Clone()
		connected.AgentConnected, connected.ConnectedAt = true, time.Now()
		change.Put(connected)
		if n++; n%connectedAtATime == 0 {
			if _, err := p.db.Commit(context.Background(), change); err != nil {
				p.t.Fatal(err)
			}
			change = model.Change{}
		}
	}
	if n != fleetSize {
		p.t.Fatalf("%d instances are registered, want %d", n, fleetSize)
	}
}

// register makes the cluster and n instances.
func (p *plane) register(n int) {
	p.t.Helper()
	p.must("CreateCluster", `{"clusterName":"default"}`)
	attributes := []map[string]string{}
	for _, a := range model.Capabilities() {
		attributes = append(attributes, map[string]string{"name": a.Name})
	}
	encoded, err := json.Marshal(attributes)
	if err != nil {
		p.t.Fatal(err)
	}
	p.together(n, "RegisterContainerInstance", `{"cluster":"default","totalResources":[
		{"name":"CPU","type":"INTEGER","integerValue":16384},{"name":"MEMORY","type":"INTEGER","integerValue":65536},
		{"name":"PORTS","type":"STRINGSET","stringSetValue":["22"]},{"name":"PORTS_UDP","type":"STRINGSET","stringSetValue":[]}],
		"attributes":`+string(encoded)+`}`)
}

// placements measures how many tasks a second are placed and committed on ten
// thousand instances, by calls of RunTask and by the loop of the services.
func placements(t *testing.T, r *report, _ sample) {
	p := newPlane(t)
	began := time.Now()
	p.fleet()
	r.note("10,000 instances registered in %.1f s", time.Since(began).Seconds())
	p.must("RegisterTaskDefinition", `{"family":"bench","containerDefinitions":[{"name":"main","image":"busybox","cpu":10,"memory":16}]}`)
	p.together(100, "RunTask", `{"taskDefinition":"bench","count":10}`) // makes the fleets
	measure := func(what string, tasks int, run func()) {
		goruntime.GC()
		before, began := ownCPU(t), time.Now()
		run()
		took, cpu := time.Since(began), ownCPU(t)-before
		rate := float64(tasks) / took.Seconds()
		r.add(row{what: what, measured: fmt.Sprintf("%.0f/s by the clock, %.0f/s of a core (%.0f µs CPU each)", rate,
			float64(tasks)/cpu.Seconds(), float64(cpu.Microseconds())/float64(tasks)),
			ratio: times(rate / placementsBar), bar: ">= 10,000/s", verdict: atLeast(rate, placementsBar)})
	}
	measure("placements committed, RunTask of 10, 32 callers", byRunTask, func() {
		p.together(byRunTask/10, "RunTask", `{"taskDefinition":"bench","count":10}`)
	})
	measure("placements committed, 20 services of 1,000 tasks", fleetServices*serviceTasks, func() { p.serve() })
}

// serve creates the services and runs their loop until all tasks are placed.
func (p *plane) serve() {
	p.t.Helper()
	watch := p.db.Watch(model.KindTask)
	defer watch.Close()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	loop := control.New(p.db, control.NewServices(control.ServicesOptions{}), control.Options{})
	go func() { ended <- loop.Run(ctx) }()
	defer func() { stop(); <-ended }()
	for i := range fleetServices {
		p.must("CreateService", fmt.Sprintf(`{"serviceName":"s%d","taskDefinition":"bench","desiredCount":%d}`, i, serviceTasks))
	}
	placed := map[model.Key]bool{}
	deadline := time.After(time.Minute)
	for len(placed) < fleetServices*serviceTasks {
		select {
		case <-watch.C():
			for _, k := range watch.Take() {
				placed[k] = true
			}
		case err := <-ended:
			p.t.Errorf("the loop of the services ended: %v", err)
			ended <- err
			return
		case <-deadline:
			p.t.Errorf("%d of %d tasks are placed after a minute", len(placed), fleetServices*serviceTasks)
			return
		}
	}
}
