package daemon

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/plan/judge"
	"github.com/roadstead/roadstead/plan/place"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

const daemonID = "1/c/log"

// world is a cluster with one daemon, kept in maps instead of a store.
type world struct {
	now         time.Time
	rev         model.Revision
	nouns       map[model.Key]model.Noun
	definitions map[string]*model.TaskDefinition
	alarms      map[string]string
	plans       uint64
	names       map[string]string // of tasks, revisions and deployments, by id
	order       []model.Key       // of tasks in the order of their making
	failing     map[string]bool   // definitions whose tasks end when they begin to run
}

func newWorld() *world {
	return &world{now: start, nouns: map[model.Key]model.Noun{}, definitions: map[string]*model.TaskDefinition{},
		alarms: map[string]string{}, names: map[string]string{}, failing: map[string]bool{}}
}

// all returns the nouns of a type in the order of their keys.
func all[T model.Noun](w *world) []T {
	var found []T
	keys := slices.SortedFunc(maps.Keys(w.nouns), func(a, b model.Key) int { return cmp.Compare(a.String(), b.String()) })
	for _, k := range keys {
		if n, ok := w.nouns[k].(T); ok {
			found = append(found, n)
		}
	}
	return found
}

func (w *world) daemon() *model.Daemon {
	d, _ := w.nouns[model.Key{Kind: model.KindDaemon, ID: daemonID}].(*model.Daemon)
	return d
}

func (w *world) newest() *model.DaemonDeployment {
	d, _ := w.nouns[model.Key{Kind: model.KindDaemonDeployment, ID: daemonID + "/" + w.daemon().Deployment}].(*model.DaemonDeployment)
	return d
}

func (w *world) fleet() *place.Fleet {
	usage := map[string]model.Usage{}
	for _, t := range all[*model.Task](w) {
		usage[t.Spec.Instance] = usage[t.Spec.Instance].Add(t)
	}
	var nodes []place.Node
	for _, i := range all[*model.ContainerInstance](w) {
		nodes = append(nodes, place.Node{Instance: i, Usage: usage[i.Key().ID]})
	}
	return place.NewFleet(nodes)
}

func (w *world) view() View {
	v := View{Daemon: w.daemon(), Deployments: all[*model.DaemonDeployment](w), Revisions: all[*model.DaemonRevision](w),
		Definitions: w.definitions, Fleet: w.fleet(), Alarms: w.alarms, Now: w.now, Others: func(id string) (n int) {
			for _, t := range all[*model.Task](w) {
				if t.Spec.Instance == id && t.Spec.Daemon == "" && !t.Stopped() {
					n++
				}
			}
			return n
		}}
	for _, t := range all[*model.Task](w) {
		if t.Spec.Daemon == daemonID {
			v.Tasks = append(v.Tasks, t)
		}
	}
	v.Seed[0], v.Seed[1], v.Seed[2] = byte(w.plans), byte(w.plans>>8), 1
	return v
}

// gate plans the state of one instance.
func (w *world) gate(i *model.ContainerInstance) plan.Plan {
	v := GateView{Instance: i, Definitions: w.definitions, Now: w.now}
	if d := w.daemon(); d != nil {
		revision := func(id string) *model.DaemonRevision {
			r, _ := w.nouns[model.Key{Kind: model.KindDaemonRevision, ID: daemonID + "/" + id}].(*model.DaemonRevision)
			return r
		}
		if r := Covers(d, w.newest(), revision, i); r != nil {
			c := Critical{Name: d.Name}
			for _, t := range all[*model.Task](w) {
				if t.Spec.Daemon == daemonID && t.Spec.Instance == i.Key().ID && t.Spec.Deployment == r.ID {
					c.Tasks = append(c.Tasks, t)
				}
			}
			v.Critical = append(v.Critical, c)
		}
	}
	return Gate(v)
}

// apply commits a plan: all its guards hold, or nothing is written.
func (w *world) apply(c model.Change) error {
	for _, g := range c.Guards {
		rev := model.Revision(0)
		if n := w.nouns[g.Key]; n != nil {
			rev = n.Metadata().Rev
		}
		if rev != g.Rev {
			return fmt.Errorf("%s is at %d, not %d", g.Key, rev, g.Rev)
		}
	}
	if len(c.Writes) > plan.MaxWrites {
		return fmt.Errorf("%d writes", len(c.Writes))
	}
	written := map[model.Key]bool{}
	for _, wr := range c.Writes {
		if written[wr.Key] {
			return errors.New("written twice: " + wr.Key.String())
		}
		written[wr.Key] = true
		if wr.Noun == nil {
			delete(w.nouns, wr.Key)
			continue
		}
		w.put(wr.Noun)
	}
	w.plans++
	return nil
}

// put stores a noun and names it if it is new.
func (w *world) put(n model.Noun) {
	w.rev++
	n.Metadata().Rev = w.rev
	k := n.Key()
	if _, known := w.nouns[k]; !known {
		switch n := n.(type) {
		case *model.Task:
			if n.Spec.Daemon != "" {
				w.name(n.ID, "t")
			}
			w.order = append(w.order, k)
		case *model.DaemonDeployment:
			w.name(n.ID, "d")
		case *model.DaemonRevision:
			w.name(n.ID, "r")
		}
	}
	w.nouns[k] = n
}

func (w *world) name(id, prefix string) {
	n := 1
	for _, name := range w.names {
		if strings.HasPrefix(name, prefix) {
			n++
		}
	}
	w.names[id] = fmt.Sprintf("%s%d", prefix, n)
}

// named replaces ids by short names.
func (w *world) named(s string) string {
	for id, name := range w.names {
		s = strings.ReplaceAll(s, id, name)
	}
	return s
}

func (w *world) task(name string) *model.Task {
	for _, t := range all[*model.Task](w) {
		if w.names[t.ID] == name || t.ID == name {
			return t
		}
	}
	return nil
}

// observe commits what a task's instance reports.
func (w *world) observe(t *model.Task, r model.TaskReport) {
	if o := t.Observe(r, w.now); o != t {
		w.put(o)
	}
}

func (w *world) health(t *model.Task, health string) {
	if o := t.ObserveHealth(map[string]string{"main": health}, func(string) bool { return true }); o != t {
		w.put(o)
	}
}

func (w *world) define(name string, cpu int, health bool) {
	c := types.ContainerDefinition{Name: new("main"), Cpu: int32(cpu), Memory: new(int32(100))}
	if health {
		c.HealthCheck = &types.HealthCheck{Command: []string{"true"}}
	}
	w.definitions[name] = &model.TaskDefinition{Account: "1", Family: name, Revision: 1,
		Definition: &types.TaskDefinition{ContainerDefinitions: []types.ContainerDefinition{c}}}
}

// deploy is what CreateDaemon, UpdateDaemon and DeleteDaemon do.
func (w *world) deploy(spec model.DaemonRevisionSpec, d model.DaemonDeploymentSpec) {
	n := len(w.names) + 1
	id := fmt.Sprintf("deployment%06d", n)
	owner := &model.Daemon{Account: "1", Cluster: "c", Name: "log", Status: model.DaemonActive, CreatedAt: w.now}
	if old := w.daemon(); old != nil {
		owner = old.Clone()
	}
	if d.Delete {
		owner.Status = model.DaemonDeleteInProgress
	} else {
		d.Revision = fmt.Sprintf("%019d", n)
		w.put(&model.DaemonRevision{Account: "1", Cluster: "c", Daemon: "log", ID: d.Revision, Spec: spec, CreatedAt: w.now})
	}
	owner.Deployment = id
	w.put(owner)
	w.put(&model.DaemonDeployment{Account: "1", Cluster: "c", Daemon: "log", ID: id, Spec: d, CreatedAt: w.now,
		Status: model.DaemonDeploymentStatus{State: model.DaemonPending}})
}

// cooperate lets every connected instance do what it is told.
func (w *world) cooperate() (moved bool) {
	for _, k := range w.order {
		t, _ := w.nouns[k].(*model.Task)
		i, known := w.nouns[model.Key{Kind: model.KindContainerInstance, ID: t.Spec.Instance}].(*model.ContainerInstance)
		if !known || !i.AgentConnected || t.Stopped() {
			continue
		}
		switch {
		case t.Desired == model.TaskStopped, w.failing[t.Spec.TaskDefinition]:
			w.observe(t, model.TaskReport{Status: model.TaskStopped})
		case t.Status.Last == model.TaskPending:
			w.observe(t, model.TaskReport{Status: model.TaskRunning})
		case t.Spec.Daemon == "":
			continue
		case judge.HasHealthCheck(w.definitions[t.Spec.TaskDefinition]) && t.Status.Health == "":
			w.health(t, "HEALTHY")
		default:
			continue
		}
		moved = true
	}
	return moved
}
