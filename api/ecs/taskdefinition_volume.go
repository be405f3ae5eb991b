package ecs

import (
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// absolutePath matches paths of Linux and, with a drive, of Windows.
var absolutePath = regexp.MustCompile(`^(/|[A-Za-z]:[/\\])`)

// volumeKinds counts the ways in which a volume says what it is.
func volumeKinds(v types.Volume) int {
	n := 0
	for _, given := range []bool{v.Host != nil, v.DockerVolumeConfiguration != nil, v.EfsVolumeConfiguration != nil,
		v.FsxWindowsFileServerVolumeConfiguration != nil, v.S3filesVolumeConfiguration != nil} {
		if given {
			n++
		}
	}
	return n
}

func validateVolumes(def *types.TaskDefinition) error {
	if len(def.Volumes) > maxVolumes {
		return clientError("Volume list cannot have more than %d elements.", maxVolumes)
	}
	seen := map[string]bool{}
	for i, v := range def.Volumes {
		name := aws.ToString(v.Name)
		switch {
		case !validName(name):
			return clientError("Volume names can have up to %d letters (uppercase and lowercase), numbers, underscores, and hyphens.", maxName)
		case seen[name]:
			return clientError("Duplicate volume name '%s'.", name)
		case volumeKinds(v) > 1, volumeKinds(v) > 0 && aws.ToBool(v.ConfiguredAtLaunch):
			return clientError("When the volume parameter is specified, only one volume configuration type should be used.")
		case aws.ToBool(v.ConfiguredAtLaunch) && slices.ContainsFunc(def.Volumes[:i], func(o types.Volume) bool { return aws.ToBool(o.ConfiguredAtLaunch) }):
			return clientError("Only one volume can be configured at launch.")
		case aws.ToBool(v.ConfiguredAtLaunch) && !mounted(def, name):
			return clientError("Volumes [%s] are not referenced by any of the containers", name)
		}
		seen[name] = true
		for _, check := range []func(string, types.Volume) error{validateHostVolume, validateDockerVolume, validateEFS, validateFSx, validateS3Files} {
			if err := check(name, v); err != nil {
				return err
			}
		}
	}
	return nil
}

func mounted(def *types.TaskDefinition, volume string) bool {
	return slices.ContainsFunc(def.ContainerDefinitions, func(c types.ContainerDefinition) bool {
		return slices.ContainsFunc(c.MountPoints, func(m types.MountPoint) bool { return aws.ToString(m.SourceVolume) == volume })
	})
}

func validateHostVolume(name string, v types.Volume) error {
	if v.Host != nil && aws.ToString(v.Host.SourcePath) != "" && !absolutePath.MatchString(*v.Host.SourcePath) {
		return clientError("Invalid sourcePath for volume '%s': it must be an absolute path.", name)
	}
	return nil
}

func validateDockerVolume(name string, v types.Volume) error {
	if d := v.DockerVolumeConfiguration; d != nil && !slices.Contains(d.Scope.Values(), d.Scope) {
		return clientError("Invalid scope '%s' for volume '%s'.", d.Scope, name)
	}
	return nil
}

func validateEFS(name string, v types.Volume) error {
	e := v.EfsVolumeConfiguration
	if e == nil {
		return nil
	}
	auth := e.AuthorizationConfig
	encrypted := e.TransitEncryption == types.EFSTransitEncryptionEnabled
	point := auth != nil && aws.ToString(auth.AccessPointId) != ""
	iam := auth != nil && auth.Iam == types.EFSAuthorizationConfigIAMEnabled
	switch {
	case !strings.HasPrefix(aws.ToString(e.FileSystemId), "fs-") && !strings.HasPrefix(aws.ToString(e.FileSystemId), "arn:"):
		return clientError("Invalid EFS file system ID for volume '%s'.", name)
	case e.TransitEncryption != "" && !slices.Contains(e.TransitEncryption.Values(), e.TransitEncryption):
		return clientError("Invalid transitEncryption '%s' for volume '%s'.", e.TransitEncryption, name)
	case auth != nil && auth.Iam != "" && !slices.Contains(auth.Iam.Values(), auth.Iam):
		return clientError("Invalid iam '%s' for volume '%s'.", auth.Iam, name)
	case outside(e.TransitEncryptionPort, 1, 65535):
		return clientError("Invalid transitEncryptionPort for volume '%s'.", name)
	case point && *e.RootDirectory != "/":
		return clientError("When using an EFS access point, the root directory must either be set to \"/\" or be omitted.")
	case iam && !encrypted:
		return clientError("EFS IAM authorization requires TransitEncryption to be enabled.")
	case point && !encrypted:
		return clientError("EFS access points require TransitEncryption to be enabled.")
	case e.TransitEncryptionPort != nil && !encrypted:
		return clientError("TransitEncryptionPort requires that TransitEncryption is enabled.")
	}
	return nil
}

func validateFSx(name string, v types.Volume) error {
	f := v.FsxWindowsFileServerVolumeConfiguration
	switch {
	case f == nil:
		return nil
	case aws.ToString(f.FileSystemId) == "", aws.ToString(f.RootDirectory) == "":
		return clientError("fsxWindowsFileServerVolumeConfiguration of volume '%s' must have a fileSystemId and a rootDirectory.", name)
	case f.AuthorizationConfig == nil, aws.ToString(f.AuthorizationConfig.Domain) == "":
		return clientError("fsxWindowsFileServerVolumeConfiguration of volume '%s' must have an authorizationConfig.", name)
	case !validARN(aws.ToString(f.AuthorizationConfig.CredentialsParameter), "secretsmanager", "ssm"):
		return clientError("Invalid arn syntax.")
	}
	return nil
}

func validateS3Files(name string, v types.Volume) error {
	f := v.S3filesVolumeConfiguration
	switch {
	case f == nil:
		return nil
	case !validARN(aws.ToString(f.FileSystemArn)), aws.ToString(f.AccessPointArn) != "" && !validARN(*f.AccessPointArn):
		return clientError("Invalid arn syntax.")
	case aws.ToString(f.AccessPointArn) != "" && aws.ToString(f.RootDirectory) != "" && *f.RootDirectory != "/":
		return clientError("When using an S3 Files access point, the root directory must either be set to \"/\" or be omitted.")
	case outside(f.TransitEncryptionPort, 1, 65535):
		return clientError("Invalid transitEncryptionPort for volume '%s'.", name)
	}
	return nil
}

// validARN reports whether s is an ARN with a resource, of one of the
// services where any are named.
func validARN(s string, services ...string) bool {
	parts := strings.SplitN(s, ":", 6)
	return len(parts) == 6 && parts[0] == "arn" && parts[1] != "" && parts[5] != "" &&
		(len(services) == 0 && parts[2] != "" || slices.Contains(services, parts[2]))
}
