package ecs

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/auth/policy"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// volumeRole holds that ECS can be the role that it is to make a volume as (nil:
// there is none): the role is there, in the caller's account, and its trust
// policy lets ECS in. AWS finds that out when the task is made already, and says
// so of its attachment; here the call is refused. Source of the words: ECS
// developer guide, "Status reasons for Amazon EBS volume attachment to Amazon
// ECS tasks".
func (r request) volumeRole(v store.View, cluster *model.Cluster, volume *types.TaskVolumeConfiguration) error {
	if volume == nil || volume.ManagedEBSVolume == nil {
		return nil
	}
	arn := aws.ToString(volume.ManagedEBSVolume.RoleArn)
	role, ok := store.Get[*model.Role](v, model.RoleID(r.scope.Account, arn[strings.LastIndexByte(arn, '/')+1:]))
	if ok && r.scope.RoleARN(role.Path, role.Name) == arn && r.trusted(role, cluster.Name) {
		return nil
	}
	return clientError("ECS was unable to assume the configured ECS Infrastructure Role '%s'. Please verify that the role being passed has the proper trust relationship with Amazon ECS", arn)
}

// trusted reports whether ECS may assume a role for what is in a cluster.
// Source of the keys: ECS developer guide, "Amazon ECS infrastructure IAM role".
func (r request) trusted(role *model.Role, cluster string) bool {
	document, err := policy.Parse(role.Trust, policy.Trust)
	if err != nil { // it was checked when it was stored
		return false
	}
	arn := r.scope.RoleARN(role.Path, role.Name)
	return policy.Evaluate(&policy.Request{Action: "sts:AssumeRole", Resource: arn, Account: role.Account, Caller: policy.Caller{Service: passedToService},
		Context: policy.Context{"aws:SourceAccount": {r.scope.Account}, "aws:SourceArn": {r.scope.ClusterARN(cluster)}}},
		&policy.Policies{Resource: &policy.Named{Name: arn, Document: document}, Required: true, Trust: true}).Allowed()
}
