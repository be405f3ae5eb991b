package logs

import (
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/roadstead/roadstead/telemetry/logs"
	"github.com/roadstead/roadstead/wire"
)

// New returns the service as the router offers it. The store must be running.
func New(store *logs.Store, opts Options) *wire.Service {
	d := newFrontDoor(store, opts)
	return &wire.Service{
		Name:         "logs",
		SigningName:  "logs",
		TargetPrefix: "Logs_20140328",
		Version:      "2014-03-28",
		Protocols:    []wire.Protocol{wire.AWSJSON11},
		Operations: []wire.Operation{
			wire.Op("CreateLogGroup", d.CreateLogGroup).Needing(of(d, func(n names, in *cloudwatchlogs.CreateLogGroupInput) []wire.Need { return n.making(in) })),
			wire.Op("DeleteLogGroup", d.DeleteLogGroup).Needing(of(d, func(n names, in *cloudwatchlogs.DeleteLogGroupInput) []wire.Need { return n.group(in.LogGroupName) })),
			wire.Op("DescribeLogGroups", d.DescribeLogGroups).Needing(of(d, func(n names, in *cloudwatchlogs.DescribeLogGroupsInput) []wire.Need {
				return n.groups(in.LogGroupIdentifiers...)
			})),
			wire.Op("ListLogGroups", d.ListLogGroups).Needing(of(d, func(n names, in *cloudwatchlogs.ListLogGroupsInput) []wire.Need { return n.groups() })),
			wire.Op("PutLogGroupDeletionProtection", d.PutLogGroupDeletionProtection).Needing(of(d, func(n names, in *cloudwatchlogs.PutLogGroupDeletionProtectionInput) []wire.Need {
				return n.group(in.LogGroupIdentifier)
			})),
			wire.Op("CreateLogStream", d.CreateLogStream).Needing(of(d, func(n names, in *cloudwatchlogs.CreateLogStreamInput) []wire.Need { return n.group(in.LogGroupName) })),
			wire.Op("DeleteLogStream", d.DeleteLogStream).Needing(of(d, func(n names, in *cloudwatchlogs.DeleteLogStreamInput) []wire.Need {
				return n.stream(in.LogGroupName, nil, in.LogStreamName)
			})),
			wire.Op("DescribeLogStreams", d.DescribeLogStreams).Needing(of(d, func(n names, in *cloudwatchlogs.DescribeLogStreamsInput) []wire.Need {
				return n.either(in.LogGroupName, in.LogGroupIdentifier)
			})),
			wire.Op("PutLogEvents", d.PutLogEvents).Needing(of(d, func(n names, in *cloudwatchlogs.PutLogEventsInput) []wire.Need {
				return n.stream(in.LogGroupName, nil, in.LogStreamName)
			})),
			wire.Op("GetLogEvents", d.GetLogEvents).Needing(of(d, func(n names, in *cloudwatchlogs.GetLogEventsInput) []wire.Need {
				return n.stream(in.LogGroupName, in.LogGroupIdentifier, in.LogStreamName)
			})),
			wire.Op("FilterLogEvents", d.FilterLogEvents).Needing(of(d, func(n names, in *cloudwatchlogs.FilterLogEventsInput) []wire.Need {
				return n.either(in.LogGroupName, in.LogGroupIdentifier)
			})),
			wire.Op("PutRetentionPolicy", d.PutRetentionPolicy).Needing(of(d, func(n names, in *cloudwatchlogs.PutRetentionPolicyInput) []wire.Need { return n.group(in.LogGroupName) })),
			wire.Op("DeleteRetentionPolicy", d.DeleteRetentionPolicy).Needing(of(d, func(n names, in *cloudwatchlogs.DeleteRetentionPolicyInput) []wire.Need {
				return n.group(in.LogGroupName)
			})),
			wire.Op("TagLogGroup", d.TagLogGroup).Needing(of(d, func(n names, in *cloudwatchlogs.TagLogGroupInput) []wire.Need {
				return tagged(n.group(in.LogGroupName), in.Tags)
			})),
			wire.Op("UntagLogGroup", d.UntagLogGroup).Needing(of(d, func(n names, in *cloudwatchlogs.UntagLogGroupInput) []wire.Need { return n.group(in.LogGroupName) })),
			wire.Op("ListTagsLogGroup", d.ListTagsLogGroup).Needing(of(d, func(n names, in *cloudwatchlogs.ListTagsLogGroupInput) []wire.Need { return n.group(in.LogGroupName) })),
			wire.Op("TagResource", d.TagResource).Needing(of(d, func(n names, in *cloudwatchlogs.TagResourceInput) []wire.Need {
				return tagged(n.group(in.ResourceArn), in.Tags)
			})),
			wire.Op("UntagResource", d.UntagResource).Needing(of(d, func(n names, in *cloudwatchlogs.UntagResourceInput) []wire.Need { return n.group(in.ResourceArn) })),
			wire.Op("ListTagsForResource", d.ListTagsForResource).Needing(of(d, func(n names, in *cloudwatchlogs.ListTagsForResourceInput) []wire.Need { return n.group(in.ResourceArn) })),
			wire.StreamOp("StartLiveTail", d.StartLiveTail).Needing(of(d, func(n names, in *cloudwatchlogs.StartLiveTailInput) []wire.Need {
				return n.groups(in.LogGroupIdentifiers...)
			})),
		},
		Known: []string{
			"AssociateKmsKey",
			"AssociateSourceToS3TableIntegration",
			"CancelExportTask",
			"CancelImportTask",
			"CreateDelivery",
			"CreateExportTask",
			"CreateImportTask",
			"CreateLogAnomalyDetector",
			"CreateLogGroup",
			"CreateLogStream",
			"CreateLookupTable",
			"CreateScheduledQuery",
			"DeleteAccountPolicy",
			"DeleteDataProtectionPolicy",
			"DeleteDelivery",
			"DeleteDeliveryDestination",
			"DeleteDeliveryDestinationPolicy",
			"DeleteDeliverySource",
			"DeleteDestination",
			"DeleteIndexPolicy",
			"DeleteIntegration",
			"DeleteLogAnomalyDetector",
			"DeleteLogGroup",
			"DeleteLogStream",
			"DeleteLookupTable",
			"DeleteMetricFilter",
			"DeleteQueryDefinition",
			"DeleteResourcePolicy",
			"DeleteRetentionPolicy",
			"DeleteScheduledQuery",
			"DeleteSubscriptionFilter",
			"DeleteSyslogConfiguration",
			"DeleteTransformer",
			"DescribeAccountPolicies",
			"DescribeConfigurationTemplates",
			"DescribeDeliveries",
			"DescribeDeliveryDestinations",
			"DescribeDeliverySources",
			"DescribeDestinations",
			"DescribeExportTasks",
			"DescribeFieldIndexes",
			"DescribeImportTaskBatches",
			"DescribeImportTasks",
			"DescribeIndexPolicies",
			"DescribeLogGroups",
			"DescribeLogStreams",
			"DescribeLookupTables",
			"DescribeMetricFilters",
			"DescribeQueries",
			"DescribeQueryDefinitions",
			"DescribeResourcePolicies",
			"DescribeSubscriptionFilters",
			"DisassociateKmsKey",
			"DisassociateSourceFromS3TableIntegration",
			"FilterLogEvents",
			"GetDataProtectionPolicy",
			"GetDelivery",
			"GetDeliveryDestination",
			"GetDeliveryDestinationPolicy",
			"GetDeliverySource",
			"GetIntegration",
			"GetLogAnomalyDetector",
			"GetLogEvents",
			"GetLogFields",
			"GetLogGroupFields",
			"GetLogObject",
			"GetLogRecord",
			"GetLookupTable",
			"GetQueryResults",
			"GetScheduledQuery",
			"GetScheduledQueryHistory",
			"GetStorageTierPolicy",
			"GetTransformer",
			"ListAggregateLogGroupSummaries",
			"ListAnomalies",
			"ListIntegrations",
			"ListLogAnomalyDetectors",
			"ListLogGroups",
			"ListLogGroupsForQuery",
			"ListScheduledQueries",
			"ListSourcesForS3TableIntegration",
			"ListSyslogConfigurations",
			"ListTagsForResource",
			"ListTagsLogGroup",
			"PutAccountPolicy",
			"PutBearerTokenAuthentication",
			"PutDataProtectionPolicy",
			"PutDeliveryDestination",
			"PutDeliveryDestinationPolicy",
			"PutDeliverySource",
			"PutDestination",
			"PutDestinationPolicy",
			"PutIndexPolicy",
			"PutIntegration",
			"PutLogEvents",
			"PutLogGroupDeletionProtection",
			"PutMetricFilter",
			"PutQueryDefinition",
			"PutResourcePolicy",
			"PutRetentionPolicy",
			"PutStorageTierPolicy",
			"PutSubscriptionFilter",
			"PutSyslogConfiguration",
			"PutTransformer",
			"StartLiveTail",
			"StartQuery",
			"StopQuery",
			"TagLogGroup",
			"TagResource",
			"TestMetricFilter",
			"TestTransformer",
			"UntagLogGroup",
			"UntagResource",
			"UpdateAnomaly",
			"UpdateDeliveryConfiguration",
			"UpdateLogAnomalyDetector",
			"UpdateLookupTable",
			"UpdateScheduledQuery",
		},
	}
}
