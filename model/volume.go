package model

import (
	"reflect"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// TaskVolume returns the volume that tasks of a service get each, as one of a
// task's: it always goes with its task. Nil for none.
// Source: ECS developer guide, "Termination policy for Amazon EBS volumes".
func TaskVolume(v *types.ServiceVolumeConfiguration) *types.TaskVolumeConfiguration {
	if v == nil || v.ManagedEBSVolume == nil {
		return nil
	}
	m := v.ManagedEBSVolume
	return &types.TaskVolumeConfiguration{Name: v.Name, ManagedEBSVolume: &types.TaskManagedEBSVolumeConfiguration{
		RoleArn: m.RoleArn, Encrypted: m.Encrypted, FilesystemType: m.FilesystemType, Iops: m.Iops, KmsKeyId: m.KmsKeyId, SizeInGiB: m.SizeInGiB,
		SnapshotId: m.SnapshotId, TagSpecifications: m.TagSpecifications, Throughput: m.Throughput,
		VolumeInitializationRate: m.VolumeInitializationRate, VolumeType: m.VolumeType,
		TerminationPolicy: &types.TaskManagedEBSVolumeTerminationPolicy{DeleteOnTermination: aws.Bool(true)},
	}}
}

// SameVolume reports whether two configurations say the same; nil is equal to
// nil.
func SameVolume(a, b *types.ServiceVolumeConfiguration) bool { return reflect.DeepEqual(a, b) }

// VolumeID returns the id of the volume of the task with the id: vol-0 and the
// first 16 digits of it.
func VolumeID(taskID string) string {
	return "vol-0" + taskID[:min(len(taskID), interfaceIDDigits)]
}

// HasVolume reports whether the task's volume is somewhere: it was to be made on
// the task's instance, and stays if it does not go with the task.
func (t *Task) HasVolume() bool {
	if t.Spec.Volume == nil || t.Spec.Volume.ManagedEBSVolume == nil || t.Spec.Instance == "" {
		return false
	}
	return t.VolumeStatus() != AttachmentDeleted
}

// VolumeDevice is where a task's volume is said to be attached: a task has one.
const VolumeDevice = "/dev/xvdba"

// VolumeAttachmentID returns the id of the attachment of a task's volume to the
// task. It is as that of its interface, but for the version of the UUID.
func (t *Task) VolumeAttachmentID() string {
	id := []byte(t.AttachmentID())
	id[14] = '8'
	return string(id)
}

// VolumeDeleted reports whether the task's volume goes with the task.
func (t *Task) VolumeDeleted() bool {
	v := t.Spec.Volume
	return v == nil || v.ManagedEBSVolume == nil || v.ManagedEBSVolume.TerminationPolicy == nil ||
		v.ManagedEBSVolume.TerminationPolicy.DeleteOnTermination == nil || *v.ManagedEBSVolume.TerminationPolicy.DeleteOnTermination
}

// More statuses of attachments. Source: ECS API reference, Attachment.
const AttachmentDetached = "DETACHED"

// VolumeStatus returns how far the attachment of the task's volume is; "" for a
// task that has none. It is attached before the task runs.
func (t *Task) VolumeStatus() string {
	switch {
	case t.Spec.Volume == nil:
		return ""
	case t.Stopped() && t.VolumeDeleted():
		return AttachmentDeleted
	case t.Stopped():
		return AttachmentDetached
	case t.Spec.Instance == "":
		return AttachmentPrecreated
	case !t.Status.ExecutionStopped.IsZero():
		return AttachmentDetaching
	case t.Status.Last.before(TaskRunning):
		return AttachmentAttaching
	}
	return AttachmentAttached
}
