package ec2

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/address"
	"github.com/roadstead/roadstead/store"
)

func volumes() kind[Volume] {
	attached := func(v Volume) []VolumeAttachment { return v.Attachments }
	return kind[Volume]{
		id: func(v Volume) string { return v.VolumeID }, tags: func(v Volume) []Tag { return v.Tags },
		missing: noVolume,
		values: map[string]func(Volume) []string{
			"volume-id": one(func(v Volume) string { return v.VolumeID }), "volume-type": one(func(v Volume) string { return v.VolumeType }),
			"status": one(func(v Volume) string { return v.State }), "size": one(func(v Volume) string { return strconv.Itoa(int(v.Size)) }),
			"availability-zone": one(func(v Volume) string { return v.AvailabilityZone }), "availability-zone-id": one(func(v Volume) string { return v.AvailabilityZoneID }),
			"create-time": one(func(v Volume) string { return timestamp(v.CreateTime) }), "snapshot-id": one(func(v Volume) string { return aws.ToString(v.SnapshotID) }),
			"encrypted": yes(func(v Volume) bool { return v.Encrypted }), "multi-attach-enabled": yes(func(v Volume) bool { return v.MultiAttachEnabled }),
			"fast-restored":                    yes(func(Volume) bool { return false }),
			"attachment.attach-time":           each(attached, func(a VolumeAttachment) string { return timestamp(a.AttachTime) }),
			"attachment.delete-on-termination": each(attached, func(a VolumeAttachment) string { return strconv.FormatBool(a.DeleteOnTermination) }),
			"attachment.device":                each(attached, func(a VolumeAttachment) string { return a.Device }),
			"attachment.instance-id":           each(attached, func(a VolumeAttachment) string { return aws.ToString(a.InstanceID) }),
			"attachment.status":                each(attached, func(a VolumeAttachment) string { return a.State }),
		},
	}
}

// timestamp is an instant as filters name it.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// noVolume is the error of an id that names no volume.
func noVolume(id string) error {
	if !strings.HasPrefix(id, "vol-") {
		return invalid("Value (%s) for parameter volumes is invalid. Expected: 'vol-...'.", id)
	}
	return fail("InvalidVolume.NotFound", "The volume '%s' does not exist.", id)
}

// DescribeVolumes describes the volumes of tasks, as the store knows them: those
// of tasks that have ended, and left theirs, as long as the tasks are
// remembered. Which service manages a volume makes no difference to who may see
// it here.
func (c *call) DescribeVolumes(in *DescribeVolumesInput) (*DescribeVolumesOutput, error) {
	var shown []Volume
	for t := range store.TasksWithVolumes(c.v, c.Account) {
		if len(in.VolumeIDs) == 0 || slices.Contains(in.VolumeIDs, model.VolumeID(t.ID)) {
			shown = append(shown, c.showVolume(t))
		}
	}
	page, next, err := choose(volumes(), shown,
		selection{"DescribeVolumes", in.VolumeIDs, "VolumeIds", in.Filters, in.MaxResults, in.NextToken})
	return &DescribeVolumesOutput{page, next}, err
}

// showVolume describes the volume of a task.
func (c *call) showVolume(t *model.Task) Volume {
	m, status := t.Spec.Volume.ManagedEBSVolume, t.VolumeStatus()
	made := t.Spec.CreatedAt.Truncate(time.Millisecond)
	out := Volume{VolumeID: model.VolumeID(t.ID), Size: aws.ToInt32(m.SizeInGiB), SnapshotID: new(""), State: "available", CreateTime: made,
		VolumeType: aws.ToString(m.VolumeType), Attachments: []VolumeAttachment{}, Tags: c.volumeTags(t)}
	out.Iops, out.Throughput = performance(m)
	instance, known := store.Get[*model.ContainerInstance](c.v, t.Spec.Instance)
	if known {
		out.AvailabilityZone, _ = instance.Attribute(model.AttributeZone)
	}
	for _, z := range address.Zones(c.Region) {
		if z.Name == out.AvailabilityZone {
			out.AvailabilityZoneID = z.ID
		}
	}
	if status == model.AttachmentDetached {
		return out
	}
	out.State = "in-use"
	attachment := VolumeAttachment{VolumeID: out.VolumeID, Device: model.VolumeDevice, State: strings.ToLower(status), AttachTime: made, DeleteOnTermination: t.VolumeDeleted()}
	switch {
	case t.Spec.LaunchType == model.LaunchFargate:
		attachment.InstanceOwningService, attachment.AssociatedResource = aws.String(requester), aws.String(t.ARN(c.Region))
	case known:
		attachment.InstanceID = aws.String(instance.EC2InstanceID)
	}
	out.Attachments = append(out.Attachments, attachment)
	return out
}

// Performance of volumes of which nothing else was said.
// Source: EC2 API reference, CreateVolume.
const (
	baseIOPS       = 3000 // of gp3
	baseThroughput = 125  // of gp3, in MiB/s
	iopsPerGiB     = 3    // of gp2
	minIOPS        = 100
	maxIOPS        = 16000
)

// performance is what a volume is said to reach; nil for types that have none.
func performance(m *types.TaskManagedEBSVolumeConfiguration) (iops, throughput *int32) {
	iops, throughput = m.Iops, m.Throughput
	switch aws.ToString(m.VolumeType) {
	case "gp3":
		if iops == nil {
			iops = aws.Int32(baseIOPS)
		}
		if throughput == nil {
			throughput = aws.Int32(baseThroughput)
		}
	case "gp2":
		iops = aws.Int32(min(max(iopsPerGiB*aws.ToInt32(m.SizeInGiB), minIOPS), maxIOPS))
	}
	return iops, throughput
}

// volumeTags are those that the volume's configuration gives, what they are to
// be propagated from, and ECS's own.
// Source: ECS developer guide, "Tag resources during creation", Amazon EBS.
func (c *call) volumeTags(t *model.Task) []Tag {
	tags := managed(t)
	add := func(key, value string) {
		if !slices.ContainsFunc(tags, func(have Tag) bool { return have.Key == key }) {
			tags = append(tags, Tag{key, value})
		}
	}
	add("AmazonECSCreated", t.ARN(c.Region))
	add("AmazonECSManaged", "true")
	for _, s := range t.Spec.Volume.ManagedEBSVolume.TagSpecifications {
		for _, tag := range s.Tags {
			add(aws.ToString(tag.Key), aws.ToString(tag.Value))
		}
		for _, tag := range c.propagated(t, s.PropagateTags) {
			add(tag.Key, tag.Value)
		}
	}
	return tags
}

// propagated are the tags of what a volume has them from.
func (c *call) propagated(t *model.Task, from types.PropagateTags) []model.Tag {
	switch from {
	case types.PropagateTagsTaskDefinition:
		if d, ok := store.DefinitionOf(c.v, t); ok {
			return d.Tags
		}
	case types.PropagateTagsService:
		if s, ok := store.Get[*model.Service](c.v, t.Spec.Service); ok {
			return s.Tags
		}
	}
	return nil
}
