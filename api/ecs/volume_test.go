package ecs_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
)

const volumeRole = "arn:aws:iam::" + account + ":role/infrastructure"

// attaching leaves the volume v of a definition to the launch.
func attaching(in *ecs.RegisterTaskDefinitionInput) {
	in.Volumes = []types.Volume{{Name: aws.String("v"), ConfiguredAtLaunch: aws.Bool(true)}}
	in.ContainerDefinitions[0].MountPoints = []types.MountPoint{{SourceVolume: aws.String("v"), ContainerPath: aws.String("/v")}}
}

func ebs(change func(*types.TaskManagedEBSVolumeConfiguration)) []types.TaskVolumeConfiguration {
	m := &types.TaskManagedEBSVolumeConfiguration{RoleArn: aws.String(volumeRole), SizeInGiB: aws.Int32(10)}
	if change != nil {
		change(m)
	}
	return []types.TaskVolumeConfiguration{{Name: aws.String("v"), ManagedEBSVolume: m}}
}

// infrastructure makes the role that volumes are made as; "" trusts ECS.
func (l *lab) infrastructure(name, trust string) {
	if trust == "" {
		trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	}
	l.commit(&model.Role{Account: account, Name: name, Path: "/", ID: "AROA" + strings.ToUpper(name), Trust: trust})
}

// details returns an attachment of a type as a map; nil for none.
func details(task types.Task, kind string) map[string]string {
	for _, a := range task.Attachments {
		if aws.ToString(a.Type) != kind {
			continue
		}
		all := map[string]string{"status": aws.ToString(a.Status)}
		for _, d := range a.Details {
			all[aws.ToString(d.Name)] = aws.ToString(d.Value)
		}
		return all
	}
	return nil
}

// A volume is attached to a task as its call says, follows the task's life, and is told of as AWS does.
func TestVolumeOfTask(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.infrastructure("infrastructure", "")
	l.instance("default", 4096, 4000, types.Attribute{Name: aws.String(model.CapabilityEBS)})
	l.register("db", attaching)
	run := func(change func(*types.TaskManagedEBSVolumeConfiguration)) types.Task {
		t.Helper()
		out := must[*ecs.RunTaskOutput](t)(l.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String("db"), VolumeConfigurations: ebs(change)}))
		if len(out.Tasks) != 1 {
			t.Fatalf("%+v", out.Failures)
		}
		return out.Tasks[0]
	}
	describe := func(task types.Task) map[string]string {
		t.Helper()
		out := must[*ecs.DescribeTasksOutput](t)(l.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Tasks: []string{*task.TaskArn}}))
		return details(out.Tasks[0], "AmazonElasticBlockStorage")
	}
	gone, kept := run(nil), run(func(m *types.TaskManagedEBSVolumeConfiguration) {
		m.FilesystemType, m.TerminationPolicy = types.TaskFilesystemTypeExt4, &types.TaskManagedEBSVolumeTerminationPolicy{DeleteOnTermination: aws.Bool(false)}
	})
	got := describe(gone)
	if got["status"] != "ATTACHING" || got["volumeName"] != "v" || got["volumeSize"] != "10" || got["filesystemType"] != "xfs" || got["roleArn"] != volumeRole ||
		got["deleteOnTermination"] != "true" || got["volumeId"] != model.VolumeID(l.task(*gone.TaskArn).ID) || got["deviceName"] != "/dev/xvdba" {
		t.Errorf("%v", got)
	}
	for task, last := range map[*types.Task]string{&gone: "DELETED", &kept: "DETACHED"} {
		l.report(*task.TaskArn, "RUNNING", func(in *ecs.SubmitTaskStateChangeInput) {
			in.Attachments = []types.AttachmentStateChange{{AttachmentArn: aws.String(arn + "attachment/" + l.task(*task.TaskArn).VolumeAttachmentID()), Status: aws.String("ATTACHED")}}
		})
		if got := describe(*task); got["status"] != "ATTACHED" {
			t.Errorf("%v", got)
		}
		l.report(*task.TaskArn, "STOPPED")
		if got := describe(*task); got["status"] != last {
			t.Errorf("%v, want %s", got, last)
		}
	}
	if got := describe(kept); got["deleteOnTermination"] != "false" || got["filesystemType"] != "ext4" {
		t.Errorf("%v", got)
	}
}

func TestVolumeRefusals(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.infrastructure("infrastructure", "")
	l.instance("default", 4096, 4000, types.Attribute{Name: aws.String(model.CapabilityEBS)})
	l.register("db", attaching)
	l.register("plain")
	type managed = types.TaskManagedEBSVolumeConfiguration
	const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"%s"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:SourceAccount":"%s"}}}]}`
	l.infrastructure("tasks", fmt.Sprintf(trust, "ecs-tasks.amazonaws.com", account))
	l.infrastructure("another", fmt.Sprintf(trust, "ecs.amazonaws.com", "111111111111"))
	as := func(arn string) []types.TaskVolumeConfiguration {
		return ebs(func(m *managed) { m.RoleArn = &arn })
	}
	const unable = "ECS was unable to assume the configured ECS Infrastructure Role '%s'. Please verify that the role being passed has the proper trust relationship with Amazon ECS"
	for _, name := range []string{"nobody", "tasks", "another", "path/infrastructure"} {
		arn := "arn:aws:iam::" + account + ":role/" + name
		_, err := l.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String("db"), VolumeConfigurations: as(arn)})
		refused(t, err, "ClientException", fmt.Sprintf(unable, arn))
	}
	elsewhere := "arn:aws:iam::111111111111:role/infrastructure"
	_, err := l.StartTask(t.Context(), &ecs.StartTaskInput{TaskDefinition: aws.String("db"), ContainerInstances: []string{"i"}, VolumeConfigurations: as(elsewhere)})
	refused(t, err, "ClientException", fmt.Sprintf(unable, elsewhere))
	for _, c := range []struct {
		definition, code, says string
		volumes                []types.TaskVolumeConfiguration
	}{
		{"db", "InvalidParameterException", "Task definition has configuredAtLaunch volume but no volume configuration provided at runtime.", nil},
		{"plain", "InvalidParameterException", "Volume configuration provided but no matching configuredAtLaunch volume found in task definition.", ebs(nil)},
		{"db", "InvalidParameterException", "volumeConfigurations can have at most 1 item.", append(ebs(nil), ebs(nil)...)},
		{"db", "InvalidParameterException", "managedEBSVolume is required for volume 'v'.", []types.TaskVolumeConfiguration{{Name: aws.String("v")}}},
		{"db", "ClientException", "Role is not valid", ebs(func(m *managed) { m.RoleArn = aws.String("x") })},
		{"db", "InvalidParameterException", "Either sizeInGiB or snapshotId must be specified for volume 'v'.", ebs(func(m *managed) { m.SizeInGiB = nil })},
		{"db", "InvalidParameterException", "The snapshot 'snap-1' does not exist. (ErrorCode: InvalidSnapshot.NotFound)", ebs(func(m *managed) { m.SnapshotId = aws.String("snap-1") })},
		{"db", "InvalidParameterException", "volumeInitializationRate can only be specified with a snapshotId.", ebs(func(m *managed) { m.VolumeInitializationRate = aws.Int32(100) })},
		{"db", "InvalidParameterException", "Invalid filesystemType: ntfs", ebs(func(m *managed) { m.FilesystemType = types.TaskFilesystemTypeNtfs })},
		{"db", "InvalidParameterException", "Invalid volumeType: gp9", ebs(func(m *managed) { m.VolumeType = aws.String("gp9") })},
		{"db", "InvalidParameterException", "Volume of 100GiB is invalid; must be between 125 and 16384 GiB for volume type st1.", ebs(func(m *managed) { m.VolumeType, m.SizeInGiB = aws.String("st1"), aws.Int32(100) })},
		{"db", "InvalidParameterException", "The parameter iops must be specified for io2 volumes.", ebs(func(m *managed) { m.VolumeType = aws.String("io2") })},
		{"db", "InvalidParameterException", "The parameter iops is not supported for standard volumes.", ebs(func(m *managed) { m.VolumeType, m.Iops = aws.String("standard"), aws.Int32(100) })},
		{"db", "InvalidParameterException", "Volume iops of 100 is invalid; must be between 3000 and 16000 for volume type gp3.", ebs(func(m *managed) { m.Iops = aws.Int32(100) })},
		{"db", "InvalidParameterException", "The parameter throughput is not supported for gp2 volumes.", ebs(func(m *managed) { m.VolumeType, m.Throughput = aws.String("gp2"), aws.Int32(125) })},
		{"db", "InvalidParameterException", "Throughput of 2000 is invalid; must be between 125 and 1000 MiB/s.", ebs(func(m *managed) { m.Throughput = aws.Int32(2000) })},
		{"db", "InvalidParameterException", "The tag key AmazonECSManaged is reserved.", ebs(func(m *managed) {
			m.TagSpecifications = []types.EBSTagSpecification{{ResourceType: types.EBSResourceTypeVolume, Tags: []types.Tag{{Key: aws.String("AmazonECSManaged")}}}}
		})},
		{"db", "UnsupportedFeatureException", "volumeConfigurations.managedEBSVolume.encrypted is not supported by Roadstead yet.", ebs(func(m *managed) { m.Encrypted = aws.Bool(true) })},
		{"db", "UnsupportedFeatureException", "volumeConfigurations.managedEBSVolume.kmsKeyId is not supported by Roadstead yet.", ebs(func(m *managed) { m.KmsKeyId = aws.String("k") })},
	} {
		_, err := l.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String(c.definition), VolumeConfigurations: c.volumes})
		refused(t, err, c.code, c.says)
	}
}

// A service gives each task a volume; another one takes a new deployment, and the same does not.
func TestVolumeOfService(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.infrastructure("infrastructure", "")
	l.register("db", attaching)
	ctx := context.Background()
	sized := func(size int32) []types.ServiceVolumeConfiguration {
		return []types.ServiceVolumeConfiguration{{Name: aws.String("v"), ManagedEBSVolume: &types.ServiceManagedEBSVolumeConfiguration{RoleArn: aws.String(volumeRole), SizeInGiB: aws.Int32(size)}}}
	}
	_, err := l.CreateService(ctx, &ecs.CreateServiceInput{ServiceName: aws.String("s"), TaskDefinition: aws.String("db"), DesiredCount: aws.Int32(1)})
	refused(t, err, "InvalidParameterException", "Task definition has configuredAtLaunch volume but no volume configuration provided at runtime.")
	made := must[*ecs.CreateServiceOutput](t)(l.CreateService(ctx, &ecs.CreateServiceInput{ServiceName: aws.String("s"), TaskDefinition: aws.String("db"),
		DesiredCount: aws.Int32(1), VolumeConfigurations: sized(5)})).Service
	first := made.Deployments[0]
	if v := first.VolumeConfigurations; len(v) != 1 || *v[0].ManagedEBSVolume.SizeInGiB != 5 || v[0].ManagedEBSVolume.FilesystemType != types.TaskFilesystemTypeXfs {
		t.Errorf("%+v", v)
	}
	update := func(v []types.ServiceVolumeConfiguration) string {
		t.Helper()
		out := must[*ecs.UpdateServiceOutput](t)(l.UpdateService(ctx, &ecs.UpdateServiceInput{Service: aws.String("s"), VolumeConfigurations: v}))
		return *out.Service.Deployments[0].Id
	}
	if id := update(sized(5)); id != *first.Id {
		t.Errorf("the same volume makes deployment %s", id)
	}
	if id := update(nil); id != *first.Id {
		t.Errorf("nothing said makes deployment %s", id)
	}
	if id := update(sized(6)); id == *first.Id {
		t.Error("another size makes no deployment")
	}
	for name, call := range map[string]func([]types.ServiceVolumeConfiguration) error{
		"create": func(v []types.ServiceVolumeConfiguration) error {
			_, err := l.CreateService(ctx, &ecs.CreateServiceInput{ServiceName: aws.String("t"), TaskDefinition: aws.String("db"), DesiredCount: aws.Int32(1), VolumeConfigurations: v})
			return err
		},
		"update": func(v []types.ServiceVolumeConfiguration) error {
			_, err := l.UpdateService(ctx, &ecs.UpdateServiceInput{Service: aws.String("s"), VolumeConfigurations: v})
			return err
		},
	} {
		v := sized(7)
		v[0].ManagedEBSVolume.RoleArn = aws.String("arn:aws:iam::" + account + ":role/" + name)
		refused(t, call(v), "ClientException", "ECS was unable to assume the configured ECS Infrastructure Role 'arn:aws:iam::"+account+":role/"+name+"'...")
	}
	_, err = l.UpdateService(ctx, &ecs.UpdateServiceInput{Service: aws.String("s"), VolumeConfigurations: []types.ServiceVolumeConfiguration{}})
	refused(t, err, "InvalidParameterException", "Task definition has configuredAtLaunch volume but no volume configuration provided at runtime.")
}

// A file system of EFS whose transit is said not to be encrypted takes no more than one of which nothing is said.
func TestEFSWithoutEncryption(t *testing.T) {
	l := newLab(t)
	for encryption, auth := range map[types.EFSTransitEncryption]bool{"": false, types.EFSTransitEncryptionDisabled: false, types.EFSTransitEncryptionEnabled: true} {
		in := definition("files")
		in.Volumes = []types.Volume{{Name: aws.String("v"), EfsVolumeConfiguration: &types.EFSVolumeConfiguration{FileSystemId: aws.String("fs-12345678"), TransitEncryption: encryption}}}
		out := must[*ecs.RegisterTaskDefinitionOutput](t)(l.RegisterTaskDefinition(t.Context(), in))
		var names []string
		for _, a := range out.TaskDefinition.RequiresAttributes {
			names = append(names, aws.ToString(a.Name))
		}
		if !slices.Contains(names, model.CapabilityEFS) || slices.Contains(names, model.CapabilityEFSAuth) != auth {
			t.Errorf("%q takes %v", encryption, names)
		}
	}
}
