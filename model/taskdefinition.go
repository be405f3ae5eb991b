package model

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Task definition statuses.
const (
	TaskDefinitionActive           = "ACTIVE"
	TaskDefinitionInactive         = "INACTIVE"
	TaskDefinitionDeleteInProgress = "DELETE_IN_PROGRESS"
)

// Family remembers the last revision ever given out in a family of task
// definitions, so that none is used twice. Written by the API.
type Family struct {
	Meta
	Account        string `f:"1"`
	Name           string `f:"2"`
	LatestRevision int    `f:"3"`
}

// KindFamily is the table of families.
const KindFamily Kind = "family"

// FamilyID returns account/name.
func FamilyID(account, name string) string { return account + "/" + name }

// Key returns account/name.
func (f *Family) Key() Key { return Key{KindFamily, FamilyID(f.Account, f.Name)} }

// Clone returns a copy that may be changed.
func (f *Family) Clone() *Family { c := *f; return &c }

// TaskDefinition is one registered revision. Only Status, DeregisteredAt,
// and Tags ever change; all fields are written by the API.
type TaskDefinition struct {
	Meta
	Account  string `f:"1"`
	Family   string `f:"2"`
	Revision int    `f:"3"`
	Status   string `f:"4"`
	// Definition is the task definition as registered, with AWS's defaults
	// filled in: the containers, volumes, network mode and so on. Its ARN,
	// family, revision, status and dates are left out; the fields here count.
	Definition     *types.TaskDefinition `f:"5,wire"`
	Tags           []Tag                 `f:"6"`
	RegisteredAt   time.Time             `f:"7"`
	RegisteredBy   string                `f:"8"`
	DeregisteredAt time.Time             `f:"9"`
	DeleteAt       time.Time             `f:"10"` // when DeleteTaskDefinitions was called
}

// KindTaskDefinition is the table of task definitions.
const KindTaskDefinition Kind = "task-definition"

// TaskDefinitionID returns account/family/revision with the revision padded,
// so that ids sort by family and then by revision.
func TaskDefinitionID(account, family string, revision int) string {
	return fmt.Sprintf("%s/%s/%010d", account, family, revision)
}

// Key returns the id of TaskDefinitionID.
func (t *TaskDefinition) Key() Key {
	return Key{KindTaskDefinition, TaskDefinitionID(t.Account, t.Family, t.Revision)}
}

// Clone returns a copy whose fields may be replaced; Definition is shared.
func (t *TaskDefinition) Clone() *TaskDefinition { c := *t; return &c }

// ARN returns the definition's ARN in region.
func (t *TaskDefinition) ARN(region string) string {
	return Scope{region, t.Account}.TaskDefinitionARN(t.Family, t.Revision)
}
