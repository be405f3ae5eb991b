package ecr

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/roadstead/roadstead/auth/policy"
	"github.com/roadstead/roadstead/model"
)

// maxPolicy is the longest repository policy in characters. Source: ECR API
// reference, SetRepositoryPolicy.
const maxPolicy = 10240

// checkPolicy refuses what is no policy. The statements of repositories'
// policies need name no resource: they speak of the repository.
func checkPolicy(text *string) error {
	switch {
	case text == nil || *text == "":
		return violates("policyText", "must not be null")
	case len(*text) > maxPolicy:
		return violates("policyText", "must have length less than or equal to %d", maxPolicy)
	}
	statements, err := readStatements(*text)
	if err != nil {
		return violates("policyText", "Invalid repository policy provided: %v", err)
	}
	for i, s := range statements {
		switch {
		case s.Effect != "Allow" && s.Effect != "Deny":
			return violates("policyText", "Invalid repository policy provided: Statement[%d].Effect must be Allow or Deny", i)
		case s.Principal == nil && s.NotPrincipal == nil:
			return violates("policyText", "Invalid repository policy provided: Statement[%d] has no Principal", i)
		case s.Action == nil && s.NotAction == nil:
			return violates("policyText", "Invalid repository policy provided: Statement[%d] has no Action", i)
		}
	}
	if _, err := policy.Parse(*text, policy.Own); err != nil {
		return violates("policyText", "Invalid repository policy provided: %v", err)
	}
	return nil
}

type statement struct {
	Effect                                     string
	Principal, NotPrincipal, Action, NotAction json.RawMessage
}

// readStatements returns a policy's statements; IAM lets a single one stand
// without a list.
func readStatements(text string) ([]statement, error) {
	var document struct {
		Version   string
		Statement json.RawMessage
	}
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		return nil, err
	}
	if v := document.Version; v != "" && v != "2012-10-17" && v != "2008-10-17" {
		return nil, fmt.Errorf("unknown Version %q", v)
	}
	var many []statement
	if len(document.Statement) > 0 && document.Statement[0] == '{' {
		many = make([]statement, 1)
		return many, json.Unmarshal(document.Statement, &many[0])
	}
	if len(document.Statement) == 0 || json.Unmarshal(document.Statement, &many) != nil || len(many) == 0 {
		return nil, errors.New("it has no Statement")
	}
	return many, nil
}

func (r request) noPolicy(name string) error {
	return &types.RepositoryPolicyNotFoundException{Message: new("Repository policy does not exist for " + r.of(name))}
}

// SetRepositoryPolicy stores a policy. Force is about locking oneself out,
// which no policy that we take can do.
func (d *Door) SetRepositoryPolicy(ctx context.Context, in *ecr.SetRepositoryPolicyInput) (*ecr.SetRepositoryPolicyOutput, error) {
	r, err := d.begin(ctx, in.RegistryId)
	if err != nil {
		return nil, err
	}
	if err := checkPolicy(in.PolicyText); err != nil {
		return nil, err
	}
	err = d.change(r, in.RepositoryName, func(repository *model.Repository) error {
		repository.Policy = *in.PolicyText
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ecr.SetRepositoryPolicyOutput{RegistryId: &r.registry, RepositoryName: in.RepositoryName, PolicyText: in.PolicyText}, nil
}

// GetRepositoryPolicy shows the policy as it was put.
func (d *Door) GetRepositoryPolicy(ctx context.Context, in *ecr.GetRepositoryPolicyInput) (*ecr.GetRepositoryPolicyOutput, error) {
	r, _, repository, err := d.about(ctx, in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	if repository.Policy == "" {
		return nil, r.noPolicy(repository.Name)
	}
	return &ecr.GetRepositoryPolicyOutput{RegistryId: &r.registry, RepositoryName: &repository.Name, PolicyText: &repository.Policy}, nil
}

// DeleteRepositoryPolicy removes the policy and shows it a last time.
func (d *Door) DeleteRepositoryPolicy(ctx context.Context, in *ecr.DeleteRepositoryPolicyInput) (*ecr.DeleteRepositoryPolicyOutput, error) {
	r, err := d.begin(ctx, in.RegistryId)
	if err != nil {
		return nil, err
	}
	var was string
	err = d.change(r, in.RepositoryName, func(repository *model.Repository) error {
		if was = repository.Policy; was == "" {
			return r.noPolicy(repository.Name)
		}
		repository.Policy = ""
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ecr.DeleteRepositoryPolicyOutput{RegistryId: &r.registry, RepositoryName: in.RepositoryName, PolicyText: &was}, nil
}
