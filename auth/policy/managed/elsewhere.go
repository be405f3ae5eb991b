package managed

// elsewhere are for roles of tasks that use services which are not here:
// configurations attach them, and what they allow is asked of nobody here.
var elsewhere = []entry{
	{"AmazonAPIGatewayAdministrator", "/", "Provides the permissions of APIGateway Administrator.", 1, "2015-07-09", "2015-07-09",
		[]statement{{actions: "apigateway:*", resources: "arn:aws:apigateway:*::/*"}}},
	{"AmazonAPIGatewayInvokeFullAccess", "/", "Provides full access to Amazon APIGateway Invoke.", 2, "2015-07-09", "2018-12-18",
		[]statement{{actions: "execute-api:Invoke execute-api:ManageConnections", resources: "arn:aws:execute-api:*:*:*"}}},
	{"AmazonAPIGatewayPushToCloudWatchLogs", "/service-role/", "Provides the permissions of APIGateway Push To Cloud Watch Logs.", 1, "2015-11-11", "2015-11-11",
		[]statement{{actions: "logs:CreateLogGroup logs:CreateLogStream logs:DescribeLogGroups logs:DescribeLogStreams logs:PutLogEvents logs:GetLogEvents logs:FilterLogEvents"}}},
	{"AmazonAthenaFullAccess", "/", "Provides full access to Amazon Athena.", 15, "2016-11-30", "2026-02-12",
		[]statement{
			{sid: "BaseAthenaPermissions", actions: "athena:*"},
			{sid: "BaseGluePermissions", actions: `glue:CreateDatabase glue:DeleteDatabase glue:GetCatalog glue:GetCatalogs glue:GetDatabase glue:GetDatabases glue:UpdateDatabase glue:CreateTable
				glue:DeleteTable glue:BatchDeleteTable glue:UpdateTable glue:GetTable glue:GetTables glue:BatchCreatePartition glue:CreatePartition
				glue:DeletePartition glue:BatchDeletePartition glue:UpdatePartition glue:GetPartition glue:GetPartitions glue:BatchGetPartition
				glue:StartColumnStatisticsTaskRun glue:GetColumnStatisticsTaskRun glue:GetColumnStatisticsTaskRuns glue:GetCatalogImportStatus`},
			{sid: "BaseQueryResultsPermissions", actions: `s3:GetBucketLocation s3:GetObject s3:ListBucket s3:ListBucketMultipartUploads s3:ListMultipartUploadParts s3:AbortMultipartUpload s3:CreateBucket
				s3:PutObject s3:PutBucketPublicAccessBlock`, resources: "arn:aws:s3:::aws-athena-query-results-*"},
			{sid: "BaseAthenaExamplesPermissions", actions: "s3:GetObject s3:ListBucket", resources: "arn:aws:s3:::athena-examples*"},
			{sid: "BaseS3BucketPermissions", actions: "s3:ListBucket s3:GetBucketLocation s3:ListAllMyBuckets"},
			{sid: "BaseSNSPermissions", actions: "sns:ListTopics sns:GetTopicAttributes"},
			{sid: "BaseCloudWatchPermissions", actions: "cloudwatch:PutMetricAlarm cloudwatch:DescribeAlarms cloudwatch:DeleteAlarms cloudwatch:GetMetricData"},
			{sid: "BaseLakeFormationPermissions", actions: "lakeformation:GetDataAccess"},
			{sid: "BaseDataZonePermissions", actions: "datazone:ListDomains datazone:ListProjects datazone:ListAccountEnvironments"},
			{sid: "BasePricingPermissions", actions: "pricing:GetProducts"},
		}},
	{"AmazonBedrockReadOnly", "/", "Provides read only access to Amazon Bedrock.", 7, "2023-12-06", "2026-02-12",
		[]statement{
			{sid: "AmazonBedrockReadOnly", actions: "bedrock:Get* bedrock:List*"},
			{sid: "MarketplaceModelEndpointNonMutatingAPIs", actions: `sagemaker:DescribeEndpoint sagemaker:DescribeEndpointConfig sagemaker:DescribeModel sagemaker:DescribeInferenceComponent sagemaker:ListEndpoints
				sagemaker:ListTags`, resources: "arn:aws:sagemaker:*:*:endpoint/* arn:aws:sagemaker:*:*:endpoint-config/* arn:aws:sagemaker:*:*:model/*", condition: `{"StringEquals": {"aws:CalledViaLast": "bedrock.amazonaws.com"}}`},
			{sid: "DiscoveringMarketplaceModel", actions: "sagemaker:DescribeHubContent", resources: "arn:aws:sagemaker:*:aws:hub-content/SageMakerPublicHub/Model/* arn:aws:sagemaker:*:aws:hub/SageMakerPublicHub"},
			{sid: "AllowMarketplaceModelsListing", actions: "sagemaker:ListHubContents", resources: "arn:aws:sagemaker:*:aws:hub/SageMakerPublicHub"},
		}},
	{"AmazonCloudWatchRUMReadOnlyAccess", "/", "Provides read only access to Amazon Cloud Watch RUM.", 8, "2021-11-29", "2026-02-12",
		[]statement{
			{actions: `rum:GetAppMonitor rum:GetAppMonitorData rum:ListAppMonitors rum:ListRumMetricsDestinations rum:BatchGetRumMetricDefinitions rum:GetResourcePolicy
				rum:ListTagsForResource`},
			{actions: "synthetics:describeCanariesLastRun synthetics:describeCanaries", resources: "arn:aws:synthetics:*:*:canary:*"},
			{actions: "cloudwatch:GetMetricData"},
			{actions: "cloudwatch:DescribeAlarms", resources: "arn:aws:cloudwatch:*:*:alarm:*"},
			{actions: "logs:DescribeLogGroups", resources: "arn:aws:logs:*:*:log-group::log-stream:*"},
			{actions: "xray:GetTraceSummaries"},
		}},
	{"AmazonCognitoPowerUser", "/", "Provides access to Amazon Cognito without the right to administer it.", 9, "2015-03-24", "2026-02-12",
		[]statement{
			{actions: `cognito-identity:* cognito-idp:* cognito-sync:* iam:ListRoles iam:ListOpenIdConnectProviders iam:GetRole iam:ListSAMLProviders iam:GetSAMLProvider
				kinesis:ListStreams lambda:GetPolicy lambda:ListFunctions sns:GetSMSSandboxAccountStatus sns:ListPlatformApplications ses:ListIdentities
				ses:GetIdentityVerificationAttributes mobiletargeting:GetApps acm:ListCertificates sms-voice:DescribeAccountAttributes`},
			{actions: "iam:CreateServiceLinkedRole", condition: `{"StringEquals": {"iam:AWSServiceName": ["cognito-idp.amazonaws.com", "email.cognito-idp.amazonaws.com"]}}`},
			{actions: "iam:DeleteServiceLinkedRole iam:GetServiceLinkedRoleDeletionStatus", resources: "arn:aws:iam::*:role/aws-service-role/cognito-idp.amazonaws.com/AWSServiceRoleForAmazonCognitoIdp* arn:aws:iam::*:role/aws-service-role/email.cognito-idp.amazonaws.com/AWSServiceRoleForAmazonCognitoIdpEmail*"},
		}},
	{"AmazonCognitoReadOnly", "/", "Provides read only access to Amazon Cognito.", 4, "2015-03-24", "2019-08-01",
		[]statement{{actions: `cognito-identity:Describe* cognito-identity:Get* cognito-identity:List* cognito-idp:Describe* cognito-idp:AdminGet* cognito-idp:AdminList*
				cognito-idp:List* cognito-idp:Get* cognito-sync:Describe* cognito-sync:Get* cognito-sync:List* iam:ListOpenIdConnectProviders iam:ListRoles
				sns:ListPlatformApplications`}}},
	{"AmazonDocDBReadOnlyAccess", "/", "Provides read only access to Amazon Doc DB.", 1, "2019-01-09", "2019-01-09",
		[]statement{
			{actions: `rds:DescribeAccountAttributes rds:DescribeCertificates rds:DescribeDBClusterParameterGroups rds:DescribeDBClusterParameters
				rds:DescribeDBClusterSnapshotAttributes rds:DescribeDBClusterSnapshots rds:DescribeDBClusters rds:DescribeDBEngineVersions rds:DescribeDBInstances
				rds:DescribeDBLogFiles rds:DescribeDBParameterGroups rds:DescribeDBParameters rds:DescribeDBSubnetGroups rds:DescribeEventCategories
				rds:DescribeEventSubscriptions rds:DescribeEvents rds:DescribeOrderableDBInstanceOptions rds:DescribePendingMaintenanceActions
				rds:DownloadDBLogFilePortion rds:ListTagsForResource`},
			{actions: "cloudwatch:GetMetricStatistics cloudwatch:ListMetrics"},
			{actions: `ec2:DescribeAccountAttributes ec2:DescribeAvailabilityZones ec2:DescribeInternetGateways ec2:DescribeSecurityGroups ec2:DescribeSubnets
				ec2:DescribeVpcAttribute ec2:DescribeVpcs`},
			{actions: "kms:ListKeys kms:ListRetirableGrants kms:ListAliases kms:ListKeyPolicies"},
			{actions: "logs:DescribeLogStreams logs:GetLogEvents", resources: "arn:aws:logs:*:*:log-group:/aws/rds/*:log-stream:* arn:aws:logs:*:*:log-group:/aws/docdb/*:log-stream:*"},
		}},
	{"AmazonDynamoDBFullAccess", "/", "Provides full access to Amazon Dynamo DB.", 15, "2015-02-06", "2021-01-29",
		[]statement{
			{actions: `dynamodb:* dax:* application-autoscaling:DeleteScalingPolicy application-autoscaling:DeregisterScalableTarget
				application-autoscaling:DescribeScalableTargets application-autoscaling:DescribeScalingActivities application-autoscaling:DescribeScalingPolicies
				application-autoscaling:PutScalingPolicy application-autoscaling:RegisterScalableTarget cloudwatch:DeleteAlarms cloudwatch:DescribeAlarmHistory
				cloudwatch:DescribeAlarms cloudwatch:DescribeAlarmsForMetric cloudwatch:GetMetricStatistics cloudwatch:ListMetrics cloudwatch:PutMetricAlarm
				cloudwatch:GetMetricData datapipeline:ActivatePipeline datapipeline:CreatePipeline datapipeline:DeletePipeline datapipeline:DescribeObjects
				datapipeline:DescribePipelines datapipeline:GetPipelineDefinition datapipeline:ListPipelines datapipeline:PutPipelineDefinition
				datapipeline:QueryObjects ec2:DescribeVpcs ec2:DescribeSubnets ec2:DescribeSecurityGroups iam:GetRole iam:ListRoles kms:DescribeKey kms:ListAliases
				sns:CreateTopic sns:DeleteTopic sns:ListSubscriptions sns:ListSubscriptionsByTopic sns:ListTopics sns:Subscribe sns:Unsubscribe sns:SetTopicAttributes
				lambda:CreateFunction lambda:ListFunctions lambda:ListEventSourceMappings lambda:CreateEventSourceMapping lambda:DeleteEventSourceMapping
				lambda:GetFunctionConfiguration lambda:DeleteFunction resource-groups:ListGroups resource-groups:ListGroupResources resource-groups:GetGroup
				resource-groups:GetGroupQuery resource-groups:DeleteGroup resource-groups:CreateGroup tag:GetResources kinesis:ListStreams kinesis:DescribeStream
				kinesis:DescribeStreamSummary`},
			{actions: "cloudwatch:GetInsightRuleReport", resources: "arn:aws:cloudwatch:*:*:insight-rule/DynamoDBContributorInsights*"},
			{actions: "iam:PassRole", condition: `{"StringLike": {"iam:PassedToService": ["application-autoscaling.amazonaws.com", "application-autoscaling.amazonaws.com.cn", "dax.amazonaws.com"]}}`},
			{actions: "iam:CreateServiceLinkedRole", condition: `{"StringEquals": {"iam:AWSServiceName": ["replication.dynamodb.amazonaws.com", "dax.amazonaws.com", "dynamodb.application-autoscaling.amazonaws.com", "contributorinsights.dynamodb.amazonaws.com", "kinesisreplication.dynamodb.amazonaws.com"]}}`},
		}},
	{"AmazonDynamoDBFullAccess_v2", "/", "Provides the permissions of Dynamo DBFull Access v2.", 3, "2025-05-22", "2026-02-12",
		[]statement{
			{sid: "DDBAndDAXFullAccess", actions: "dynamodb:* dax:*"},
			{sid: "KMSIntegration", actions: "kms:DescribeKey kms:ListAliases"},
			{sid: "LambdaIntegration", actions: "lambda:ListEventSourceMappings lambda:ListFunctions"},
			{sid: "DaxSNSIntegration", actions: "sns:ListTopics"},
			{sid: "ApplicationAutoscalingIntegration", actions: `application-autoscaling:DeleteScalingPolicy application-autoscaling:DeregisterScalableTarget application-autoscaling:PutScalingPolicy
				application-autoscaling:RegisterScalableTarget`, condition: `{"StringEquals": {"application-autoscaling:service-namespace": "dynamodb"}}`},
			{sid: "ApplicationAutoscalingDescribeActions", actions: "application-autoscaling:DescribeScalableTargets application-autoscaling:DescribeScalingActivities application-autoscaling:DescribeScalingPolicies"},
			{sid: "TagManagement", actions: "tag:GetResources"},
			{sid: "CloudwatchMonitoring", actions: "cloudwatch:DescribeAlarms cloudwatch:GetMetricStatistics cloudwatch:GetMetricData"},
			{sid: "ListKinesisResources", actions: "kinesis:ListStreams kinesis:DescribeStream kinesis:DescribeStreamSummary"},
			{sid: "ListEC2ResourcesForDaxClusterCreation", actions: "ec2:DescribeVpcs ec2:DescribeSubnets ec2:DescribeSecurityGroups"},
			{sid: "CloudwatchInsightsRules", actions: "cloudwatch:GetInsightRuleReport", resources: "arn:aws:cloudwatch:*:*:insight-rule/DynamoDBContributorInsights*"},
			{sid: "ServiceRoleCreation", actions: "iam:CreateServiceLinkedRole", condition: `{"StringEquals": {"iam:AWSServiceName": ["replication.dynamodb.amazonaws.com", "dax.amazonaws.com", "dynamodb.application-autoscaling.amazonaws.com", "contributorinsights.dynamodb.amazonaws.com", "kinesisreplication.dynamodb.amazonaws.com"]}}`},
			{sid: "IamIntegration", actions: "iam:ListRoles"},
		}},
	{"AmazonDynamoDBReadOnlyAccess", "/", "Provides read only access to Amazon Dynamo DB.", 15, "2015-02-06", "2024-11-18",
		[]statement{
			{sid: "GeneralReadOnlyAccess", actions: `application-autoscaling:DescribeScalableTargets application-autoscaling:DescribeScalingActivities application-autoscaling:DescribeScalingPolicies
				cloudwatch:DescribeAlarmHistory cloudwatch:DescribeAlarms cloudwatch:DescribeAlarmsForMetric cloudwatch:GetMetricStatistics cloudwatch:ListMetrics
				cloudwatch:GetMetricData datapipeline:DescribeObjects datapipeline:DescribePipelines datapipeline:GetPipelineDefinition datapipeline:ListPipelines
				datapipeline:QueryObjects dynamodb:BatchGetItem dynamodb:Describe* dynamodb:List* dynamodb:GetAbacStatus dynamodb:GetItem dynamodb:GetResourcePolicy
				dynamodb:Query dynamodb:Scan dynamodb:PartiQLSelect dax:Describe* dax:List* dax:GetItem dax:BatchGetItem dax:Query dax:Scan ec2:DescribeVpcs
				ec2:DescribeSubnets ec2:DescribeSecurityGroups iam:GetRole iam:ListRoles kms:DescribeKey kms:ListAliases sns:ListSubscriptionsByTopic sns:ListTopics
				lambda:ListFunctions lambda:ListEventSourceMappings lambda:GetFunctionConfiguration resource-groups:ListGroups resource-groups:ListGroupResources
				resource-groups:GetGroup resource-groups:GetGroupQuery tag:GetResources kinesis:ListStreams kinesis:DescribeStream kinesis:DescribeStreamSummary`},
			{sid: "CCIAccess", actions: "cloudwatch:GetInsightRuleReport", resources: "arn:aws:cloudwatch:*:*:insight-rule/DynamoDBContributorInsights*"},
		}},
	{"AmazonEBSCSIDriverPolicy", "/service-role/", "Provides the permissions of EBSCSIDriver Policy.", 14, "2022-04-04", "2026-02-12",
		[]statement{
			{actions: `ec2:DescribeAvailabilityZones ec2:DescribeInstances ec2:DescribeSnapshots ec2:DescribeTags ec2:DescribeVolumes ec2:DescribeVolumesModifications
				ec2:DescribeVolumeStatus`},
			{actions: "ec2:CreateSnapshot ec2:ModifyVolume", resources: "arn:aws:ec2:*:*:volume/*"},
			{actions: "ec2:CopyVolumes", resources: "arn:aws:ec2:*:*:volume/vol-*"},
			{actions: "ec2:AttachVolume ec2:DetachVolume", resources: "arn:aws:ec2:*:*:volume/* arn:aws:ec2:*:*:instance/*"},
			{actions: "ec2:CreateVolume ec2:EnableFastSnapshotRestores", resources: "arn:aws:ec2:*:*:snapshot/*"},
			{actions: "ec2:CreateTags", resources: "arn:aws:ec2:*:*:volume/* arn:aws:ec2:*:*:snapshot/*", condition: `{"StringEquals": {"ec2:CreateAction": ["CreateVolume", "CreateSnapshot", "CopyVolumes"]}}`},
			{actions: "ec2:DeleteTags", resources: "arn:aws:ec2:*:*:volume/* arn:aws:ec2:*:*:snapshot/*"},
			{actions: "ec2:CreateVolume ec2:CopyVolumes", resources: "arn:aws:ec2:*:*:volume/*", condition: `{"StringLike": {"aws:RequestTag/ebs.csi.aws.com/cluster": "true"}}`},
			{actions: "ec2:CreateVolume ec2:CopyVolumes", resources: "arn:aws:ec2:*:*:volume/*", condition: `{"StringLike": {"aws:RequestTag/CSIVolumeName": "*"}}`},
			{actions: "ec2:DeleteVolume", resources: "arn:aws:ec2:*:*:volume/*", condition: `{"StringLike": {"ec2:ResourceTag/ebs.csi.aws.com/cluster": "true"}}`},
			{actions: "ec2:DeleteVolume", resources: "arn:aws:ec2:*:*:volume/*", condition: `{"StringLike": {"ec2:ResourceTag/CSIVolumeName": "*"}}`},
			{actions: "ec2:DeleteVolume", resources: "arn:aws:ec2:*:*:volume/*", condition: `{"StringLike": {"ec2:ResourceTag/kubernetes.io/created-for/pvc/name": "*"}}`},
			{actions: "ec2:CreateSnapshot", resources: "arn:aws:ec2:*:*:snapshot/*", condition: `{"StringLike": {"aws:RequestTag/CSIVolumeSnapshotName": "*"}}`},
			{actions: "ec2:CreateSnapshot", resources: "arn:aws:ec2:*:*:snapshot/*", condition: `{"StringLike": {"aws:RequestTag/ebs.csi.aws.com/cluster": "true"}}`},
			{actions: "ec2:DeleteSnapshot ec2:LockSnapshot", resources: "arn:aws:ec2:*:*:snapshot/*", condition: `{"StringLike": {"ec2:ResourceTag/CSIVolumeSnapshotName": "*"}}`},
			{actions: "ec2:DeleteSnapshot ec2:LockSnapshot", resources: "arn:aws:ec2:*:*:snapshot/*", condition: `{"StringLike": {"ec2:ResourceTag/ebs.csi.aws.com/cluster": "true"}}`},
		}},
	{"AmazonEC2FullAccess", "/", "Provides full access to Amazon EC2.", 5, "2015-02-06", "2018-11-27",
		[]statement{
			{actions: "ec2:*"},
			{actions: "elasticloadbalancing:*"},
			{actions: "cloudwatch:*"},
			{actions: "autoscaling:*"},
			{actions: "iam:CreateServiceLinkedRole", condition: `{"StringEquals": {"iam:AWSServiceName": ["autoscaling.amazonaws.com", "ec2scheduled.amazonaws.com", "elasticloadbalancing.amazonaws.com", "spot.amazonaws.com", "spotfleet.amazonaws.com", "transitgateway.amazonaws.com"]}}`},
		}},
	{"AmazonEC2ReadOnlyAccess", "/", "Provides read only access to Amazon EC2.", 5, "2015-02-06", "2026-02-12",
		[]statement{
			{actions: "ec2:Describe* ec2:GetSecurityGroupsForVpc"},
			{actions: "elasticloadbalancing:Describe*"},
			{actions: "cloudwatch:ListMetrics cloudwatch:GetMetricStatistics cloudwatch:Describe*"},
			{actions: "autoscaling:Describe*"},
		}},
	{"AmazonEC2RoleforSSM", "/service-role/", "Provides the permissions of EC2Rolefor SSM.", 8, "2015-05-29", "2019-01-24",
		[]statement{
			{actions: `ssm:DescribeAssociation ssm:GetDeployablePatchSnapshotForInstance ssm:GetDocument ssm:DescribeDocument ssm:GetManifest ssm:GetParameters
				ssm:ListAssociations ssm:ListInstanceAssociations ssm:PutInventory ssm:PutComplianceItems ssm:PutConfigurePackageResult ssm:UpdateAssociationStatus
				ssm:UpdateInstanceAssociationStatus ssm:UpdateInstanceInformation`},
			{actions: "ssmmessages:CreateControlChannel ssmmessages:CreateDataChannel ssmmessages:OpenControlChannel ssmmessages:OpenDataChannel"},
			{actions: "ec2messages:AcknowledgeMessage ec2messages:DeleteMessage ec2messages:FailMessage ec2messages:GetEndpoint ec2messages:GetMessages ec2messages:SendReply"},
			{actions: "cloudwatch:PutMetricData"},
			{actions: "ec2:DescribeInstanceStatus"},
			{actions: "ds:CreateComputer ds:DescribeDirectories"},
			{actions: "logs:CreateLogGroup logs:CreateLogStream logs:DescribeLogGroups logs:DescribeLogStreams logs:PutLogEvents"},
			{actions: `s3:GetBucketLocation s3:PutObject s3:GetObject s3:GetEncryptionConfiguration s3:AbortMultipartUpload s3:ListMultipartUploadParts s3:ListBucket
				s3:ListBucketMultipartUploads`},
		}},
	{"AmazonEC2SpotFleetTaggingRole", "/service-role/", "Provides the permissions of EC2Spot Fleet Tagging Role.", 5, "2017-06-29", "2020-04-23",
		[]statement{
			{actions: "ec2:DescribeImages ec2:DescribeSubnets ec2:RequestSpotInstances ec2:TerminateInstances ec2:DescribeInstanceStatus ec2:CreateTags ec2:RunInstances"},
			{actions: "iam:PassRole", condition: `{"StringEquals": {"iam:PassedToService": ["ec2.amazonaws.com", "ec2.amazonaws.com.cn"]}}`},
			{actions: "elasticloadbalancing:RegisterInstancesWithLoadBalancer", resources: "arn:aws:elasticloadbalancing:*:*:loadbalancer/*"},
			{actions: "elasticloadbalancing:RegisterTargets", resources: "arn:aws:elasticloadbalancing:*:*:*/*"},
		}},
	{"AmazonECSComputeServiceRolePolicy", "/aws-service-role/", "Provides the permissions of ECSCompute Service Role Policy.", 6, "2025-03-24", "2026-02-12",
		[]statement{
			{sid: "ReadOnlyPermissionsForInstanceManagement", actions: "ec2:DescribeInstances ec2:DescribeInstanceStatus ec2:DescribeNetworkInterfaces ec2:DescribeFleets"},
			{sid: "ReadOnlyPermissionsForInstanceEventWindows", actions: "ec2:DescribeInstanceEventWindows"},
			{sid: "ReadOnlyPermissionsForLaunchTemplates", actions: "ec2:DescribeLaunchTemplates ec2:DescribeLaunchTemplateVersions"},
			{sid: "DeleteManagedLaunchTemplate", actions: "ec2:DeleteLaunchTemplate ec2:DeleteLaunchTemplateVersions", resources: "arn:aws:ec2:*:*:launch-template/*", condition: `{"StringEquals": {"ec2:ManagedResourceOperator": "ecs.amazonaws.com"}}`},
			{sid: "TerminateManagedInstances", actions: "ec2:TerminateInstances", resources: "arn:aws:ec2:*:*:instance/*", condition: `{"StringEquals": {"ec2:ManagedResourceOperator": "ecs.amazonaws.com"}}`},
		}},
	{"AmazonECSInfrastructureRolePolicyForLoadBalancers", "/", "Provides the permissions of ECSInfrastructure Role Policy For Load Balancers.", 6, "2025-07-17", "2026-02-12",
		[]statement{
			{sid: "ELBReadOperations", actions: `elasticloadbalancing:DescribeListeners elasticloadbalancing:DescribeRules elasticloadbalancing:DescribeTargetGroups
				elasticloadbalancing:DescribeTargetHealth`},
			{sid: "TargetGroupOperations", actions: "elasticloadbalancing:RegisterTargets elasticloadbalancing:DeregisterTargets", resources: "arn:aws:elasticloadbalancing:*:*:targetgroup/*/*"},
			{sid: "ALBModifyListeners", actions: "elasticloadbalancing:ModifyListener", resources: "arn:aws:elasticloadbalancing:*:*:listener/app/*/*/*"},
			{sid: "NLBModifyListeners", actions: "elasticloadbalancing:ModifyListener", resources: "arn:aws:elasticloadbalancing:*:*:listener/net/*/*/*"},
			{sid: "ALBModifyRules", actions: "elasticloadbalancing:ModifyRule", resources: "arn:aws:elasticloadbalancing:*:*:listener-rule/app/*/*/*/*"},
		}},
	{"AmazonECSInfrastructureRolePolicyForManagedInstances", "/", "Provides the permissions of ECSInfrastructure Role Policy For Managed Instances.", 11, "2025-09-26", "2026-02-26",
		[]statement{
			{sid: "CreateLaunchTemplateForManagedInstances", actions: "ec2:CreateLaunchTemplate", resources: "arn:aws:ec2:*:*:launch-template/*", condition: `{"StringEquals": {"aws:RequestTag/AmazonECSManaged": "true"}}`},
			{sid: "CreateLaunchTemplateVersionsForManagedInstances", actions: "ec2:CreateLaunchTemplateVersion ec2:ModifyLaunchTemplate", resources: "arn:aws:ec2:*:*:launch-template/*", condition: `{"StringEquals": {"ec2:ManagedResourceOperator": "ecs.amazonaws.com"}}`},
			{sid: "ProvisionEC2InstancesForManagedInstances", actions: "ec2:CreateFleet", resources: "arn:aws:ec2:*:*:fleet/* arn:aws:ec2:*:*:instance/* arn:aws:ec2:*:*:network-interface/* arn:aws:ec2:*:*:launch-template/* arn:aws:ec2:*:*:volume/*", condition: `{"StringEquals": {"aws:RequestTag/AmazonECSManaged": "true"}}`},
			{sid: "CreateFleetForSupportingResources", actions: "ec2:CreateFleet", resources: "arn:aws:ec2:*:*:subnet/* arn:aws:ec2:*:*:security-group/* arn:aws:ec2:*::image/*"},
			{sid: "RunInstancesForManagedInstances", actions: "ec2:RunInstances", resources: "arn:aws:ec2:*:*:instance/* arn:aws:ec2:*:*:volume/* arn:aws:ec2:*:*:network-interface/*", condition: `{"StringEquals": {"aws:RequestTag/AmazonECSManaged": "true"}}`},
			{sid: "RunInstancesForECSManagedLaunchTemplates", actions: "ec2:RunInstances", resources: "arn:aws:ec2:*:*:launch-template/*", condition: `{"StringEquals": {"ec2:ResourceTag/AmazonECSManaged": "true"}}`},
			{sid: "RunInstancesForSupportingResources", actions: "ec2:RunInstances", resources: "arn:aws:ec2:*:*:subnet/* arn:aws:ec2:*:*:security-group/* arn:aws:ec2:*::image/* arn:aws:resource-groups:*:*:group/*"},
			{sid: "TagOnCreateEC2ResourcesForManagedInstances", actions: "ec2:CreateTags", resources: "arn:aws:ec2:*:*:fleet/* arn:aws:ec2:*:*:launch-template/* arn:aws:ec2:*:*:network-interface/* arn:aws:ec2:*:*:instance/* arn:aws:ec2:*:*:volume/*", condition: `{"StringEquals": {"ec2:CreateAction": ["CreateFleet", "CreateLaunchTemplate", "RunInstances"]}}`},
			{sid: "PassInstanceRoleForManagedInstances", actions: "iam:PassRole", resources: "arn:aws:iam::*:role/ecsInstanceRole*", condition: `{"StringLike": {"iam:PassedToService": "ec2.*"}}`},
			{sid: "CreateServiceLinkedRoleForEC2Spot", actions: "iam:CreateServiceLinkedRole", resources: "arn:aws:iam::*:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot"},
			{sid: "DescribeEC2ResourcesManagedByECS", actions: `ec2:DescribeInstances ec2:DescribeInstanceTypes ec2:DescribeLaunchTemplates ec2:DescribeNetworkInterfaces ec2:DescribeInstanceTypeOfferings
				ec2:DescribeAvailabilityZones ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcs ec2:DescribeCapacityReservations`},
			{sid: "ListResourceGroupResources", actions: "resource-groups:ListGroupResources cloudformation:DescribeStacks cloudformation:ListStackResources tag:GetResources"},
		}},
	{"AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayerSecurity", "/service-role/", "Provides the permissions of ECSInfrastructure Role Policy For Service Connect Transport Layer Security.", 4, "2024-01-19", "2026-02-12",
		[]statement{
			{sid: "CreateSecret", actions: "secretsmanager:CreateSecret", resources: "arn:aws:secretsmanager:*:*:secret:ecs-sc!*", condition: `{"ArnLike": {"aws:RequestTag/AmazonECSCreated": ["arn:aws:ecs:*:*:service/*/*", "arn:aws:ecs:*:*:task-set/*/*"]}, "StringEquals": {"aws:RequestTag/AmazonECSManaged": "true", "aws:ResourceAccount": "${aws:PrincipalAccount}"}}`},
			{sid: "TagOnCreateSecret", actions: "secretsmanager:TagResource", resources: "arn:aws:secretsmanager:*:*:secret:ecs-sc!*", condition: `{"ArnLike": {"aws:RequestTag/AmazonECSCreated": ["arn:aws:ecs:*:*:service/*/*", "arn:aws:ecs:*:*:task-set/*/*"]}, "StringEquals": {"aws:RequestTag/AmazonECSManaged": "true", "aws:ResourceAccount": "${aws:PrincipalAccount}"}}`},
			{sid: "RotateTLSCertificateSecret", actions: `secretsmanager:UpdateSecret secretsmanager:GetSecretValue secretsmanager:PutSecretValue secretsmanager:DeleteSecret secretsmanager:RotateSecret
				secretsmanager:UpdateSecretVersionStage`, resources: "arn:aws:secretsmanager:*:*:secret:ecs-sc!*", condition: `{"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}", "secretsmanager:ResourceTag/aws:secretsmanager:owningService": "ecs-sc"}}`},
			{sid: "DescribeTLSCertificateSecret", actions: "secretsmanager:DescribeSecret", resources: "arn:aws:secretsmanager:*:*:secret:ecs-sc!*", condition: `{"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}`},
			{sid: "ManagePrivateCertificateAuthority", actions: "acm-pca:GetCertificate acm-pca:GetCertificateAuthorityCertificate acm-pca:DescribeCertificateAuthority", condition: `{"StringEquals": {"aws:ResourceTag/AmazonECSManaged": "true"}}`},
			{sid: "ManagePrivateCertificateAuthorityForIssuingEndEntityCertificate", actions: "acm-pca:IssueCertificate", condition: `{"StringEquals": {"acm-pca:TemplateArn": "arn:aws:acm-pca:::template/EndEntityCertificate/V1", "aws:ResourceTag/AmazonECSManaged": "true"}}`},
		}},
	{"AmazonECSInfrastructureRolePolicyForVpcLattice", "/", "Provides the permissions of ECSInfrastructure Role Policy For Vpc Lattice.", 1, "2024-11-15", "2024-11-15",
		[]statement{
			{sid: "ManagedVpcLatticeTargetRegistration", actions: "vpc-lattice:RegisterTargets vpc-lattice:DeregisterTargets", resources: "arn:aws:vpc-lattice:*:*:targetgroup/*"},
			{sid: "DescribeVpcLatticeTargetGroup", actions: "vpc-lattice:GetTargetGroup", resources: "arn:aws:vpc-lattice:*:*:targetgroup/*"},
			{sid: "ListVpcLatticeTargets", actions: "vpc-lattice:ListTargets", resources: "arn:aws:vpc-lattice:*:*:targetgroup/*"},
			{sid: "DescribeEc2Resources", actions: "ec2:DescribeSubnets ec2:DescribeVpcs ec2:DescribeInstances"},
		}},
	{"AmazonECSInstanceRolePolicyForManagedInstances", "/", "Provides the permissions of ECSInstance Role Policy For Managed Instances.", 3, "2025-09-26", "2026-02-12",
		[]statement{
			{sid: "ECSAgentDiscoverPollEndpointPermissions", actions: "ecs:DiscoverPollEndpoint"},
			{sid: "ECSAgentRegisterPermissions", actions: "ecs:RegisterContainerInstance", resources: "arn:aws:ecs:*:*:cluster/*"},
			{sid: "ECSAgentPollPermissions", actions: "ecs:Poll", resources: "arn:aws:ecs:*:*:container-instance/*"},
			{sid: "ECSAgentTelemetryPermissions", actions: "ecs:StartTelemetrySession ecs:PutSystemLogEvents", resources: "arn:aws:ecs:*:*:container-instance/*"},
			{sid: "ECSAgentStateChangePermissions", actions: "ecs:SubmitAttachmentStateChanges ecs:SubmitTaskStateChange", resources: "arn:aws:ecs:*:*:cluster/*"},
		}},
	{"AmazonEKSComputePolicy", "/", "Provides the permissions of EKSCompute Policy.", 6, "2024-11-01", "2026-04-17",
		[]statement{
			{actions: "ec2:CreateFleet ec2:RunInstances", resources: "arn:aws:ec2:*:*:placement-group/* arn:aws:ec2:*:*:capacity-reservation/* arn:aws:ec2:*::image/* arn:aws:ec2:*:*:security-group/* arn:aws:ec2:*:*:subnet/*"},
			{actions: "ec2:CreateFleet ec2:RunInstances", resources: "arn:aws:ec2:*:*:launch-template/*", condition: `{"StringEquals": {"aws:ResourceTag/eks:eks-cluster-name": "${aws:PrincipalTag/eks:eks-cluster-name}"}}`},
			{actions: "ec2:CreateFleet ec2:RunInstances ec2:CreateLaunchTemplate", condition: `{"ForAllValues:StringLike": {"aws:TagKeys": ["eks:eks-cluster-name", "eks:kubernetes-node-class-name", "eks:kubernetes-node-pool-name", "kubernetes.io/cluster/*"]}, "StringEquals": {"aws:RequestTag/eks:eks-cluster-name": "${aws:PrincipalTag/eks:eks-cluster-name}"}, "StringLike": {"aws:RequestTag/eks:kubernetes-node-class-name": "*", "aws:RequestTag/eks:kubernetes-node-pool-name": "*"}}`},
			{actions: "ec2:CreateTags", condition: `{"StringEquals": {"ec2:CreateAction": ["CreateFleet", "RunInstances", "CreateLaunchTemplate"]}}`},
			{actions: "iam:AddRoleToInstanceProfile", resources: "arn:aws:iam::*:instance-profile/eks*"},
			{actions: "iam:PassRole", condition: `{"StringEquals": {"iam:PassedToService": ["ec2.amazonaws.com", "ec2.amazonaws.com.cn"]}}`},
			{actions: "iam:CreateServiceLinkedRole", resources: "arn:aws:iam::*:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot", condition: `{"StringEquals": {"iam:AWSServiceName": "spot.amazonaws.com"}}`},
		}},
	{"AmazonEKSVPCResourceController", "/", "Provides the permissions of EKSVPCResource Controller.", 1, "2020-08-12", "2020-08-12",
		[]statement{
			{actions: "ec2:CreateNetworkInterfacePermission", condition: `{"ForAnyValue:StringEquals": {"ec2:ResourceTag/eks:eni:owner": "eks-vpc-resource-controller"}}`},
			{actions: `ec2:CreateNetworkInterface ec2:DetachNetworkInterface ec2:ModifyNetworkInterfaceAttribute ec2:DeleteNetworkInterface ec2:AttachNetworkInterface
				ec2:UnassignPrivateIpAddresses ec2:AssignPrivateIpAddresses`},
		}},
	{"AmazonEKSWorkerNodeMinimalPolicy", "/", "Provides the permissions of EKSWorker Node Minimal Policy.", 1, "2024-10-02", "2024-10-02",
		[]statement{{sid: "WorkerNodePermissions", actions: "eks-auth:AssumeRoleForPodIdentity"}}},
	{"AmazonElastiCacheReadOnlyAccess", "/", "Provides read only access to Amazon Elasti Cache.", 1, "2015-02-06", "2015-02-06",
		[]statement{{actions: "elasticache:Describe*"}}},
	{"AmazonElasticFileSystemClientFullAccess", "/", "Provides full access to Amazon Elastic File System Client.", 1, "2020-01-13", "2020-01-13",
		[]statement{{actions: "elasticfilesystem:ClientMount elasticfilesystem:ClientRootAccess elasticfilesystem:ClientWrite elasticfilesystem:DescribeMountTargets"}}},
	{"AmazonElasticFileSystemClientReadOnlyAccess", "/", "Provides read only access to Amazon Elastic File System Client.", 1, "2020-01-13", "2020-01-13",
		[]statement{{actions: "elasticfilesystem:ClientMount elasticfilesystem:DescribeMountTargets"}}},
	{"AmazonElasticFileSystemClientReadWriteAccess", "/", "Provides the permissions of Elastic File System Client Read Write Access.", 1, "2020-01-13", "2020-01-13",
		[]statement{{actions: "elasticfilesystem:ClientMount elasticfilesystem:ClientWrite elasticfilesystem:DescribeMountTargets"}}},
	{"AmazonElasticFileSystemFullAccess", "/", "Provides full access to Amazon Elastic File System.", 10, "2015-05-27", "2024-11-07",
		[]statement{
			{sid: "ElasticFileSystemFullAccess", actions: `cloudwatch:DescribeAlarmsForMetric cloudwatch:GetMetricData ec2:CreateNetworkInterface ec2:DeleteNetworkInterface ec2:DescribeAvailabilityZones
				ec2:DescribeNetworkInterfaceAttribute ec2:DescribeNetworkInterfaces ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcAttribute
				ec2:DescribeVpcs ec2:ModifyNetworkInterfaceAttribute elasticfilesystem:CreateFileSystem elasticfilesystem:CreateMountTarget
				elasticfilesystem:CreateTags elasticfilesystem:CreateAccessPoint elasticfilesystem:CreateReplicationConfiguration elasticfilesystem:DeleteFileSystem
				elasticfilesystem:DeleteMountTarget elasticfilesystem:DeleteTags elasticfilesystem:DeleteAccessPoint elasticfilesystem:DeleteFileSystemPolicy
				elasticfilesystem:DeleteReplicationConfiguration elasticfilesystem:DescribeAccountPreferences elasticfilesystem:DescribeBackupPolicy
				elasticfilesystem:DescribeFileSystems elasticfilesystem:DescribeFileSystemPolicy elasticfilesystem:DescribeLifecycleConfiguration
				elasticfilesystem:DescribeMountTargets elasticfilesystem:DescribeMountTargetSecurityGroups elasticfilesystem:DescribeTags
				elasticfilesystem:DescribeAccessPoints elasticfilesystem:DescribeReplicationConfigurations elasticfilesystem:ModifyMountTargetSecurityGroups
				elasticfilesystem:PutAccountPreferences elasticfilesystem:PutBackupPolicy elasticfilesystem:PutLifecycleConfiguration
				elasticfilesystem:PutFileSystemPolicy elasticfilesystem:UpdateFileSystem elasticfilesystem:UpdateFileSystemProtection elasticfilesystem:TagResource
				elasticfilesystem:UntagResource elasticfilesystem:ListTagsForResource elasticfilesystem:Backup elasticfilesystem:Restore
				elasticfilesystem:ReplicationRead elasticfilesystem:ReplicationWrite kms:DescribeKey kms:ListAliases`},
			{sid: "CreateServiceLinkedRoleForEFS", actions: "iam:CreateServiceLinkedRole", condition: `{"StringEquals": {"iam:AWSServiceName": ["elasticfilesystem.amazonaws.com"]}}`},
			{sid: "IAMPassRoleAccessForEFS", actions: "iam:PassRole", resources: "arn:aws:iam::*:role/*", condition: `{"StringLike": {"iam:PassedToService": "elasticfilesystem.amazonaws.com"}}`},
		}},
	{"AmazonElasticFileSystemReadOnlyAccess", "/", "Provides read only access to Amazon Elastic File System.", 9, "2015-05-27", "2024-11-07",
		[]statement{{sid: "ElasticFileSystemReadOnlyAccess", actions: `cloudwatch:DescribeAlarmsForMetric cloudwatch:GetMetricData ec2:DescribeAvailabilityZones ec2:DescribeNetworkInterfaceAttribute
				ec2:DescribeNetworkInterfaces ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcAttribute ec2:DescribeVpcs
				elasticfilesystem:DescribeAccountPreferences elasticfilesystem:DescribeBackupPolicy elasticfilesystem:DescribeFileSystems
				elasticfilesystem:DescribeFileSystemPolicy elasticfilesystem:DescribeLifecycleConfiguration elasticfilesystem:DescribeMountTargets
				elasticfilesystem:DescribeMountTargetSecurityGroups elasticfilesystem:DescribeTags elasticfilesystem:DescribeAccessPoints
				elasticfilesystem:DescribeReplicationConfigurations elasticfilesystem:ListTagsForResource elasticfilesystem:ReplicationRead kms:ListAliases`}}},
	{"AmazonEventBridgeFullAccess", "/", "Provides full access to Amazon Event Bridge.", 7, "2019-07-11", "2026-02-12",
		[]statement{
			{sid: "EventBridgeActions", actions: "events:* schemas:* scheduler:* pipes:*"},
			{sid: "IAMCreateServiceLinkedRoleForApiDestinations", actions: "iam:CreateServiceLinkedRole", resources: "arn:aws:iam::*:role/aws-service-role/apidestinations.events.amazonaws.com/AWSServiceRoleForAmazonEventBridgeApiDestinations", condition: `{"StringEquals": {"iam:AWSServiceName": "apidestinations.events.amazonaws.com"}}`},
			{sid: "IAMCreateServiceLinkedRoleForAmazonEventBridgeSchemas", actions: "iam:CreateServiceLinkedRole", resources: "arn:aws:iam::*:role/aws-service-role/schemas.amazonaws.com/AWSServiceRoleForSchemas", condition: `{"StringEquals": {"iam:AWSServiceName": "schemas.amazonaws.com"}}`},
			{sid: "SecretsManagerAccessForApiDestinations", actions: "secretsmanager:CreateSecret secretsmanager:UpdateSecret secretsmanager:DeleteSecret secretsmanager:GetSecretValue secretsmanager:PutSecretValue", resources: "arn:aws:secretsmanager:*:*:secret:events!*"},
			{sid: "IAMPassRoleAccessForEventBridge", actions: "iam:PassRole", resources: "arn:aws:iam::*:role/*", condition: `{"StringLike": {"iam:PassedToService": "events.amazonaws.com"}}`},
			{sid: "IAMPassRoleAccessForScheduler", actions: "iam:PassRole", resources: "arn:aws:iam::*:role/*", condition: `{"StringLike": {"iam:PassedToService": "scheduler.amazonaws.com"}}`},
			{sid: "IAMPassRoleAccessForPipes", actions: "iam:PassRole", resources: "arn:aws:iam::*:role/*", condition: `{"StringLike": {"iam:PassedToService": "pipes.amazonaws.com"}}`},
		}},
	{"AmazonEventBridgeReadOnlyAccess", "/", "Provides read only access to Amazon Event Bridge.", 6, "2019-07-11", "2022-12-01",
		[]statement{{actions: `events:DescribeRule events:DescribeEventBus events:DescribeEventSource events:ListEventBuses events:ListEventSources events:ListRuleNamesByTarget
				events:ListRules events:ListTargetsByRule events:TestEventPattern events:DescribeArchive events:ListArchives events:DescribeReplay events:ListReplays
				events:DescribeConnection events:ListConnections events:DescribeApiDestination events:ListApiDestinations events:DescribeEndpoint events:ListEndpoints
				schemas:DescribeCodeBinding schemas:DescribeDiscoverer schemas:DescribeRegistry schemas:DescribeSchema schemas:ExportSchema
				schemas:GetCodeBindingSource schemas:GetDiscoveredSchema schemas:GetResourcePolicy schemas:ListDiscoverers schemas:ListRegistries schemas:ListSchemas
				schemas:ListSchemaVersions schemas:ListTagsForResource schemas:SearchSchemas scheduler:GetSchedule scheduler:GetScheduleGroup scheduler:ListSchedules
				scheduler:ListScheduleGroups scheduler:ListTagsForResource pipes:DescribePipe pipes:ListPipes pipes:ListTagsForResource`}}},
}
