package iam

import "github.com/aws/aws-sdk-go-v2/service/iam/types"

// simulateInput has the shape of the SDK's SimulatePrincipalPolicyInput but for
// its union, PolicyExclusionList: the query protocol writes a union as a
// structure of which one member is set, and so it is here.
type simulateInput struct {
	ActionNames                        []string
	PolicySourceArn                    *string
	CallerArn                          *string
	ContextEntries                     []types.ContextEntry
	Marker                             *string
	MaxItems                           *int32
	PermissionsBoundaryPolicyInputList []string
	PolicyExclusionList                []exclusion
	PolicyInputList                    []string
	ResourceArns                       []string
	ResourceHandlingOption             *string
	ResourceOwner                      *string
	ResourcePolicy                     *string
}

// exclusion is the SDK's PolicyIdentifier.
type exclusion struct {
	InlinePolicyIdentifier *types.InlinePolicyIdentifierType
	PolicyArn              *string
	PolicyType             *string
}
