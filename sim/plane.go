package sim

import (
	"errors"
	"fmt"
	"slices"
	"time"

	apiecs "github.com/roadstead/roadstead/api/ecs"
	"github.com/roadstead/roadstead/control"
	"github.com/roadstead/roadstead/dispatch"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/plan/reap"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/wire"
)

// reconnect is how long agents may take to come back after the control plane
// was started.
const reconnect = 15 * time.Second

// plane is one life of the control plane. It is put together as cli does it.
type plane struct {
	w        *world
	life     int
	db       *store.DB
	api      map[string]wire.Operation
	links    *control.Links
	assigned *store.Watch
	loops    []*driver
	conns    []*conn // open ones, in the order of their opening
	nonces   int
	paused   bool
	stalled  []func() // what came during the pause
	began    time.Time
}

// driver calls a loop's Step, as its Run does.
type driver struct {
	loop *control.Loop
	wake *event
}

// startPlane opens the store and starts everything over it; after a failure
// it tries again.
func (w *world) startPlane() {
	if w.plane != nil {
		return
	}
	w.lives++
	db, err := store.Open(w.ctx, w.log.Peer(w.logFault), store.Options{})
	if err != nil {
		w.trace.say("plane", "does not start: %v", err)
		w.clock.after(w.mind.between(time.Second, 3*time.Second), w.startPlane)
		return
	}
	if err := control.BeginNetwork(w.ctx, db, account, region); err != nil {
		w.trace.say("plane", "does not start: %v", err)
		w.clock.after(w.mind.between(time.Second, 3*time.Second), w.startPlane)
		return
	}
	w.trace.say("plane", "life %d begins at revision %d", w.lives, db.View().Rev())
	p := &plane{w: w, life: w.lives, db: db, api: map[string]wire.Operation{}, began: w.clock.now}
	w.check.opened(db)
	db.OnCommit(func(v store.View, keys []model.Key) {
		if w.plane != nil && w.plane != p {
			w.fail("fenced", "life %d commits revision %d, and its term has ended", p.life, v.Rev())
		}
		w.check.committed(v, keys)
	})
	now := func() time.Time { return w.clock.now }
	for _, o := range apiecs.New(db, apiecs.Options{Region: region, Now: now, Random: w.ids}).Operations {
		p.api[o.Name] = o
	}
	p.links = control.NewLinks(db, dispatch.Platform{Region: region}, nil, control.LinksOptions{Now: now, Nonce: p.nonce})
	p.assigned = db.Watch(model.KindTask, model.KindContainerInstance)
	options := control.Options{Observer: &p.w.check.loops, Now: now}
	for _, planner := range planners(w.ids) {
		p.loops = append(p.loops, &driver{loop: control.New(&loopStore{plane: p, loop: planner.Name()}, planner, options)})
	}
	w.plane = p
	for _, d := range p.loops {
		p.step(d, 0)
	}
	w.clock.after(reconnect, p.dropLate)
}

// dropLate does what Links.Run does every Reconnect.
func (p *plane) dropLate() {
	if p.w.plane != p {
		return
	}
	p.links.DropLate(p.w.ctx)
	if !mutant.On(mutant.CarelessEnd) {
		p.w.clock.after(reconnect, p.dropLate)
	}
}

// planners are those of production. Their ids come from draw.
func planners(draw dice) []control.Planner {
	seed := func() (s plan.Seed) {
		draw.Read(s[:])
		return s
	}
	return []control.Planner{control.NewServices(control.ServicesOptions{Seed: seed}), control.NewProvisioner(control.ProvisionOptions{Seed: seed}),
		control.NewDaemons(control.DaemonsOptions{Seed: seed}), control.NewReaper(reap.Timing{}), control.NewReclaimer()}
}

func (p *plane) nonce() string {
	p.nonces++
	return fmt.Sprintf("life%d-%d", p.life, p.nonces)
}

// serve answers a request of the AWS API.
func (p *plane) serve(operation string, in any) (any, error) {
	o, ok := p.api[operation]
	if !ok {
		return nil, fmt.Errorf("the front door has no %s", operation)
	}
	out, err := o.Call(p.w.ctx, in)
	if err == nil {
		truth := p.db
		if p.w.plane != nil {
			truth = p.w.plane.db // whoever answers, what the leader has is what was promised
		}
		p.w.check.promised(truth.View(), operation, in, out)
	}
	return out, err
}

// crash ends this life: memory and connections are gone.
func (p *plane) crash(why string) {
	p.w.trace.say("plane", "life %d ends: %s", p.life, why)
	p.w.counts.Lives++
	if p.w.plane == p {
		p.w.plane = nil
	}
	for _, d := range p.loops {
		p.w.clock.cancel(d.wake)
	}
	for _, c := range slices.Clone(p.conns) {
		c.reset()
	}
}

// notice is called after every event: it wakes whoever a commit has woken.
// Nobody is when neither the log nor a connection was touched.
func (p *plane) notice() {
	if !p.w.touched {
		return
	}
	p.w.touched = false
	if !p.db.Leading() {
		p.crash("it was deposed")
		p.w.clock.after(p.w.mind.between(100*time.Millisecond, 5*time.Second), p.w.startPlane)
		return
	}
	for _, d := range p.loops {
		select {
		case <-d.loop.Changed():
			p.step(d, p.w.mind.between(50*time.Microsecond, 2*time.Millisecond))
		default:
		}
	}
	if keys := p.assigned.Take(); len(keys) > 0 {
		p.links.Notify(p.db.View(), keys)
	}
	for _, c := range slices.Clone(p.conns) {
		select {
		case _, registered := <-c.link.Changed:
			if registered {
				c.reassign()
			} else {
				c.hangUp("the container instance is not registered any more")
			}
		default:
		}
	}
}

// step makes the driver call Step after d, if it would not earlier anyway.
func (p *plane) step(d *driver, after time.Duration) {
	at := p.w.clock.now.Add(after)
	if d.wake != nil && d.wake.place >= 0 && !d.wake.at.After(at) {
		return
	}
	p.w.clock.cancel(d.wake)
	d.wake = p.w.clock.at(at, func() {
		next, err := d.loop.Step(p.w.ctx, p.w.clock.now)
		if err != nil {
			if !errors.Is(err, store.ErrNotLeader) {
				p.w.fail("loops", "a loop has ended: %v", err)
			}
			return // notice sees that this life no longer leads
		}
		p.step(d, next.Sub(p.w.clock.now))
	})
}
