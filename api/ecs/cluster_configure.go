package ecs

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// newClusterConfiguration checks a cluster's configuration and returns it as
// it is stored: nil for none. It is what ECS Exec and managed volumes go by.
// Source: ECS API reference, ExecuteCommandConfiguration.
func newClusterConfiguration(given *types.ClusterConfiguration) (*types.ClusterConfiguration, error) {
	if given == nil {
		return nil, nil
	}
	n := *given
	if e := given.ExecuteCommandConfiguration; e != nil {
		if err := checkExecute(e); err != nil {
			return nil, err
		}
		filled := *e
		if filled.Logging == "" {
			filled.Logging = types.ExecuteCommandLoggingDefault
		}
		n.ExecuteCommandConfiguration = &filled
	}
	return &n, nil
}

func checkExecute(e *types.ExecuteCommandConfiguration) error {
	logs := e.LogConfiguration
	switch {
	case e.Logging != "" && !slices.Contains(e.Logging.Values(), e.Logging):
		return invalid("Invalid logging setting for executeCommandConfiguration: %s", e.Logging)
	case e.Logging == types.ExecuteCommandLoggingOverride && logs == nil:
		return invalid("logConfiguration must be specified for executeCommandConfiguration when logging is set to OVERRIDE.")
	case logs == nil:
		return nil
	case e.Logging != types.ExecuteCommandLoggingOverride:
		return invalid("logConfiguration can only be specified for executeCommandConfiguration when logging is set to OVERRIDE.")
	case aws.ToString(logs.CloudWatchLogGroupName) == "" && aws.ToString(logs.S3BucketName) == "":
		return invalid("logConfiguration must have at least one of cloudWatchLogGroupName and s3BucketName.")
	case logs.CloudWatchEncryptionEnabled && aws.ToString(logs.CloudWatchLogGroupName) == "":
		return invalid("cloudWatchEncryptionEnabled cannot be set without cloudWatchLogGroupName.")
	case (logs.S3EncryptionEnabled || aws.ToString(logs.S3KeyPrefix) != "") && aws.ToString(logs.S3BucketName) == "":
		return invalid("s3EncryptionEnabled and s3KeyPrefix cannot be set without s3BucketName.")
	}
	return nil
}

// checkNamespace refuses a default namespace for Service Connect: AWS looks it
// up in Cloud Map, or makes it there, and there is no Cloud Map here to find
// any in. No name, and an empty one, mean none.
func checkNamespace(s *types.ClusterServiceConnectDefaultsRequest) error {
	if s == nil || aws.ToString(s.Namespace) == "" {
		return nil
	}
	return &types.NamespaceNotFoundException{Message: new("The specified namespace wasn't found.")}
}
