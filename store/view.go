package store

import (
	"iter"
	"reflect"
	"slices"
	"strings"

	"github.com/roadstead/roadstead/model"
)

// View is an immutable snapshot of all tables at one revision. It costs
// nothing to take and stays valid for ever; nouns read from it are shared and
// must not be changed. The zero View is empty.
type View struct{ s *snapshot }

type snapshot struct {
	schema *schema
	rev    model.Revision
	tables []table
	usage  *usages
}

// Rev returns the revision of the last transaction in the view.
func (v View) Rev() model.Revision {
	if v.s == nil {
		return 0
	}
	return v.s.rev
}

// table returns the rows of T. Asking for a type that has no table is a bug.
func tableFor[T model.Noun](v View) (table, Table, bool) {
	if v.s == nil {
		return table{}, Table{}, false
	}
	i, ok := v.s.schema.byType[reflect.TypeFor[T]()]
	if !ok {
		panic("store: no table of " + reflect.TypeFor[T]().String())
	}
	return v.s.tables[i], v.s.schema.tables[i], true
}

// Lookup returns the noun at k and whether there is one.
func (v View) Lookup(k model.Key) (model.Noun, bool) {
	if v.s == nil {
		return nil, false
	}
	i, ok := v.s.schema.byKind[k.Kind]
	if !ok {
		return nil, false
	}
	r := v.s.tables[i].get(k.ID)
	if r == nil {
		return nil, false
	}
	return r.noun, true
}

// Get returns the T with the id and whether there is one.
func Get[T model.Noun](v View, id string) (T, bool) {
	var none T
	t, _, ok := tableFor[T](v)
	if !ok {
		return none, false
	}
	r := t.get(id)
	if r == nil {
		return none, false
	}
	return r.noun.(T), true
}

// All returns every T in the order of ids.
func All[T model.Noun](v View) iter.Seq[T] { return After[T](v, "", "") }

// Prefix returns every T whose id begins with prefix, in the order of ids.
func Prefix[T model.Noun](v View, prefix string) iter.Seq[T] { return After[T](v, prefix, "") }

// After returns every T whose id begins with prefix and is greater than
// afterID, in the order of ids: the rest of a list behind a page.
func After[T model.Noun](v View, prefix, afterID string) iter.Seq[T] {
	return func(yield func(T) bool) {
		ascend[T](v, prefix, afterID, func(r *row) bool { return yield(r.noun.(T)) })
	}
}

// Count returns how many T have ids that begin with prefix. It is immediate
// for "" and walks over the nouns otherwise.
func Count[T model.Noun](v View, prefix string) int {
	if prefix == "" {
		return Len[T](v)
	}
	n := 0
	ascend[T](v, prefix, "", func(*row) bool { n++; return true })
	return n
}

// Len returns how many T there are.
func Len[T model.Noun](v View) int {
	t, _, ok := tableFor[T](v)
	if !ok {
		return 0
	}
	return t.rows.Len()
}

func ascend[T model.Noun](v View, prefix, afterID string, visit func(*row) bool) {
	t, _, ok := tableFor[T](v)
	if !ok {
		return
	}
	from := max(prefix, afterID)
	t.rows.Ascend(entry{t.find(from), &row{id: from}}, func(e entry) bool {
		r := e.row
		if !strings.HasPrefix(r.id, prefix) {
			return r.id < prefix
		}
		return r.id <= afterID || visit(r)
	})
}

// lookup returns every T that the named index finds by value, by id.
func lookup[T model.Noun](v View, index, value string) iter.Seq[T] {
	return func(yield func(T) bool) {
		t, d, ok := tableFor[T](v)
		if !ok || value == "" {
			return
		}
		t.found(d, d.index(index), value, func(r *row) bool { return yield(r.noun.(T)) })
	}
}

// index returns the place of the named index.
func (t Table) index(name string) int {
	i := slices.IndexFunc(t.indexes, func(x Index) bool { return x.Name == name })
	if i < 0 {
		panic("store: no index " + name + " of " + string(t.kind))
	}
	return i
}

// TasksByInstance returns the tasks, stopped ones too, on a container
// instance (model.InstanceID), by id.
func TasksByInstance(v View, instanceID string) iter.Seq[*model.Task] {
	return lookup[*model.Task](v, byInstance, instanceID)
}

// TasksWithoutInstance returns the tasks of a cluster (model.ClusterID) that
// have no container instance: those that wait for one, and those that stopped
// while they did, by id.
func TasksWithoutInstance(v View, clusterID string) iter.Seq[*model.Task] {
	return lookup[*model.Task](v, byWaiting, clusterID)
}

// TasksByGroup returns the tasks of a cluster (model.ClusterID) that belong to
// the group and have not stopped: those of a service and those of none.
func TasksByGroup(v View, clusterID, group string) iter.Seq[*model.Task] {
	return func(yield func(*model.Task) bool) {
		for t := range lookup[*model.Task](v, byGroup, groupID(clusterID, group)) {
			if !yield(t) {
				return
			}
		}
		service, ok := strings.CutPrefix(group, "service:")
		if !ok {
			return
		}
		for t := range TasksByService(v, clusterID+"/"+service) {
			if t.Spec.Group == group && !t.Stopped() && !yield(t) {
				return
			}
		}
	}
}

func groupID(clusterID, group string) string { return clusterID + "/" + group }

// TasksByService returns the tasks, stopped ones too, of a service
// (model.ServiceID), by id.
func TasksByService(v View, serviceID string) iter.Seq[*model.Task] {
	return lookup[*model.Task](v, byService, serviceID)
}

// TagsByImage returns the tags that point to an image (model.ImageID), by id.
func TagsByImage(v View, imageID string) iter.Seq[*model.ImageTag] {
	return lookup[*model.ImageTag](v, byImage, imageID)
}

// DeploymentsByService returns the deployments of a service
// (model.ServiceID), by id.
func DeploymentsByService(v View, serviceID string) iter.Seq[*model.Deployment] {
	return Prefix[*model.Deployment](v, serviceID+"/")
}

// TaskSetsByService returns the task sets of a service (model.ServiceID), by
// id.
func TaskSetsByService(v View, serviceID string) iter.Seq[*model.TaskSet] {
	return Prefix[*model.TaskSet](v, serviceID+"/")
}

// KeysByUser returns the access keys of a user (model.UserID).
func KeysByUser(v View, userID string) iter.Seq[*model.AccessKey] {
	return lookup[*model.AccessKey](v, byUser, userID)
}
