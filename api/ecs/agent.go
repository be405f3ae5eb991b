package ecs

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// acknowledgment is the answer to every report that was taken.
const acknowledgment = "ACK"

// DiscoverPollEndpoint tells an agent where to connect.
func (d *frontDoor) DiscoverPollEndpoint(ctx context.Context, in *ecs.DiscoverPollEndpointInput) (*ecs.DiscoverPollEndpointOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if arn := aws.ToString(in.ContainerInstance); strings.HasPrefix(arn, "arn:") {
		if err := r.actsFor(arn); err != nil {
			return nil, err
		}
	}
	if d.opts.Endpoints == nil {
		return nil, &types.ServerException{Message: new("This server has no endpoint for agents.")}
	}
	e, err := d.opts.Endpoints(ctx, r.clusterName(in.Cluster), aws.ToString(in.ContainerInstance))
	if err != nil {
		return nil, err
	}
	return &ecs.DiscoverPollEndpointOutput{Endpoint: &e.Control, TelemetryEndpoint: &e.Telemetry}, nil
}

// SubmitTaskStateChange takes an agent's report about a task. Reports come
// late, twice and out of order: what is stored only moves forward.
func (d *frontDoor) SubmitTaskStateChange(ctx context.Context, in *ecs.SubmitTaskStateChangeInput) (*ecs.SubmitTaskStateChangeOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if err := refuse(func(p string) error { return invalid("%s", notYet(p)) },
		parameter{"managedAgents", len(in.ManagedAgents) > 0},
	); err != nil {
		return nil, err
	}
	report := model.TaskReport{Reason: aws.ToString(in.Reason), PullStartedAt: aws.ToTime(in.PullStartedAt),
		PullStoppedAt: aws.ToTime(in.PullStoppedAt), ExecutionStopped: aws.ToTime(in.ExecutionStoppedAt)}
	if report.Status, err = reported(in.Status); err != nil {
		return nil, err
	}
	attached, err := attachmentReports(in.Attachments)
	if err != nil {
		return nil, err
	}
	for _, c := range in.Containers {
		container, err := containerReport(c)
		if err != nil {
			return nil, err
		}
		report.Containers = append(report.Containers, container)
	}
	// gofail: var apiReportReceived struct{}
	if err := d.observe(r, in.Cluster, in.Task, report, attached...); err != nil {
		return nil, err
	}
	// gofail: var apiReportCommitted struct{}
	return &ecs.SubmitTaskStateChangeOutput{Acknowledgment: new(acknowledgment)}, nil
}

// SubmitContainerStateChange takes an agent's report about one container.
func (d *frontDoor) SubmitContainerStateChange(ctx context.Context, in *ecs.SubmitContainerStateChangeInput) (*ecs.SubmitContainerStateChangeOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	container, err := containerReport(types.ContainerStateChange{ContainerName: in.ContainerName, ExitCode: in.ExitCode,
		NetworkBindings: in.NetworkBindings, Reason: in.Reason, RuntimeId: in.RuntimeId, Status: in.Status})
	if err != nil {
		return nil, err
	}
	if err := d.observe(r, in.Cluster, in.Task, model.TaskReport{Containers: []model.ContainerReport{container}}); err != nil {
		return nil, err
	}
	return &ecs.SubmitContainerStateChangeOutput{Acknowledgment: new(acknowledgment)}, nil
}

// UpdateContainerAgent never finds an update: agents of Roadstead come with
// its binary, and the Amazon ECS agent is updated by whoever installed it.
func (d *frontDoor) UpdateContainerAgent(ctx context.Context, in *ecs.UpdateContainerAgentInput) (*ecs.UpdateContainerAgentOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if aws.ToString(in.ContainerInstance) == "" {
		return nil, invalid("Container instance can not be blank.")
	}
	v := d.db.View()
	cluster, err := r.activeCluster(v, in.Cluster)
	if err != nil {
		return nil, err
	}
	i, ok := r.instance(v, cluster.Name, *in.ContainerInstance)
	switch {
	case !ok || i.Status == model.InstanceInactive:
		return nil, invalid("The specified container instance does not exist.")
	case !i.AgentConnected:
		return nil, clientError("The container agent of the specified container instance is not connected.")
	case i.AgentVersion == "":
		return nil, &types.MissingVersionException{Message: new("The version of the container agent on the specified container instance is not known.")}
	}
	return nil, &types.NoUpdateAvailableException{Message: new("There is no update available for your container agent.")}
}

// reported reads the status of a report.
func reported(s *string) (model.TaskStatus, error) {
	status := model.TaskStatus(aws.ToString(s))
	if status != "" && !slices.Contains([]model.TaskStatus{model.TaskPending, model.TaskRunning, model.TaskStopped}, status) {
		return "", invalid("Invalid status: %s", status)
	}
	return status, nil
}

func containerReport(c types.ContainerStateChange) (model.ContainerReport, error) {
	status, err := reported(c.Status)
	out := model.ContainerReport{Name: aws.ToString(c.ContainerName), RuntimeID: aws.ToString(c.RuntimeId), Status: status,
		ExitCode: c.ExitCode, Reason: aws.ToString(c.Reason), Digest: aws.ToString(c.ImageDigest)}
	for _, b := range c.NetworkBindings {
		out.Bindings = append(out.Bindings, model.NetworkBinding{
			BindIP: aws.ToString(b.BindIP), ContainerPort: int(aws.ToInt32(b.ContainerPort)), HostPort: int(aws.ToInt32(b.HostPort)),
			Protocol: string(b.Protocol), ContainerPortRange: aws.ToString(b.ContainerPortRange), HostPortRange: aws.ToString(b.HostPortRange)})
	}
	return out, err
}

// observe stores what a report says that is new. Attached are the ARNs of the
// attachments that are there.
func (d *frontDoor) observe(r request, clusterRef, ref *string, report model.TaskReport, attached ...string) error {
	return d.commit(r, func(v store.View, c *model.Change) error {
		t, err := r.reportedTask(v, clusterRef, aws.ToString(ref))
		if err != nil {
			return err
		}
		for _, arn := range attached {
			if !r.isAttachment(t, arn) && !r.isVolume(t, arn) {
				return attachmentNotFound(arn)
			}
			report.Attached = report.Attached || r.isAttachment(t, arn)
		}
		observed := t.Observe(report, r.now)
		if observed != t {
			c.Put(observed)
			sawImages(v, c, observed)
			impair(v, c, observed, r.now)
		}
		return nil
	})
}

// sawImages keeps what the first task of a deployment says of its images; t is
// not stored yet.
func sawImages(v store.View, c *model.Change, t *model.Task) {
	if t.Spec.Service == "" {
		return
	}
	d, ok := store.Get[*model.Deployment](v, t.Spec.Service+"/"+t.Spec.Deployment)
	if !ok {
		return
	}
	if seen := d.Seeing(t); seen != d {
		c.Put(seen)
	}
	for i := range t.Status.Containers { // the tasks of a deployment share one string
		digest := &t.Status.Containers[i].Digest
		for _, known := range d.Versions {
			if known.Digest == *digest {
				*digest = known.Digest
			}
		}
	}
}

// reportedTask returns the task that a report is about, if the caller may
// speak for it. Agents drop reports about tasks that are not found.
func (r request) reportedTask(v store.View, clusterRef *string, ref string) (*model.Task, error) {
	named := r.clusterName(clusterRef)
	cluster := named
	if kind, rest := r.own(ref); kind == "task" {
		if of, _, long := strings.Cut(rest, "/"); long {
			cluster = of // tasks of Fargate are of another cluster than their instance
		}
	}
	if _, err := r.home(v, clusterRef); err != nil && aws.ToString(clusterRef) != "" {
		return nil, err
	}
	c, err := r.cluster(v, &cluster)
	if err != nil {
		return nil, err
	}
	id, ok := r.member("task", c.Name, ref)
	t, known := store.Get[*model.Task](v, model.TaskID(r.scope.Account, c.Name, id))
	if !ok || !known || aws.ToString(clusterRef) != "" && named != c.Name && !strings.HasPrefix(t.Spec.Instance, model.ClusterID(r.scope.Account, named)+"/") {
		return nil, invalid("The referenced task was not found.")
	}
	return t, r.actsFor(r.instanceARN(t.Spec.Instance))
}
