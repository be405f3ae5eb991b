package ecs

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/dispatch/exec"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// recordOf says where the session of a container is recorded, as the cluster's
// configuration asks; nil is nowhere. What it asks for and cannot be had here
// is refused: a session that is to be recorded must not go unrecorded.
// Source: ECS API reference, ExecuteCommandConfiguration.
func recordOf(v store.View, cluster *model.Cluster, t *model.Task, container string) (*exec.Record, error) {
	if cluster.Configuration == nil || cluster.Configuration.ExecuteCommandConfiguration == nil {
		return taskRecord(v, t, container), nil
	}
	e := cluster.Configuration.ExecuteCommandConfiguration
	if aws.ToString(e.KmsKeyId) != "" {
		return nil, clientError("The cluster's executeCommandConfiguration has a kmsKeyId. Roadstead does not encrypt the data of sessions with KMS keys, only with TLS.")
	}
	switch e.Logging {
	case types.ExecuteCommandLoggingNone:
		return nil, nil
	case types.ExecuteCommandLoggingOverride:
		return overriddenRecord(cluster.Account, e.LogConfiguration)
	}
	return taskRecord(v, t, container), nil
}

func overriddenRecord(account string, l *types.ExecuteCommandLogConfiguration) (*exec.Record, error) {
	switch {
	case l == nil:
		return nil, nil
	case aws.ToString(l.S3BucketName) != "":
		return nil, clientError("The cluster's executeCommandConfiguration records sessions in an S3 bucket. Roadstead has no S3: use cloudWatchLogGroupName.")
	case l.CloudWatchEncryptionEnabled:
		return nil, clientError("We couldn't start the session because encryption is not set up on the selected CloudWatch Logs log group. Either encrypt the log group or choose an option to enable logging without encryption.")
	case aws.ToString(l.CloudWatchLogGroupName) == "":
		return nil, nil
	}
	return &exec.Record{Account: account, Group: *l.CloudWatchLogGroupName}, nil
}

// taskRecord is where a container with the awslogs driver logs: sessions are
// recorded there by default. Others are not recorded.
func taskRecord(v store.View, t *model.Task, container string) *exec.Record {
	d, ok := store.DefinitionOf(v, t)
	if !ok {
		return nil
	}
	c := find(d.Definition, container)
	if c == nil || c.LogConfiguration == nil || c.LogConfiguration.LogDriver != types.LogDriverAwslogs {
		return nil
	}
	group := c.LogConfiguration.Options["awslogs-group"]
	if group == "" {
		return nil
	}
	return &exec.Record{Account: t.Account, Group: group}
}
