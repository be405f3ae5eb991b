package model

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Daemon task definition statuses.
const (
	DaemonTaskDefinitionActive           = "ACTIVE"
	DaemonTaskDefinitionDeleteInProgress = "DELETE_IN_PROGRESS"
	DaemonTaskDefinitionDeleted          = "DELETED"
)

// DaemonFamily remembers the last revision ever given out in a family of
// daemon task definitions. Written by the API.
type DaemonFamily struct {
	Meta
	Account        string `f:"1"`
	Name           string `f:"2"`
	LatestRevision int    `f:"3"`
}

// KindDaemonFamily is the table of families of daemon task definitions.
const KindDaemonFamily Kind = "daemon-family"

// Key returns account/name.
func (f *DaemonFamily) Key() Key { return Key{KindDaemonFamily, FamilyID(f.Account, f.Name)} }

// Clone returns a copy that may be changed.
func (f *DaemonFamily) Clone() *DaemonFamily { c := *f; return &c }

// DaemonTaskDefinition is one registered revision of what a daemon runs. Only
// Status, DeleteAt and Tags ever change; all fields are written by the API but
// for Status DELETED, which the daemon planner writes when nothing refers to
// it any more.
type DaemonTaskDefinition struct {
	Meta
	Account  string `f:"1"`
	Family   string `f:"2"`
	Revision int    `f:"3"`
	Status   string `f:"4"`
	// Definition is the definition as registered, without its ARN, family,
	// revision, status and dates.
	Definition *types.DaemonTaskDefinition `f:"5,wire"`
	// Runs is what instances are told to run: the same as a task definition,
	// with its defaults and the attributes that it requires.
	Runs         *types.TaskDefinition `f:"6,wire"`
	Tags         []Tag                 `f:"7"`
	RegisteredAt time.Time             `f:"8"`
	RegisteredBy string                `f:"9"`
	DeleteAt     time.Time             `f:"10"` // when DeleteDaemonTaskDefinition was called
}

// KindDaemonTaskDefinition is the table of daemon task definitions.
const KindDaemonTaskDefinition Kind = "daemon-task-definition"

// DaemonTaskDefinitionID returns account/family/revision, as TaskDefinitionID
// does.
func DaemonTaskDefinitionID(account, family string, revision int) string {
	return fmt.Sprintf("%s/%s/%010d", account, family, revision)
}

// Key returns the id of DaemonTaskDefinitionID.
func (t *DaemonTaskDefinition) Key() Key {
	return Key{KindDaemonTaskDefinition, DaemonTaskDefinitionID(t.Account, t.Family, t.Revision)}
}

// Clone returns a copy whose fields may be replaced; definitions are shared.
func (t *DaemonTaskDefinition) Clone() *DaemonTaskDefinition { c := *t; return &c }

// ARN returns the definition's ARN in region.
func (t *DaemonTaskDefinition) ARN(region string) string {
	return Scope{region, t.Account}.DaemonTaskDefinitionARN(t.Family, t.Revision)
}

// AsTaskDefinition returns what placement and instances need to know of it.
// The result is not stored anywhere: its Key and ARN mean nothing.
func (t *DaemonTaskDefinition) AsTaskDefinition() *TaskDefinition {
	return &TaskDefinition{Account: t.Account, Family: t.Family, Revision: t.Revision, Status: t.Status,
		Definition: t.Runs, Tags: t.Tags, RegisteredAt: t.RegisteredAt, RegisteredBy: t.RegisteredBy}
}
