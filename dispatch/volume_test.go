package dispatch

import (
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/model"
)

// What is attached to a task and what it mounts reaches the instance in the protocol's terms.
func TestVolumesInPayload(t *testing.T) {
	def := &types.TaskDefinition{Volumes: []types.Volume{
		{Name: aws.String("v"), ConfiguredAtLaunch: aws.Bool(true)},
		{Name: aws.String("e"), EfsVolumeConfiguration: &types.EFSVolumeConfiguration{FileSystemId: aws.String("fs-1"), RootDirectory: aws.String("/a"),
			TransitEncryption: types.EFSTransitEncryptionEnabled, TransitEncryptionPort: aws.Int32(2999),
			AuthorizationConfig: &types.EFSAuthorizationConfig{AccessPointId: aws.String("fsap-1"), Iam: types.EFSAuthorizationConfigIAMEnabled}}},
	}}
	task := &model.Task{Account: "000000000000", Cluster: "default", ID: "0123456789abcdef0123456789abcdef", Desired: model.TaskRunning,
		Spec: model.TaskSpec{LaunchType: model.LaunchFargate, Volume: &types.TaskVolumeConfiguration{Name: aws.String("v"),
			ManagedEBSVolume: &types.TaskManagedEBSVolumeConfiguration{SizeInGiB: aws.Int32(5), FilesystemType: types.TaskFilesystemTypeXfs}}}}
	got, err := Platform{Region: "us-east-1"}.Payload(task, &model.TaskDefinition{Definition: def})
	if err != nil {
		t.Fatal(err)
	}
	want := []acs.Volume{{Name: "v", Type: "attachment"}, {Name: "e", Type: "efs", EFS: &acs.EFSVolume{FileSystemID: "fs-1", RootDirectory: "/a", TransitEncryption: "ENABLED",
		TransitEncryptionPort: 2999, Authorization: &acs.EFSAuthorization{AccessPointID: "fsap-1", IAM: "ENABLED"}}}}
	if !reflect.DeepEqual(got.Volumes, want) || got.EphemeralStorage != 20 {
		t.Errorf("%+v, %d GiB", got.Volumes, got.EphemeralStorage)
	}
	attached := []acs.Attachment{{ARN: "arn:aws:ecs:us-east-1:000000000000:attachment/01234567-89ab-8def-8123-456789abcdef", Type: "amazonebs", Properties: []acs.Property{
		{Name: "volumeId", Value: "vol-00123456789abcdef"}, {Name: "volumeName", Value: "v"}, {Name: "volumeSizeGib", Value: "5"},
		{Name: "fileSystem", Value: "xfs"}, {Name: "deviceName", Value: "/dev/xvdba"}, {Name: "deleteOnTermination", Value: "true"}}}}
	if !reflect.DeepEqual(got.Attachments, attached) {
		t.Errorf("%+v", got.Attachments)
	}
}
