package managed

// elsewhereMore goes on with elsewhere.
var elsewhereMore = []entry{
	{"AmazonGuardDutyReadOnlyAccess", "/", "Provides read only access to Amazon Guard Duty.", 4, "2017-11-28", "2023-11-16",
		[]statement{
			{actions: "guardduty:Describe* guardduty:Get* guardduty:List*"},
			{actions: `organizations:ListDelegatedAdministrators organizations:ListAWSServiceAccessForOrganization organizations:DescribeOrganizationalUnit
				organizations:DescribeAccount organizations:DescribeOrganization organizations:ListAccounts`},
		}},
	{"AmazonInspector2ReadOnlyAccess", "/", "Provides read only access to Amazon Inspector2.", 8, "2022-01-21", "2026-02-12",
		[]statement{
			{actions: `organizations:ListDelegatedAdministrators organizations:ListAWSServiceAccessForOrganization organizations:DescribeOrganizationalUnit
				organizations:DescribeAccount organizations:DescribeOrganization inspector2:BatchGet* inspector2:List* inspector2:Describe* inspector2:Get*
				inspector2:Search* codeguru-security:BatchGetFindings codeguru-security:GetAccountConfiguration`},
			{sid: "AllowListPoliciesForInspectorPolicyType", actions: "organizations:ListPolicies", condition: `{"StringEquals": {"organizations:PolicyType": ["INSPECTOR_POLICY"]}}`},
			{sid: "AllowDescribeResourcePolicyForDelegation", actions: "organizations:DescribeResourcePolicy"},
			{sid: "AllowDescribeEffectivePolicyForInspector", actions: "organizations:DescribeEffectivePolicy", condition: `{"StringEquals": {"organizations:PolicyType": ["INSPECTOR_POLICY"]}}`},
		}},
	{"AmazonKeyspacesFullAccess", "/", "Provides full access to Amazon Keyspaces.", 8, "2020-04-23", "2026-02-12",
		[]statement{
			{sid: "CassandraFullAccess", actions: "cassandra:*"},
			{sid: "ApplicationAutoscalingFullAccess", actions: `application-autoscaling:DeleteScalingPolicy application-autoscaling:DeleteScheduledAction application-autoscaling:DeregisterScalableTarget
				application-autoscaling:DescribeScalableTargets application-autoscaling:DescribeScalingActivities application-autoscaling:DescribeScalingPolicies
				application-autoscaling:DescribeScheduledActions application-autoscaling:PutScheduledAction application-autoscaling:PutScalingPolicy
				application-autoscaling:RegisterScalableTarget kms:DescribeKey kms:ListAliases`},
			{sid: "CloudwatchAlarmsFullAccess", actions: "cloudwatch:DeleteAlarms cloudwatch:DescribeAlarms cloudwatch:GetMetricData cloudwatch:PutMetricAlarm"},
			{sid: "ApplicationAutoscalingServiceLinkedRole", actions: "iam:CreateServiceLinkedRole", resources: "arn:aws:iam::*:role/aws-service-role/cassandra.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_CassandraTable", condition: `{"StringLike": {"iam:AWSServiceName": "cassandra.application-autoscaling.amazonaws.com"}}`},
			{sid: "KeyspacesReplicationServiceLinkedRole", actions: "iam:CreateServiceLinkedRole", resources: "arn:aws:iam::*:role/aws-service-role/replication.cassandra.amazonaws.com/AWSServiceRoleForKeyspacesReplication", condition: `{"StringLike": {"iam:AWSServiceName": "replication.cassandra.amazonaws.com"}}`},
			{sid: "KeyspacesCDCServiceLinkedRole", actions: "iam:CreateServiceLinkedRole", resources: "arn:aws:iam::*:role/aws-service-role/cassandra-streams.amazonaws.com/AWSServiceRoleForAmazonKeyspacesCDC", condition: `{"StringLike": {"iam:AWSServiceName": "cassandra-streams.amazonaws.com"}}`},
			{sid: "Ec2VpcReadAccess", actions: "ec2:DescribeNetworkInterfaces ec2:DescribeVpcEndpoints"},
		}},
	{"AmazonKeyspacesReadOnlyAccess", "/", "Provides read only access to Amazon Keyspaces.", 6, "2020-04-23", "2026-02-12",
		[]statement{
			{actions: "cassandra:Select cassandra:ListStreams cassandra:GetStream cassandra:GetShardIterator cassandra:GetRecords"},
			{actions: `application-autoscaling:DescribeScalableTargets application-autoscaling:DescribeScalingActivities application-autoscaling:DescribeScalingPolicies
				application-autoscaling:DescribeScheduledActions cloudwatch:DescribeAlarms cloudwatch:GetMetricData kms:DescribeKey kms:ListAliases`},
		}},
	{"AmazonKinesisAnalyticsFullAccess", "/", "Provides full access to Amazon Kinesis Analytics.", 1, "2016-09-21", "2016-09-21",
		[]statement{
			{actions: "kinesisanalytics:*"},
			{actions: "kinesis:CreateStream kinesis:DeleteStream kinesis:DescribeStream kinesis:ListStreams kinesis:PutRecord kinesis:PutRecords"},
			{actions: "firehose:DescribeDeliveryStream firehose:ListDeliveryStreams"},
			{actions: "cloudwatch:GetMetricStatistics cloudwatch:ListMetrics"},
			{actions: "logs:GetLogEvents"},
			{actions: "iam:ListPolicyVersions iam:ListRoles"},
			{actions: "iam:PassRole", resources: "arn:aws:iam::*:role/service-role/kinesis-analytics*"},
		}},
	{"AmazonKinesisFirehoseFullAccess", "/", "Provides full access to Amazon Kinesis Firehose.", 1, "2015-10-07", "2015-10-07",
		[]statement{{actions: "firehose:*"}}},
	{"AmazonKinesisFirehoseReadOnlyAccess", "/", "Provides read only access to Amazon Kinesis Firehose.", 1, "2015-10-07", "2015-10-07",
		[]statement{{actions: "firehose:Describe* firehose:List*"}}},
	{"AmazonKinesisFullAccess", "/", "Provides full access to Amazon Kinesis.", 1, "2015-02-06", "2015-02-06",
		[]statement{{actions: "kinesis:*"}}},
	{"AmazonKinesisReadOnlyAccess", "/", "Provides read only access to Amazon Kinesis.", 1, "2015-02-06", "2015-02-06",
		[]statement{{actions: "kinesis:Get* kinesis:List* kinesis:Describe*"}}},
	{"AmazonMQFullAccess", "/", "Provides full access to Amazon MQ.", 5, "2017-11-28", "2020-11-04",
		[]statement{
			{actions: `mq:* cloudformation:CreateStack ec2:CreateNetworkInterface ec2:CreateNetworkInterfacePermission ec2:DeleteNetworkInterface
				ec2:DeleteNetworkInterfacePermission ec2:DetachNetworkInterface ec2:DescribeInternetGateways ec2:DescribeNetworkInterfaces
				ec2:DescribeNetworkInterfacePermissions ec2:DescribeRouteTables ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcs
				ec2:CreateSecurityGroup ec2:AuthorizeSecurityGroupIngress`},
			{actions: "logs:CreateLogGroup", resources: "arn:aws:logs:*:*:log-group:/aws/amazonmq/*"},
			{actions: "iam:CreateServiceLinkedRole", condition: `{"StringLike": {"iam:AWSServiceName": "mq.amazonaws.com"}}`},
		}},
	{"AmazonMQReadOnlyAccess", "/", "Provides read only access to Amazon MQ.", 2, "2017-11-28", "2017-11-28",
		[]statement{{actions: "mq:Describe* mq:List* ec2:DescribeNetworkInterfaces ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcs"}}},
	{"AmazonMSKReadOnlyAccess", "/", "Provides read only access to Amazon MSK.", 1, "2019-01-14", "2019-01-14",
		[]statement{{actions: "kafka:Describe* kafka:List* kafka:Get* ec2:DescribeNetworkInterfaces ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcs kms:DescribeKey"}}},
	{"AmazonOpenSearchServiceFullAccess", "/", "Provides full access to Amazon Open Search Service.", 1, "2021-09-08", "2021-09-08",
		[]statement{{actions: "es:*"}}},
	{"AmazonOpenSearchServiceReadOnlyAccess", "/", "Provides read only access to Amazon Open Search Service.", 1, "2021-09-08", "2021-09-08",
		[]statement{{actions: "es:Describe* es:List* es:Get*"}}},
	{"AmazonPollyFullAccess", "/", "Provides full access to Amazon Polly.", 1, "2016-11-30", "2016-11-30",
		[]statement{{actions: "polly:*"}}},
	{"AmazonPollyReadOnlyAccess", "/", "Provides read only access to Amazon Polly.", 3, "2016-11-30", "2026-04-01",
		[]statement{{actions: `polly:DescribeVoices polly:GetLexicon polly:GetSpeechSynthesisTask polly:ListLexicons polly:ListSpeechSynthesisTasks polly:SynthesizeSpeech
				polly:StartSpeechSynthesisStream`}}},
	{"AmazonPrometheusQueryAccess", "/", "Provides the permissions of Prometheus Query Access.", 1, "2020-12-19", "2020-12-19",
		[]statement{{actions: "aps:GetLabels aps:GetMetricMetadata aps:GetSeries aps:QueryMetrics"}}},
	{"AmazonPrometheusRemoteWriteAccess", "/", "Provides the permissions of Prometheus Remote Write Access.", 1, "2020-12-19", "2020-12-19",
		[]statement{{actions: "aps:RemoteWrite"}}},
	{"AmazonRDSFullAccess", "/", "Provides full access to Amazon RDS.", 14, "2015-02-06", "2023-08-17",
		[]statement{
			{actions: `rds:* application-autoscaling:DeleteScalingPolicy application-autoscaling:DeregisterScalableTarget application-autoscaling:DescribeScalableTargets
				application-autoscaling:DescribeScalingActivities application-autoscaling:DescribeScalingPolicies application-autoscaling:PutScalingPolicy
				application-autoscaling:RegisterScalableTarget cloudwatch:DescribeAlarms cloudwatch:GetMetricStatistics cloudwatch:PutMetricAlarm
				cloudwatch:DeleteAlarms cloudwatch:ListMetrics cloudwatch:GetMetricData ec2:DescribeAccountAttributes ec2:DescribeAvailabilityZones
				ec2:DescribeCoipPools ec2:DescribeInternetGateways ec2:DescribeLocalGatewayRouteTablePermissions ec2:DescribeLocalGatewayRouteTables
				ec2:DescribeLocalGatewayRouteTableVpcAssociations ec2:DescribeLocalGateways ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcAttribute
				ec2:DescribeVpcs ec2:GetCoipPoolUsage sns:ListSubscriptions sns:ListTopics sns:Publish logs:DescribeLogStreams logs:GetLogEvents
				outposts:GetOutpostInstanceTypes devops-guru:GetResourceCollection`},
			{actions: "pi:*", resources: "arn:aws:pi:*:*:metrics/rds/* arn:aws:pi:*:*:perf-reports/rds/*"},
			{actions: "iam:CreateServiceLinkedRole", condition: `{"StringLike": {"iam:AWSServiceName": ["rds.amazonaws.com", "rds.application-autoscaling.amazonaws.com"]}}`},
			{actions: "devops-guru:SearchInsights devops-guru:ListAnomaliesForInsight", condition: `{"ForAllValues:StringEquals": {"devops-guru:ServiceNames": ["RDS"]}, "Null": {"devops-guru:ServiceNames": "false"}}`},
		}},
	{"AmazonRDSReadOnlyAccess", "/", "Provides read only access to Amazon RDS.", 7, "2015-02-06", "2023-04-14",
		[]statement{
			{actions: `rds:Describe* rds:ListTagsForResource ec2:DescribeAccountAttributes ec2:DescribeAvailabilityZones ec2:DescribeInternetGateways
				ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcAttribute ec2:DescribeVpcs`},
			{actions: `cloudwatch:GetMetricStatistics cloudwatch:ListMetrics cloudwatch:GetMetricData logs:DescribeLogStreams logs:GetLogEvents
				devops-guru:GetResourceCollection`},
			{actions: "devops-guru:SearchInsights devops-guru:ListAnomaliesForInsight", condition: `{"ForAllValues:StringEquals": {"devops-guru:ServiceNames": ["RDS"]}, "Null": {"devops-guru:ServiceNames": "false"}}`},
		}},
	{"AmazonRedshiftReadOnlyAccess", "/", "Provides read only access to Amazon Redshift.", 2, "2015-02-06", "2024-02-08",
		[]statement{{sid: "AmazonRedshiftReadOnlyAccess", actions: `redshift:Describe* redshift:ListRecommendations redshift:ViewQueriesInConsole ec2:DescribeAccountAttributes ec2:DescribeAddresses
				ec2:DescribeAvailabilityZones ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcs ec2:DescribeInternetGateways sns:Get* sns:List*
				cloudwatch:Describe* cloudwatch:List* cloudwatch:Get*`}}},
	{"AmazonRekognitionFullAccess", "/", "Provides full access to Amazon Rekognition.", 1, "2016-11-30", "2016-11-30",
		[]statement{{actions: "rekognition:*"}}},
	{"AmazonRekognitionReadOnlyAccess", "/", "Provides read only access to Amazon Rekognition.", 10, "2016-11-30", "2023-11-08",
		[]statement{{sid: "AmazonRekognitionReadOnlyAccess", actions: `rekognition:CompareFaces rekognition:DetectFaces rekognition:DetectLabels rekognition:ListCollections rekognition:ListFaces rekognition:SearchFaces
				rekognition:SearchFacesByImage rekognition:DetectText rekognition:GetCelebrityInfo rekognition:RecognizeCelebrities rekognition:DetectModerationLabels
				rekognition:GetLabelDetection rekognition:GetFaceDetection rekognition:GetContentModeration rekognition:GetPersonTracking
				rekognition:GetCelebrityRecognition rekognition:GetFaceSearch rekognition:GetTextDetection rekognition:GetSegmentDetection
				rekognition:DescribeStreamProcessor rekognition:ListStreamProcessors rekognition:DescribeProjects rekognition:DescribeProjectVersions
				rekognition:DetectCustomLabels rekognition:DetectProtectiveEquipment rekognition:ListTagsForResource rekognition:ListDatasetEntries
				rekognition:ListDatasetLabels rekognition:DescribeDataset rekognition:ListProjectPolicies rekognition:ListUsers rekognition:SearchUsers
				rekognition:SearchUsersByImage rekognition:GetMediaAnalysisJob rekognition:ListMediaAnalysisJobs`}}},
	{"AmazonRoute53AutoNamingFullAccess", "/", "Provides full access to Amazon Route53 Auto Naming.", 1, "2018-01-18", "2018-01-18",
		[]statement{{actions: `route53:GetHostedZone route53:ListHostedZonesByName route53:CreateHostedZone route53:DeleteHostedZone route53:ChangeResourceRecordSets
				route53:CreateHealthCheck route53:GetHealthCheck route53:DeleteHealthCheck route53:UpdateHealthCheck ec2:DescribeVpcs ec2:DescribeRegions
				servicediscovery:*`}}},
	{"AmazonRoute53FullAccess", "/", "Provides full access to Amazon Route53.", 7, "2015-02-06", "2026-02-12",
		[]statement{
			{actions: `route53:* route53domains:* cloudfront:ListDistributions cloudfront:GetDistributionTenantByDomain cloudfront:GetConnectionGroup
				cloudwatch:DescribeAlarms cloudwatch:GetMetricStatistics cloudwatch:GetMetricData ec2:DescribeVpcs ec2:DescribeVpcEndpoints ec2:DescribeRegions
				elasticloadbalancing:DescribeLoadBalancers elasticbeanstalk:DescribeEnvironments es:ListDomainNames es:DescribeDomains lightsail:GetContainerServices
				s3:ListBucket s3:GetBucketLocation s3:GetBucketWebsite sns:ListTopics sns:ListSubscriptionsByTopic tag:GetResources`},
			{actions: "apigateway:GET", resources: "arn:aws:apigateway:*::/domainnames"},
		}},
	{"AmazonRoute53ReadOnlyAccess", "/", "Provides read only access to Amazon Route53.", 2, "2015-02-06", "2016-11-15",
		[]statement{{actions: "route53:Get* route53:List* route53:TestDNSAnswer"}}},
	{"AmazonS3FullAccess", "/", "Provides full access to Amazon S3.", 2, "2015-02-06", "2021-09-27",
		[]statement{{actions: "s3:* s3-object-lambda:*"}}},
	{"AmazonS3ObjectLambdaExecutionRolePolicy", "/service-role/", "Provides the permissions of S3Object Lambda Execution Role Policy.", 1, "2021-08-18", "2021-08-18",
		[]statement{{actions: "logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents s3-object-lambda:WriteGetObjectResponse"}}},
	{"AmazonS3OutpostsReadOnlyAccess", "/", "Provides read only access to Amazon S3 Outposts.", 1, "2020-10-02", "2020-10-02",
		[]statement{
			{actions: "s3-outposts:Get* s3-outposts:List*"},
			{actions: "datasync:ListTasks datasync:ListLocations datasync:DescribeTask datasync:DescribeLocation*"},
			{actions: "ec2:DescribeVpcs ec2:DescribeSubnets ec2:DescribeSecurityGroups ec2:DescribeNetworkInterfaces"},
			{actions: "outposts:ListOutposts outposts:GetOutpost"},
		}},
	{"AmazonS3ReadOnlyAccess", "/", "Provides read only access to Amazon S3.", 3, "2015-02-06", "2023-08-10",
		[]statement{{actions: "s3:Get* s3:List* s3:Describe* s3-object-lambda:Get* s3-object-lambda:List*"}}},
	{"AmazonS3TablesReadOnlyAccess", "/", "Provides read only access to Amazon S3 Tables.", 3, "2024-12-03", "2026-02-12",
		[]statement{{actions: "s3tables:Get* s3tables:List*"}}},
	{"AmazonSESFullAccess", "/", "Provides full access to Amazon SES.", 1, "2015-02-06", "2015-02-06",
		[]statement{{actions: "ses:*"}}},
	{"AmazonSESReadOnlyAccess", "/", "Provides read only access to Amazon SES.", 2, "2015-02-06", "2024-05-14",
		[]statement{{sid: "SESReadOnlyAccess", actions: "ses:Get* ses:List* ses:BatchGetMetricData"}}},
	{"AmazonSNSFullAccess", "/", "Provides full access to Amazon SNS.", 2, "2015-02-06", "2024-09-24",
		[]statement{
			{sid: "SNSFullAccess", actions: "sns:*"},
			{sid: "SMSAccessViaSNS", actions: `sms-voice:DescribeVerifiedDestinationNumbers sms-voice:CreateVerifiedDestinationNumber sms-voice:SendDestinationNumberVerificationCode
				sms-voice:SendTextMessage sms-voice:DeleteVerifiedDestinationNumber sms-voice:VerifyDestinationNumber sms-voice:DescribeAccountAttributes
				sms-voice:DescribeSpendLimits sms-voice:DescribePhoneNumbers sms-voice:SetTextMessageSpendLimitOverride sms-voice:DescribeOptedOutNumbers
				sms-voice:DeleteOptedOutNumber`, condition: `{"StringEquals": {"aws:CalledViaLast": "sns.amazonaws.com"}}`},
		}},
	{"AmazonSNSReadOnlyAccess", "/", "Provides read only access to Amazon SNS.", 2, "2015-02-06", "2024-09-24",
		[]statement{
			{sid: "SNSReadOnlyAccess", actions: `sns:GetTopicAttributes sns:List* sns:CheckIfPhoneNumberIsOptedOut sns:GetEndpointAttributes sns:GetDataProtectionPolicy
				sns:GetPlatformApplicationAttributes sns:GetSMSAttributes sns:GetSMSSandboxAccountStatus sns:GetSubscriptionAttributes`},
			{sid: "SMSAccessViaSNS", actions: `sms-voice:DescribeVerifiedDestinationNumbers sms-voice:DescribeAccountAttributes sms-voice:DescribeSpendLimits sms-voice:DescribePhoneNumbers
				sms-voice:DescribeOptedOutNumbers`, condition: `{"StringEquals": {"aws:CalledViaLast": "sns.amazonaws.com"}}`},
		}},
	{"AmazonSQSFullAccess", "/", "Provides full access to Amazon SQS.", 1, "2015-02-06", "2015-02-06",
		[]statement{{actions: "sqs:*"}}},
	{"AmazonSQSReadOnlyAccess", "/", "Provides read only access to Amazon SQS.", 4, "2015-02-06", "2024-05-24",
		[]statement{{sid: "AmazonSQSReadOnlyAccess", actions: "sqs:GetQueueAttributes sqs:GetQueueUrl sqs:ListDeadLetterSourceQueues sqs:ListQueues sqs:ListMessageMoveTasks sqs:ListQueueTags"}}},
	{"AmazonSSMAutomationRole", "/service-role/", "Provides the permissions of SSMAutomation Role.", 9, "2016-12-05", "2026-03-20",
		[]statement{
			{actions: "lambda:InvokeFunction", resources: "arn:aws:lambda:*:*:function:Automation*"},
			{actions: `ec2:CreateImage ec2:CopyImage ec2:DeregisterImage ec2:DescribeImages ec2:DeleteSnapshot ec2:StartInstances ec2:RunInstances ec2:StopInstances
				ec2:TerminateInstances ec2:DescribeInstanceStatus ec2:CreateTags ec2:DeleteTags ec2:DescribeTags cloudformation:CreateStack
				cloudformation:DescribeStackEvents cloudformation:DescribeStacks cloudformation:UpdateStack cloudformation:DeleteStack cloudformation:TagResource
				cloudformation:UntagResource`},
			{actions: "ssm:*"},
			{actions: "sns:Publish", resources: "arn:aws:sns:*:*:Automation*"},
			{actions: "ssmmessages:OpenDataChannel", resources: "arn:*:ssm:*:*:session/*"},
		}},
	{"AmazonSageMakerReadOnly", "/", "Provides read only access to Amazon Sage Maker.", 11, "2017-11-29", "2021-12-01",
		[]statement{
			{actions: `sagemaker:Describe* sagemaker:List* sagemaker:BatchGetMetrics sagemaker:GetDeviceRegistration sagemaker:GetDeviceFleetReport
				sagemaker:GetSearchSuggestions sagemaker:BatchGetRecord sagemaker:GetRecord sagemaker:Search sagemaker:QueryLineage sagemaker:GetLineageGroupPolicy
				sagemaker:BatchDescribeModelPackage sagemaker:GetModelPackageGroupPolicy`},
			{actions: `application-autoscaling:DescribeScalableTargets application-autoscaling:DescribeScalingActivities application-autoscaling:DescribeScalingPolicies
				application-autoscaling:DescribeScheduledActions aws-marketplace:ViewSubscriptions cloudwatch:DescribeAlarms cognito-idp:DescribeUserPool
				cognito-idp:DescribeUserPoolClient cognito-idp:ListGroups cognito-idp:ListIdentityProviders cognito-idp:ListUserPoolClients cognito-idp:ListUserPools
				cognito-idp:ListUsers cognito-idp:ListUsersInGroup ecr:Describe*`},
		}},
	{"AmazonTextractFullAccess", "/", "Provides full access to Amazon Textract.", 1, "2018-11-28", "2018-11-28",
		[]statement{{actions: "textract:*"}}},
	{"AmazonTimestreamReadOnlyAccess", "/", "Provides read only access to Amazon Timestream.", 4, "2020-09-30", "2024-06-05",
		[]statement{{sid: "AmazonTimestreamReadOnlyAccess", actions: `timestream:CancelQuery timestream:DescribeDatabase timestream:DescribeEndpoints timestream:DescribeTable timestream:ListDatabases
				timestream:ListMeasures timestream:ListTables timestream:ListTagsForResource timestream:Select timestream:SelectValues
				timestream:DescribeScheduledQuery timestream:ListScheduledQueries timestream:DescribeBatchLoadTask timestream:ListBatchLoadTasks
				timestream:DescribeAccountSettings`}}},
	{"AmazonVPCReadOnlyAccess", "/", "Provides read only access to Amazon VPC.", 12, "2015-02-06", "2026-02-12",
		[]statement{{sid: "AmazonVPCReadOnlyAccess", actions: `ec2:DescribeAccountAttributes ec2:DescribeAddresses ec2:DescribeCarrierGateways ec2:DescribeClassicLinkInstances ec2:DescribeCustomerGateways
				ec2:DescribeDhcpOptions ec2:DescribeEgressOnlyInternetGateways ec2:DescribeFlowLogs ec2:DescribeInternetGateways ec2:DescribeLocalGatewayRouteTables
				ec2:DescribeLocalGatewayRouteTableVpcAssociations ec2:DescribeMovingAddresses ec2:DescribeNatGateways ec2:DescribeNetworkAcls
				ec2:DescribeNetworkInterfaceAttribute ec2:DescribeNetworkInterfacePermissions ec2:DescribeNetworkInterfaces ec2:DescribePrefixLists
				ec2:DescribeRouteTables ec2:DescribeSecurityGroupReferences ec2:DescribeSecurityGroupRules ec2:DescribeSecurityGroups
				ec2:DescribeSecurityGroupVpcAssociations ec2:DescribeStaleSecurityGroups ec2:DescribeSubnets ec2:DescribeTags ec2:DescribeVpcAttribute
				ec2:DescribeVpcClassicLink ec2:DescribeVpcClassicLinkDnsSupport ec2:DescribeVpcEndpoints ec2:DescribeVpcEndpointConnectionNotifications
				ec2:DescribeVpcEndpointConnections ec2:DescribeVpcEndpointServiceConfigurations ec2:DescribeVpcEndpointServicePermissions
				ec2:DescribeVpcEndpointServices ec2:DescribeVpcPeeringConnections ec2:DescribeVpcs ec2:DescribeVpnConnections ec2:DescribeVpnGateways
				ec2:GetSecurityGroupsForVpc`}}},
	{"AutoScalingFullAccess", "/", "Provides full access to Auto Scaling.", 2, "2017-01-12", "2018-02-06",
		[]statement{
			{actions: "autoscaling:*"},
			{actions: "cloudwatch:PutMetricAlarm"},
			{actions: `ec2:DescribeAccountAttributes ec2:DescribeAvailabilityZones ec2:DescribeImages ec2:DescribeInstanceAttribute ec2:DescribeInstances
				ec2:DescribeKeyPairs ec2:DescribeLaunchTemplateVersions ec2:DescribePlacementGroups ec2:DescribeSecurityGroups ec2:DescribeSpotInstanceRequests
				ec2:DescribeSubnets ec2:DescribeVpcClassicLink`},
			{actions: "elasticloadbalancing:DescribeLoadBalancers elasticloadbalancing:DescribeTargetGroups"},
			{actions: "iam:CreateServiceLinkedRole", condition: `{"StringEquals": {"iam:AWSServiceName": "autoscaling.amazonaws.com"}}`},
		}},
	{"AutoScalingReadOnlyAccess", "/", "Provides read only access to Auto Scaling.", 1, "2017-01-12", "2017-01-12",
		[]statement{{actions: "autoscaling:Describe*"}}},
	{"CloudFrontFullAccess", "/", "Provides full access to Cloud Front.", 14, "2015-02-06", "2026-02-12",
		[]statement{
			{sid: "cfflistbuckets", actions: "s3:ListAllMyBuckets", resources: "arn:aws:s3:::*"},
			{sid: "cffullaccess", actions: `acm:DescribeCertificate acm:ListCertificates cloudfront:* cloudfront-keyvaluestore:* iam:ListServerCertificates waf:ListWebACLs waf:GetWebACL
				wafv2:ListWebACLs wafv2:GetWebACL wafv2:CreateWebACL kinesis:ListStreams ec2:DescribeInstances elasticloadbalancing:DescribeLoadBalancers
				ec2:DescribeInternetGateways ec2:DescribeIpamPools ec2:GetIpamPoolCidrs pricingplanmanager:ListSubscriptions pricingplanmanager:CreateSubscription`},
			{sid: "cfrequestcertificate", actions: "acm:RequestCertificate", condition: `{"StringEquals": {"aws:CalledViaLast": "cloudfront.amazonaws.com"}}`},
			{sid: "cffdescribestream", actions: "kinesis:DescribeStream", resources: "arn:aws:kinesis:*:*:*"},
			{sid: "cfflistroles", actions: "iam:ListRoles", resources: "arn:aws:iam::*:*"},
			{sid: "ppmFullAccess", actions: `pricingplanmanager:AssociateResourcesToSubscription pricingplanmanager:CancelSubscription pricingplanmanager:CancelSubscriptionChange
				pricingplanmanager:DisassociateResourcesFromSubscription pricingplanmanager:GetSubscription pricingplanmanager:UpdateSubscription`, resources: "arn:aws:pricingplanmanager::*:subscription:*"},
		}},
	{"CloudFrontReadOnlyAccess", "/", "Provides read only access to Cloud Front.", 12, "2015-02-06", "2026-02-12",
		[]statement{{sid: "cfReadOnly", actions: `acm:DescribeCertificate acm:ListCertificates cloudfront:Describe* cloudfront:Get* cloudfront:List* cloudfront-keyvaluestore:Describe*
				cloudfront-keyvaluestore:Get* cloudfront-keyvaluestore:List* iam:ListServerCertificates route53:List* waf:ListWebACLs waf:GetWebACL wafv2:ListWebACLs
				wafv2:GetWebACL ec2:DescribeIpamPools ec2:GetIpamPoolCidrs pricingplanmanager:ListSubscriptions pricingplanmanager:GetSubscription`}}},
	{"CloudWatchAgentAdminPolicy", "/", "Provides the permissions of Cloud Watch Agent Admin Policy.", 2, "2018-03-07", "2024-02-05",
		[]statement{
			{sid: "CWACloudWatchPermissions", actions: `cloudwatch:PutMetricData ec2:DescribeTags logs:PutLogEvents logs:PutRetentionPolicy logs:DescribeLogStreams logs:DescribeLogGroups
				logs:CreateLogStream logs:CreateLogGroup xray:PutTraceSegments xray:PutTelemetryRecords xray:GetSamplingRules xray:GetSamplingTargets
				xray:GetSamplingStatisticSummaries`},
			{sid: "CWASSMPermissions", actions: "ssm:GetParameter ssm:PutParameter", resources: "arn:aws:ssm:*:*:parameter/AmazonCloudWatch-*"},
		}},
	{"CloudWatchApplicationInsightsReadOnlyAccess", "/", "Provides read only access to Cloud Watch Application Insights.", 1, "2020-11-24", "2020-11-24",
		[]statement{{actions: "applicationinsights:Describe* applicationinsights:List*"}}},
	{"CloudWatchEventsBuiltInTargetExecutionAccess", "/service-role/", "Provides the permissions of Cloud Watch Events Built In Target Execution Access.", 1, "2016-01-14", "2016-01-14",
		[]statement{{sid: "CloudWatchEventsBuiltInTargetExecutionAccess", actions: "ec2:Describe* ec2:RebootInstances ec2:StopInstances ec2:TerminateInstances ec2:CreateSnapshot"}}},
	{"CloudWatchEventsFullAccess", "/", "Provides full access to Cloud Watch Events.", 5, "2016-01-14", "2026-02-12",
		[]statement{
			{sid: "EventBridgeActions", actions: "events:* schemas:* scheduler:* pipes:*"},
			{sid: "IAMCreateServiceLinkedRoleForApiDestinations", actions: "iam:CreateServiceLinkedRole", resources: "arn:aws:iam::*:role/aws-service-role/apidestinations.events.amazonaws.com/AWSServiceRoleForAmazonEventBridgeApiDestinations", condition: `{"StringEquals": {"iam:AWSServiceName": "apidestinations.events.amazonaws.com"}}`},
			{sid: "IAMCreateServiceLinkedRoleForAmazonEventBridgeSchemas", actions: "iam:CreateServiceLinkedRole", resources: "arn:aws:iam::*:role/aws-service-role/schemas.amazonaws.com/AWSServiceRoleForSchemas", condition: `{"StringEquals": {"iam:AWSServiceName": "schemas.amazonaws.com"}}`},
			{sid: "SecretsManagerAccessForApiDestinations", actions: "secretsmanager:CreateSecret secretsmanager:UpdateSecret secretsmanager:DeleteSecret secretsmanager:GetSecretValue secretsmanager:PutSecretValue", resources: "arn:aws:secretsmanager:*:*:secret:events!*"},
			{sid: "IAMPassRoleForCloudWatchEvents", actions: "iam:PassRole", resources: "arn:aws:iam::*:role/AWS_Events_Invoke_Targets"},
			{sid: "IAMPassRoleAccessForScheduler", actions: "iam:PassRole", resources: "arn:aws:iam::*:role/*", condition: `{"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}`},
			{sid: "IAMPassRoleAccessForPipes", actions: "iam:PassRole", resources: "arn:aws:iam::*:role/*", condition: `{"StringEquals": {"iam:PassedToService": "pipes.amazonaws.com"}}`},
		}},
	{"CloudWatchEventsReadOnlyAccess", "/", "Provides read only access to Cloud Watch Events.", 3, "2016-01-14", "2022-12-01",
		[]statement{{actions: `events:DescribeRule events:DescribeEventBus events:DescribeEventSource events:ListEventBuses events:ListEventSources events:ListRuleNamesByTarget
				events:ListRules events:ListTargetsByRule events:TestEventPattern events:DescribeArchive events:ListArchives events:DescribeReplay events:ListReplays
				events:DescribeConnection events:ListConnections events:DescribeApiDestination events:ListApiDestinations events:DescribeEndpoint events:ListEndpoints
				schemas:DescribeCodeBinding schemas:DescribeDiscoverer schemas:DescribeRegistry schemas:DescribeSchema schemas:ExportSchema
				schemas:GetCodeBindingSource schemas:GetDiscoveredSchema schemas:GetResourcePolicy schemas:ListDiscoverers schemas:ListRegistries schemas:ListSchemas
				schemas:ListSchemaVersions schemas:ListTagsForResource schemas:SearchSchemas scheduler:GetSchedule scheduler:GetScheduleGroup scheduler:ListSchedules
				scheduler:ListScheduleGroups scheduler:ListTagsForResource pipes:DescribePipe pipes:ListPipes pipes:ListTagsForResource`}}},
	{"CloudWatchFullAccess", "/", "Provides full access to Cloud Watch.", 4, "2015-02-06", "2022-11-27",
		[]statement{
			{actions: "autoscaling:Describe* cloudwatch:* logs:* sns:* iam:GetPolicy iam:GetPolicyVersion iam:GetRole oam:ListSinks"},
			{actions: "iam:CreateServiceLinkedRole", resources: "arn:aws:iam::*:role/aws-service-role/events.amazonaws.com/AWSServiceRoleForCloudWatchEvents*", condition: `{"StringLike": {"iam:AWSServiceName": "events.amazonaws.com"}}`},
			{actions: "oam:ListAttachedLinks", resources: "arn:aws:oam:*:*:sink/*"},
		}},
	{"CloudWatchReadOnlyAccess", "/", "Provides read only access to Cloud Watch.", 24, "2015-02-06", "2026-02-12",
		[]statement{
			{sid: "CloudWatchReadOnlyAccessPermissions", actions: `application-autoscaling:DescribeScalingPolicies application-signals:BatchGet* application-signals:Get* application-signals:List* autoscaling:Describe*
				cloudtrail:ListChannels cloudwatch:BatchGet* cloudwatch:Describe* cloudwatch:GenerateQuery cloudwatch:Get* cloudwatch:List* logs:Get* logs:List*
				logs:StartQuery logs:StopQuery logs:Describe* logs:TestMetricFilter logs:FilterLogEvents logs:StartLiveTail logs:StopLiveTail oam:ListSinks
				observabilityadmin:GetCentralizationRuleForOrganization observabilityadmin:ListCentralizationRulesForOrganization
				observabilityadmin:GetTelemetryEvaluationStatus observabilityadmin:GetTelemetryEvaluationStatusForOrganization observabilityadmin:GetTelemetryRule
				observabilityadmin:GetTelemetryRuleForOrganization observabilityadmin:ListResourceTelemetry observabilityadmin:ListResourceTelemetryForOrganization
				observabilityadmin:ListTelemetryRules observabilityadmin:ListTelemetryRulesForOrganization observabilityadmin:GetTelemetryEnrichmentStatus
				observabilityadmin:ListTagsForResource observabilityadmin:GetTelemetryPipeline observabilityadmin:ListTelemetryPipelines
				observabilityadmin:TestTelemetryPipeline observabilityadmin:ValidateTelemetryPipelineConfiguration observabilityadmin:GetS3TableIntegration
				observabilityadmin:ListS3TableIntegrations sns:Get* sns:List* rum:BatchGet* rum:Get* rum:List* synthetics:Describe* synthetics:Get* synthetics:List*
				xray:BatchGet* xray:Get* xray:List* xray:StartTraceRetrieval xray:CancelTraceRetrieval`},
			{sid: "OAMReadPermissions", actions: "oam:ListAttachedLinks", resources: "arn:aws:oam:*:*:sink/*"},
			{sid: "CloudWatchReadOnlyGetRolePermissions", actions: "iam:GetRole", resources: "arn:aws:iam::*:role/aws-service-role/application-signals.cloudwatch.amazonaws.com/AWSServiceRoleForCloudWatchApplicationSignals"},
			{sid: "CloudWatchCloudTrailPermissions", actions: "cloudtrail:GetChannel", resources: "arn:aws:cloudtrail:*:*:channel/aws-service-channel/application-signals/*"},
			{sid: "CloudWatchServiceQuotaPermissions", actions: "servicequotas:GetServiceQuota", resources: "arn:aws:servicequotas:*:*:s3/* arn:aws:servicequotas:*:*:dynamodb/* arn:aws:servicequotas:*:*:kinesis/* arn:aws:servicequotas:*:*:sns/* arn:aws:servicequotas:*:*:bedrock/* arn:aws:servicequotas:*:*:lambda/* arn:aws:servicequotas:*:*:fargate/* arn:aws:servicequotas:*:*:elasticloadbalancing/* arn:aws:servicequotas:*:*:ec2/*"},
			{sid: "CloudWatchResourceExplorerPermissions", actions: "resource-explorer-2:ListIndexes resource-explorer-2:Search", resources: "arn:aws:resource-explorer-2:*::view/AWSServiceViewForApplicationSignals/service-view arn:aws:resource-explorer-2:*::view/AWSServiceViewForApplicationSignalsOrgScopeProd/service-view"},
		}},
	{"ComprehendReadOnly", "/", "Provides read only access to Comprehend.", 11, "2017-11-29", "2022-04-26",
		[]statement{{actions: `comprehend:DetectDominantLanguage comprehend:BatchDetectDominantLanguage comprehend:DetectEntities comprehend:BatchDetectEntities
				comprehend:DetectKeyPhrases comprehend:BatchDetectKeyPhrases comprehend:DetectPiiEntities comprehend:ContainsPiiEntities comprehend:DetectSentiment
				comprehend:BatchDetectSentiment comprehend:DetectSyntax comprehend:BatchDetectSyntax comprehend:ClassifyDocument comprehend:DescribeTopicsDetectionJob
				comprehend:ListTopicsDetectionJobs comprehend:DescribeDominantLanguageDetectionJob comprehend:ListDominantLanguageDetectionJobs
				comprehend:DescribeEntitiesDetectionJob comprehend:ListEntitiesDetectionJobs comprehend:DescribeKeyPhrasesDetectionJob
				comprehend:ListKeyPhrasesDetectionJobs comprehend:DescribePiiEntitiesDetectionJob comprehend:ListPiiEntitiesDetectionJobs
				comprehend:DescribeSentimentDetectionJob comprehend:DescribeTargetedSentimentDetectionJob comprehend:ListSentimentDetectionJobs
				comprehend:ListTargetedSentimentDetectionJobs comprehend:DescribeDocumentClassifier comprehend:ListDocumentClassifiers
				comprehend:DescribeDocumentClassificationJob comprehend:ListDocumentClassificationJobs comprehend:DescribeEntityRecognizer
				comprehend:ListEntityRecognizers comprehend:ListTagsForResource comprehend:DescribeEndpoint comprehend:ListEndpoints
				comprehend:ListDocumentClassifierSummaries comprehend:ListEntityRecognizerSummaries comprehend:DescribeResourcePolicy`}}},
	{"ElasticLoadBalancingFullAccess", "/", "Provides full access to Elastic Load Balancing.", 9, "2018-09-20", "2026-02-23",
		[]statement{
			{actions: "elasticloadbalancing:*"},
			{actions: `ec2:DescribeAccountAttributes ec2:DescribeAddresses ec2:DescribeInternetGateways ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcs
				ec2:DescribeVpcClassicLink ec2:DescribeInstances ec2:DescribeNetworkInterfaces ec2:DescribeClassicLinkInstances ec2:DescribeRouteTables
				ec2:DescribeCoipPools ec2:GetCoipPoolUsage ec2:GetSecurityGroupsForVpc ec2:DescribeVpcPeeringConnections ec2:DescribeAvailabilityZones
				cognito-idp:DescribeUserPoolClient`},
			{actions: "iam:CreateServiceLinkedRole", condition: `{"StringEquals": {"iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"}}`},
			{actions: "arc-zonal-shift:*", resources: "arn:aws:elasticloadbalancing:*:*:loadbalancer/*"},
			{actions: "arc-zonal-shift:ListManagedResources arc-zonal-shift:ListZonalShifts"},
		}},
	{"ElasticLoadBalancingReadOnly", "/", "Provides read only access to Elastic Load Balancing.", 3, "2018-09-20", "2023-11-26",
		[]statement{
			{sid: "Statement1", actions: "elasticloadbalancing:Describe* elasticloadbalancing:Get*"},
			{sid: "Statement2", actions: "ec2:DescribeInstances ec2:DescribeClassicLinkInstances ec2:DescribeSecurityGroups"},
			{sid: "Statement3", actions: "arc-zonal-shift:GetManagedResource", resources: "arn:aws:elasticloadbalancing:*:*:loadbalancer/*"},
			{sid: "Statement4", actions: "arc-zonal-shift:ListManagedResources arc-zonal-shift:ListZonalShifts"},
		}},
	{"IAMAccessAnalyzerReadOnlyAccess", "/", "Provides read only access to IAMAccess Analyzer.", 4, "2019-12-02", "2024-07-18",
		[]statement{{sid: "IAMAccessAnalyzerReadOnlyAccess", actions: `access-analyzer:CheckAccessNotGranted access-analyzer:CheckNoNewAccess access-analyzer:CheckNoPublicAccess access-analyzer:Get* access-analyzer:List*
				access-analyzer:ValidatePolicy`}}},
	{"IAMSelfManageServiceSpecificCredentials", "/", "Provides the permissions of IAMSelf Manage Service Specific Credentials.", 1, "2016-12-22", "2016-12-22",
		[]statement{{actions: `iam:CreateServiceSpecificCredential iam:ListServiceSpecificCredentials iam:UpdateServiceSpecificCredential iam:DeleteServiceSpecificCredential
				iam:ResetServiceSpecificCredential`, resources: "arn:aws:iam::*:user/${aws:username}"}}},
	{"IAMUserChangePassword", "/", "Provides the permissions of IAMUser Change Password.", 5, "2016-11-15", "2026-02-12",
		[]statement{
			{actions: "iam:ChangePassword", resources: "arn:aws:iam::*:user/${aws:username} arn:aws:iam::*:user/*/${aws:username}"},
			{actions: "iam:GetAccountPasswordPolicy"},
		}},
	{"IAMUserSSHKeys", "/", "Provides the permissions of IAMUser SSHKeys.", 1, "2015-07-09", "2015-07-09",
		[]statement{{actions: "iam:DeleteSSHPublicKey iam:GetSSHPublicKey iam:ListSSHPublicKeys iam:UpdateSSHPublicKey iam:UploadSSHPublicKey", resources: "arn:aws:iam::*:user/${aws:username}"}}},
	{"ResourceGroupsandTagEditorFullAccess", "/", "Provides full access to Resource Groupsand Tag Editor.", 6, "2015-02-06", "2023-08-10",
		[]statement{{actions: `tag:getResources tag:getTagKeys tag:getTagValues tag:TagResources tag:UntagResources resource-groups:* cloudformation:DescribeStacks
				cloudformation:ListStackResources cloudformation:ListStacks`}}},
	{"ResourceGroupsandTagEditorReadOnlyAccess", "/", "Provides read only access to Resource Groupsand Tag Editor.", 3, "2015-02-06", "2023-08-10",
		[]statement{{actions: `tag:getResources tag:getTagKeys tag:getTagValues resource-groups:Get* resource-groups:List* resource-groups:Search* cloudformation:DescribeStacks
				cloudformation:ListStackResources cloudformation:ListStacks`}}},
	{"TranslateFullAccess", "/", "Provides full access to Translate.", 2, "2018-11-27", "2020-01-08",
		[]statement{{actions: `translate:* comprehend:DetectDominantLanguage cloudwatch:GetMetricStatistics cloudwatch:ListMetrics s3:ListAllMyBuckets s3:ListBucket
				s3:GetBucketLocation iam:ListRoles iam:GetRole`}}},
	{"TranslateReadOnly", "/", "Provides read only access to Translate.", 7, "2017-11-29", "2023-05-24",
		[]statement{{actions: `translate:TranslateText translate:TranslateDocument translate:GetTerminology translate:ListTerminologies translate:ListTextTranslationJobs
				translate:DescribeTextTranslationJob translate:GetParallelData translate:ListParallelData comprehend:DetectDominantLanguage
				cloudwatch:GetMetricStatistics cloudwatch:ListMetrics`}}},
}
