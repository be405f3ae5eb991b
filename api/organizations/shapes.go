package organizations

import "time"

// The structs below are the service's shapes, by their names in its model.
// Source: AWS Organizations API reference.

// Tag is a key and a value.
type Tag struct{ Key, Value *string }

// Account is a member account, or the management account.
type Account struct {
	Arn, Email, Id, JoinedMethod, Name, State, Status *string
	JoinedTimestamp                                   *time.Time
}

// CreateAccountStatus says what became of a request for an account.
type CreateAccountStatus struct {
	AccountId, AccountName, FailureReason, Id, State *string
	CompletedTimestamp, RequestedTimestamp           *time.Time
}

// Organization is the house of all accounts.
type Organization struct {
	Arn, FeatureSet, Id, MasterAccountArn, MasterAccountEmail, MasterAccountId *string
	AvailablePolicyTypes                                                       []PolicyTypeSummary
}

// PolicyTypeSummary is a type of policy and whether it is in force.
type PolicyTypeSummary struct{ Status, Type *string }

// Root is the root of all accounts.
type Root struct {
	Arn, Id, Name *string
	PolicyTypes   []PolicyTypeSummary
}

// Parent is what an account is below.
type Parent struct{ Id, Type *string }

// The inputs and outputs of the operations.
type (
	CreateAccountInput struct {
		AccountName, Email, IamUserAccessToBilling, RoleName *string
		Tags                                                 []Tag
	}
	CreateAccountOutput struct{ CreateAccountStatus *CreateAccountStatus }

	DescribeCreateAccountStatusInput  struct{ CreateAccountRequestId *string }
	DescribeCreateAccountStatusOutput struct{ CreateAccountStatus *CreateAccountStatus }

	ListCreateAccountStatusInput struct {
		MaxResults *int32
		NextToken  *string
		States     []string
	}
	ListCreateAccountStatusOutput struct {
		CreateAccountStatuses []CreateAccountStatus
		NextToken             *string
	}

	ListAccountsInput struct {
		MaxResults *int32
		NextToken  *string
	}
	ListAccountsOutput struct {
		Accounts  []Account
		NextToken *string
	}

	ListAccountsForParentInput struct {
		MaxResults          *int32
		NextToken, ParentId *string
	}
	ListAccountsForParentOutput struct {
		Accounts  []Account
		NextToken *string
	}

	DescribeAccountInput  struct{ AccountId *string }
	DescribeAccountOutput struct{ Account *Account }

	CloseAccountInput  struct{ AccountId *string }
	CloseAccountOutput struct{}

	DescribeOrganizationInput  struct{}
	DescribeOrganizationOutput struct{ Organization *Organization }

	ListRootsInput struct {
		MaxResults *int32
		NextToken  *string
	}
	ListRootsOutput struct {
		NextToken *string
		Roots     []Root
	}

	ListParentsInput struct {
		ChildId, NextToken *string
		MaxResults         *int32
	}
	ListParentsOutput struct {
		NextToken *string
		Parents   []Parent
	}

	ListTagsForResourceInput  struct{ NextToken, ResourceId *string }
	ListTagsForResourceOutput struct {
		NextToken *string
		Tags      []Tag
	}
	TagResourceInput struct {
		ResourceId *string
		Tags       []Tag
	}
	TagResourceOutput  struct{}
	UntagResourceInput struct {
		ResourceId *string
		TagKeys    []string
	}
	UntagResourceOutput struct{}
)
