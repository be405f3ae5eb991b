package ecs

import (
	"strconv"
	"strings"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// revision reads family, family:revision or the ARN of either. The revision
// is 0 where there is none; the family is "" for an ARN of something else.
func (r request) revision(ref string) (family string, revision int, err error) {
	if strings.HasPrefix(ref, "arn:") {
		kind, rest := r.own(ref)
		if kind != "task-definition" {
			return "", 0, nil
		}
		ref = rest
	}
	family, number, has := strings.Cut(ref, ":")
	if !has {
		return family, 0, nil
	}
	revision, err = strconv.Atoi(number)
	if err != nil || revision < 1 || strconv.Itoa(revision) != number { // a revision has one name, or policies could be evaded
		return "", 0, invalid("Invalid revision number. Number: %s", number)
	}
	return family, revision, nil
}

// taskDefinition returns the revision that ref names, in whatever status; the
// latest ACTIVE one of the family where ref names no revision.
func (r request) taskDefinition(v store.View, ref string) (*model.TaskDefinition, bool, error) {
	family, revision, err := r.revision(ref)
	if err != nil {
		return nil, false, err
	}
	if revision != 0 {
		t, ok := store.Get[*model.TaskDefinition](v, model.TaskDefinitionID(r.scope.Account, family, revision))
		return t, ok, nil
	}
	f, ok := store.Get[*model.Family](v, model.FamilyID(r.scope.Account, family))
	if !ok {
		return nil, false, nil
	}
	for n := f.LatestRevision; n > 0; n-- {
		t, ok := store.Get[*model.TaskDefinition](v, model.TaskDefinitionID(r.scope.Account, family, n))
		if ok && t.Status == model.TaskDefinitionActive {
			return t, true, nil
		}
	}
	return nil, false, nil
}

// runnable returns the revision that ref names if tasks may be started of it;
// inactive makes the error for one that is not ACTIVE, whose type differs
// between operations.
func (r request) runnable(v store.View, ref string, inactive func(format string, args ...any) error) (*model.TaskDefinition, error) {
	if ref == "" {
		return nil, clientError("TaskDefinition can not be blank.")
	}
	t, ok, err := r.taskDefinition(v, ref)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, clientError("TaskDefinition not found.")
	}
	if t.Status != model.TaskDefinitionActive {
		return nil, inactive("TaskDefinition is inactive")
	}
	return t, nil
}
