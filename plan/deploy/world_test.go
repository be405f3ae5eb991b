package deploy

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/plan/place"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// world is a cluster with one service, kept in maps instead of a store.
type world struct {
	now         time.Time
	rev         model.Revision
	service     *model.Service
	deployments map[string]*model.Deployment
	tasks       map[string]*model.Task
	definitions map[string]*model.TaskDefinition
	instances   map[string]*model.ContainerInstance
	events      *model.ServiceEvents
	alarms      map[string]*model.Alarm
	sets        map[string]*model.TaskSet
	providers   map[string]*model.CapacityProvider
	plans       uint64
	names       map[string]string // of tasks and deployments, by id, in the order of their making
	order       []string          // ids of tasks in that order
}

func newWorld() *world {
	return &world{now: start, deployments: map[string]*model.Deployment{}, tasks: map[string]*model.Task{},
		definitions: map[string]*model.TaskDefinition{}, instances: map[string]*model.ContainerInstance{}, names: map[string]string{}, alarms: map[string]*model.Alarm{}, sets: map[string]*model.TaskSet{}, providers: map[string]*model.CapacityProvider{}}
}

func sorted[T any](m map[string]T) []T {
	var all []T
	for _, k := range slices.Sorted(maps.Keys(m)) {
		all = append(all, m[k])
	}
	return all
}

func (w *world) fleet() *place.Fleet {
	usage := map[string]model.Usage{}
	for _, t := range w.tasks {
		usage[t.Spec.Instance] = usage[t.Spec.Instance].Add(t)
	}
	var nodes []place.Node
	for id, i := range w.instances {
		nodes = append(nodes, place.Node{Instance: i, Usage: usage[id], Guest: i.Cluster == model.FargateCluster})
	}
	return place.NewFleet(nodes)
}

func (w *world) view() View {
	v := View{Service: w.service, Deployments: sorted(w.deployments), Tasks: sorted(w.tasks), Definitions: w.definitions,
		Fleet: w.fleet(), Events: w.events, Now: w.now, TaskSets: sorted(w.sets), Alarms: map[string]*model.Alarm{}, Providers: w.providers}
	for _, name := range w.service.Spec.Rollout.Alarms {
		if a := w.alarms[name]; a != nil {
			v.Alarms[name] = a
		}
	}
	v.Seed[0], v.Seed[1], v.Seed[2] = byte(w.plans), byte(w.plans>>8), 1
	return v
}

// apply commits a plan: all its guards hold, or nothing is written.
func (w *world) apply(c model.Change) error {
	for _, g := range c.Guards {
		if rev := w.revOf(g.Key); rev != g.Rev {
			return fmt.Errorf("%s is at %d, not %d", g.Key, rev, g.Rev)
		}
	}
	if len(c.Writes) > plan.MaxWrites {
		return fmt.Errorf("%d writes", len(c.Writes))
	}
	written := map[model.Key]bool{}
	w.rev++
	for _, wr := range c.Writes {
		if written[wr.Key] {
			return errors.New("written twice: " + wr.Key.String())
		}
		written[wr.Key] = true
		w.write(wr)
	}
	w.plans++
	return nil
}

func (w *world) revOf(k model.Key) model.Revision {
	var n model.Noun
	switch k.Kind {
	case model.KindService:
		n = w.service
	case model.KindContainerInstance:
		n = w.instances[k.ID]
	case model.KindTask:
		if t, ok := w.tasks[k.ID]; ok {
			n = t
		}
	case model.KindDeployment:
		if d, ok := w.deployments[k.ID]; ok {
			n = d
		}
	case model.KindAlarm:
		for _, a := range w.alarms {
			if a.Key() == k {
				n = a
			}
		}
	case model.KindTaskSet:
		if t, ok := w.sets[k.ID]; ok {
			n = t
		}
	case model.KindServiceEvents:
		if w.events != nil {
			n = w.events
		}
	}
	if n == nil {
		return 0
	}
	return n.Metadata().Rev
}

func (w *world) write(wr model.Write) {
	if wr.Noun == nil {
		delete(w.deployments, wr.Key.ID)
		delete(w.sets, wr.Key.ID)
		return
	}
	wr.Noun.Metadata().Rev = w.rev
	switch n := wr.Noun.(type) {
	case *model.Service:
		w.service = n
	case *model.Deployment:
		if _, ok := w.names[n.ID]; !ok {
			w.names[n.ID] = fmt.Sprintf("d%d", 1+w.count("d"))
		}
		w.deployments[n.Key().ID] = n
	case *model.TaskSet:
		w.sets[n.Key().ID] = n
	case *model.ServiceEvents:
		w.events = n
	case *model.Task:
		if _, ok := w.names[n.ID]; !ok {
			w.names[n.ID] = fmt.Sprintf("t%d", 1+w.count("t"))
			w.order = append(w.order, n.Key().ID)
		}
		w.tasks[n.Key().ID] = n
	}
}

func (w *world) count(prefix string) (n int) {
	for _, name := range w.names {
		if strings.HasPrefix(name, prefix) {
			n++
		}
	}
	return n
}

// named replaces ids by short names.
func (w *world) named(s string) string {
	for id, name := range w.names {
		s = strings.ReplaceAll(s, id, name)
	}
	return s
}

func (w *world) task(name string) *model.Task {
	for _, t := range w.tasks {
		if w.names[t.ID] == name {
			return t
		}
	}
	return nil
}

// observe commits what a task's instance reports.
func (w *world) observe(t *model.Task, r model.TaskReport) {
	w.rev++
	if o := t.Observe(r, w.now); o != t {
		o.Metadata().Rev = w.rev
		w.tasks[t.Key().ID] = o
		if d := w.deployments[model.DeploymentKeyID("1", "c", "web", o.Spec.Deployment)]; d != nil { // as whoever takes reports does
			if seen := d.Seeing(o); seen != d {
				w.put(seen)
			}
		}
	}
}

func (w *world) health(t *model.Task, health string) {
	w.rev++
	o := t.ObserveHealth(map[string]string{"main": health}, func(string) bool { return true })
	o.Metadata().Rev = w.rev
	w.tasks[t.Key().ID] = o
}

// newDeployment is what UpdateService does for a new revision.
func (w *world) newDeployment() {
	var seed plan.Seed
	seed[0], seed[1], seed[3] = byte(len(w.names)), byte(len(w.names)>>8), 7
	d := Begin(w.service, sorted(w.deployments), sorted(w.tasks), plan.NewIDs(seed), w.now)
	w.rev++
	w.service = w.service.Clone()
	w.service.Primary = d.ID
	w.write(model.Write{Key: w.service.Key(), Noun: w.service})
	w.write(model.Write{Key: d.Key(), Noun: d})
}

// put writes a noun as somebody else than the planner does.
func (w *world) put(n model.Noun) {
	w.rev++
	w.write(model.Write{Key: n.Key(), Noun: n})
}

func (w *world) define(name string, cpu, memory, port int, health bool) {
	c := types.ContainerDefinition{Name: new("main"), Cpu: int32(cpu), Memory: new(int32(memory))}
	if port > 0 {
		c.PortMappings = []types.PortMapping{{ContainerPort: new(int32(80)), HostPort: new(int32(port)), Protocol: "tcp"}}
	}
	if health {
		c.HealthCheck = &types.HealthCheck{Command: []string{"true"}}
	}
	w.definitions[name] = &model.TaskDefinition{Account: "1", Family: name, Revision: 1,
		Definition: &types.TaskDefinition{ContainerDefinitions: []types.ContainerDefinition{c}}}
}
