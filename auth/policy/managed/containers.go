package managed

// Actions that several policies have.
const (
	pull = `ecr:GetAuthorizationToken ecr:BatchCheckLayerAvailability ecr:GetDownloadUrlForLayer ecr:GetRepositoryPolicy ecr:DescribeRepositories
		ecr:ListImages ecr:DescribeImages ecr:BatchGetImage ecr:GetLifecyclePolicy ecr:GetLifecyclePolicyPreview ecr:ListTagsForResource ecr:DescribeImageScanFindings`
	push       = " ecr:InitiateLayerUpload ecr:UploadLayerPart ecr:CompleteLayerUpload ecr:PutImage"
	publicRead = `ecr-public:GetAuthorizationToken sts:GetServiceBearerToken ecr-public:BatchCheckLayerAvailability ecr-public:GetRepositoryPolicy ecr-public:DescribeRepositories
		ecr-public:DescribeRegistries ecr-public:DescribeImages ecr-public:DescribeImageTags ecr-public:GetRepositoryCatalogData ecr-public:GetRegistryCatalogData`
	publicWrite = " ecr-public:InitiateLayerUpload ecr-public:UploadLayerPart ecr-public:CompleteLayerUpload ecr-public:PutImage"
)

// containers are about repositories of images, and about ECS.
var containers = []entry{
	{"AmazonEC2ContainerRegistryReadOnly", "/", "Provides read-only access to Amazon EC2 Container Registry repositories.", 3, "2015-12-21", "2019-12-10",
		[]statement{{actions: pull}}},
	{"AmazonEC2ContainerRegistryPowerUser", "/", "Provides full access to Amazon EC2 Container Registry repositories, but does not allow repository deletion or policy changes.", 3, "2015-12-21", "2019-12-10",
		[]statement{{actions: pull + push}}},
	{"AmazonEC2ContainerRegistryFullAccess", "/", "Provides administrative access to Amazon ECR resources", 3, "2015-12-21", "2020-12-05",
		[]statement{
			{actions: "ecr:* cloudtrail:LookupEvents"},
			{actions: "iam:CreateServiceLinkedRole", condition: `{"StringEquals": {"iam:AWSServiceName": ["replication.ecr.amazonaws.com"]}}`},
		}},
	{"AmazonEC2ContainerRegistryPullOnly", "/", "Provides pull-only access to Amazon ECR repositories.", 1, "2024-10-10", "2024-10-10",
		[]statement{{actions: "ecr:BatchGetImage ecr:GetDownloadUrlForLayer ecr:GetAuthorizationToken ecr:BatchImportUpstreamImage"}}},
	{"AmazonElasticContainerRegistryPublicReadOnly", "/", "Provides read-only access to Amazon ECR Public repositories.", 2, "2020-12-01", "2021-01-05",
		[]statement{{actions: publicRead + " ecr-public:ListTagsForResource"}}},
	{"AmazonElasticContainerRegistryPublicPowerUser", "/", "Provides full access to Amazon ECR Public repositories, but does not allow repository deletion or policy changes.", 1, "2020-12-01", "2020-12-01",
		[]statement{{actions: publicRead + publicWrite}}},
	{"AmazonElasticContainerRegistryPublicFullAccess", "/", "Provides administrative access to Amazon ECR Public resources", 1, "2020-12-01", "2020-12-01",
		[]statement{{actions: "ecr-public:* sts:GetServiceBearerToken"}}},
	{"AmazonECS_FullAccess", "/", "Provides administrative access to Amazon ECS resources and enables ECS features through access to other AWS service resources, including VPCs, Auto Scaling groups, and CloudFormation stacks." + here, 21, "2017-11-07", "2024-08-19",
		[]statement{
			{sid: "ECSIntegrationsManagementPolicy", actions: `application-autoscaling:DeleteScalingPolicy application-autoscaling:DeregisterScalableTarget application-autoscaling:DescribeScalableTargets
				application-autoscaling:DescribeScalingActivities application-autoscaling:DescribeScalingPolicies application-autoscaling:PutScalingPolicy application-autoscaling:RegisterScalableTarget
				autoscaling:CreateAutoScalingGroup autoscaling:CreateLaunchConfiguration autoscaling:DeleteAutoScalingGroup autoscaling:DeleteLaunchConfiguration autoscaling:Describe* autoscaling:UpdateAutoScalingGroup
				cloudformation:CreateStack cloudformation:DeleteStack cloudformation:DescribeStack* cloudformation:UpdateStack cloudwatch:DeleteAlarms cloudwatch:DescribeAlarms cloudwatch:GetMetricStatistics cloudwatch:PutMetricAlarm
				codedeploy:BatchGetApplicationRevisions codedeploy:BatchGetApplications codedeploy:BatchGetDeploymentGroups codedeploy:BatchGetDeployments codedeploy:ContinueDeployment codedeploy:CreateApplication
				codedeploy:CreateDeployment codedeploy:CreateDeploymentGroup codedeploy:GetApplication codedeploy:GetApplicationRevision codedeploy:GetDeployment codedeploy:GetDeploymentConfig
				codedeploy:GetDeploymentGroup codedeploy:GetDeploymentTarget codedeploy:ListApplicationRevisions codedeploy:ListApplications codedeploy:ListDeploymentConfigs codedeploy:ListDeploymentGroups
				codedeploy:ListDeployments codedeploy:ListDeploymentTargets codedeploy:RegisterApplicationRevision codedeploy:StopDeployment
				ec2:AssociateRouteTable ec2:AttachInternetGateway ec2:AuthorizeSecurityGroupIngress ec2:CancelSpotFleetRequests ec2:CreateInternetGateway ec2:CreateLaunchTemplate ec2:CreateRoute ec2:CreateRouteTable
				ec2:CreateSecurityGroup ec2:CreateSubnet ec2:CreateVpc ec2:DeleteLaunchTemplate ec2:DeleteSubnet ec2:DeleteVpc ec2:Describe* ec2:DetachInternetGateway ec2:DisassociateRouteTable
				ec2:ModifySubnetAttribute ec2:ModifyVpcAttribute ec2:RequestSpotFleet ec2:RunInstances
				ecs:* elasticfilesystem:DescribeAccessPoints elasticfilesystem:DescribeFileSystems
				elasticloadbalancing:CreateListener elasticloadbalancing:CreateLoadBalancer elasticloadbalancing:CreateRule elasticloadbalancing:CreateTargetGroup elasticloadbalancing:DeleteListener
				elasticloadbalancing:DeleteLoadBalancer elasticloadbalancing:DeleteRule elasticloadbalancing:DeleteTargetGroup elasticloadbalancing:DescribeListeners elasticloadbalancing:DescribeLoadBalancers
				elasticloadbalancing:DescribeRules elasticloadbalancing:DescribeTargetGroups events:DeleteRule events:DescribeRule events:ListRuleNamesByTarget events:ListTargetsByRule events:PutRule events:PutTargets
				events:RemoveTargets iam:ListAttachedRolePolicies iam:ListInstanceProfiles iam:ListRoles lambda:ListFunctions logs:CreateLogGroup logs:DescribeLogGroups logs:FilterLogEvents
				route53:CreateHostedZone route53:DeleteHostedZone route53:GetHealthCheck route53:GetHostedZone route53:ListHostedZonesByName servicediscovery:CreatePrivateDnsNamespace servicediscovery:CreateService
				servicediscovery:DeleteService servicediscovery:GetNamespace servicediscovery:GetOperation servicediscovery:GetService servicediscovery:ListNamespaces servicediscovery:ListServices
				servicediscovery:UpdateService sns:ListTopics`},
			{sid: "SSMPolicy", actions: "ssm:GetParameter ssm:GetParameters ssm:GetParametersByPath", resources: "arn:aws:ssm:*:*:parameter/aws/service/ecs*"},
			{sid: "ManagedCloudformationResourcesCleanupPolicy", actions: "ec2:DeleteInternetGateway ec2:DeleteRoute ec2:DeleteRouteTable ec2:DeleteSecurityGroup",
				condition: `{"StringLike": {"ec2:ResourceTag/aws:cloudformation:stack-name": "EC2ContainerService-*"}}`},
			{sid: "TasksPassRolePolicy", actions: "iam:PassRole", condition: `{"StringLike": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}`},
			{sid: "InfrastructurePassRolePolicy", actions: "iam:PassRole", resources: "arn:aws:iam::*:role/ecsInfrastructureRole", condition: `{"StringEquals": {"iam:PassedToService": "ecs.amazonaws.com"}}`},
			{sid: "InstancePassRolePolicy", actions: "iam:PassRole", resources: "arn:aws:iam::*:role/ecsInstanceRole*", condition: `{"StringLike": {"iam:PassedToService": ["ec2.amazonaws.com", "ec2.amazonaws.com.cn"]}}`},
			{sid: "AutoScalingPassRolePolicy", actions: "iam:PassRole", resources: "arn:aws:iam::*:role/ecsAutoscaleRole*",
				condition: `{"StringLike": {"iam:PassedToService": ["application-autoscaling.amazonaws.com", "application-autoscaling.amazonaws.com.cn"]}}`},
			{sid: "ServiceLinkedRoleCreationPolicy", actions: "iam:CreateServiceLinkedRole",
				condition: `{"StringLike": {"iam:AWSServiceName": ["ecs.amazonaws.com", "autoscaling.amazonaws.com", "ecs.application-autoscaling.amazonaws.com", "spot.amazonaws.com", "spotfleet.amazonaws.com"]}}`},
			{sid: "ELBTaggingPolicy", actions: "elasticloadbalancing:AddTags",
				condition: `{"StringEquals": {"elasticloadbalancing:CreateAction": ["CreateTargetGroup", "CreateRule", "CreateListener", "CreateLoadBalancer"]}}`},
		}},
	{"AmazonECSTaskExecutionRolePolicy", "/service-role/", "Provides access to other AWS service resources that are required to run Amazon ECS tasks", 1, "2017-11-16", "2017-11-16",
		[]statement{{actions: "ecr:GetAuthorizationToken ecr:BatchCheckLayerAvailability ecr:GetDownloadUrlForLayer ecr:BatchGetImage logs:CreateLogStream logs:PutLogEvents"}}},
	{"AWSCodeDeployRoleForECS", "/", "Provides CodeDeploy service wide access to perform an ECS blue/green deployment on your behalf. Grants full access to support services, such as full access to read all S3 objects, invoke all Lambda functions, publish to all SNS topics within the account and update all ECS services.", 4, "2018-11-27", "2023-02-23",
		[]statement{
			{actions: deploy + " elasticloadbalancing:DescribeTargetGroups elasticloadbalancing:DescribeListeners elasticloadbalancing:ModifyListener elasticloadbalancing:DescribeRules elasticloadbalancing:ModifyRule lambda:InvokeFunction cloudwatch:DescribeAlarms sns:Publish s3:GetObject s3:GetObjectVersion"},
			{actions: "iam:PassRole", condition: `{"StringLike": {"iam:PassedToService": ["ecs-tasks.amazonaws.com"]}}`},
		}},
	{"AWSCodeDeployRoleForECSLimited", "/", "Provides CodeDeploy service limited access to perform an ECS blue/green deployment on your behalf.", 4, "2018-11-27", "2023-02-23",
		[]statement{
			{actions: deploy + " cloudwatch:DescribeAlarms"},
			{actions: "sns:Publish", resources: "arn:aws:sns:*:*:CodeDeployTopic_*"},
			{actions: "elasticloadbalancing:DescribeTargetGroups elasticloadbalancing:DescribeListeners elasticloadbalancing:ModifyListener elasticloadbalancing:DescribeRules elasticloadbalancing:ModifyRule"},
			{actions: "lambda:InvokeFunction", resources: "arn:aws:lambda:*:*:function:CodeDeployHook_*"},
			{actions: "s3:GetObject s3:GetObjectVersion", condition: `{"StringEquals": {"s3:ExistingObjectTag/UseWithCodeDeploy": "true"}}`},
			{actions: "iam:PassRole", resources: "arn:aws:iam::*:role/ecsTaskExecutionRole arn:aws:iam::*:role/ECSTaskExecution*", condition: `{"StringLike": {"iam:PassedToService": ["ecs-tasks.amazonaws.com"]}}`},
		}},
}

const deploy = "ecs:DescribeServices ecs:CreateTaskSet ecs:UpdateServicePrimaryTaskSet ecs:DeleteTaskSet"
