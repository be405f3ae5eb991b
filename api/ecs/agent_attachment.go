package ecs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// maxAttachments bounds the attachments of one report.
const maxAttachments = 100

// attachmentReports returns the ARNs of the attachments that an agent reports
// as attached. That one goes needs no report: it goes with its task.
func attachmentReports(given []types.AttachmentStateChange) (attached []string, err error) {
	if len(given) > maxAttachments {
		return nil, invalid("Attachments can have at most %d items.", maxAttachments)
	}
	for _, a := range given {
		switch status := aws.ToString(a.Status); status {
		case model.AttachmentAttached:
			attached = append(attached, aws.ToString(a.AttachmentArn))
		case "DETACHED":
		default:
			return nil, invalid("Invalid status: %s", status)
		}
	}
	return unique(attached), nil
}

// isAttachment reports whether arn names the attachment of the task's interface.
func (r request) isAttachment(t *model.Task, arn string) bool {
	return t.Spec.Interface != nil && arn == r.scope.AttachmentARN(t.AttachmentID())
}

// isVolume reports whether arn names the attachment of the task's volume. That
// it is there is told with the task's RUNNING.
func (r request) isVolume(t *model.Task, arn string) bool {
	return t.Spec.Volume != nil && arn == r.scope.AttachmentARN(t.VolumeAttachmentID())
}

func attachmentNotFound(arn string) error {
	return invalid("The attachment %s was not found.", arn)
}

// SubmitAttachmentStateChanges takes an agent's report about interfaces that
// does not say which tasks they are of.
func (d *frontDoor) SubmitAttachmentStateChanges(ctx context.Context, in *ecs.SubmitAttachmentStateChangesInput) (*ecs.SubmitAttachmentStateChangesOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if len(in.Attachments) == 0 {
		return nil, invalid("Attachments cannot be empty.")
	}
	attached, err := attachmentReports(in.Attachments)
	if err != nil {
		return nil, err
	}
	err = d.commit(r, func(v store.View, c *model.Change) error {
		cluster, err := r.cluster(v, in.Cluster)
		if err != nil {
			return err
		}
		for _, arn := range attached {
			t, ok := r.attachedTask(v, cluster.Name, arn)
			if !ok {
				return attachmentNotFound(arn)
			}
			if err := r.actsFor(r.instanceARN(t.Spec.Instance)); err != nil {
				return err
			}
			if observed := t.Observe(model.TaskReport{Attached: r.isAttachment(t, arn)}, r.now); observed != t {
				c.Put(observed)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ecs.SubmitAttachmentStateChangesOutput{Acknowledgment: new(acknowledgment)}, nil
}

// attachedTask returns the task of the cluster whose interface has the
// attachment. The attachment's id says what the task's begins with.
func (r request) attachedTask(v store.View, cluster, arn string) (*model.Task, bool) {
	kind, id := r.own(arn)
	prefix, ok := model.TaskIDOfAttachment(id)
	if kind != "attachment" || !ok {
		return nil, false
	}
	for t := range store.Prefix[*model.Task](v, model.TaskID(r.scope.Account, cluster, prefix)) {
		if r.isAttachment(t, arn) || r.isVolume(t, arn) {
			return t, true
		}
	}
	return nil, false
}
