package managed

// elsewhereAWS goes on with elsewhere: the names that begin with AWS.
var elsewhereAWS = []entry{
	{"AWSAccountActivityAccess", "/", "Provides the permissions of Account Activity Access.", 3, "2015-02-06", "2026-02-20",
		[]statement{
			{actions: `account:GetAccountInformation account:GetAlternateContact account:GetContactInformation account:GetRegionOptStatus account:ListRegions
				billing:GetIAMAccessPreference billing:GetSellerOfRecord payments:ListPaymentPreferences`},
			{actions: "aws-portal:ViewBilling"},
		}},
	{"AWSAccountUsageReportAccess", "/", "Provides the permissions of Account Usage Report Access.", 1, "2015-02-06", "2015-02-06",
		[]statement{{actions: "aws-portal:ViewUsage"}}},
	{"AWSAppMeshEnvoyAccess", "/", "Provides the permissions of App Mesh Envoy Access.", 1, "2019-07-03", "2019-07-03",
		[]statement{{actions: "appmesh:StreamAggregatedResources"}}},
	{"AWSCertificateManagerFullAccess", "/", "Provides full access to AWS Certificate Manager.", 2, "2016-01-21", "2020-08-17",
		[]statement{
			{actions: "acm:*"},
			{actions: "iam:CreateServiceLinkedRole", resources: "arn:aws:iam::*:role/aws-service-role/acm.amazonaws.com/AWSServiceRoleForCertificateManager*", condition: `{"StringEquals": {"iam:AWSServiceName": "acm.amazonaws.com"}}`},
			{actions: "iam:DeleteServiceLinkedRole iam:GetServiceLinkedRoleDeletionStatus iam:GetRole", resources: "arn:aws:iam::*:role/aws-service-role/acm.amazonaws.com/AWSServiceRoleForCertificateManager*"},
		}},
	{"AWSCertificateManagerReadOnly", "/", "Provides read only access to AWS Certificate Manager.", 5, "2016-01-21", "2026-03-31",
		[]statement{{actions: "acm:DescribeCertificate acm:ListCertificates acm:SearchCertificates acm:GetCertificate acm:ListTagsForCertificate acm:GetAccountConfiguration"}}},
	{"AWSCloudFormationFullAccess", "/", "Provides full access to AWS Cloud Formation.", 1, "2019-07-26", "2019-07-26",
		[]statement{{actions: "cloudformation:*"}}},
	{"AWSCloudFormationReadOnlyAccess", "/", "Provides read only access to AWS Cloud Formation.", 7, "2015-02-06", "2026-02-12",
		[]statement{{actions: `cloudformation:Describe* cloudformation:BatchDescribe* cloudformation:EstimateTemplateCost cloudformation:Get* cloudformation:List*
				cloudformation:ValidateTemplate cloudformation:Detect*`}}},
	{"AWSCloudMapDiscoverInstanceAccess", "/", "Provides the permissions of Cloud Map Discover Instance Access.", 2, "2018-11-29", "2023-09-20",
		[]statement{{actions: "servicediscovery:DiscoverInstances servicediscovery:DiscoverInstancesRevision"}}},
	{"AWSCloudMapFullAccess", "/", "Provides full access to AWS Cloud Map.", 2, "2018-11-28", "2020-07-29",
		[]statement{{actions: `route53:GetHostedZone route53:ListHostedZonesByName route53:CreateHostedZone route53:DeleteHostedZone route53:ChangeResourceRecordSets
				route53:CreateHealthCheck route53:GetHealthCheck route53:DeleteHealthCheck route53:UpdateHealthCheck ec2:DescribeVpcs ec2:DescribeRegions
				ec2:DescribeInstances servicediscovery:*`}}},
	{"AWSCloudMapReadOnlyAccess", "/", "Provides read only access to AWS Cloud Map.", 2, "2018-11-28", "2023-09-20",
		[]statement{{actions: "servicediscovery:Get* servicediscovery:List* servicediscovery:DiscoverInstances servicediscovery:DiscoverInstancesRevision"}}},
	{"AWSCloudMapRegisterInstanceAccess", "/", "Provides the permissions of Cloud Map Register Instance Access.", 3, "2018-11-29", "2023-09-20",
		[]statement{{actions: `route53:GetHostedZone route53:ListHostedZonesByName route53:ChangeResourceRecordSets route53:CreateHealthCheck route53:GetHealthCheck
				route53:DeleteHealthCheck route53:UpdateHealthCheck servicediscovery:Get* servicediscovery:List* servicediscovery:RegisterInstance
				servicediscovery:DeregisterInstance servicediscovery:DiscoverInstances servicediscovery:DiscoverInstancesRevision ec2:DescribeInstances`}}},
	{"AWSCloudTrail_ReadOnlyAccess", "/", "Provides read only access to AWS Cloud Trail.", 1, "2022-06-14", "2022-06-14",
		[]statement{{actions: "cloudtrail:Get* cloudtrail:Describe* cloudtrail:List* cloudtrail:LookupEvents"}}},
	{"AWSCodeBuildDeveloperAccess", "/", "Provides the permissions of Code Build Developer Access.", 21, "2016-12-01", "2026-02-12",
		[]statement{
			{sid: "AWSServicesAccess", actions: `codebuild:StartBuild codebuild:StopBuild codebuild:StartBuildBatch codebuild:StopBuildBatch codebuild:RetryBuild codebuild:RetryBuildBatch
				codebuild:BatchGet* codebuild:GetResourcePolicy codebuild:DescribeTestCases codebuild:DescribeCodeCoverages codebuild:List* codecommit:GetBranch
				codecommit:GetCommit codecommit:GetRepository codecommit:ListBranches cloudwatch:GetMetricStatistics events:DescribeRule events:ListTargetsByRule
				events:ListRuleNamesByTarget logs:GetLogEvents s3:GetBucketLocation s3:ListAllMyBuckets`},
			{sid: "SSMParameterWriteAccess", actions: "ssm:PutParameter", resources: "arn:aws:ssm:*:*:parameter/CodeBuild/*"},
			{sid: "SSMStartSessionAccess", actions: "ssm:StartSession", resources: "arn:aws:ecs:*:*:task/*/*"},
			{sid: "SSMOpenDataChannelAccess", actions: "ssmmessages:OpenDataChannel", resources: "arn:aws:ssm:*:*:session/*"},
			{sid: "CodeStarConnectionsUserAccess", actions: "codestar-connections:ListConnections codestar-connections:GetConnection", resources: "arn:aws:codestar-connections:*:*:connection/* arn:aws:codeconnections:*:*:connection/*"},
			{sid: "CodeStarNotificationsReadWriteAccess", actions: `codestar-notifications:CreateNotificationRule codestar-notifications:DescribeNotificationRule codestar-notifications:UpdateNotificationRule
				codestar-notifications:Subscribe codestar-notifications:Unsubscribe`, condition: `{"ArnLike": {"codestar-notifications:NotificationsForResource": "arn:aws:codebuild:*:*:project/*"}}`},
			{sid: "CodeStarNotificationsListAccess", actions: `codestar-notifications:ListNotificationRules codestar-notifications:ListEventTypes codestar-notifications:ListTargets
				codestar-notifications:ListTagsforResource`},
			{sid: "SNSTopicListAccess", actions: "sns:ListTopics sns:GetTopicAttributes"},
			{sid: "CodeStarNotificationsChatbotAccess", actions: "chatbot:DescribeSlackChannelConfigurations chatbot:ListMicrosoftTeamsChannelConfigurations"},
		}},
	{"AWSCodeBuildReadOnlyAccess", "/", "Provides read only access to AWS Code Build.", 15, "2016-12-01", "2026-02-12",
		[]statement{
			{sid: "AWSServicesAccess", actions: `codebuild:BatchGet* codebuild:GetResourcePolicy codebuild:List* codebuild:DescribeTestCases codebuild:DescribeCodeCoverages codecommit:GetBranch
				codecommit:GetCommit codecommit:GetRepository cloudwatch:GetMetricStatistics events:DescribeRule events:ListTargetsByRule events:ListRuleNamesByTarget
				logs:GetLogEvents`},
			{sid: "CodeStarConnectionsUserAccess", actions: "codestar-connections:ListConnections codestar-connections:GetConnection", resources: "arn:aws:codestar-connections:*:*:connection/* arn:aws:codeconnections:*:*:connection/*"},
			{sid: "CodeStarNotificationsPowerUserAccess", actions: "codestar-notifications:DescribeNotificationRule", condition: `{"ArnLike": {"codestar-notifications:NotificationsForResource": "arn:aws:codebuild:*:*:project/*"}}`},
			{sid: "CodeStarNotificationsListAccess", actions: "codestar-notifications:ListNotificationRules codestar-notifications:ListEventTypes codestar-notifications:ListTargets"},
		}},
	{"AWSCodeCommitReadOnly", "/", "Provides read only access to AWS Code Commit.", 14, "2015-07-09", "2026-02-12",
		[]statement{
			{actions: `codecommit:BatchGet* codecommit:BatchDescribe* codecommit:Describe* codecommit:EvaluatePullRequestApprovalRules codecommit:Get* codecommit:List*
				codecommit:GitPull`},
			{sid: "CloudWatchEventsCodeCommitRulesReadOnlyAccess", actions: "events:DescribeRule events:ListTargetsByRule", resources: "arn:aws:events:*:*:rule/codecommit*"},
			{sid: "SNSSubscriptionAccess", actions: "sns:ListTopics sns:ListSubscriptionsByTopic sns:GetTopicAttributes"},
			{sid: "LambdaReadOnlyListAccess", actions: "lambda:ListFunctions"},
			{sid: "IAMReadOnlyListAccess", actions: "iam:ListUsers"},
			{sid: "IAMReadOnlyConsoleAccess", actions: "iam:ListSSHPublicKeys iam:ListServiceSpecificCredentials iam:ListAccessKeys iam:GetSSHPublicKey", resources: "arn:aws:iam::*:user/${aws:username}"},
			{sid: "CodeStarConnectionsReadOnlyAccess", actions: "codestar-connections:ListConnections codestar-connections:GetConnection", resources: "arn:aws:codestar-connections:*:*:connection/*"},
			{sid: "CodeStarNotificationsReadOnlyAccess", actions: "codestar-notifications:DescribeNotificationRule", condition: `{"ArnLike": {"codestar-notifications:NotificationsForResource": "arn:aws:codecommit:*:*:*"}}`},
			{sid: "CodeStarNotificationsListAccess", actions: "codestar-notifications:ListNotificationRules codestar-notifications:ListEventTypes codestar-notifications:ListTargets"},
			{sid: "AmazonCodeGuruReviewerReadOnlyAccess", actions: `codeguru-reviewer:DescribeRepositoryAssociation codeguru-reviewer:ListRepositoryAssociations codeguru-reviewer:DescribeCodeReview
				codeguru-reviewer:ListCodeReviews`},
		}},
	{"AWSCodeDeployFullAccess", "/", "Provides full access to AWS Code Deploy.", 6, "2015-05-19", "2026-02-12",
		[]statement{
			{actions: "codedeploy:*"},
			{sid: "CodeStarNotificationsReadWriteAccess", actions: `codestar-notifications:CreateNotificationRule codestar-notifications:DescribeNotificationRule codestar-notifications:UpdateNotificationRule
				codestar-notifications:DeleteNotificationRule codestar-notifications:Subscribe codestar-notifications:Unsubscribe`, condition: `{"ArnLike": {"codestar-notifications:NotificationsForResource": "arn:aws:codedeploy:*:*:application:*"}}`},
			{sid: "CodeStarNotificationsListAccess", actions: `codestar-notifications:ListNotificationRules codestar-notifications:ListTargets codestar-notifications:ListTagsforResource
				codestar-notifications:ListEventTypes`},
			{sid: "CodeStarNotificationsSNSTopicCreateAccess", actions: "sns:CreateTopic sns:SetTopicAttributes", resources: "arn:aws:sns:*:*:codestar-notifications*"},
			{sid: "CodeStarNotificationsChatbotAccess", actions: "chatbot:DescribeSlackChannelConfigurations"},
			{sid: "SNSTopicListAccess", actions: "sns:ListTopics"},
		}},
	{"AWSCodeDeployReadOnlyAccess", "/", "Provides read only access to AWS Code Deploy.", 6, "2015-05-19", "2026-02-12",
		[]statement{
			{actions: "codedeploy:Batch* codedeploy:Get* codedeploy:List*"},
			{sid: "CodeStarNotificationsPowerUserAccess", actions: "codestar-notifications:DescribeNotificationRule", condition: `{"ArnLike": {"codestar-notifications:NotificationsForResource": "arn:aws:codedeploy:*:*:application:*"}}`},
			{sid: "CodeStarNotificationsListAccess", actions: "codestar-notifications:ListNotificationRules codestar-notifications:ListEventTypes codestar-notifications:ListTargets"},
		}},
	{"AWSCodeDeployRole", "/service-role/", "Provides the permissions of Code Deploy Role.", 11, "2015-05-04", "2023-08-16",
		[]statement{{actions: `autoscaling:CompleteLifecycleAction autoscaling:DeleteLifecycleHook autoscaling:DescribeAutoScalingGroups autoscaling:DescribeLifecycleHooks
				autoscaling:PutLifecycleHook autoscaling:RecordLifecycleActionHeartbeat autoscaling:CreateAutoScalingGroup autoscaling:CreateOrUpdateTags
				autoscaling:UpdateAutoScalingGroup autoscaling:EnableMetricsCollection autoscaling:DescribePolicies autoscaling:DescribeScheduledActions
				autoscaling:DescribeNotificationConfigurations autoscaling:SuspendProcesses autoscaling:ResumeProcesses autoscaling:AttachLoadBalancers
				autoscaling:AttachLoadBalancerTargetGroups autoscaling:PutScalingPolicy autoscaling:PutScheduledUpdateGroupAction
				autoscaling:PutNotificationConfiguration autoscaling:PutWarmPool autoscaling:DescribeScalingActivities autoscaling:DeleteAutoScalingGroup
				ec2:DescribeInstances ec2:DescribeInstanceStatus ec2:TerminateInstances tag:GetResources sns:Publish cloudwatch:DescribeAlarms
				cloudwatch:PutMetricAlarm elasticloadbalancing:DescribeLoadBalancerAttributes elasticloadbalancing:DescribeTargetGroupAttributes
				elasticloadbalancing:DescribeLoadBalancers elasticloadbalancing:DescribeInstanceHealth elasticloadbalancing:RegisterInstancesWithLoadBalancer
				elasticloadbalancing:DeregisterInstancesFromLoadBalancer elasticloadbalancing:DescribeTargetGroups elasticloadbalancing:DescribeTargetHealth
				elasticloadbalancing:RegisterTargets elasticloadbalancing:DeregisterTargets`}}},
	{"AWSCodePipeline_ReadOnlyAccess", "/", "Provides read only access to AWS Code Pipeline.", 1, "2020-08-03", "2020-08-03",
		[]statement{
			{actions: `codepipeline:GetPipeline codepipeline:GetPipelineState codepipeline:GetPipelineExecution codepipeline:ListPipelineExecutions
				codepipeline:ListActionExecutions codepipeline:ListActionTypes codepipeline:ListPipelines codepipeline:ListTagsForResource s3:ListAllMyBuckets
				codestar-notifications:ListNotificationRules codestar-notifications:ListEventTypes codestar-notifications:ListTargets`},
			{actions: "s3:GetObject s3:ListBucket s3:GetBucketPolicy", resources: "arn:aws:s3::*:codepipeline-*"},
			{sid: "CodeStarNotificationsReadOnlyAccess", actions: "codestar-notifications:DescribeNotificationRule", condition: `{"StringLike": {"codestar-notifications:NotificationsForResource": "arn:aws:codepipeline:*"}}`},
		}},
	{"AWSConfigRoleForOrganizations", "/service-role/", "Provides the permissions of Config Role For Organizations.", 2, "2018-03-19", "2020-11-24",
		[]statement{{actions: `organizations:ListAccounts organizations:DescribeOrganization organizations:ListAWSServiceAccessForOrganization
				organizations:ListDelegatedAdministrators`}}},
	{"AWSDirectConnectReadOnlyAccess", "/", "Provides read only access to AWS Direct Connect.", 4, "2015-02-06", "2020-05-18",
		[]statement{{actions: "directconnect:Describe* directconnect:List* ec2:DescribeVpnGateways ec2:DescribeTransitGateways"}}},
	{"AWSIoTConfigReadOnlyAccess", "/", "Provides read only access to AWS Io TConfig.", 8, "2015-10-27", "2019-09-27",
		[]statement{{actions: `iot:DescribeAuthorizer iot:DescribeCACertificate iot:DescribeCertificate iot:DescribeDefaultAuthorizer iot:DescribeEndpoint
				iot:DescribeEventConfigurations iot:DescribeIndex iot:DescribeJob iot:DescribeJobExecution iot:DescribeRoleAlias iot:DescribeStream iot:DescribeThing
				iot:DescribeThingGroup iot:DescribeThingRegistrationTask iot:DescribeThingType iot:GetEffectivePolicies iot:GetIndexingConfiguration
				iot:GetJobDocument iot:GetLoggingOptions iot:GetOTAUpdate iot:GetPolicy iot:GetPolicyVersion iot:GetRegistrationCode iot:GetTopicRule
				iot:GetV2LoggingOptions iot:ListAttachedPolicies iot:ListAuthorizers iot:ListCACertificates iot:ListCertificates iot:ListCertificatesByCA
				iot:ListIndices iot:ListJobExecutionsForJob iot:ListJobExecutionsForThing iot:ListJobs iot:ListOTAUpdates iot:ListOutgoingCertificates
				iot:ListPolicies iot:ListPolicyPrincipals iot:ListPolicyVersions iot:ListPrincipalPolicies iot:ListPrincipalThings iot:ListRoleAliases iot:ListStreams
				iot:ListTargetsForPolicy iot:ListThingGroups iot:ListThingGroupsForThing iot:ListThingPrincipals iot:ListThingRegistrationTaskReports
				iot:ListThingRegistrationTasks iot:ListThings iot:ListThingsInThingGroup iot:ListThingTypes iot:ListTopicRules iot:ListV2LoggingLevels iot:SearchIndex
				iot:TestAuthorization iot:TestInvokeAuthorizer iot:DescribeAccountAuditConfiguration iot:DescribeAuditTask iot:ListAuditTasks
				iot:DescribeScheduledAudit iot:ListScheduledAudits iot:ListAuditFindings iot:DescribeSecurityProfile iot:ListSecurityProfiles
				iot:ListSecurityProfilesForTarget iot:ListTargetsForSecurityProfile iot:ListActiveViolations iot:ListViolationEvents
				iot:ValidateSecurityProfileBehaviors`}}},
	{"AWSIoTDataAccess", "/", "Provides the permissions of Io TData Access.", 3, "2015-10-27", "2021-06-23",
		[]statement{{actions: "iot:Connect iot:Publish iot:Subscribe iot:Receive iot:GetThingShadow iot:UpdateThingShadow iot:DeleteThingShadow iot:ListNamedShadowsForThing"}}},
	{"AWSIoTFullAccess", "/", "Provides full access to AWS Io T.", 2, "2015-10-08", "2022-05-19",
		[]statement{{actions: "iot:* iotjobsdata:*"}}},
	{"AWSKeyManagementServicePowerUser", "/", "Provides access to AWS Key Management Service without the right to administer it.", 2, "2015-02-06", "2017-03-07",
		[]statement{{actions: `kms:CreateAlias kms:CreateKey kms:DeleteAlias kms:Describe* kms:GenerateRandom kms:Get* kms:List* kms:TagResource kms:UntagResource iam:ListGroups
				iam:ListRoles iam:ListUsers`}}},
	{"AWSLambdaBasicExecutionRole", "/service-role/", "Provides what functions need that read from AWS Lambda Basic and write logs.", 1, "2015-04-09", "2015-04-09",
		[]statement{{actions: "logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents"}}},
	{"AWSLambdaDynamoDBExecutionRole", "/service-role/", "Provides what functions need that read from AWS Lambda Dynamo DB and write logs.", 1, "2015-04-09", "2015-04-09",
		[]statement{{actions: "dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator dynamodb:ListStreams logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents"}}},
	{"AWSLambdaExecute", "/", "Provides the permissions of Lambda Execute.", 1, "2015-02-06", "2015-02-06",
		[]statement{
			{actions: "logs:*", resources: "arn:aws:logs:*:*:*"},
			{actions: "s3:GetObject s3:PutObject", resources: "arn:aws:s3:::*"},
		}},
	{"AWSLambdaKinesisExecutionRole", "/service-role/", "Provides what functions need that read from AWS Lambda Kinesis and write logs.", 2, "2015-04-09", "2018-11-19",
		[]statement{{actions: `kinesis:DescribeStream kinesis:DescribeStreamSummary kinesis:GetRecords kinesis:GetShardIterator kinesis:ListShards kinesis:ListStreams
				kinesis:SubscribeToShard logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents`}}},
	{"AWSLambdaRole", "/service-role/", "Provides the permissions of Lambda Role.", 1, "2015-02-06", "2015-02-06",
		[]statement{{actions: "lambda:InvokeFunction"}}},
	{"AWSLambdaSQSQueueExecutionRole", "/service-role/", "Provides what functions need that read from AWS Lambda SQSQueue and write logs.", 1, "2018-06-14", "2018-06-14",
		[]statement{{actions: "sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents"}}},
	{"AWSLambdaVPCAccessExecutionRole", "/service-role/", "Provides what functions need that read from AWS Lambda VPCAccess and write logs.", 3, "2016-02-11", "2024-01-05",
		[]statement{{sid: "AWSLambdaVPCAccessExecutionPermissions", actions: `logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents ec2:CreateNetworkInterface ec2:DescribeNetworkInterfaces ec2:DescribeSubnets
				ec2:DeleteNetworkInterface ec2:AssignPrivateIpAddresses ec2:UnassignPrivateIpAddresses`}}},
	{"AWSLambda_FullAccess", "/", "Provides full access to AWS Lambda.", 7, "2020-11-17", "2026-02-12",
		[]statement{
			{actions: `cloudformation:DescribeStacks cloudformation:ListStackResources cloudwatch:ListMetrics cloudwatch:GetMetricData ec2:DescribeSecurityGroups
				ec2:DescribeSubnets ec2:DescribeVpcs kms:DescribeKey kms:ListAliases iam:GetPolicy iam:GetPolicyVersion iam:GetRole iam:GetRolePolicy
				iam:ListAttachedRolePolicies iam:ListRolePolicies iam:ListRoles lambda:* logs:DescribeLogGroups states:DescribeStateMachine states:ListStateMachines
				tag:GetResources xray:GetTraceSummaries xray:BatchGetTraces`},
			{actions: "iam:PassRole", condition: `{"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}`},
			{actions: "logs:DescribeLogStreams logs:GetLogEvents logs:FilterLogEvents logs:StartLiveTail logs:StopLiveTail", resources: "arn:aws:logs:*:*:log-group:/aws/lambda/*"},
			{actions: "iam:CreateServiceLinkedRole", resources: "arn:aws:iam::*:role/aws-service-role/lambda.amazonaws.com/AWSServiceRoleForLambda", condition: `{"StringEquals": {"iam:AWSServiceName": "lambda.amazonaws.com"}}`},
		}},
	{"AWSLambda_ReadOnlyAccess", "/", "Provides read only access to AWS Lambda.", 5, "2020-11-17", "2026-02-12",
		[]statement{
			{actions: `cloudformation:DescribeStacks cloudformation:ListStacks cloudformation:ListStackResources cloudwatch:GetMetricData cloudwatch:ListMetrics
				ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcs kms:ListAliases iam:GetPolicy iam:GetPolicyVersion iam:GetRole iam:GetRolePolicy
				iam:ListAttachedRolePolicies iam:ListRolePolicies iam:ListRoles logs:DescribeLogGroups lambda:Get* lambda:List* states:DescribeStateMachine
				states:ListStateMachines tag:GetResources xray:GetTraceSummaries xray:BatchGetTraces`},
			{actions: `logs:DescribeLogStreams logs:GetLogEvents logs:FilterLogEvents logs:StartQuery logs:StopQuery logs:DescribeQueries logs:GetLogGroupFields
				logs:GetLogRecord logs:GetQueryResults logs:StartLiveTail logs:StopLiveTail`, resources: "arn:aws:logs:*:*:log-group:/aws/lambda/*"},
		}},
	{"AWSMarketplaceMeteringFullAccess", "/", "Provides full access to AWS Marketplace Metering.", 1, "2016-03-17", "2016-03-17",
		[]statement{{actions: "aws-marketplace:MeterUsage"}}},
	{"AWSMarketplaceMeteringRegisterUsage", "/", "Provides the permissions of Marketplace Metering Register Usage.", 1, "2019-11-21", "2019-11-21",
		[]statement{{actions: "aws-marketplace:RegisterUsage"}}},
	{"AWSOrganizationsReadOnlyAccess", "/", "Provides read only access to AWS Organizations.", 6, "2018-11-06", "2024-06-07",
		[]statement{
			{sid: "AWSOrganizationsReadOnly", actions: "organizations:Describe* organizations:List*"},
			{sid: "AWSOrganizationsReadOnlyAccount", actions: "account:GetAlternateContact account:GetContactInformation account:ListRegions account:GetRegionOptStatus account:GetPrimaryEmail"},
		}},
	{"AWSPriceListServiceFullAccess", "/", "Provides full access to AWS Price List Service.", 2, "2017-11-22", "2024-07-02",
		[]statement{{sid: "AWSPriceListServiceFullAccess", actions: "pricing:*"}}},
	{"AWSResourceGroupsReadOnlyAccess", "/", "Provides read only access to AWS Resource Groups.", 2, "2018-03-07", "2019-02-05",
		[]statement{{actions: `resource-groups:Get* resource-groups:List* resource-groups:Search* tag:Get* cloudformation:DescribeStacks cloudformation:ListStackResources
				ec2:DescribeInstances ec2:DescribeSecurityGroups ec2:DescribeSnapshots ec2:DescribeVolumes ec2:DescribeVpcs elasticache:DescribeCacheClusters
				elasticache:DescribeSnapshots elasticache:ListTagsForResource elasticbeanstalk:DescribeEnvironments elasticmapreduce:DescribeCluster
				elasticmapreduce:ListClusters glacier:ListVaults glacier:DescribeVault glacier:ListTagsForVault kinesis:ListStreams kinesis:DescribeStream
				kinesis:ListTagsForStream opsworks:DescribeStacks opsworks:ListTags rds:DescribeDBInstances rds:DescribeDBSnapshots rds:ListTagsForResource
				redshift:DescribeClusters redshift:DescribeTags route53domains:ListDomains route53:ListHealthChecks route53:GetHealthCheck route53:ListHostedZones
				route53:GetHostedZone route53:ListTagsForResource storagegateway:ListGateways storagegateway:DescribeGatewayInformation
				storagegateway:ListTagsForResource s3:ListAllMyBuckets s3:GetBucketTagging elasticloadbalancing:DescribeLoadBalancers
				elasticloadbalancing:DescribeTags ssm:ListDocuments`}}},
	{"AWSServiceCatalogEndUserReadOnlyAccess", "/", "Provides read only access to AWS Service Catalog End User.", 1, "2019-10-25", "2019-10-25",
		[]statement{
			{actions: `cloudformation:DescribeStackEvents cloudformation:DescribeStacks cloudformation:DescribeChangeSet cloudformation:ListChangeSets
				cloudformation:DescribeStackSet cloudformation:DescribeStackInstance cloudformation:DescribeStackSetOperation cloudformation:ListStackInstances
				cloudformation:ListStackResources cloudformation:ListStackSetOperations cloudformation:ListStackSetOperationResults`, resources: "arn:aws:cloudformation:*:*:stack/SC-* arn:aws:cloudformation:*:*:stack/StackSet-SC-* arn:aws:cloudformation:*:*:changeSet/SC-* arn:aws:cloudformation:*:*:stackset/SC-*"},
			{actions: `cloudformation:GetTemplateSummary servicecatalog:DescribeProduct servicecatalog:DescribeProductView servicecatalog:DescribeProvisioningParameters
				servicecatalog:ListLaunchPaths servicecatalog:SearchProducts ssm:DescribeDocument ssm:GetAutomationExecution config:DescribeConfigurationRecorders
				config:DescribeConfigurationRecorderStatus`},
			{actions: `servicecatalog:DescribeProvisionedProduct servicecatalog:DescribeRecord servicecatalog:ListRecordHistory
				servicecatalog:ListStackInstancesForProvisionedProduct servicecatalog:ScanProvisionedProducts servicecatalog:SearchProvisionedProducts
				servicecatalog:DescribeProvisionedProductPlan servicecatalog:ListProvisionedProductPlans servicecatalog:ListServiceActionsForProvisioningArtifact
				servicecatalog:DescribeServiceActionExecutionParameters`, condition: `{"StringEquals": {"servicecatalog:userLevel": "self"}}`},
		}},
	{"AWSStepFunctionsFullAccess", "/", "Provides full access to AWS Step Functions.", 1, "2017-01-11", "2017-01-11",
		[]statement{{actions: "states:*"}}},
	{"AWSStepFunctionsReadOnlyAccess", "/", "Provides read only access to AWS Step Functions.", 4, "2017-01-11", "2024-04-26",
		[]statement{{sid: "ReadOnlyAccess", actions: `states:ListStateMachines states:ListActivities states:DescribeStateMachine states:DescribeStateMachineForExecution states:ListExecutions
				states:DescribeExecution states:GetExecutionHistory states:DescribeActivity states:ListTagsForResource states:DescribeMapRun states:ListMapRuns
				states:DescribeStateMachineAlias states:ListStateMachineAliases states:ListStateMachineVersions states:ValidateStateMachineDefinition`}}},
	{"AWSSupportAccess", "/", "Provides the permissions of Support Access.", 4, "2015-02-06", "2026-02-12",
		[]statement{{actions: "support:* support-console:*"}}},
	{"AWSTrustedAdvisorReportingServiceRolePolicy", "/aws-service-role/", "Provides the permissions of Trusted Advisor Reporting Service Role Policy.", 3, "2019-11-19", "2023-02-28",
		[]statement{{actions: `organizations:DescribeOrganization organizations:ListAWSServiceAccessForOrganization organizations:ListAccounts organizations:ListAccountsForParent
				organizations:ListDelegatedAdministrators organizations:ListOrganizationalUnitsForParent organizations:ListChildren organizations:ListParents
				organizations:DescribeOrganizationalUnit organizations:DescribeAccount`}}},
	{"AWSWAFReadOnlyAccess", "/", "Provides read only access to AWS WAF.", 12, "2015-10-06", "2026-04-08",
		[]statement{
			{sid: "AllowReadOnlyOfAWSWAFClassic", actions: "waf:Get* waf:List* waf-regional:Get* waf-regional:List*", resources: "arn:aws:waf::*:bytematchset/* arn:aws:waf::*:ipset/* arn:aws:waf::*:ratebasedrule/* arn:aws:waf::*:rule/* arn:aws:waf::*:sizeconstraintset/* arn:aws:waf::*:sqlinjectionset/* arn:aws:waf::*:webacl/* arn:aws:waf::*:xssmatchset/* arn:aws:waf::*:regexmatch/* arn:aws:waf::*:regexpatternset/* arn:aws:waf::*:geomatchset/* arn:aws:waf::*:rulegroup/* arn:aws:waf::*:changetoken/* arn:aws:waf-regional:*:*:bytematchset/* arn:aws:waf-regional:*:*:ipset/* arn:aws:waf-regional:*:*:ratebasedrule/* arn:aws:waf-regional:*:*:rule/* arn:aws:waf-regional:*:*:sizeconstraintset/* arn:aws:waf-regional:*:*:sqlinjectionset/* arn:aws:waf-regional:*:*:webacl/* arn:aws:waf-regional:*:*:xssmatchset/* arn:aws:waf-regional:*:*:regexmatch/* arn:aws:waf-regional:*:*:regexpatternset/* arn:aws:waf-regional:*:*:geomatchset/* arn:aws:waf-regional:*:*:rulegroup/* arn:aws:waf-regional:*:*:changetoken/*"},
			{sid: "AllowWAFClassicGetWebACLForResource", actions: "waf-regional:GetWebACLForResource", resources: "arn:aws:waf-regional:*:*:*/*"},
			{sid: "AllowReadOnlyOfAWSWAF", actions: "wafv2:Get* wafv2:List* wafv2:Describe* wafv2:CheckCapacity", resources: "arn:aws:wafv2:*:*:*/webacl/*/* arn:aws:wafv2:*:*:*/ipset/*/* arn:aws:wafv2:*:*:*/managedruleset/*/* arn:aws:wafv2:*:*:*/rulegroup/*/* arn:aws:wafv2:*:*:*/regexpatternset/*/*"},
			{sid: "AllowGetActionForCognito", actions: "cognito-idp:GetWebACLForResource", resources: "arn:aws:cognito-idp:*:*:userpool/*"},
			{sid: "AllowListActionsForCognito", actions: "cognito-idp:ListResourcesForWebACL"},
			{sid: "AllowGetActionForAppRunner", actions: "apprunner:DescribeWebAclForService", resources: "arn:aws:apprunner:*:*:service/*/*"},
			{sid: "AllowListActionsForAppRunner", actions: "apprunner:ListServices apprunner:ListAssociatedServicesForWebAcl"},
			{sid: "AllowGetActionForAVA", actions: "ec2:GetVerifiedAccessInstanceWebAcl", resources: "arn:aws:ec2:*:*:verified-access-instance/*"},
			{sid: "AllowListActionsForAVA", actions: "ec2:DescribeVerifiedAccessInstanceWebAclAssociations"},
			{sid: "AllowGetActionForAmplify", actions: "amplify:GetWebACLForResource", resources: "arn:aws:amplify:*:*:apps/*"},
			{sid: "AllowListActionsForAmplify", actions: "amplify:ListResourcesForWebACL"},
			{sid: "AllowGetActionsForAppSync", actions: "appsync:GetWebACLForResource", resources: "arn:aws:appsync:*:*:apis/*"},
			{sid: "AllowListActionsForAppSync", actions: "appsync:ListResourcesForWebACL"},
			{sid: "AllowGetActionsForELB", actions: "elasticloadbalancing:GetLoadBalancerWebACL", resources: "arn:aws:elasticloadbalancing:*:*:loadbalancer/app/*/*"},
			{sid: "AllowListActionsForELB", actions: "elasticloadbalancing:DescribeWebACLAssociation"},
		}},
	{"AWSXRayDaemonWriteAccess", "/", "Provides the permissions of XRay Daemon Write Access.", 2, "2018-08-28", "2024-02-13",
		[]statement{{sid: "AWSXRayDaemonWriteAccess", actions: "xray:PutTraceSegments xray:PutTelemetryRecords xray:GetSamplingRules xray:GetSamplingTargets xray:GetSamplingStatisticSummaries"}}},
	{"AWSXrayFullAccess", "/", "Provides full access to AWS Xray.", 2, "2016-12-01", "2024-04-11",
		[]statement{{sid: "AWSXrayFullAccess", actions: "xray:*"}}},
	{"AWSXrayReadOnlyAccess", "/", "Provides read only access to AWS Xray.", 8, "2016-12-01", "2024-02-14",
		[]statement{{sid: "AWSXrayReadOnlyAccess", actions: `xray:GetSamplingRules xray:GetSamplingTargets xray:GetSamplingStatisticSummaries xray:BatchGetTraces xray:BatchGetTraceSummaryById
				xray:GetDistinctTraceGraphs xray:GetServiceGraph xray:GetTraceGraph xray:GetTraceSummaries xray:GetGroups xray:GetGroup xray:ListTagsForResource
				xray:ListResourcePolicies xray:GetTimeSeriesServiceStatistics xray:GetInsightSummaries xray:GetInsight xray:GetInsightEvents
				xray:GetInsightImpactGraph`}}},
	{"AWSXrayWriteOnlyAccess", "/", "Provides the permissions of Xray Write Only Access.", 2, "2016-12-01", "2018-08-28",
		[]statement{{actions: "xray:PutTraceSegments xray:PutTelemetryRecords xray:GetSamplingRules xray:GetSamplingTargets xray:GetSamplingStatisticSummaries"}}},
}
