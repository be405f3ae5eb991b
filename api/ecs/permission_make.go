package ecs

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/wire"
)

// running is what RunTask needs.
func (n names) running(in *ecs.RunTaskInput) []wire.Need {
	k := n.providers(n.in(in.Cluster), in.CapacityProviderStrategy).tags(in.Tags).network(in.NetworkConfiguration).
		flag(keyExec, in.EnableExecuteCommand).flag(keyManaged, in.EnableECSManagedTags).flag(keyVolumes, len(in.VolumeConfigurations) > 0).
		set(keyPropagate, given(string(in.PropagateTags))...)
	needs := n.making(need(k, n.definitionARN(in.TaskDefinition)), "RunTask", in.Tags, n.members("task", in.Cluster)[0])
	needs = n.passing(needs, passedToService, volumeRoles(in.VolumeConfigurations)...)
	return n.passing(needs, passedToTasks, n.rolesOf(in.TaskDefinition, in.Overrides)...)
}

// starting is what StartTask needs.
func (n names) starting(in *ecs.StartTaskInput) []wire.Need {
	k := n.in(in.Cluster).tags(in.Tags).network(in.NetworkConfiguration).
		flag(keyExec, in.EnableExecuteCommand).flag(keyManaged, in.EnableECSManagedTags).flag(keyVolumes, len(in.VolumeConfigurations) > 0).
		set(keyPropagate, given(string(in.PropagateTags))...)
	if len(in.ContainerInstances) > 0 {
		k.set(keyInstances, n.members("container-instance", in.Cluster, in.ContainerInstances...)...)
	}
	needs := n.making(need(k, n.definitionARN(in.TaskDefinition)), "StartTask", in.Tags, n.members("task", in.Cluster)[0])
	needs = n.passing(needs, passedToService, volumeRoles(in.VolumeConfigurations)...)
	return n.passing(needs, passedToTasks, n.rolesOf(in.TaskDefinition, in.Overrides)...)
}

func given(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func volumeRoles(volumes []types.TaskVolumeConfiguration) (roles []*string) {
	for _, v := range volumes {
		if v.ManagedEBSVolume != nil {
			roles = append(roles, v.ManagedEBSVolume.RoleArn)
		}
	}
	return roles
}

func serviceVolumeRoles(volumes []types.ServiceVolumeConfiguration) (roles []*string) {
	for _, v := range volumes {
		if v.ManagedEBSVolume != nil {
			roles = append(roles, v.ManagedEBSVolume.RoleArn)
		}
	}
	return roles
}

// listed is what ListTasks is about: the tasks on one instance, or on all.
func (n names) listed(in *ecs.ListTasksInput) []string {
	if in.ContainerInstance == nil {
		return n.members("container-instance", in.Cluster)
	}
	return n.member("container-instance", in.Cluster, in.ContainerInstance)
}

// executing is what ExecuteCommand needs: the cluster and the task.
func (n names) executing(in *ecs.ExecuteCommandInput) []wire.Need {
	task := n.member("task", in.Cluster, in.Task)
	k := n.in(in.Cluster).text(keyContainer, in.Container).set(keyTask, task...)
	return need(k, append([]string{n.clusterARN(in.Cluster)}, task...)...)
}

// targets are the container instances whose attributes are meant.
func (n names) targets(cluster *string, attributes []types.Attribute) []string {
	var ids []string
	for _, a := range attributes {
		ids = append(ids, aws.ToString(a.TargetId))
	}
	return n.members("container-instance", cluster, ids...)
}

func (n names) ofService(cluster, service *string) keys {
	return n.in(cluster).set(keyService, n.member("service", cluster, service)...)
}

func (n names) clusterARNs(refs []string) []string {
	if len(refs) == 0 {
		return []string{n.clusterARN(nil)}
	}
	var arns []string
	for i := range refs {
		arns = append(arns, n.clusterARN(&refs[i]))
	}
	return arns
}

func (n names) providerARNs(refs []string) []string {
	if len(refs) == 0 {
		refs = []string{"*"}
	}
	var arns []string
	for i := range refs {
		arns = append(arns, n.provider(&refs[i]))
	}
	return arns
}

func (n names) definitionARNs(refs []string) []string {
	if len(refs) == 0 {
		return []string{n.arn("task-definition", aws.String("*"))}
	}
	var arns []string
	for i := range refs {
		arns = append(arns, n.definitionARN(&refs[i]))
	}
	return arns
}

func (n names) clusterProviders(in *ecs.PutClusterCapacityProvidersInput) []wire.Need {
	k := n.in(in.Cluster)
	if len(in.CapacityProviders) > 0 {
		k.set(keyProvider, n.providerARNs(in.CapacityProviders)...)
	}
	return need(k, n.clusterARN(in.Cluster))
}

// makingCluster is what CreateCluster needs. Its action knows no resource.
func (n names) makingCluster(in *ecs.CreateClusterInput) []wire.Need {
	k := keys{}.tags(in.Tags)
	if len(in.CapacityProviders) > 0 {
		k.set(keyProvider, n.providerARNs(in.CapacityProviders)...)
	}
	if c := in.Configuration; c != nil && c.ManagedStorageConfiguration != nil {
		k.text(keyKMS, c.ManagedStorageConfiguration.FargateEphemeralStorageKmsKeyId)
	}
	return n.making(need(k), "CreateCluster", in.Tags, n.clusterARN(in.ClusterName))
}

// makingProvider is what CreateCapacityProvider needs.
func (n names) makingProvider(in *ecs.CreateCapacityProviderInput) []wire.Need {
	arn := n.provider(in.Name)
	needs := n.making(need(keys{}.tags(in.Tags), arn), "CreateCapacityProvider", in.Tags, arn)
	if m := in.ManagedInstancesProvider; m != nil {
		needs = n.passing(needs, passedToService, m.InfrastructureRoleArn)
	}
	return needs
}

// registering is what RegisterTaskDefinition needs. Its action knows no
// resource.
func (n names) registering(in *ecs.RegisterTaskDefinitionInput) []wire.Need {
	k := keys{}.tags(in.Tags).text(keyCPU, in.Cpu).text(keyMemory, in.Memory)
	privileged := false
	for _, c := range in.ContainerDefinitions {
		privileged = privileged || aws.ToBool(c.Privileged)
	}
	k.flag(keyPrivileged, privileged)
	for _, c := range in.RequiresCompatibilities {
		k[keyCompatible] = append(k[keyCompatible], string(c))
	}
	needs := n.making(need(k), "RegisterTaskDefinition", in.Tags, n.arn("task-definition", in.Family)+":*")
	return n.passing(needs, passedToTasks, in.TaskRoleArn, in.ExecutionRoleArn)
}

// makingService is what CreateService needs.
func (n names) makingService(in *ecs.CreateServiceInput) []wire.Need {
	arn := n.member("service", in.Cluster, in.ServiceName)[0]
	k := n.providers(n.in(in.Cluster), in.CapacityProviderStrategy).tags(in.Tags).network(in.NetworkConfiguration).
		flag(keyExec, in.EnableExecuteCommand).flag(keyManaged, in.EnableECSManagedTags).set(keyPropagate, given(string(in.PropagateTags))...).
		flag(keyVolumes, len(in.VolumeConfigurations) > 0).flag(keyLattice, len(in.VpcLatticeConfigurations) > 0)
	if in.TaskDefinition != nil {
		k.set(keyDefinition, n.definitionARN(in.TaskDefinition))
	}
	connect(k, in.ServiceConnectConfiguration)
	needs := n.making(need(k, arn), "CreateService", in.Tags, arn)
	return n.passing(needs, passedToService, n.rolesOfService(in.Role, in.VolumeConfigurations, in.LoadBalancers)...)
}

// changingService is what UpdateService needs.
func (n names) changingService(in *ecs.UpdateServiceInput) []wire.Need {
	k := n.providers(n.in(in.Cluster), in.CapacityProviderStrategy).network(in.NetworkConfiguration).
		optional(keyExec, in.EnableExecuteCommand).optional(keyManaged, in.EnableECSManagedTags).set(keyPropagate, given(string(in.PropagateTags))...)
	if in.VolumeConfigurations != nil {
		k.flag(keyVolumes, len(in.VolumeConfigurations) > 0)
	}
	if in.VpcLatticeConfigurations != nil {
		k.flag(keyLattice, len(in.VpcLatticeConfigurations) > 0)
	}
	if in.TaskDefinition != nil {
		k.set(keyDefinition, n.definitionARN(in.TaskDefinition))
	}
	connect(k, in.ServiceConnectConfiguration)
	return n.passing(need(k, n.member("service", in.Cluster, in.Service)...), passedToService, n.rolesOfService(nil, in.VolumeConfigurations, in.LoadBalancers)...)
}

func connect(k keys, c *types.ServiceConnectConfiguration) {
	if c != nil {
		k.flag(keyConnect, c.Enabled).text(keyNamespace, c.Namespace)
	}
}

// rolesOfService are the roles that ECS itself uses for a service. The
// service-linked role is ECS's own and is not passed.
func (n names) rolesOfService(role *string, volumes []types.ServiceVolumeConfiguration, balancers []types.LoadBalancer) []*string {
	roles := serviceVolumeRoles(volumes)
	for _, b := range balancers {
		if b.AdvancedConfiguration != nil {
			roles = append(roles, b.AdvancedConfiguration.RoleArn)
		}
	}
	if !strings.Contains(aws.ToString(role), "aws-service-role/") && last(aws.ToString(role)) != "AWSServiceRoleForECS" {
		roles = append(roles, role)
	}
	return roles
}

// makingTaskSet is what CreateTaskSet needs.
func (n names) makingTaskSet(in *ecs.CreateTaskSetInput) []wire.Need {
	k := n.providers(n.ofService(in.Cluster, in.Service), in.CapacityProviderStrategy).tags(in.Tags).network(in.NetworkConfiguration)
	if in.TaskDefinition != nil {
		k.set(keyDefinition, n.definitionARN(in.TaskDefinition))
	}
	arn := n.taskSet(in.Cluster, in.Service)[0]
	needs := n.making(need(k, arn), "CreateTaskSet", in.Tags, arn)
	return n.passing(needs, passedToTasks, n.rolesOf(in.TaskDefinition, nil)...)
}

// daemonDefinitionARN is definitionARN for daemons, whose families are named
// by the revision they mean.
func (n names) daemonDefinitionARN(ref *string) string {
	arn := n.arn("daemon-task-definition", ref)
	if strings.Count(arn, ":") > 5 {
		return arn
	}
	return arn + ":*"
}

// makingDaemon is what CreateDaemon needs.
func (n names) makingDaemon(in *ecs.CreateDaemonInput) []wire.Need {
	arn := n.member("daemon", in.ClusterArn, in.DaemonName)[0]
	k := n.in(in.ClusterArn).tags(in.Tags).flag(keyExec, in.EnableExecuteCommand).flag(keyManaged, in.EnableECSManagedTags).
		set(keyProvider, in.CapacityProviderArns...).set(keyPropagate, given(string(in.PropagateTags))...).
		set(keyDefinition, n.daemonDefinitionARN(in.DaemonTaskDefinitionArn))
	return n.making(need(k, arn), "CreateDaemon", in.Tags, arn)
}

// changingDaemon is what UpdateDaemon needs.
func (n names) changingDaemon(in *ecs.UpdateDaemonInput) []wire.Need {
	k := n.part(aws.ToString(in.DaemonArn)).flag(keyExec, in.EnableExecuteCommand).flag(keyManaged, in.EnableECSManagedTags).
		set(keyProvider, in.CapacityProviderArns...).set(keyPropagate, given(string(in.PropagateTags))...)
	if in.DaemonTaskDefinitionArn != nil {
		k.set(keyDefinition, n.daemonDefinitionARN(in.DaemonTaskDefinitionArn))
	}
	return need(k, aws.ToString(in.DaemonArn))
}

// registeringDaemon is what RegisterDaemonTaskDefinition needs.
func (n names) registeringDaemon(in *ecs.RegisterDaemonTaskDefinitionInput) []wire.Need {
	k := keys{}.tags(in.Tags).text(keyCPU, in.Cpu).text(keyMemory, in.Memory)
	needs := n.making(need(k), "RegisterDaemonTaskDefinition", in.Tags, n.arn("daemon-task-definition", in.Family)+":*")
	return n.passing(needs, passedToTasks, in.TaskRoleArn, in.ExecutionRoleArn)
}

// makingExpress is what CreateExpressGatewayService needs.
func (n names) makingExpress(in *ecs.CreateExpressGatewayServiceInput) []wire.Need {
	arn := n.member("service", in.Cluster, in.ServiceName)[0]
	needs := n.making(need(n.in(in.Cluster).tags(in.Tags), arn), "CreateExpressGatewayService", in.Tags, arn)
	needs = n.passing(needs, passedToService, in.InfrastructureRoleArn)
	return n.passing(needs, passedToTasks, in.TaskRoleArn, in.ExecutionRoleArn)
}
