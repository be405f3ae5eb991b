package ecs

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/store"
)

func daemonNotFound() error {
	return &types.DaemonNotFoundException{Message: new("Daemon not found.")}
}

// daemon returns the daemon with the ARN.
func (r request) daemon(v store.View, arn *string) (*model.Daemon, error) {
	if aws.ToString(arn) == "" {
		return nil, invalid("daemonArn can not be blank.")
	}
	a, ok := model.ParseARN(*arn)
	if kind, rest := a.Path(); !ok || a.Service != "ecs" || kind != "daemon" || strings.Count(rest, "/") != 1 {
		return nil, invalid("Invalid daemonArn: %s", *arn)
	}
	_, rest := r.own(*arn)
	d, ok := store.Get[*model.Daemon](v, r.id(rest))
	if !ok {
		return nil, daemonNotFound()
	}
	return d, nil
}

// CreateDaemon stores a daemon and its first deployment. The control loops
// start its tasks.
func (d *frontDoor) CreateDaemon(ctx context.Context, in *ecs.CreateDaemonInput) (*ecs.CreateDaemonOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	name := aws.ToString(in.DaemonName)
	switch {
	case name == "":
		return nil, invalid("Daemon name can not be blank.")
	case !validName(name):
		return nil, invalid("Daemon names can have up to %d letters (uppercase and lowercase), numbers, underscores, and hyphens.", maxName)
	case len(aws.ToString(in.ClientToken)) > maxDaemonToken:
		return nil, invalid("clientToken can be at most %d characters long.", maxDaemonToken)
	}
	spec, err := newDaemonSpec(in.DaemonTaskDefinitionArn, in.CapacityProviderArns, in.Critical, in.DeploymentConfiguration,
		in.PropagateTags, in.EnableECSManagedTags, in.EnableExecuteCommand)
	if err != nil {
		return nil, err
	}
	tags, err := newTags(in.Tags)
	if err != nil {
		return nil, err
	}
	anonymous := *in
	anonymous.ClientToken = nil
	token, err := newToken(r, "CreateDaemon", in.ClientToken, &anonymous)
	if err != nil {
		return nil, err
	}
	d.structure.RLock()
	defer d.structure.RUnlock()
	var made *model.Daemon
	err = d.commit(r, func(v store.View, c *model.Change) error {
		cluster, err := r.activeCluster(v, in.ClusterArn)
		if err != nil {
			return err
		}
		if old, ok := store.Get[*model.Daemon](v, model.DaemonID(r.scope.Account, cluster.Name, name)); ok {
			made = old
			return repeatedDaemon(v, token, old)
		}
		if err := spec.resolve(r, v, c, cluster); err != nil {
			return err
		}
		made = &model.Daemon{Account: r.scope.Account, Cluster: cluster.Name, Name: name, Status: model.DaemonActive,
			Tags: tags, CreatedAt: r.now, UpdatedAt: r.now}
		c.Expect(cluster)
		deployDaemon(v, c, r, made, spec)
		c.Put(made)
		token.remember(c, v, cluster.Name, []string{name})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ecs.CreateDaemonOutput{DaemonArn: new(made.ARN(r.scope.Region)), Status: types.DaemonStatus(made.Status),
		CreatedAt: instant(made.CreatedAt), DeploymentArn: daemonDeploymentARN(r, made)}, nil
}

// repeatedDaemon says whether a daemon that is there already is the one that
// an earlier call with the token made: nil then.
func repeatedDaemon(v store.View, t token, old *model.Daemon) error {
	if old.Status != model.DaemonActive {
		return invalid("Unable to create a daemon that is still being deleted.")
	}
	results, err := t.done(v, old.Cluster)
	if err != nil || !slices.Contains(results, old.Name) {
		return invalid("Creation of daemon was not idempotent.")
	}
	return nil
}

func daemonDeploymentARN(r request, d *model.Daemon) *string {
	return new(r.scope.DaemonDeploymentARN(d.Cluster, d.Name, d.Deployment))
}

// deployDaemon adds a new deployment, of a new revision of the spec, or one
// that takes the daemon away where spec is nil. It counts from now on.
func deployDaemon(v store.View, c *model.Change, r request, owner *model.Daemon, spec *daemonSpec) {
	ids := r.ids()
	dep := &model.DaemonDeployment{Account: owner.Account, Cluster: owner.Cluster, Daemon: owner.Name,
		ID: ids.Hex()[:daemonDeploymentDigits], CreatedAt: r.now, Status: model.DaemonDeploymentStatus{State: model.DaemonPending}}
	if spec == nil {
		dep.Spec.Delete = true
		if newest := store.NewestDeployment(v, owner); newest != nil {
			_, dep.Spec.Providers = newest.InForce()
		}
	} else {
		rev := &model.DaemonRevision{Account: owner.Account, Cluster: owner.Cluster, Daemon: owner.Name, ID: digits(ids),
			Spec: spec.revision, CreatedAt: r.now}
		dep.Spec = spec.deployment
		dep.Spec.Revision = rev.ID
		c.Put(rev)
	}
	for t := range store.TasksByDaemon(v, owner.Key().ID) {
		if !t.Stopped() && !slices.Contains(dep.Spec.Sources, t.Spec.Deployment) {
			dep.Spec.Sources = append(dep.Spec.Sources, t.Spec.Deployment)
		}
	}
	slices.Sort(dep.Spec.Sources)
	owner.Deployment, owner.UpdatedAt = dep.ID, r.now
	c.Put(dep)
}

// daemonDeploymentDigits is the length of a deployment's id.
const daemonDeploymentDigits = 16

// digits returns 19 digits, the form of a revision's id.
func digits(ids *plan.IDs) string { return strings.TrimPrefix(ids.Deployment(), "ecs-svc/") }

// changeDaemon commits a change of an ACTIVE daemon and returns it.
func (d *frontDoor) changeDaemon(r request, arn *string, change func(v store.View, c *model.Change, n *model.Daemon) error) (*model.Daemon, error) {
	d.structure.RLock()
	defer d.structure.RUnlock()
	var changed *model.Daemon
	err := d.commit(r, func(v store.View, c *model.Change) error {
		old, err := r.daemon(v, arn)
		if err != nil {
			return err
		}
		if old.Status != model.DaemonActive {
			return &types.DaemonNotActiveException{Message: new("Daemon was not ACTIVE.")}
		}
		changed = old.Clone()
		if err := change(v, c, changed); err != nil {
			return err
		}
		c.Put(changed)
		return nil
	})
	return changed, err
}

// UpdateDaemon deploys a new revision of a daemon.
func (d *frontDoor) UpdateDaemon(ctx context.Context, in *ecs.UpdateDaemonInput) (*ecs.UpdateDaemonOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	spec, err := newDaemonSpec(in.DaemonTaskDefinitionArn, in.CapacityProviderArns, in.Critical, in.DeploymentConfiguration,
		in.PropagateTags, in.EnableECSManagedTags, in.EnableExecuteCommand)
	if err != nil {
		return nil, err
	}
	n, err := d.changeDaemon(r, in.DaemonArn, func(v store.View, c *model.Change, n *model.Daemon) error {
		cluster, err := r.activeCluster(v, &n.Cluster)
		if err != nil {
			return err
		}
		if err := spec.resolve(r, v, c, cluster); err != nil {
			return err
		}
		deployDaemon(v, c, r, n, spec)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ecs.UpdateDaemonOutput{DaemonArn: new(n.ARN(r.scope.Region)), Status: types.DaemonStatus(n.Status),
		CreatedAt: instant(n.CreatedAt), UpdatedAt: instant(n.UpdatedAt), DeploymentArn: daemonDeploymentARN(r, n)}, nil
}

// DeleteDaemon begins the deletion of a daemon: the control loops stop its
// tasks and remove it then, with its deployments and revisions.
func (d *frontDoor) DeleteDaemon(ctx context.Context, in *ecs.DeleteDaemonInput) (*ecs.DeleteDaemonOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	n, err := d.changeDaemon(r, in.DaemonArn, func(v store.View, c *model.Change, n *model.Daemon) error {
		n.Status = model.DaemonDeleteInProgress
		deployDaemon(v, c, r, n, nil)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ecs.DeleteDaemonOutput{DaemonArn: new(n.ARN(r.scope.Region)), Status: types.DaemonStatus(n.Status),
		CreatedAt: instant(n.CreatedAt), UpdatedAt: instant(n.UpdatedAt), DeploymentArn: daemonDeploymentARN(r, n)}, nil
}

// DescribeDaemon describes a daemon.
func (d *frontDoor) DescribeDaemon(ctx context.Context, in *ecs.DescribeDaemonInput) (*ecs.DescribeDaemonOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	v := d.db.View()
	n, err := r.daemon(v, in.DaemonArn)
	if err != nil {
		return nil, err
	}
	return &ecs.DescribeDaemonOutput{Daemon: &types.DaemonDetail{DaemonArn: new(n.ARN(r.scope.Region)),
		ClusterArn: new(r.scope.ClusterARN(n.Cluster)), Status: types.DaemonStatus(n.Status), CreatedAt: instant(n.CreatedAt),
		UpdatedAt: instant(n.UpdatedAt), DeploymentArn: daemonDeploymentARN(r, n), CurrentRevisions: currentRevisions(r, v, n)}}, nil
}

// ListDaemons lists the daemons of a cluster by name, those on the capacity
// providers if any are named.
func (d *frontDoor) ListDaemons(ctx context.Context, in *ecs.ListDaemonsInput) (*ecs.ListDaemonsOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	v := d.db.View()
	cluster, err := r.cluster(v, in.ClusterArn)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, ref := range in.CapacityProviderArns {
		names = append(names, r.providerName(ref))
	}
	p, err := newPage(in.MaxResults, in.NextToken, maxResults, append([]string{"ListDaemons", cluster.Key().ID}, names...)...)
	if err != nil {
		return nil, err
	}
	shown, next := take(p, store.After[*model.Daemon](v, cluster.Key().ID+"/", p.after), func(n *model.Daemon) string {
		if len(names) == 0 {
			return n.Key().ID
		}
		if newest := store.NewestDeployment(v, n); newest != nil && slices.ContainsFunc(newest.Spec.Providers, func(s string) bool {
			return slices.Contains(names, s)
		}) {
			return n.Key().ID
		}
		return ""
	}, func(n *model.Daemon) types.DaemonSummary {
		return types.DaemonSummary{DaemonArn: new(n.ARN(r.scope.Region)), Status: types.DaemonStatus(n.Status),
			CreatedAt: instant(n.CreatedAt), UpdatedAt: instant(n.UpdatedAt)}
	})
	return &ecs.ListDaemonsOutput{DaemonSummariesList: shown, NextToken: next}, nil
}
