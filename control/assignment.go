package control

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/dispatch"
	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// Assignments implements dispatch.Control: every task on the instance that was
// not reported STOPPED.
func (l *Links) Assignments(link dispatch.Link) (int64, []dispatch.Assignment) {
	v := l.db.View()
	var out []dispatch.Assignment
	for t := range store.TasksByInstance(v, link.ID) {
		if t.Stopped() {
			continue
		}
		if a, ok := l.assignment(v, link, t); ok {
			out = append(out, a)
		}
	}
	return int64(v.Rev()), out
}

// Changes implements dispatch.Control.
func (l *Links) Changes(link dispatch.Link) (sequence int64, changed []dispatch.Assignment, gone []string) {
	l.mu.Lock()
	var ids []string
	if s := l.by[link.Nonce]; s != nil {
		ids = s.take()
	}
	l.mu.Unlock()
	v := l.db.View() // after the ids were taken, so that it shows what they were noted for
	for _, id := range ids {
		t, ok := store.Get[*model.Task](v, id)
		switch {
		case !ok:
			// Deleted an hour after its end, which was noted, too.
		case t.Stopped():
			gone = append(gone, t.ARN(l.platform.Region))
		default:
			if a, ok := l.assignment(v, link, t); ok {
				changed = append(changed, a)
			}
		}
	}
	return int64(v.Rev()), changed, gone
}

// assignment is a task as dispatch is told of it; false, and said, when its
// definition is not there.
func (l *Links) assignment(v store.View, link dispatch.Link, t *model.Task) (dispatch.Assignment, bool) {
	d, ok := store.DefinitionOf(v, t)
	if !ok {
		l.options.Logger.Error("task without its task definition", "task", t.ID, "definition", t.Spec.TaskDefinition)
		return dispatch.Assignment{}, false
	}
	a := dispatch.Assignment{ARN: t.ARN(l.platform.Region), ClusterARN: link.ClusterARN,
		Desired: string(t.Desired), Running: !t.Status.Last.Before(model.TaskRunning)}
	if own := (model.Scope{Region: l.platform.Region, Account: t.Account}).ClusterARN(t.Cluster); own != link.ClusterARN {
		a.ClusterARN = own // a guest's; else all tasks of the connection share one
	}
	if !a.Running || t.Desired == model.TaskStopped { // a session keeps what it is given for as long as the task runs
		a.Payload = func(now time.Time) acs.Task { return l.payload(t, d, now) }
	}
	if roleOf(t, d, acs.RoleTaskApplication)+roleOf(t, d, acs.RoleTaskExecution) != "" {
		a.Credentials = func(role string, now time.Time) *acs.Credentials { return l.credentials(t, d, role, now) }
	}
	return a, true
}

// roleOf returns the ARN of a task's role; "" when it has none.
func roleOf(t *model.Task, d *model.TaskDefinition, role string) string {
	arn, override := d.Definition.TaskRoleArn, (*string)(nil)
	if o := t.Spec.Overrides; o != nil {
		override = o.TaskRoleArn
	}
	if role == acs.RoleTaskExecution {
		arn, override = d.Definition.ExecutionRoleArn, nil
		if o := t.Spec.Overrides; o != nil {
			override = o.ExecutionRoleArn
		}
	}
	if override != nil {
		arn = override
	}
	return aws.ToString(arn)
}

// payload is the task as its instance is told of it now.
func (l *Links) payload(t *model.Task, d *model.TaskDefinition, now time.Time) acs.Task {
	platform := l.platform
	platform.LogMode = logMode(l.db.View(), t.Account)
	p, err := platform.Payload(t, d)
	if err != nil { // a definition that was accepted and cannot be expressed is a bug of ours
		panic(fmt.Sprintf("control: %v", err))
	}
	if t.Desired != model.TaskStopped {
		dispatch.Pin(&p, d, versions(l.db.View(), t))
		p.Interfaces = l.interfaces(l.db.View(), t)
		p.RoleCredentials = l.credentials(t, d, acs.RoleTaskApplication, now)
		p.ExecutionRoleCredentials = l.credentials(t, d, acs.RoleTaskExecution, now)
	}
	return p
}

// versions returns the images that tasks of the same service revision run: of
// the deployment that the task is of, or of one that brought about the same.
func versions(v store.View, t *model.Task) (out []model.ImageVersion) {
	if t.Spec.Service == "" || t.Spec.Deployment == "" {
		return nil
	}
	revision := ""
	for d := range store.DeploymentsByService(v, t.Spec.Service) {
		if d.ID == t.Spec.Deployment {
			revision = d.RevisionNumber()
		}
	}
	for d := range store.DeploymentsByService(v, t.Spec.Service) {
		if revision != "" && d.RevisionNumber() == revision { // the oldest first, by id
			out = append(out, d.Versions...)
		}
	}
	return out
}

// logMode returns whether an account's containers wait for their logs where
// their definitions do not say: the root user's setting, or the account's.
// Source: ECS API reference, PutAccountSetting, defaultLogDriverMode.
func logMode(v store.View, account string) string {
	for _, principal := range []string{"arn:aws:iam::" + account + ":root", ""} {
		key := (&model.AccountSetting{Account: account, Principal: principal, Name: model.SettingLogDriverMode}).Key()
		if s, ok := store.Get[*model.AccountSetting](v, key.ID); ok {
			return s.Value
		}
	}
	return "non-blocking"
}

func (l *Links) credentials(t *model.Task, d *model.TaskDefinition, role string, now time.Time) *acs.Credentials {
	roleARN := roleOf(t, d, role)
	if roleARN == "" || l.sessions == nil {
		return nil
	}
	purpose := caller.TaskRole
	if role == acs.RoleTaskExecution {
		purpose = caller.ExecutionRole
	}
	c, err := l.sessions.TaskCredentials(t, l.platform.Region, roleARN, purpose, now)
	if err != nil {
		l.options.Logger.Error("no credentials for a task's role", "task", t.ID, "role", roleARN, "error", err)
		return nil
	}
	return c
}
