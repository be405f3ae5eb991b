package iam

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/roadstead/roadstead/auth/policy/managed"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// linkedPath is where service-linked roles are.
const linkedPath = "/aws-service-role/"

// maxDeletions is how many deletions of service-linked roles are remembered.
const maxDeletions = 50

// linkedService is a service that may have roles of its own in an account.
type linkedService struct {
	service, role, policy, description string
	suffix                             bool // several roles, told apart by a suffix
}

// linkedServices are those that exist here. Source: their user guides, "Using
// service-linked roles".
var linkedServices = []linkedService{
	{"ecs.amazonaws.com", "AWSServiceRoleForECS", "AmazonECSServiceRolePolicy", "Role to enable Amazon ECS to manage your cluster.", false},
	{"ecs.application-autoscaling.amazonaws.com", "AWSServiceRoleForApplicationAutoScaling_ECSService", "AWSApplicationAutoscalingECSServicePolicy", "", false},
	{"autoscaling.amazonaws.com", "AWSServiceRoleForAutoScaling", "AutoScalingServiceRolePolicy", "", true},
	{"elasticloadbalancing.amazonaws.com", "AWSServiceRoleForElasticLoadBalancing", "AWSElasticLoadBalancingServiceRolePolicy", "Allows ELB to call AWS services on your behalf.", false},
	{"replication.ecr.amazonaws.com", "AWSServiceRoleForECRReplication", "ECRReplicationServiceRolePolicy", "", false},
	{"pullthroughcache.ecr.amazonaws.com", "AWSServiceRoleForECRPullThroughCache", "AWSECRPullThroughCache_ServiceRolePolicy", "", false},
}

func linkedTrust(service string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"` + service + `"},"Action":"sts:AssumeRole"}]}`
}

// CreateServiceLinkedRole makes the role that a service acts with.
func (c *call) CreateServiceLinkedRole(in *iam.CreateServiceLinkedRoleInput) (*iam.CreateServiceLinkedRoleOutput, error) {
	at := slices.IndexFunc(linkedServices, func(s linkedService) bool { return s.service == *in.AWSServiceName })
	if at < 0 {
		return nil, invalid("%s is not a service that has service-linked roles in Roadstead.", *in.AWSServiceName)
	}
	s := linkedServices[at]
	r := model.Role{Account: c.Account, Name: s.role, Path: linkedPath + s.service + "/", CreatedAt: c.now, Trust: linkedTrust(s.service),
		Description: s.description, MaxSession: defaultSession, LinkedService: s.service, Attached: []string{managed.ARN("/aws-service-role/", s.policy)}}
	if in.CustomSuffix != nil {
		if !s.suffix {
			return nil, invalid("Custom suffix is not allowed for %s", s.service)
		}
		r.Name += "_" + *in.CustomSuffix
	}
	if in.Description != nil {
		r.Description = *in.Description
	}
	if err := c.addRole(&r, invalid("Service role name %s has been taken in this account, please try a different suffix.", r.Name)); err != nil {
		return nil, err
	}
	return &iam.CreateServiceLinkedRoleOutput{Role: new(c.listedRole(&r))}, nil
}

// DeleteServiceLinkedRole removes the role of a service that has nothing left
// that needs it. What came of it is asked for by the answer's id.
func (c *call) DeleteServiceLinkedRole(in *iam.DeleteServiceLinkedRoleInput) (*iam.DeleteServiceLinkedRoleOutput, error) {
	uuid, err := c.uuid()
	if err != nil {
		return nil, err
	}
	var deletion model.RoleDeletion
	err = c.commit(func(v store.View, change *model.Change) error {
		r, err := c.role(v, *in.RoleName)
		if err != nil {
			return err
		}
		if r.LinkedService == "" {
			return invalid("The role %s is not a service-linked role.", r.Name)
		}
		deletion = model.RoleDeletion{ID: fmt.Sprintf("task%s%s/%s", r.Path, r.Name, uuid), Uses: c.linkedUses(v, r.LinkedService)}
		if len(deletion.Uses) > 0 {
			deletion.Reason = "A service-linked role is required for " + r.LinkedService + " to access your resources."
		} else {
			change.Delete(r)
		}
		a := c.accountOf(v)
		a.Deletions = append(slices.Clone(a.Deletions), deletion)
		if n := len(a.Deletions); n > maxDeletions {
			a.Deletions = a.Deletions[n-maxDeletions:]
		}
		change.Put(a)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &iam.DeleteServiceLinkedRoleOutput{DeletionTaskId: &deletion.ID}, nil
}

// maxUses is how many resources a refused deletion names.
const maxUses = 10

// linkedUses are ARNs of what a service's role is needed for: ECS's clusters.
func (c *call) linkedUses(v store.View, service string) (arns []string) {
	if service != "ecs.amazonaws.com" {
		return nil
	}
	for cluster := range all[*model.Cluster](c, v) {
		if cluster.Status == model.ClusterActive && len(arns) < maxUses {
			arns = append(arns, c.ClusterARN(cluster.Name))
		}
	}
	return arns
}

// GetServiceLinkedRoleDeletionStatus says what came of a deletion.
func (c *call) GetServiceLinkedRoleDeletionStatus(in *iam.GetServiceLinkedRoleDeletionStatusInput) (*iam.GetServiceLinkedRoleDeletionStatusOutput, error) {
	for _, d := range c.accountOf(c.db.View()).Deletions {
		switch {
		case d.ID != *in.DeletionTaskId:
		case d.Reason == "":
			return &iam.GetServiceLinkedRoleDeletionStatusOutput{Status: types.DeletionTaskStatusTypeSucceeded}, nil
		default:
			return &iam.GetServiceLinkedRoleDeletionStatusOutput{Status: types.DeletionTaskStatusTypeFailed,
				Reason: &types.DeletionTaskFailureReasonType{Reason: &d.Reason, RoleUsageList: []types.RoleUsageType{{Region: &c.Region, Resources: d.Uses}}}}, nil
		}
	}
	return nil, noSuch("The deletion task %s cannot be found.", *in.DeletionTaskId)
}
