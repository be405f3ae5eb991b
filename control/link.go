package control

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/dispatch"
	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/telemetry/metrics"
)

// Sessions makes short-lived credentials for a task's role. The same task and
// role get the same credentials id each time, because the containers'
// environment names it.
type Sessions interface {
	TaskCredentials(t *model.Task, region, roleARN string, purpose caller.Purpose, now time.Time) (*acs.Credentials, error)
}

// LinksOptions tunes Links.
type LinksOptions struct {
	Now    func() time.Time
	Logger *slog.Logger
	Nonce  func() string // unique for each call
	// Reconnect is how long agents that were connected to an earlier life of
	// the server may take to come back before they count as disconnected.
	// 0 means 15 s.
	Reconnect time.Duration
	// Usage takes what containers used; nil: nobody does.
	Usage Usage
}

// Usage keeps what containers used.
type Usage interface {
	Put(now time.Time, reports []metrics.Report)
}

// Links is the store as dispatch needs it: which instances are connected, what
// they are to run, and what they say of it. It is dispatch.Control.
type Links struct {
	db       *store.DB
	platform dispatch.Platform
	sessions Sessions
	options  LinksOptions

	mu   sync.Mutex
	subs map[string]map[*subscription]bool // by instance id
	by   map[string]*subscription          // by nonce
	live map[string]string                 // instance id -> nonce of its newest connection
}

// subscription is one connection. Its tasks are the ids of those that have
// changed since they were read, some twice; once there are many they are
// sorted, so that there are about twice as many as tasks on the instance at
// most. Links.mu guards them.
type subscription struct {
	changed chan struct{}
	tasks   []string
	sorted  int // as many they were when they were sorted last
}

// minSort is how many ids a subscription holds at least before it looks for
// those that it holds twice.
const minSort = 256

func (s *subscription) add(id string) {
	s.tasks = append(s.tasks, id)
	if len(s.tasks) >= max(2*s.sorted, minSort) {
		slices.Sort(s.tasks)
		s.tasks = slices.Compact(s.tasks)
		s.sorted = len(s.tasks)
	}
}

// take returns the ids, each once and in order, and holds none any more.
func (s *subscription) take() []string {
	ids := s.tasks
	s.tasks, s.sorted = nil, 0
	slices.Sort(ids)
	return slices.Compact(ids)
}

// NewLinks returns the links over db.
func NewLinks(db *store.DB, platform dispatch.Platform, sessions Sessions, o LinksOptions) *Links {
	if o.Reconnect == 0 {
		o.Reconnect = 15 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Links{db: db, platform: platform, sessions: sessions, options: o,
		subs: map[string]map[*subscription]bool{}, by: map[string]*subscription{}, live: map[string]string{}}
}

// Run wakes connections when their assignments change, and notes which agents
// did not come back after a restart of the server. It returns when ctx ends.
func (l *Links) Run(ctx context.Context) error {
	watch := l.db.Watch(model.KindTask, model.KindContainerInstance)
	defer watch.Close()
	late := time.NewTicker(l.options.Reconnect)
	defer late.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-late.C:
			l.DropLate(ctx)
		case <-watch.C():
			l.Notify(l.db.View(), watch.Take())
		}
	}
}

// Notify wakes the connections of the instances that keys concern, and hangs up
// on those that are registered no more.
func (l *Links) Notify(v store.View, keys []model.Key) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, k := range keys {
		id := k.ID
		if k.Kind == model.KindTask {
			t, ok := store.Get[*model.Task](v, k.ID)
			if !ok {
				continue // it was reported STOPPED long before it was deleted
			}
			id = t.Spec.Instance
		} else if i, ok := store.Get[*model.ContainerInstance](v, id); !ok || i.Status == model.InstanceInactive {
			l.hangUp(id)
			continue
		}
		for s := range l.subs[id] {
			if k.Kind == model.KindTask {
				s.add(k.ID)
			}
			select {
			case s.changed <- struct{}{}:
			default:
			}
		}
	}
}

// hangUp ends the connections of an instance that was deregistered. When its
// agent comes back, it is told so. The caller holds the lock.
func (l *Links) hangUp(id string) {
	for s := range l.subs[id] {
		close(s.changed)
	}
	delete(l.subs, id)
}

// DropLate notes as disconnected the instances that have no connection and are
// stored as connected: their agents were connected to an earlier life of the
// server and have not come back, or the end of their connection could not be
// written when it came. Run calls it every Reconnect.
func (l *Links) DropLate(ctx context.Context) {
	for i := range store.All[*model.ContainerInstance](l.db.View()) {
		id := i.Key().ID
		l.mu.Lock()
		_, here := l.live[id]
		l.mu.Unlock()
		if i.AgentConnected && !here {
			l.setConnected(ctx, id, "", nil, 0)
		}
	}
}

// Connect implements dispatch.Control.
func (l *Links) Connect(ctx context.Context, h dispatch.Hello) (dispatch.Link, error) {
	who, _ := caller.From(ctx)
	i, err := l.find(ctx, who, h)
	if err != nil {
		return dispatch.Link{}, err
	}
	id := i.Key().ID
	scope := model.Scope{Region: l.platform.Region, Account: i.Account}
	sub := &subscription{changed: make(chan struct{}, 1)}
	link := dispatch.Link{ID: id, ClusterARN: scope.ClusterARN(i.Cluster), InstanceARN: i.ARN(l.platform.Region),
		Nonce: l.options.Nonce(), Changed: sub.changed, Confirm: l.db.Confirm}
	link.Close = func() { l.unsubscribe(id, link.Nonce, sub) }
	l.mu.Lock()
	if l.subs[id] == nil {
		l.subs[id] = map[*subscription]bool{}
	}
	l.subs[id][sub] = true
	l.by[link.Nonce] = sub
	l.live[id] = link.Nonce
	l.mu.Unlock()
	if err := l.setConnected(ctx, id, link.Nonce, &h, 0); err != nil {
		link.Close()
		l.forget(id, link.Nonce)
		return dispatch.Link{}, err
	}
	return link, nil
}

// forget makes a connection that did not come about not the newest.
func (l *Links) forget(id, nonce string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.live[id] == nonce {
		delete(l.live, id)
	}
}

func (l *Links) unsubscribe(id, nonce string, sub *subscription) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.by, nonce)
	delete(l.subs[id], sub)
	if len(l.subs[id]) == 0 {
		delete(l.subs, id)
	}
}

// find returns the instance that an agent says it is, if the caller may speak
// for it. A refusal is confirmed first: an agent that is told that its instance
// is not there registers another.
func (l *Links) find(ctx context.Context, who caller.Identity, h dispatch.Hello) (*model.ContainerInstance, error) {
	i, err := l.look(who, h)
	if err == nil {
		return i, nil
	}
	if stale := l.db.Confirm(ctx); stale != nil {
		return nil, stale
	}
	return nil, err
}

// look is find in the tables as they are.
func (l *Links) look(who caller.Identity, h dispatch.Hello) (*model.ContainerInstance, error) {
	cluster, id := h.Cluster, h.Instance
	if arn, ok := model.ParseARN(cluster); ok {
		_, cluster = arn.Path()
	}
	if arn, ok := model.ParseARN(id); ok {
		if arn.Account != who.Account {
			return nil, &dispatch.Refusal{Status: http.StatusBadRequest, Name: "InvalidInstanceException", Message: "Unable to resolve container instance."}
		}
		id = arn.Resource[strings.LastIndexByte(arn.Resource, '/')+1:]
	}
	i, ok := store.Get[*model.ContainerInstance](l.db.View(), model.InstanceID(who.Account, cluster, id))
	if !ok {
		return nil, &dispatch.Refusal{Status: http.StatusBadRequest, Name: "InvalidInstanceException", Message: "Unable to resolve container instance."}
	}
	if i.Status == model.InstanceInactive {
		return nil, inactive()
	}
	if who.Kind == caller.AssumedRole && (who.Purpose != caller.Instance || who.BoundTo != i.ARN(l.platform.Region)) {
		return nil, &dispatch.Refusal{Status: http.StatusForbidden, Name: "AccessDeniedException", Message: "The caller may not speak for this container instance."}
	}
	return i, nil
}

// inactive is what the agent of a deregistered instance is told; it waits an
// hour before it asks again, and its containers go on.
func inactive() error {
	return &dispatch.Refusal{Status: http.StatusBadRequest, Name: "InactiveInstanceException", Message: "Container instance is inactive."}
}

// Disconnect implements dispatch.Control.
func (l *Links) Disconnect(ctx context.Context, link dispatch.Link, silent time.Duration) {
	if err := l.setConnected(ctx, link.ID, link.Nonce, nil, silent); err != nil {
		l.options.Logger.Warn("end of a connection not noted", "instance", link.InstanceARN, "error", err)
	}
}

// setConnected writes an instance's connection: connected as h says, or
// disconnected when h is nil. A silence before the end counts as disconnection:
// an instance that was lost without a word is replaced no later than one whose
// connection broke. It does nothing once a newer connection than
// nonce exists.
func (l *Links) setConnected(ctx context.Context, id, nonce string, h *dispatch.Hello, silent time.Duration) error {
	return retryConflicts(func() error {
		l.mu.Lock()
		current := l.live[id]
		if h == nil && current == nonce {
			delete(l.live, id)
		}
		l.mu.Unlock()
		if current != nonce && current != "" && !mutant.On(mutant.LateHangUp) {
			return nil
		}
		old, ok := store.Get[*model.ContainerInstance](l.db.View(), id)
		if !ok || h == nil && !old.AgentConnected {
			return nil
		}
		if h != nil && old.Status == model.InstanceInactive {
			return cmp.Or(l.db.Confirm(ctx), inactive()) // deregistered since it was found
		}
		i := old.Clone()
		i.AgentConnected, i.ConnectedAt = h != nil, l.options.Now().Add(-silent)
		i.Version++
		if h != nil {
			i.AgentVersion, i.AgentHash, i.DockerVersion = h.AgentVersion, h.AgentHash, h.DockerVersion
		}
		var c model.Change
		c.Put(i)
		_, err := l.db.Commit(ctx, c)
		return err
	})
}

// maxConflicts is how often a small change is tried again after a conflict.
const maxConflicts = 100

func retryConflicts(try func() error) error {
	var conflict *store.ConflictError
	for n := 0; ; n++ {
		err := try()
		if n >= maxConflicts || !errors.As(err, &conflict) {
			return err
		}
	}
}
