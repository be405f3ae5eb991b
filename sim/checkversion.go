package sim

import (
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// The bounds of waiting for a deployment's first task.
const (
	pioneersFail = 3
	pioneerTells = 5 * time.Minute
)

// consistent returns the containers of a service's task whose images are to be
// those of the first task of its revision.
func consistent(v store.View, t *model.Task) (all []types.ContainerDefinition) {
	d, ok := store.Get[*model.TaskDefinition](v, t.Spec.TaskDefinition)
	if !ok || t.Spec.Service == "" {
		return nil
	}
	for _, def := range d.Definition.ContainerDefinitions {
		if def.VersionConsistency != types.VersionConsistencyDisabled {
			all = append(all, def)
		}
	}
	return all
}

// told returns the digests that are known of the revision of a deployment, by
// container; nil when there is no such deployment.
func told(v store.View, service, deployment string) map[string]string {
	d, ok := store.Get[*model.Deployment](v, service+"/"+deployment)
	if !ok {
		return nil
	}
	known := map[string]string{}
	for o := range store.DeploymentsByService(v, service) {
		for _, version := range o.Versions {
			if _, first := known[version.Container]; o.RevisionNumber() == d.RevisionNumber() && !first {
				known[version.Container] = version.Digest
			}
		}
	}
	return known
}

// pin notes which images a new task has to run: those that were known when it was
// made.
func (c *checker) pin(v store.View, t *model.Task) {
	containers := consistent(v, t)
	if len(containers) == 0 {
		return
	}
	known := told(v, t.Spec.Service, t.Spec.Deployment)
	for _, def := range containers {
		if digest := known[*def.Name]; digest != "" {
			c.pins[t.ID+" "+*def.Name] = digest
		}
	}
}

// pinned checks that a container runs the image that was known ("versions").
func (c *checker) pinned(e runtime.Event) {
	want, known := c.pins[e.TaskID+" "+e.Labels[labelContainer]]
	if has := e.Labels[labelDigest]; known && has != want {
		c.w.fail("versions", "container %s runs the image %.18s, and the first of its deployment ran %.18s", e.ID, has, want)
	}
}

// pioneers checks that a plan starts one task of a deployment whose images nobody
// has told, and others only when that one runs, tells nothing for too long, or
// waits for an instance, or when too many have failed ("versions").
func (c *checker) pioneers(seen store.View, s *model.Service, written map[string]*model.Task, change model.Change) {
	d, ok := store.Get[*model.Deployment](seen, s.Key().ID+"/"+s.Primary)
	for _, w := range change.Writes {
		if now, yes := w.Noun.(*model.Deployment); yes && ok && now.Key() == d.Key() {
			d = now
		}
	}
	if !ok || s.Spec.Controller == external || d.Status.Failures >= pioneersFail {
		return
	}
	made, insists := 0, false
	known := told(seen, s.Key().ID, s.Primary)
	for _, id := range slices.Sorted(maps.Keys(written)) {
		t := written[id]
		if _, old := store.Get[*model.Task](seen, id); old || t.Spec.Deployment != s.Primary || t.Spec.Service != s.Key().ID {
			continue
		}
		unknown := slices.DeleteFunc(consistent(seen, t), func(def types.ContainerDefinition) bool { return known[*def.Name] != "" })
		if len(unknown) > 0 {
			made++
		}
		insists = insists || slices.ContainsFunc(unknown, func(def types.ContainerDefinition) bool {
			return def.VersionConsistency == types.VersionConsistencyEnabled
		})
	}
	if made == 0 {
		return
	}
	waited := 0
	for t := range store.TasksByService(seen, s.Key().ID) {
		if after := written[t.Key().ID]; after != nil {
			t = after
		}
		switch {
		case t.Spec.Deployment != s.Primary:
		case !t.Status.StartedAt.IsZero(), t.Desired == model.TaskRunning && t.Waiting() && !insists:
			return
		case t.Desired == model.TaskStopped:
		case !t.Waiting() && c.w.clock.now.Sub(t.Spec.CreatedAt) >= pioneerTells:
			return
		default:
			waited++
		}
	}
	if waited+made > 1 {
		c.w.fail("versions", "%d tasks of deployment %s are started beside %d, none of which has told the digests of its images", made, d.ID, waited)
	}
}

// untold reports whether a deployment has images whose digests no task has told.
func (c *checker) untold(v store.View, d *model.Deployment) bool {
	known := told(v, d.ServiceID(), d.ID)
	all := consistent(v, &model.Task{Spec: model.TaskSpec{TaskDefinition: d.Spec.TaskDefinition, Service: d.ServiceID()}})
	return slices.ContainsFunc(all, func(def types.ContainerDefinition) bool { return known[*def.Name] == "" })
}
