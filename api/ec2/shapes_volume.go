package ec2

import "time"

// Volume is a volume of EBS.
type Volume struct {
	VolumeID           string             `wire:"volumeId"`
	Size               int32              `wire:"size"`       // GiB
	SnapshotID         *string            `wire:"snapshotId"` // "": of none
	AvailabilityZone   string             `wire:"availabilityZone"`
	AvailabilityZoneID string             `wire:"availabilityZoneId"`
	State              string             `wire:"status"`
	CreateTime         time.Time          `wire:"createTime"`
	Attachments        []VolumeAttachment `wire:"attachmentSet"`
	Tags               []Tag              `wire:"tagSet"`
	VolumeType         string             `wire:"volumeType"`
	Iops               *int32             `wire:"iops"`
	Throughput         *int32             `wire:"throughput"` // MiB/s
	Encrypted          bool               `wire:"encrypted"`
	MultiAttachEnabled bool               `wire:"multiAttachEnabled"`
}

// VolumeAttachment is what a volume is attached to: a container instance or,
// on Fargate, a task.
type VolumeAttachment struct {
	VolumeID              string    `wire:"volumeId"`
	InstanceID            *string   `wire:"instanceId"`
	InstanceOwningService *string   `wire:"instanceOwningService"`
	AssociatedResource    *string   `wire:"associatedResource"`
	Device                string    `wire:"device"`
	State                 string    `wire:"status"`
	AttachTime            time.Time `wire:"attachTime"`
	DeleteOnTermination   bool      `wire:"deleteOnTermination"`
}
