package wire_test

import (
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/middleware"

	"github.com/roadstead/roadstead/wire"
	"github.com/roadstead/roadstead/wire/wiretest"
)

var unvalidated = []func(*middleware.Stack) error{wiretest.Unvalidated}

// module is a service of the SDK as the tests speak it.
type module struct {
	service wire.Service
	path    string // the Go module
	client  wiretest.NewClient
	least   int // operations that it had when this was written
}

func modules() []module {
	return []module{
		{
			service: wire.Service{
				Name: "ecs", TargetPrefix: "AmazonEC2ContainerServiceV20141113", Protocols: []wire.Protocol{wire.AWSJSON11},
			},
			path: "github.com/aws/aws-sdk-go-v2/service/ecs",
			client: func(h wiretest.HTTPClient) any {
				return ecs.New(ecs.Options{
					Region: "us-east-1", HTTPClient: h, Credentials: wiretest.Credentials(), APIOptions: unvalidated, RetryMaxAttempts: 1,
				})
			},
			least: 60,
		},
		{
			service: wire.Service{
				Name: "ecr", TargetPrefix: "AmazonEC2ContainerRegistry_V20150921", Protocols: []wire.Protocol{wire.AWSJSON11},
			},
			path: "github.com/aws/aws-sdk-go-v2/service/ecr",
			client: func(h wiretest.HTTPClient) any {
				return ecr.New(ecr.Options{
					Region: "us-east-1", HTTPClient: h, Credentials: wiretest.Credentials(), APIOptions: unvalidated, RetryMaxAttempts: 1,
				})
			},
			least: 50,
		},
		{
			service: wire.Service{
				Name: "logs", TargetPrefix: "Logs_20140328", Protocols: []wire.Protocol{wire.AWSJSON11},
			},
			path: "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs",
			client: func(h wiretest.HTTPClient) any {
				return cloudwatchlogs.New(cloudwatchlogs.Options{
					Region: "us-east-1", HTTPClient: h, Credentials: wiretest.Credentials(), APIOptions: unvalidated, RetryMaxAttempts: 1,
				})
			},
			least: 90,
		},
		{
			service: wire.Service{
				Name: "sts", Version: "2011-06-15", XMLNamespace: "https://sts.amazonaws.com/doc/2011-06-15/",
				Protocols: []wire.Protocol{wire.Query},
			},
			path: "github.com/aws/aws-sdk-go-v2/service/sts",
			client: func(h wiretest.HTTPClient) any {
				return sts.New(sts.Options{
					Region: "us-east-1", HTTPClient: h, Credentials: wiretest.Credentials(), APIOptions: unvalidated, RetryMaxAttempts: 1,
				})
			},
			least: 8,
		},
	}
}
