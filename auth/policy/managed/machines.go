package managed

// machines are for roles of container instances, and of what ECS does beside
// tasks.
var machines = []entry{
	{"AmazonEC2ContainerServiceforEC2Role", "/service-role/", "Default policy for the Amazon EC2 Role for Amazon EC2 Container Service.", 7, "2015-03-19", "2023-03-06",
		[]statement{
			{actions: `ec2:DescribeTags ecs:CreateCluster ecs:DeregisterContainerInstance ecs:DiscoverPollEndpoint ecs:Poll ecs:RegisterContainerInstance ecs:StartTelemetrySession
				ecs:UpdateContainerInstancesState ecs:Submit* ecr:GetAuthorizationToken ecr:BatchCheckLayerAvailability ecr:GetDownloadUrlForLayer ecr:BatchGetImage logs:CreateLogStream logs:PutLogEvents`},
			{actions: "ecs:TagResource", condition: `{"StringEquals": {"ecs:CreateAction": ["CreateCluster", "RegisterContainerInstance"]}}`},
		}},
	{"AmazonEC2ContainerServiceRole", "/service-role/", "Default policy for Amazon ECS service role.", 2, "2015-04-09", "2016-08-11",
		[]statement{{actions: `ec2:AuthorizeSecurityGroupIngress ec2:Describe* elasticloadbalancing:DeregisterInstancesFromLoadBalancer elasticloadbalancing:DeregisterTargets elasticloadbalancing:Describe*
			elasticloadbalancing:RegisterInstancesWithLoadBalancer elasticloadbalancing:RegisterTargets`}}},
	{"AmazonEC2ContainerServiceEventsRole", "/service-role/", "Policy to enable CloudWatch Events for EC2 Container Service", 4, "2017-05-30", "2023-03-06",
		[]statement{
			{actions: "ecs:RunTask"},
			{actions: "iam:PassRole", condition: `{"StringLike": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}`},
			{actions: "ecs:TagResource", condition: `{"StringEquals": {"ecs:CreateAction": ["RunTask"]}}`},
		}},
	{"AmazonEC2ContainerServiceAutoscaleRole", "/service-role/", "Policy to enable Task Autoscaling for Amazon EC2 Container Service", 2, "2016-05-12", "2018-02-05",
		[]statement{
			{actions: "ecs:DescribeServices ecs:UpdateService"},
			{actions: "cloudwatch:DescribeAlarms cloudwatch:PutMetricAlarm"},
		}},
	{"AmazonECSInfrastructureRolePolicyForVolumes", "/service-role/", "Provides access to other AWS service resources required to manage volumes associated with ECS workloads on your behalf.", 3, "2024-01-10", "2025-07-09",
		[]statement{
			{sid: "CreateEBSManagedVolume", actions: "ec2:CreateVolume", resources: "arn:aws:ec2:*:*:volume/*",
				condition: `{"ArnLike": {"aws:RequestTag/AmazonECSCreated": "arn:aws:ecs:*:*:task/*"}, "StringEquals": {"aws:RequestTag/AmazonECSManaged": "true"}}`},
			{sid: "CreateEBSManagedVolumeFromSnapshot", actions: "ec2:CreateVolume", resources: "arn:aws:ec2:*:*:snapshot/*"},
			{sid: "TagOnCreateVolume", actions: "ec2:CreateTags", resources: "arn:aws:ec2:*:*:volume/*",
				condition: `{"ArnLike": {"aws:RequestTag/AmazonECSCreated": "arn:aws:ecs:*:*:task/*"}, "StringEquals": {"ec2:CreateAction": "CreateVolume", "aws:RequestTag/AmazonECSManaged": "true"}}`},
			{sid: "DescribeVolumesForLifecycle", actions: "ec2:DescribeVolumes ec2:DescribeAvailabilityZones"},
			{sid: "ManageEBSVolumeLifecycle", actions: "ec2:AttachVolume ec2:DetachVolume", resources: "arn:aws:ec2:*:*:volume/*", condition: `{"StringEquals": {"aws:ResourceTag/AmazonECSManaged": "true"}}`},
			{sid: "ManageVolumeAttachmentsForEC2", actions: "ec2:AttachVolume ec2:DetachVolume", resources: "arn:aws:ec2:*:*:instance/*"},
			{sid: "DeleteEBSManagedVolume", actions: "ec2:DeleteVolume", resources: "arn:aws:ec2:*:*:volume/*",
				condition: `{"ArnLike": {"aws:ResourceTag/AmazonECSCreated": "arn:aws:ecs:*:*:task/*"}, "StringEquals": {"aws:ResourceTag/AmazonECSManaged": "true"}}`},
		}},
}

// linked belong to service-linked roles.
var linked = []entry{
	{"AmazonECSServiceRolePolicy", "/aws-service-role/", "Policy to enable Amazon ECS to manage your cluster." + here, 11, "2017-10-14", "2023-12-04",
		[]statement{
			{sid: "ECSTaskManagement", actions: `ec2:AttachNetworkInterface ec2:CreateNetworkInterface ec2:CreateNetworkInterfacePermission ec2:DeleteNetworkInterface ec2:DeleteNetworkInterfacePermission ec2:Describe*
				ec2:DetachNetworkInterface elasticloadbalancing:DeregisterInstancesFromLoadBalancer elasticloadbalancing:DeregisterTargets elasticloadbalancing:Describe*
				elasticloadbalancing:RegisterInstancesWithLoadBalancer elasticloadbalancing:RegisterTargets route53:ChangeResourceRecordSets route53:CreateHealthCheck route53:DeleteHealthCheck
				route53:Get* route53:List* route53:UpdateHealthCheck servicediscovery:DeregisterInstance servicediscovery:Get* servicediscovery:List* servicediscovery:RegisterInstance
				servicediscovery:UpdateInstanceCustomHealthStatus`},
			{sid: "AutoScaling", actions: "autoscaling:Describe*"},
			{sid: "AutoScalingManagement", actions: "autoscaling:DeletePolicy autoscaling:PutScalingPolicy autoscaling:SetInstanceProtection autoscaling:UpdateAutoScalingGroup autoscaling:PutLifecycleHook autoscaling:DeleteLifecycleHook autoscaling:CompleteLifecycleAction autoscaling:RecordLifecycleActionHeartbeat",
				condition: `{"Null": {"autoscaling:ResourceTag/AmazonECSManaged": "false"}}`},
			{sid: "CWAlarmManagement", actions: "cloudwatch:DeleteAlarms cloudwatch:DescribeAlarms cloudwatch:PutMetricAlarm", resources: "arn:aws:cloudwatch:*:*:alarm:*"},
			{sid: "ECSTagging", actions: "ec2:CreateTags", resources: "arn:aws:ec2:*:*:network-interface/*"},
			{sid: "CWLogGroupManagement", actions: "logs:CreateLogGroup logs:DescribeLogGroups logs:PutRetentionPolicy", resources: "arn:aws:logs:*:*:log-group:/aws/ecs/*"},
			{sid: "CWLogStreamManagement", actions: "logs:CreateLogStream logs:DescribeLogStreams logs:PutLogEvents", resources: "arn:aws:logs:*:*:log-group:/aws/ecs/*:log-stream:*"},
			{sid: "ExecuteCommandSessionManagement", actions: "ssm:DescribeSessions"},
			{sid: "ExecuteCommand", actions: "ssm:StartSession", resources: "arn:aws:ecs:*:*:task/* arn:aws:ssm:*:*:document/AmazonECS-ExecuteInteractiveCommand"},
		}},
	{"AWSApplicationAutoscalingECSServicePolicy", "/aws-service-role/", "Policy granting permissions to Application Auto Scaling to access EC2 Container Service and CloudWatch.", 1, "2017-10-25", "2017-10-25",
		[]statement{{actions: "ecs:DescribeServices ecs:UpdateService cloudwatch:PutMetricAlarm cloudwatch:DescribeAlarms cloudwatch:DeleteAlarms"}}},
	{"AutoScalingServiceRolePolicy", "/aws-service-role/", "Enables access to AWS Services and Resources used or managed by Auto Scaling" + here, 7, "2018-01-08", "2022-02-28",
		[]statement{
			{sid: "EC2InstanceManagement", actions: `ec2:AttachClassicLinkVpc ec2:CancelSpotInstanceRequests ec2:CreateFleet ec2:CreateTags ec2:DeleteTags ec2:Describe* ec2:DetachClassicLinkVpc
				ec2:GetInstanceTypesFromInstanceRequirements ec2:GetSecurityGroupsForVpc ec2:ModifyInstanceAttribute ec2:RequestSpotInstances ec2:RunInstances ec2:StartInstances ec2:StopInstances ec2:TerminateInstances`},
			{sid: "EC2InstanceProfileManagement", actions: "iam:PassRole", condition: `{"StringLike": {"iam:PassedToService": "ec2.amazonaws.com*"}}`},
			{sid: "EC2SpotManagement", actions: "iam:CreateServiceLinkedRole", condition: `{"StringEquals": {"iam:AWSServiceName": "spot.amazonaws.com"}}`},
			{sid: "ELBManagement", actions: "elasticloadbalancing:Register* elasticloadbalancing:Deregister* elasticloadbalancing:Describe*"},
			{sid: "CWManagement", actions: "cloudwatch:DeleteAlarms cloudwatch:DescribeAlarms cloudwatch:GetMetricData cloudwatch:PutMetricAlarm"},
			{sid: "SNSManagement", actions: "sns:Publish"},
			{sid: "EventBridgeRuleManagement", actions: "events:PutRule events:PutTargets events:RemoveTargets events:DeleteRule events:DescribeRule", condition: `{"StringEquals": {"events:ManagedBy": "autoscaling.amazonaws.com"}}`},
			{sid: "SystemsManagerParameterManagement", actions: "ssm:GetParameters"},
		}},
	{"AWSElasticLoadBalancingServiceRolePolicy", "/aws-service-role/", "Service Linked Role Policy for AWS Elastic Load Balancing Control Plane" + here, 7, "2017-09-19", "2021-08-26",
		[]statement{{actions: `ec2:DescribeAddresses ec2:DescribeCoipPools ec2:DescribeInstances ec2:DescribeNetworkInterfaces ec2:DescribeSubnets ec2:DescribeSecurityGroups ec2:DescribeVpcs
			ec2:DescribeInternetGateways ec2:DescribeAccountAttributes ec2:DescribeClassicLinkInstances ec2:DescribeVpcClassicLink ec2:CreateSecurityGroup ec2:CreateNetworkInterface
			ec2:DeleteNetworkInterface ec2:GetCoipPoolUsage ec2:ModifyNetworkInterfaceAttribute ec2:AllocateAddress ec2:AuthorizeSecurityGroupIngress ec2:AssociateAddress ec2:DisassociateAddress
			ec2:AttachNetworkInterface ec2:DetachNetworkInterface ec2:AssignPrivateIpAddresses ec2:AssignIpv6Addresses ec2:ReleaseAddress ec2:UnassignIpv6Addresses
			ec2:DescribeVpcPeeringConnections logs:CreateLogDelivery logs:GetLogDelivery logs:UpdateLogDelivery logs:DeleteLogDelivery logs:ListLogDeliveries`}}},
	{"ECRReplicationServiceRolePolicy", "/aws-service-role/", "Allows access to AWS Services and Resources used or managed by ECR Replication", 1, "2020-12-04", "2020-12-04",
		[]statement{{actions: "ecr:CreateRepository ecr:ReplicateImage"}}},
	{"AWSECRPullThroughCache_ServiceRolePolicy", "/aws-service-role/", "Allows access to AWS Services and Resources used or managed by AWS ECR pull through cache", 2, "2021-11-26", "2023-11-13",
		[]statement{
			{sid: "ECR", actions: "ecr:GetAuthorizationToken ecr:BatchCheckLayerAvailability ecr:InitiateLayerUpload ecr:UploadLayerPart ecr:CompleteLayerUpload ecr:PutImage ecr:BatchGetImage ecr:BatchImportUpstreamImage ecr:GetDownloadUrlForLayer ecr:GetImageCopyStatus"},
			{sid: "SecretsManager", actions: "secretsmanager:GetSecretValue", resources: "arn:aws:secretsmanager:*:*:secret:ecr-pullthroughcache/*", condition: `{"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}`},
		}},
}
