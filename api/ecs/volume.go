package ecs

import (
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
)

// volumeType is what a type of EBS volumes takes: the sizes in GiB, and the
// IOPS, 0 for none. Source: ECS API reference, TaskManagedEBSVolumeConfiguration.
type volumeType struct {
	name                   string
	least, most            int32 // GiB
	leastIOPS, mostIOPS    int32
	needsIOPS, throughputs bool
}

var volumeTypes = [...]volumeType{
	{name: "gp3", least: 1, most: 16384, leastIOPS: 3000, mostIOPS: 16000, throughputs: true},
	{name: "gp2", least: 1, most: 16384},
	{name: "io1", least: 4, most: 16384, leastIOPS: 100, mostIOPS: 64000, needsIOPS: true},
	{name: "io2", least: 4, most: 16384, leastIOPS: 100, mostIOPS: 256000, needsIOPS: true},
	{name: "st1", least: 125, most: 16384},
	{name: "sc1", least: 125, most: 16384},
	{name: "standard", least: 1, most: 1024},
}

// Throughputs of gp3, in MiB/s. Source: EC2 API reference, CreateVolume.
const minThroughput, maxThroughput = 125, 1000

// maxVolumeTags bounds the tags of a volume. Source: EC2 user guide, "Tag restrictions".
const maxVolumeTags = 50

// Wordings that AWS has been seen to answer, of RunTask and CreateService.
const (
	volumeUnmatched = "Volume configuration provided but no matching configuredAtLaunch volume found in task definition."
	volumeMissing   = "Task definition has configuredAtLaunch volume but no volume configuration provided at runtime."
)

// newVolume reads the volumes of a call of RunTask or StartTask, of which there
// is one at most, with AWS's defaults. What it cannot have here is refused.
func newVolume(given []types.TaskVolumeConfiguration) (*types.TaskVolumeConfiguration, error) {
	switch {
	case len(given) == 0:
		return nil, nil
	case len(given) > 1:
		return nil, invalid("volumeConfigurations can have at most 1 item.")
	case !validName(aws.ToString(given[0].Name)):
		return nil, invalid("Volume names can have up to %d letters (uppercase and lowercase), numbers, underscores, and hyphens.", maxName)
	case given[0].ManagedEBSVolume == nil:
		return nil, invalid("managedEBSVolume is required for volume '%s'.", *given[0].Name)
	}
	v := types.TaskVolumeConfiguration{Name: given[0].Name, ManagedEBSVolume: new(*given[0].ManagedEBSVolume)}
	m := v.ManagedEBSVolume
	if err := refuse(notSupported,
		parameter{"volumeConfigurations.managedEBSVolume.encrypted", aws.ToBool(m.Encrypted)},
		parameter{"volumeConfigurations.managedEBSVolume.kmsKeyId", aws.ToString(m.KmsKeyId) != ""},
	); err != nil {
		return nil, err
	}
	m.VolumeType = new(orWord(aws.ToString(m.VolumeType), "gp3"))
	m.FilesystemType = types.TaskFilesystemType(orWord(string(m.FilesystemType), string(types.TaskFilesystemTypeXfs)))
	switch snapshot := aws.ToString(m.SnapshotId); {
	case aws.ToString(m.RoleArn) == "":
		return nil, invalid("roleArn is required for volume '%s'.", *v.Name)
	case !validRole(*m.RoleArn):
		return nil, clientError("Role is not valid")
	case snapshot != "": // there are none
		return nil, invalid("The snapshot '%s' does not exist. (ErrorCode: InvalidSnapshot.NotFound)", snapshot)
	case m.VolumeInitializationRate != nil:
		return nil, invalid("volumeInitializationRate can only be specified with a snapshotId.")
	case m.SizeInGiB == nil:
		return nil, invalid("Either sizeInGiB or snapshotId must be specified for volume '%s'.", *v.Name)
	case !slices.Contains(m.FilesystemType.Values(), m.FilesystemType) || m.FilesystemType == types.TaskFilesystemTypeNtfs:
		return nil, invalid("Invalid filesystemType: %s", m.FilesystemType)
	case m.TerminationPolicy != nil && m.TerminationPolicy.DeleteOnTermination == nil:
		return nil, invalid("deleteOnTermination is required in terminationPolicy.")
	}
	if err := validVolumeType(m); err != nil {
		return nil, err
	}
	return &v, validVolumeTags(m.TagSpecifications)
}

func validVolumeType(m *types.TaskManagedEBSVolumeConfiguration) error {
	at := slices.IndexFunc(volumeTypes[:], func(t volumeType) bool { return t.name == *m.VolumeType })
	if at < 0 {
		return invalid("Invalid volumeType: %s", *m.VolumeType)
	}
	switch t := volumeTypes[at]; {
	case outside(m.SizeInGiB, t.least, t.most):
		return invalid("Volume of %dGiB is invalid; must be between %d and %d GiB for volume type %s.", *m.SizeInGiB, t.least, t.most, t.name)
	case t.needsIOPS && m.Iops == nil:
		return invalid("The parameter iops must be specified for %s volumes.", t.name)
	case m.Iops != nil && t.mostIOPS == 0:
		return invalid("The parameter iops is not supported for %s volumes.", t.name)
	case m.Iops != nil && outside(m.Iops, t.leastIOPS, t.mostIOPS):
		return invalid("Volume iops of %d is invalid; must be between %d and %d for volume type %s.", *m.Iops, t.leastIOPS, t.mostIOPS, t.name)
	case m.Throughput != nil && !t.throughputs:
		return invalid("The parameter throughput is not supported for %s volumes.", t.name)
	case m.Throughput != nil && outside(m.Throughput, minThroughput, maxThroughput):
		return invalid("Throughput of %d is invalid; must be between %d and %d MiB/s.", *m.Throughput, minThroughput, maxThroughput)
	}
	return nil
}

func validVolumeTags(specifications []types.EBSTagSpecification) error {
	for _, s := range specifications {
		switch {
		case s.ResourceType != types.EBSResourceTypeVolume:
			return invalid("Invalid resourceType: %s", s.ResourceType)
		case s.PropagateTags != "" && !slices.Contains(s.PropagateTags.Values(), s.PropagateTags):
			return invalid("Invalid value for propagateTags: %s", s.PropagateTags)
		case len(s.Tags) > maxVolumeTags:
			return invalid("A volume can have at most %d tags.", maxVolumeTags)
		}
		for _, t := range s.Tags {
			if key := aws.ToString(t.Key); key == "AmazonECSCreated" || key == "AmazonECSManaged" {
				return invalid("The tag key %s is reserved.", key)
			}
		}
	}
	return nil
}

// newServiceVolume reads the volumes of a service, of which there is one at
// most, as those of its tasks.
func newServiceVolume(given []types.ServiceVolumeConfiguration) (*types.ServiceVolumeConfiguration, error) {
	var each []types.TaskVolumeConfiguration
	for i := range given {
		v := model.TaskVolume(&given[i])
		if v == nil {
			v = &types.TaskVolumeConfiguration{Name: given[i].Name}
		}
		each = append(each, *v)
	}
	v, err := newVolume(each)
	if v == nil || err != nil {
		return nil, err
	}
	kept := *given[0].ManagedEBSVolume
	kept.VolumeType, kept.FilesystemType = v.ManagedEBSVolume.VolumeType, v.ManagedEBSVolume.FilesystemType
	return &types.ServiceVolumeConfiguration{Name: v.Name, ManagedEBSVolume: &kept}, nil
}

// volumeMatches holds that a volume is configured where the definition leaves it
// to the launch, and nowhere else.
func volumeMatches(name *string, def *types.TaskDefinition) error {
	at := slices.IndexFunc(def.Volumes, func(v types.Volume) bool { return aws.ToBool(v.ConfiguredAtLaunch) })
	switch {
	case at < 0 && name == nil:
		return nil
	case name == nil:
		return invalid(volumeMissing)
	case at < 0 || aws.ToString(def.Volumes[at].Name) != *name:
		return invalid(volumeUnmatched)
	}
	return nil
}

// showVolume describes a task's volume as its attachment.
func showVolume(t *model.Task) []types.Attachment {
	status, v := t.VolumeStatus(), t.Spec.Volume
	if status == "" || v.ManagedEBSVolume == nil {
		return nil
	}
	out := types.Attachment{Id: new(t.VolumeAttachmentID()), Type: new("AmazonElasticBlockStorage"), Status: &status}
	for _, d := range [][2]string{{"roleArn", aws.ToString(v.ManagedEBSVolume.RoleArn)}, {"volumeName", aws.ToString(v.Name)},
		{"deleteOnTermination", strconv.FormatBool(t.VolumeDeleted())}, {"volumeId", model.VolumeID(t.ID)}, {"deviceName", model.VolumeDevice},
		{"volumeSize", strconv.Itoa(int(aws.ToInt32(v.ManagedEBSVolume.SizeInGiB)))}, {"filesystemType", string(v.ManagedEBSVolume.FilesystemType)}} {
		out.Details = append(out.Details, types.KeyValuePair{Name: new(d[0]), Value: new(d[1])})
	}
	return []types.Attachment{out}
}

// showVolumes returns a service's volume for an answer.
func showVolumes(v *types.ServiceVolumeConfiguration) []types.ServiceVolumeConfiguration {
	if v == nil {
		return nil
	}
	return []types.ServiceVolumeConfiguration{*v}
}
