package ecs

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/roadstead/roadstead/wire"
)

// service returns the front door as the router offers it.
func (d *frontDoor) service() *wire.Service {
	return &wire.Service{
		Name:         "ecs",
		SigningName:  "ecs",
		TargetPrefix: "AmazonEC2ContainerServiceV20141113",
		Version:      "2014-11-13",
		Protocols:    []wire.Protocol{wire.AWSJSON11},
		Operations:   d.reviewed(d.operations()),
		Known:        known(),
	}
}

// reviewed has every answer confirmed that has to be.
func (d *frontDoor) reviewed(operations []wire.Operation) []wire.Operation {
	for i, o := range operations {
		operations[i] = o.Reviewed(d.confirmed)
	}
	return operations
}

// operations are the methods, each with what IAM has to allow for it.
// Source: Service Authorization Reference, Amazon Elastic Container Service.
func (d *frontDoor) operations() []wire.Operation {
	return []wire.Operation{
		wire.Op("AssociateGatewayWithCluster", d.AssociateGatewayWithCluster).Needing(on(d, func(n names, in *ecs.AssociateGatewayWithClusterInput) []wire.Need {
			return need(n.in(in.Cluster), n.arn("gateway", in.Gateway))
		})),
		wire.Op("ContinueServiceDeployment", d.ContinueServiceDeployment).Needing(on(d, func(n names, in *ecs.ContinueServiceDeploymentInput) []wire.Need {
			return n.parts([]string{aws.ToString(in.ServiceDeploymentArn)})
		})),
		wire.Op("CreateCapacityProvider", d.CreateCapacityProvider).Needing(on(d, func(n names, in *ecs.CreateCapacityProviderInput) []wire.Need {
			return n.makingProvider(in)
		})),
		wire.Op("CreateCluster", d.CreateCluster).Needing(on(d, func(n names, in *ecs.CreateClusterInput) []wire.Need { return n.makingCluster(in) })),
		wire.Op("CreateDaemon", d.CreateDaemon).Needing(on(d, func(n names, in *ecs.CreateDaemonInput) []wire.Need { return n.makingDaemon(in) })),
		wire.Op("CreateExpressGatewayService", d.CreateExpressGatewayService).Needing(on(d, func(n names, in *ecs.CreateExpressGatewayServiceInput) []wire.Need {
			return n.makingExpress(in)
		})),
		wire.Op("CreateGateway", d.CreateGateway).Needing(on(d, func(n names, in *ecs.CreateGatewayInput) []wire.Need {
			return n.passing(n.making(need(keys{}.tags(in.Tags), n.arn("gateway", in.Name)),
				"CreateGateway", in.Tags, n.arn("gateway", in.Name)), passedToService, in.InfrastructureRoleArn)
		})),
		wire.Op("CreateService", d.CreateService).Needing(on(d, func(n names, in *ecs.CreateServiceInput) []wire.Need { return n.makingService(in) })),
		wire.Op("CreateTaskSet", d.CreateTaskSet).Needing(on(d, func(n names, in *ecs.CreateTaskSetInput) []wire.Need { return n.makingTaskSet(in) })),
		wire.Op("DeleteAccountSetting", d.DeleteAccountSetting).Needing(on(d, func(n names, in *ecs.DeleteAccountSettingInput) []wire.Need {
			return need(keys{}.set(keySetting, string(in.Name)))
		})),
		wire.Op("DeleteAttributes", d.DeleteAttributes).Needing(on(d, func(n names, in *ecs.DeleteAttributesInput) []wire.Need {
			return need(n.in(in.Cluster), n.targets(in.Cluster, in.Attributes)...)
		})),
		wire.Op("DeleteCapacityProvider", d.DeleteCapacityProvider).Needing(on(d, func(n names, in *ecs.DeleteCapacityProviderInput) []wire.Need {
			return need(nil, n.provider(in.CapacityProvider))
		})),
		wire.Op("DeleteCluster", d.DeleteCluster).Needing(on(d, func(n names, in *ecs.DeleteClusterInput) []wire.Need {
			return need(n.in(in.Cluster), n.clusterARN(in.Cluster))
		})),
		wire.Op("DeleteDaemon", d.DeleteDaemon).Needing(on(d, func(n names, in *ecs.DeleteDaemonInput) []wire.Need {
			return need(n.part(aws.ToString(in.DaemonArn)), aws.ToString(in.DaemonArn))
		})),
		wire.Op("DeleteDaemonTaskDefinition", d.DeleteDaemonTaskDefinition).Needing(on(d, func(n names, in *ecs.DeleteDaemonTaskDefinitionInput) []wire.Need {
			return need(nil, n.daemonDefinitionARN(in.DaemonTaskDefinition))
		})),
		wire.Op("DeleteExpressGatewayService", d.DeleteExpressGatewayService).Needing(on(d, func(n names, in *ecs.DeleteExpressGatewayServiceInput) []wire.Need {
			return need(nil, aws.ToString(in.ServiceArn))
		})),
		wire.Op("DeleteGateway", d.DeleteGateway).Needing(on(d, func(n names, in *ecs.DeleteGatewayInput) []wire.Need {
			return need(nil, n.arn("gateway", in.Gateway))
		})),
		wire.Op("DeleteService", d.DeleteService).Needing(on(d, func(n names, in *ecs.DeleteServiceInput) []wire.Need {
			return need(n.in(in.Cluster), n.member("service", in.Cluster, in.Service)...)
		})),
		wire.Op("DeleteTaskDefinitions", d.DeleteTaskDefinitions).Needing(on(d, func(n names, in *ecs.DeleteTaskDefinitionsInput) []wire.Need {
			return need(nil, n.definitionARNs(in.TaskDefinitions)...)
		})),
		wire.Op("DeleteTaskSet", d.DeleteTaskSet).Needing(on(d, func(n names, in *ecs.DeleteTaskSetInput) []wire.Need {
			return need(n.ofService(in.Cluster, in.Service), n.taskSet(in.Cluster, in.Service, aws.ToString(in.TaskSet))...)
		})),
		wire.Op("DeregisterContainerInstance", d.DeregisterContainerInstance).Needing(on(d, func(n names, in *ecs.DeregisterContainerInstanceInput) []wire.Need {
			return need(n.in(in.Cluster), n.clusterARN(in.Cluster))
		})),
		wire.Op("DeregisterTaskDefinition", d.DeregisterTaskDefinition).Needing(wire.OnAnything()),
		wire.Op("DescribeCapacityProviders", d.DescribeCapacityProviders).Needing(on(d, func(n names, in *ecs.DescribeCapacityProvidersInput) []wire.Need {
			return need(nil, n.providerARNs(in.CapacityProviders)...)
		})),
		wire.Op("DescribeClusters", d.DescribeClusters).Needing(on(d, func(n names, in *ecs.DescribeClustersInput) []wire.Need {
			return need(nil, n.clusterARNs(in.Clusters)...)
		})),
		wire.Op("DescribeContainerInstances", d.DescribeContainerInstances).Needing(on(d, func(n names, in *ecs.DescribeContainerInstancesInput) []wire.Need {
			return need(n.in(in.Cluster), n.members("container-instance", in.Cluster, in.ContainerInstances...)...)
		})),
		wire.Op("DescribeDaemon", d.DescribeDaemon).Needing(on(d, func(n names, in *ecs.DescribeDaemonInput) []wire.Need {
			return need(n.part(aws.ToString(in.DaemonArn)), aws.ToString(in.DaemonArn))
		})),
		wire.Op("DescribeDaemonDeployments", d.DescribeDaemonDeployments).Needing(on(d, func(n names, in *ecs.DescribeDaemonDeploymentsInput) []wire.Need {
			return n.parts(in.DaemonDeploymentArns)
		})),
		wire.Op("DescribeDaemonRevisions", d.DescribeDaemonRevisions).Needing(on(d, func(n names, in *ecs.DescribeDaemonRevisionsInput) []wire.Need {
			return n.parts(in.DaemonRevisionArns)
		})),
		wire.Op("DescribeDaemonTaskDefinition", d.DescribeDaemonTaskDefinition).Needing(on(d, func(n names, in *ecs.DescribeDaemonTaskDefinitionInput) []wire.Need {
			return need(nil, n.daemonDefinitionARN(in.DaemonTaskDefinition))
		})),
		wire.Op("DescribeExpressGatewayService", d.DescribeExpressGatewayService).Needing(on(d, func(n names, in *ecs.DescribeExpressGatewayServiceInput) []wire.Need {
			return need(nil, aws.ToString(in.ServiceArn))
		})),
		wire.Op("DescribeGateway", d.DescribeGateway).Needing(on(d, func(n names, in *ecs.DescribeGatewayInput) []wire.Need {
			return need(nil, n.arn("gateway", in.Gateway))
		})),
		wire.Op("DescribeGatewayResources", d.DescribeGatewayResources).Needing(on(d, func(n names, in *ecs.DescribeGatewayResourcesInput) []wire.Need {
			return need(nil, n.arn("gateway", in.Gateway))
		})),
		wire.Op("DescribeGatewayRoute", d.DescribeGatewayRoute).Needing(on(d, func(n names, in *ecs.DescribeGatewayRouteInput) []wire.Need {
			return need(nil, aws.ToString(in.GatewayRouteArn))
		})),
		wire.Op("DescribeServiceDeployments", d.DescribeServiceDeployments).Needing(on(d, func(n names, in *ecs.DescribeServiceDeploymentsInput) []wire.Need {
			return n.parts(in.ServiceDeploymentArns)
		})),
		wire.Op("DescribeServiceRevisions", d.DescribeServiceRevisions).Needing(on(d, func(n names, in *ecs.DescribeServiceRevisionsInput) []wire.Need {
			return n.parts(in.ServiceRevisionArns)
		})),
		wire.Op("DescribeServices", d.DescribeServices).Needing(on(d, func(n names, in *ecs.DescribeServicesInput) []wire.Need {
			return need(n.in(in.Cluster), n.members("service", in.Cluster, in.Services...)...)
		})),
		wire.Op("DescribeTaskDefinition", d.DescribeTaskDefinition).Needing(wire.OnAnything()),
		wire.Op("DescribeTaskSets", d.DescribeTaskSets).Needing(on(d, func(n names, in *ecs.DescribeTaskSetsInput) []wire.Need {
			return need(n.ofService(in.Cluster, in.Service), n.taskSet(in.Cluster, in.Service, in.TaskSets...)...)
		})),
		wire.Op("DescribeTasks", d.DescribeTasks).Needing(on(d, func(n names, in *ecs.DescribeTasksInput) []wire.Need {
			return need(n.in(in.Cluster), n.members("task", in.Cluster, in.Tasks...)...)
		})),
		wire.Op("DisassociateGatewayFromCluster", d.DisassociateGatewayFromCluster).Needing(on(d, func(n names, in *ecs.DisassociateGatewayFromClusterInput) []wire.Need {
			return need(n.in(in.Cluster), n.arn("gateway", in.Gateway))
		})),
		wire.Op("DiscoverPollEndpoint", d.DiscoverPollEndpoint).Needing(wire.OnAnything()),
		wire.Op("ExecuteCommand", d.ExecuteCommand).Needing(on(d, func(n names, in *ecs.ExecuteCommandInput) []wire.Need { return n.executing(in) })),
		wire.Op("GetTaskProtection", d.GetTaskProtection).Needing(on(d, func(n names, in *ecs.GetTaskProtectionInput) []wire.Need {
			return need(n.in(in.Cluster), n.members("task", in.Cluster, in.Tasks...)...)
		})),
		wire.Op("ListAccountSettings", d.ListAccountSettings).Needing(wire.OnAnything()),
		wire.Op("ListAttributes", d.ListAttributes).Needing(on(d, func(n names, in *ecs.ListAttributesInput) []wire.Need {
			return need(n.in(in.Cluster), n.clusterARN(in.Cluster))
		})),
		wire.Op("ListClusters", d.ListClusters).Needing(wire.OnAnything()),
		wire.Op("ListContainerInstances", d.ListContainerInstances).Needing(on(d, func(n names, in *ecs.ListContainerInstancesInput) []wire.Need {
			return need(n.in(in.Cluster), n.clusterARN(in.Cluster))
		})),
		wire.Op("ListDaemonDeployments", d.ListDaemonDeployments).Needing(on(d, func(n names, in *ecs.ListDaemonDeploymentsInput) []wire.Need {
			return need(n.part(aws.ToString(in.DaemonArn)), aws.ToString(in.DaemonArn))
		})),
		wire.Op("ListDaemonTaskDefinitions", d.ListDaemonTaskDefinitions).Needing(wire.OnAnything()),
		wire.Op("ListDaemons", d.ListDaemons).Needing(on(d, func(n names, in *ecs.ListDaemonsInput) []wire.Need { return need(n.in(in.ClusterArn)) })),
		wire.Op("ListGatewayClusterAssociations", d.ListGatewayClusterAssociations).Needing(on(d, func(n names, in *ecs.ListGatewayClusterAssociationsInput) []wire.Need {
			return need(n.in(in.Cluster), n.arn("gateway", in.Gateway))
		})),
		wire.Op("ListGatewayRoutes", d.ListGatewayRoutes).Needing(on(d, func(n names, in *ecs.ListGatewayRoutesInput) []wire.Need {
			return need(n.in(in.Cluster), n.arn("gateway", in.Gateway))
		})),
		wire.Op("ListGateways", d.ListGateways).Needing(wire.OnAnything()),
		wire.Op("ListServiceDeployments", d.ListServiceDeployments).Needing(on(d, func(n names, in *ecs.ListServiceDeploymentsInput) []wire.Need {
			return need(n.in(in.Cluster), n.member("service", in.Cluster, in.Service)...)
		})),
		wire.Op("ListServices", d.ListServices).Needing(on(d, func(n names, in *ecs.ListServicesInput) []wire.Need { return need(n.in(in.Cluster)) })),
		wire.Op("ListServicesByNamespace", d.ListServicesByNamespace).Needing(on(d, func(n names, in *ecs.ListServicesByNamespaceInput) []wire.Need {
			return need(keys{}.text(keyNamespace, in.Namespace))
		})),
		wire.Op("ListTagsForResource", d.ListTagsForResource).Needing(on(d, func(n names, in *ecs.ListTagsForResourceInput) []wire.Need {
			return need(nil, n.taggable(in.ResourceArn))
		})),
		wire.Op("ListTaskDefinitionFamilies", d.ListTaskDefinitionFamilies).Needing(wire.OnAnything()),
		wire.Op("ListTaskDefinitions", d.ListTaskDefinitions).Needing(wire.OnAnything()),
		wire.Op("ListTasks", d.ListTasks).Needing(on(d, func(n names, in *ecs.ListTasksInput) []wire.Need {
			return need(n.in(in.Cluster), n.listed(in)...)
		})),
		wire.Op("PutAccountSetting", d.PutAccountSetting).Needing(on(d, func(n names, in *ecs.PutAccountSettingInput) []wire.Need {
			return need(keys{}.set(keySetting, string(in.Name)))
		})),
		wire.Op("PutAccountSettingDefault", d.PutAccountSettingDefault).Needing(on(d, func(n names, in *ecs.PutAccountSettingDefaultInput) []wire.Need {
			return need(keys{}.set(keySetting, string(in.Name)))
		})),
		wire.Op("PutAttributes", d.PutAttributes).Needing(on(d, func(n names, in *ecs.PutAttributesInput) []wire.Need {
			return need(n.in(in.Cluster), n.targets(in.Cluster, in.Attributes)...)
		})),
		wire.Op("PutClusterCapacityProviders", d.PutClusterCapacityProviders).Needing(on(d, func(n names, in *ecs.PutClusterCapacityProvidersInput) []wire.Need {
			return n.clusterProviders(in)
		})),
		wire.Op("RegisterContainerInstance", d.RegisterContainerInstance).Needing(on(d, func(n names, in *ecs.RegisterContainerInstanceInput) []wire.Need {
			return n.making(need(n.in(in.Cluster).tags(in.Tags), n.clusterARN(in.Cluster)),
				"RegisterContainerInstance", in.Tags, n.members("container-instance", in.Cluster)[0])
		})),
		wire.Op("RegisterDaemonTaskDefinition", d.RegisterDaemonTaskDefinition).Needing(on(d, func(n names, in *ecs.RegisterDaemonTaskDefinitionInput) []wire.Need {
			return n.registeringDaemon(in)
		})),
		wire.Op("RegisterTaskDefinition", d.RegisterTaskDefinition).Needing(on(d, func(n names, in *ecs.RegisterTaskDefinitionInput) []wire.Need {
			return n.registering(in)
		})),
		wire.Op("RunTask", d.RunTask).Needing(on(d, func(n names, in *ecs.RunTaskInput) []wire.Need { return n.running(in) })),
		wire.Op("StartTask", d.StartTask).Needing(on(d, func(n names, in *ecs.StartTaskInput) []wire.Need { return n.starting(in) })),
		wire.Op("StopServiceDeployment", d.StopServiceDeployment).Needing(on(d, func(n names, in *ecs.StopServiceDeploymentInput) []wire.Need {
			return n.parts([]string{aws.ToString(in.ServiceDeploymentArn)})
		})),
		wire.Op("StopTask", d.StopTask).Needing(on(d, func(n names, in *ecs.StopTaskInput) []wire.Need {
			return need(n.in(in.Cluster), n.member("task", in.Cluster, in.Task)...)
		})),
		wire.Op("SubmitAttachmentStateChanges", d.SubmitAttachmentStateChanges).Needing(on(d, func(n names, in *ecs.SubmitAttachmentStateChangesInput) []wire.Need {
			return need(n.in(in.Cluster), n.clusterARN(in.Cluster))
		})),
		wire.Op("SubmitContainerStateChange", d.SubmitContainerStateChange).Needing(on(d, func(n names, in *ecs.SubmitContainerStateChangeInput) []wire.Need {
			return need(n.in(in.Cluster), n.clusterARN(in.Cluster))
		})),
		wire.Op("SubmitTaskStateChange", d.SubmitTaskStateChange).Needing(on(d, func(n names, in *ecs.SubmitTaskStateChangeInput) []wire.Need {
			return need(n.in(in.Cluster), n.clusterARN(in.Cluster))
		})),
		wire.Op("TagResource", d.TagResource).Needing(on(d, func(n names, in *ecs.TagResourceInput) []wire.Need {
			return need(keys{}.tags(in.Tags), n.taggable(in.ResourceArn))
		})),
		wire.Op("UntagResource", d.UntagResource).Needing(on(d, func(n names, in *ecs.UntagResourceInput) []wire.Need {
			return need(keys{}.set("aws:TagKeys", in.TagKeys...), n.taggable(in.ResourceArn))
		})),
		wire.Op("UpdateCapacityProvider", d.UpdateCapacityProvider).Needing(on(d, func(n names, in *ecs.UpdateCapacityProviderInput) []wire.Need {
			return need(nil, n.provider(in.Name))
		})),
		wire.Op("UpdateCluster", d.UpdateCluster).Needing(on(d, func(n names, in *ecs.UpdateClusterInput) []wire.Need {
			return need(n.in(in.Cluster), n.clusterARN(in.Cluster))
		})),
		wire.Op("UpdateClusterSettings", d.UpdateClusterSettings).Needing(on(d, func(n names, in *ecs.UpdateClusterSettingsInput) []wire.Need {
			return need(n.in(in.Cluster), n.clusterARN(in.Cluster))
		})),
		wire.Op("UpdateContainerAgent", d.UpdateContainerAgent).Needing(on(d, func(n names, in *ecs.UpdateContainerAgentInput) []wire.Need {
			return need(n.in(in.Cluster), n.member("container-instance", in.Cluster, in.ContainerInstance)...)
		})),
		wire.Op("UpdateContainerInstancesState", d.UpdateContainerInstancesState).Needing(on(d, func(n names, in *ecs.UpdateContainerInstancesStateInput) []wire.Need {
			return need(n.in(in.Cluster), n.members("container-instance", in.Cluster, in.ContainerInstances...)...)
		})),
		wire.Op("UpdateDaemon", d.UpdateDaemon).Needing(on(d, func(n names, in *ecs.UpdateDaemonInput) []wire.Need { return n.changingDaemon(in) })),
		wire.Op("UpdateExpressGatewayService", d.UpdateExpressGatewayService).Needing(on(d, func(n names, in *ecs.UpdateExpressGatewayServiceInput) []wire.Need {
			return n.passing(need(nil, aws.ToString(in.ServiceArn)), passedToTasks, in.TaskRoleArn, in.ExecutionRoleArn)
		})),
		wire.Op("UpdateGateway", d.UpdateGateway).Needing(on(d, func(n names, in *ecs.UpdateGatewayInput) []wire.Need {
			return n.passing(need(nil, n.arn("gateway", in.Gateway)), passedToService, in.InfrastructureRoleArn)
		})),
		wire.Op("UpdateService", d.UpdateService).Needing(on(d, func(n names, in *ecs.UpdateServiceInput) []wire.Need { return n.changingService(in) })),
		wire.Op("UpdateServicePrimaryTaskSet", d.UpdateServicePrimaryTaskSet).Needing(on(d, func(n names, in *ecs.UpdateServicePrimaryTaskSetInput) []wire.Need {
			return need(n.in(in.Cluster), n.member("service", in.Cluster, in.Service)...)
		})),
		wire.Op("UpdateTaskProtection", d.UpdateTaskProtection).Needing(on(d, func(n names, in *ecs.UpdateTaskProtectionInput) []wire.Need {
			return need(n.in(in.Cluster), n.members("task", in.Cluster, in.Tasks...)...)
		})),
		wire.Op("UpdateTaskSet", d.UpdateTaskSet).Needing(on(d, func(n names, in *ecs.UpdateTaskSetInput) []wire.Need {
			return need(n.ofService(in.Cluster, in.Service), n.taskSet(in.Cluster, in.Service, aws.ToString(in.TaskSet))...)
		})),
	}
}

// known are the operations of the service's model.
func known() []string {
	return []string{
		"AssociateGatewayWithCluster",
		"ContinueServiceDeployment",
		"CreateCapacityProvider",
		"CreateCluster",
		"CreateDaemon",
		"CreateExpressGatewayService",
		"CreateGateway",
		"CreateService",
		"CreateTaskSet",
		"DeleteAccountSetting",
		"DeleteAttributes",
		"DeleteCapacityProvider",
		"DeleteCluster",
		"DeleteDaemon",
		"DeleteDaemonTaskDefinition",
		"DeleteExpressGatewayService",
		"DeleteGateway",
		"DeleteService",
		"DeleteTaskDefinitions",
		"DeleteTaskSet",
		"DeregisterContainerInstance",
		"DeregisterTaskDefinition",
		"DescribeCapacityProviders",
		"DescribeClusters",
		"DescribeContainerInstances",
		"DescribeDaemon",
		"DescribeDaemonDeployments",
		"DescribeDaemonRevisions",
		"DescribeDaemonTaskDefinition",
		"DescribeExpressGatewayService",
		"DescribeGateway",
		"DescribeGatewayResources",
		"DescribeGatewayRoute",
		"DescribeServiceDeployments",
		"DescribeServiceRevisions",
		"DescribeServices",
		"DescribeTaskDefinition",
		"DescribeTaskSets",
		"DescribeTasks",
		"DisassociateGatewayFromCluster",
		"DiscoverPollEndpoint",
		"ExecuteCommand",
		"GetTaskProtection",
		"ListAccountSettings",
		"ListAttributes",
		"ListClusters",
		"ListContainerInstances",
		"ListDaemonDeployments",
		"ListDaemonTaskDefinitions",
		"ListDaemons",
		"ListGatewayClusterAssociations",
		"ListGatewayRoutes",
		"ListGateways",
		"ListServiceDeployments",
		"ListServices",
		"ListServicesByNamespace",
		"ListTagsForResource",
		"ListTaskDefinitionFamilies",
		"ListTaskDefinitions",
		"ListTasks",
		"PutAccountSetting",
		"PutAccountSettingDefault",
		"PutAttributes",
		"PutClusterCapacityProviders",
		"RegisterContainerInstance",
		"RegisterDaemonTaskDefinition",
		"RegisterTaskDefinition",
		"RunTask",
		"StartTask",
		"StopServiceDeployment",
		"StopTask",
		"SubmitAttachmentStateChanges",
		"SubmitContainerStateChange",
		"SubmitTaskStateChange",
		"TagResource",
		"UntagResource",
		"UpdateCapacityProvider",
		"UpdateCluster",
		"UpdateClusterSettings",
		"UpdateContainerAgent",
		"UpdateContainerInstancesState",
		"UpdateDaemon",
		"UpdateExpressGatewayService",
		"UpdateGateway",
		"UpdateService",
		"UpdateServicePrimaryTaskSet",
		"UpdateTaskProtection",
		"UpdateTaskSet",
	}
}
