package managed

import "slices"

// here is what is added to a description that AWS's policy goes beyond.
const here = " Covers the services that Roadstead has."

// entries is the table, by name.
var entries = slices.SortedFunc(slices.Values(slices.Concat(accounts, containers, machines, linked, services, elsewhere, elsewhereMore, elsewhereAWS)), func(a, b entry) int {
	if a.name < b.name {
		return -1
	}
	return 1
})

// accounts are about the account as a whole.
var accounts = []entry{
	{"AdministratorAccess", "/", "Provides full access to AWS services and resources.", 1, "2015-02-06", "2015-02-06",
		[]statement{{actions: "*"}}},
	{"PowerUserAccess", "/", "Provides full access to AWS services and resources, but does not allow management of Users and groups.", 5, "2015-02-06", "2023-07-06",
		[]statement{
			{actions: "! iam:* organizations:* account:*"},
			{actions: "account:GetAccountInformation account:GetPrimaryEmail account:ListRegions iam:CreateServiceLinkedRole iam:DeleteServiceLinkedRole iam:ListRoles organizations:DescribeOrganization"},
		}},
	{"ReadOnlyAccess", "/", "Provides read-only access to AWS services and resources." + here, 1, "2015-02-06", "2015-02-06",
		[]statement{{sid: "ReadOnlyActions", actions: `
			application-autoscaling:Describe* application-autoscaling:ListTagsForResource autoscaling:Describe* autoscaling:GetPredictiveScalingForecast
			batch:Describe* batch:List* cloudtrail:Describe* cloudtrail:Get* cloudtrail:List* cloudtrail:LookupEvents
			cloudwatch:Describe* cloudwatch:Get* cloudwatch:List* codedeploy:BatchGet* codedeploy:Get* codedeploy:List*
			ec2:Describe* ec2:Get* ecr:BatchCheck* ecr:BatchGet* ecr:Describe* ecr:Get* ecr:List* ecr-public:BatchCheckLayerAvailability ecr-public:Describe* ecr-public:Get* ecr-public:List*
			ecs:Describe* ecs:List* eks:Describe* eks:List* elasticloadbalancing:Describe* events:Describe* events:List* events:Test*
			iam:Generate* iam:Get* iam:List* iam:Simulate* kms:Describe* kms:Get* kms:List*
			logs:Describe* logs:FilterLogEvents logs:Get* logs:ListTagsForResource logs:ListTagsLogGroup logs:StartLiveTail logs:StartQuery logs:StopQuery logs:StopLiveTail logs:TestMetricFilter
			route53:Get* route53:List* route53:Test* scheduler:Get* scheduler:List*
			secretsmanager:Describe* secretsmanager:GetResourcePolicy secretsmanager:List*
			servicediscovery:Get* servicediscovery:List* servicediscovery:DiscoverInstances
			ssm:Describe* ssm:Get* ssm:List* sts:GetAccessKeyInfo sts:GetCallerIdentity sts:GetSessionToken tag:Get*`}}},
	{"IAMFullAccess", "/", "Provides full access to IAM via the AWS Management Console.", 2, "2015-02-06", "2019-06-21",
		[]statement{{actions: `iam:* organizations:DescribeAccount organizations:DescribeOrganization organizations:DescribeOrganizationalUnit organizations:DescribePolicy
			organizations:ListChildren organizations:ListParents organizations:ListPoliciesForTarget organizations:ListRoots organizations:ListPolicies organizations:ListTargetsForPolicy`}}},
	{"IAMReadOnlyAccess", "/", "Provides read only access to IAM via the AWS Management Console.", 4, "2015-02-06", "2018-01-25",
		[]statement{{actions: "iam:GenerateCredentialReport iam:GenerateServiceLastAccessedDetails iam:Get* iam:List* iam:SimulateCustomPolicy iam:SimulatePrincipalPolicy"}}},
}

// services are about one service each.
var services = []entry{
	{"CloudWatchLogsFullAccess", "/", "Provides full access to CloudWatch Logs", 2, "2015-02-06", "2023-11-26",
		[]statement{{sid: "CloudWatchLogsFullAccess", actions: "logs:* cloudwatch:GenerateQuery"}}},
	{"CloudWatchLogsReadOnlyAccess", "/", "Provides read only access to CloudWatch Logs", 5, "2015-02-06", "2023-11-26",
		[]statement{{actions: `logs:Describe* logs:Get* logs:List* logs:StartQuery logs:StopQuery logs:TestMetricFilter logs:FilterLogEvents logs:StartLiveTail logs:StopLiveTail cloudwatch:GenerateQuery`}}},
	{"CloudWatchAgentServerPolicy", "/", "Permissions required to use AmazonCloudWatchAgent on servers", 3, "2018-03-07", "2024-02-06",
		[]statement{
			{sid: "CWACloudWatchServerPermissions", actions: `cloudwatch:PutMetricData ec2:DescribeVolumes ec2:DescribeTags logs:PutLogEvents logs:PutRetentionPolicy logs:DescribeLogStreams
				logs:DescribeLogGroups logs:CreateLogStream logs:CreateLogGroup xray:PutTraceSegments xray:PutTelemetryRecords xray:GetSamplingRules xray:GetSamplingTargets xray:GetSamplingStatisticSummaries`},
			{sid: "CWASSMServerPermissions", actions: "ssm:GetParameter", resources: "arn:aws:ssm:*:*:parameter/AmazonCloudWatch-*"},
		}},
	{"SecretsManagerReadWrite", "/", "Provides read/write access to AWS Secrets Manager via the AWS Management Console." + here, 5, "2018-04-04", "2024-02-22",
		[]statement{{sid: "BasePermissions", actions: "secretsmanager:* kms:DescribeKey kms:ListAliases kms:ListKeys tag:GetResources"}}},
	{"AmazonSSMReadOnlyAccess", "/", "Provides read only access to Amazon SSM.", 1, "2015-05-29", "2015-05-29",
		[]statement{{actions: "ssm:Describe* ssm:Get* ssm:List*"}}},
	{"AmazonSSMFullAccess", "/", "Provides full access to Amazon SSM." + here, 5, "2015-05-29", "2023-03-07",
		[]statement{{actions: "cloudwatch:PutMetricData ds:CreateComputer ds:DescribeDirectories ec2:DescribeInstanceStatus logs:* ssm:* ec2messages:*"}}},
	{"AmazonSSMManagedInstanceCore", "/", "The policy for Amazon EC2 Role to enable AWS Systems Manager service core functionality.", 2, "2019-03-15", "2019-05-23",
		[]statement{
			{actions: `ssm:DescribeAssociation ssm:GetDeployablePatchSnapshotForInstance ssm:GetDocument ssm:DescribeDocument ssm:GetManifest ssm:GetParameter ssm:GetParameters
				ssm:ListAssociations ssm:ListInstanceAssociations ssm:PutInventory ssm:PutComplianceItems ssm:PutConfigurePackageResult ssm:UpdateAssociationStatus
				ssm:UpdateInstanceAssociationStatus ssm:UpdateInstanceInformation`},
			{actions: "ssmmessages:CreateControlChannel ssmmessages:CreateDataChannel ssmmessages:OpenControlChannel ssmmessages:OpenDataChannel"},
			{actions: `ec2messages:AcknowledgeMessage ec2messages:DeleteMessage ec2messages:FailMessage ec2messages:GetEndpoint ec2messages:GetMessages ec2messages:SendReply`},
		}},
	{"AWSBatchServiceRole", "/service-role/", "Policy for AWS Batch service role which allows access to related services including EC2, Autoscaling, EC2 Container service and Cloudwatch Logs.", 13, "2016-12-06", "2023-12-05",
		[]statement{
			{sid: "AWSBatchPolicyStatement1", actions: `ec2:DescribeAccountAttributes ec2:DescribeInstances ec2:DescribeInstanceStatus ec2:DescribeInstanceAttribute ec2:DescribeSubnets ec2:DescribeSecurityGroups
				ec2:DescribeKeyPairs ec2:DescribeImages ec2:DescribeImageAttribute ec2:DescribeSpotInstanceRequests ec2:DescribeSpotFleetInstances ec2:DescribeSpotFleetRequests ec2:DescribeSpotPriceHistory
				ec2:DescribeSpotFleetRequestHistory ec2:DescribeVpcClassicLink ec2:DescribeLaunchTemplateVersions ec2:CreateLaunchTemplate ec2:DeleteLaunchTemplate ec2:RequestSpotFleet ec2:CancelSpotFleetRequests
				ec2:ModifySpotFleetRequest ec2:TerminateInstances ec2:RunInstances autoscaling:DescribeAccountLimits autoscaling:DescribeAutoScalingGroups autoscaling:DescribeLaunchConfigurations
				autoscaling:DescribeAutoScalingInstances autoscaling:DescribeScalingActivities autoscaling:CreateLaunchConfiguration autoscaling:CreateAutoScalingGroup autoscaling:UpdateAutoScalingGroup
				autoscaling:SetDesiredCapacity autoscaling:DeleteLaunchConfiguration autoscaling:DeleteAutoScalingGroup autoscaling:CreateOrUpdateTags autoscaling:SuspendProcesses autoscaling:PutNotificationConfiguration
				autoscaling:TerminateInstanceInAutoScalingGroup ecs:DescribeClusters ecs:DescribeContainerInstances ecs:DescribeTaskDefinition ecs:DescribeTasks ecs:ListAccountSettings ecs:ListClusters
				ecs:ListContainerInstances ecs:ListTaskDefinitionFamilies ecs:ListTaskDefinitions ecs:ListTasks ecs:CreateCluster ecs:DeleteCluster ecs:RegisterTaskDefinition ecs:DeregisterTaskDefinition
				ecs:RunTask ecs:StartTask ecs:StopTask ecs:UpdateContainerAgent ecs:DeregisterContainerInstance logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents logs:DescribeLogGroups
				iam:GetInstanceProfile iam:GetRole`},
			{sid: "AWSBatchPolicyStatement2", actions: "ecs:TagResource", resources: "arn:aws:ecs:*:*:task/*_Batch_*"},
			{sid: "AWSBatchPolicyStatement3", actions: "iam:PassRole", condition: `{"StringEquals": {"iam:PassedToService": ["ec2.amazonaws.com", "ec2.amazonaws.com.cn", "ecs-tasks.amazonaws.com"]}}`},
			{sid: "AWSBatchPolicyStatement4", actions: "iam:CreateServiceLinkedRole", condition: `{"StringEquals": {"iam:AWSServiceName": ["spot.amazonaws.com", "spotfleet.amazonaws.com", "autoscaling.amazonaws.com", "ecs.amazonaws.com"]}}`},
			{sid: "AWSBatchPolicyStatement5", actions: "ec2:CreateTags", condition: `{"StringEquals": {"ec2:CreateAction": "RunInstances"}}`},
		}},
	{"AmazonEKSClusterPolicy", "/", "This policy provides Kubernetes the permissions it requires to manage resources on your behalf." + here, 7, "2018-05-27", "2024-12-16",
		[]statement{
			{actions: `autoscaling:DescribeAutoScalingGroups autoscaling:UpdateAutoScalingGroup ec2:AttachVolume ec2:AuthorizeSecurityGroupIngress ec2:CreateRoute ec2:CreateSecurityGroup ec2:CreateTags
				ec2:CreateVolume ec2:DeleteRoute ec2:DeleteSecurityGroup ec2:DeleteVolume ec2:DescribeInstances ec2:DescribeRouteTables ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVolumes
				ec2:DescribeVolumesModifications ec2:DescribeVpcs ec2:DescribeDhcpOptions ec2:DescribeNetworkInterfaces ec2:DescribeAvailabilityZones ec2:DetachVolume ec2:ModifyInstanceAttribute
				ec2:ModifyVolume ec2:RevokeSecurityGroupIngress ec2:DescribeAccountAttributes ec2:DescribeAddresses ec2:DescribeInternetGateways ec2:DescribeInstanceTopology
				elasticloadbalancing:AddTags elasticloadbalancing:CreateListener elasticloadbalancing:CreateLoadBalancer elasticloadbalancing:CreateTargetGroup elasticloadbalancing:DeleteListener
				elasticloadbalancing:DeleteLoadBalancer elasticloadbalancing:DeleteTargetGroup elasticloadbalancing:DeregisterTargets elasticloadbalancing:DescribeListeners
				elasticloadbalancing:DescribeLoadBalancerAttributes elasticloadbalancing:DescribeLoadBalancers elasticloadbalancing:DescribeTargetGroupAttributes elasticloadbalancing:DescribeTargetGroups
				elasticloadbalancing:DescribeTargetHealth elasticloadbalancing:ModifyListener elasticloadbalancing:ModifyLoadBalancerAttributes elasticloadbalancing:ModifyTargetGroup
				elasticloadbalancing:ModifyTargetGroupAttributes elasticloadbalancing:RegisterTargets kms:DescribeKey`},
			{actions: "iam:CreateServiceLinkedRole", condition: `{"StringEquals": {"iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"}}`},
		}},
	{"AmazonEKSServicePolicy", "/", "This policy allows Amazon Elastic Container Service for Kubernetes to create and manage the necessary resources to operate EKS Clusters.", 5, "2018-05-27", "2020-05-27",
		[]statement{
			{actions: `ec2:CreateNetworkInterface ec2:CreateNetworkInterfacePermission ec2:DeleteNetworkInterface ec2:DescribeInstances ec2:DescribeNetworkInterfaces ec2:DetachNetworkInterface
				ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcs ec2:ModifyNetworkInterfaceAttribute iam:ListAttachedRolePolicies eks:UpdateClusterVersion`},
			{actions: "ec2:CreateTags ec2:DeleteTags", resources: "arn:aws:ec2:*:*:vpc/* arn:aws:ec2:*:*:subnet/*"},
			{actions: "route53:AssociateVPCWithHostedZone"},
			{actions: "logs:CreateLogGroup"},
			{actions: "logs:CreateLogStream logs:DescribeLogStreams", resources: "arn:aws:logs:*:*:log-group:/aws/eks/*:*"},
			{actions: "logs:PutLogEvents", resources: "arn:aws:logs:*:*:log-group:/aws/eks/*:*:*"},
			{actions: "iam:CreateServiceLinkedRole", condition: `{"StringLike": {"iam:AWSServiceName": "eks.amazonaws.com"}}`},
		}},
	{"AmazonEKSWorkerNodePolicy", "/", "This policy allows Amazon EKS worker nodes to connect to Amazon EKS Clusters.", 3, "2018-05-27", "2023-11-26",
		[]statement{{sid: "WorkerNodePermissions", actions: `ec2:DescribeInstances ec2:DescribeInstanceTypes ec2:DescribeRouteTables ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVolumes
			ec2:DescribeVolumesModifications ec2:DescribeVpcs eks:DescribeCluster eks-auth:AssumeRoleForPodIdentity`}}},
	{"AmazonEKSFargatePodExecutionRolePolicy", "/", "Provides access to other AWS service resources that are required to run Amazon EKS pods on AWS Fargate", 1, "2019-11-14", "2019-11-14",
		[]statement{{actions: "ecr:GetAuthorizationToken ecr:BatchCheckLayerAvailability ecr:GetDownloadUrlForLayer ecr:BatchGetImage"}}},
	{"AmazonEKS_CNI_Policy", "/", "This policy provides the Amazon VPC CNI Plugin (amazon-vpc-cni-k8s) the permissions it requires to modify the IP address configuration on your EKS worker nodes.", 5, "2018-05-27", "2024-03-04",
		[]statement{
			{sid: "AmazonEKSCNIPolicy", actions: `ec2:AssignPrivateIpAddresses ec2:AttachNetworkInterface ec2:CreateNetworkInterface ec2:DeleteNetworkInterface ec2:DescribeInstances ec2:DescribeTags
				ec2:DescribeNetworkInterfaces ec2:DescribeInstanceTypes ec2:DescribeSubnets ec2:DetachNetworkInterface ec2:ModifyNetworkInterfaceAttribute ec2:UnassignPrivateIpAddresses`},
			{sid: "AmazonEKSCNIPolicyENITag", actions: "ec2:CreateTags", resources: "arn:aws:ec2:*:*:network-interface/*"},
		}},
}
