package dispatch

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
)

// attachments returns the volume that a task has attached, in the terms of the
// protocol.
func (p Platform) attachments(t *model.Task) []acs.Attachment {
	v := t.Spec.Volume
	if v == nil || v.ManagedEBSVolume == nil {
		return nil
	}
	return []acs.Attachment{{
		ARN:  model.Scope{Region: p.Region, Account: t.Account}.AttachmentARN(t.VolumeAttachmentID()),
		Type: acs.AttachmentVolume,
		Properties: []acs.Property{
			{Name: acs.PropertyVolumeID, Value: model.VolumeID(t.ID)}, {Name: acs.PropertyVolumeName, Value: aws.ToString(v.Name)},
			{Name: acs.PropertyVolumeSize, Value: strconv.Itoa(int(aws.ToInt32(v.ManagedEBSVolume.SizeInGiB)))},
			{Name: acs.PropertyFileSystem, Value: string(v.ManagedEBSVolume.FilesystemType)},
			{Name: acs.PropertyDeviceName, Value: model.VolumeDevice},
			{Name: acs.PropertyDeleteOnTermination, Value: strconv.FormatBool(t.VolumeDeleted() || mutant.On(mutant.VolumeLost))},
		},
	}}
}
