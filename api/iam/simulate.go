package iam

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/roadstead/roadstead/auth/policy"
)

// maxSimulations is how many pairs of an action and a resource are asked for
// in one call.
const maxSimulations = 10_000

// source is a policy of a simulation and where it comes from.
type source struct {
	policy.Named
	kind types.PolicySourceType
	text string
}

// simulation is what a simulation decides by.
type simulation struct {
	identity []source
	boundary *source
	resource *source
	caller   policy.Caller
	owner    string // account of the resources
	context  policy.Context
}

func read(name string, kind types.PolicySourceType, text string, as policy.Kind) (source, error) {
	d, err := policy.Parse(text, as)
	if err != nil {
		return source{}, invalid("Invalid policy %s: %s", name, err)
	}
	return source{policy.Named{Name: name, Document: d}, kind, text}, nil
}

// inputs reads policies that were given with the call.
func inputs(texts []string) (out []source, err error) {
	for i, text := range texts {
		s, err := read(fmt.Sprintf("PolicyInputList.%d", i+1), types.PolicySourceTypeNone, text, policy.Identity)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// SimulateCustomPolicy says what given policies would allow.
func (c *call) SimulateCustomPolicy(in *iam.SimulateCustomPolicyInput) (*iam.SimulateCustomPolicyOutput, error) {
	if len(in.OrderedOrganizationPolicyInputList) > 0 {
		return nil, invalid("OrderedOrganizationPolicyInputList is not supported by Roadstead: there are no organizations.")
	}
	identity, err := inputs(in.PolicyInputList)
	if err != nil {
		return nil, err
	}
	s := &simulation{identity: identity}
	results, more, next, err := c.simulate(s, &simulateInput{
		ActionNames: in.ActionNames, CallerArn: in.CallerArn, ContextEntries: in.ContextEntries, Marker: in.Marker, MaxItems: in.MaxItems,
		PermissionsBoundaryPolicyInputList: in.PermissionsBoundaryPolicyInputList, ResourceArns: in.ResourceArns,
		ResourceHandlingOption: in.ResourceHandlingOption, ResourceOwner: in.ResourceOwner, ResourcePolicy: in.ResourcePolicy, PolicyInputList: in.PolicyInputList})
	return &iam.SimulateCustomPolicyOutput{EvaluationResults: results, IsTruncated: more, Marker: next}, err
}

// SimulatePrincipalPolicy says what a user, group or role may do, with further
// policies if any are given.
func (c *call) SimulatePrincipalPolicy(in *simulateInput) (*iam.SimulatePrincipalPolicyOutput, error) {
	if len(in.PolicyExclusionList) > 0 {
		return nil, invalid("PolicyExclusionList is not supported by Roadstead yet.")
	}
	s, err := c.principal(*in.PolicySourceArn)
	if err != nil {
		return nil, err
	}
	more, err := inputs(in.PolicyInputList)
	if err != nil {
		return nil, err
	}
	s.identity = append(s.identity, more...)
	results, truncated, next, err := c.simulate(s, in)
	return &iam.SimulatePrincipalPolicyOutput{EvaluationResults: results, IsTruncated: truncated, Marker: next}, err
}

// simulate completes s with what the request adds, and decides a page of the
// pairs of an action and a resource.
func (c *call) simulate(s *simulation, in *simulateInput) ([]types.EvaluationResult, bool, *string, error) {
	if err := c.complete(s, in); err != nil {
		return nil, false, nil, err
	}
	resources := in.ResourceArns
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	if len(in.ActionNames)*len(resources) > maxSimulations {
		return nil, false, nil, invalid("The number of actions and resources to simulate must not exceed %d.", maxSimulations)
	}
	type pair struct {
		at               string
		action, resource string
	}
	var pairs []pair
	for _, a := range in.ActionNames {
		if service, name, ok := strings.Cut(a, ":"); !ok || service == "" || name == "" {
			return nil, false, nil, invalid("Invalid action name: %s", a)
		}
		for _, r := range resources {
			pairs = append(pairs, pair{fmt.Sprintf("%05d", len(pairs)), a, r})
		}
	}
	page, more, next, err := take(pairs, func(p pair) string { return p.at }, in.MaxItems, in.Marker,
		slices.Concat([]string{"Simulate", aws.ToString(in.PolicySourceArn)}, in.ActionNames, resources, in.PolicyInputList)...)
	if err != nil {
		return nil, false, nil, err
	}
	missing := s.missing()
	results := []types.EvaluationResult{}
	for _, p := range page {
		results = append(results, s.decide(p.action, p.resource, missing))
	}
	return results, more, next, nil
}

func (c *call) complete(s *simulation, in *simulateInput) error {
	if in.ResourceHandlingOption != nil {
		return invalid("ResourceHandlingOption is not supported by Roadstead: it is about scenarios of EC2.")
	}
	switch boundaries := in.PermissionsBoundaryPolicyInputList; {
	case len(boundaries) > 1:
		return invalid("Only one permissions boundary policy can be simulated.")
	case len(boundaries) == 1:
		b, err := read("PermissionsBoundaryPolicyInputList.1", types.PolicySourceTypeNone, boundaries[0], policy.Identity)
		if err != nil {
			return err
		}
		s.boundary = &b
	}
	if in.CallerArn != nil {
		caller, ok := callerOf(*in.CallerArn)
		if !ok {
			return invalid("CallerArn %s must be the ARN of an IAM user.", *in.CallerArn)
		}
		s.caller = caller
	}
	if in.ResourcePolicy != nil {
		if s.caller.ARN == "" {
			return invalid("CallerArn is required when a ResourcePolicy is given.")
		}
		r, err := read("ResourcePolicy", types.PolicySourceTypeResource, *in.ResourcePolicy, policy.Resource)
		if err != nil {
			return err
		}
		s.resource = &r
	}
	if s.caller.Account == "" {
		s.caller.Account = c.Account
	}
	if s.owner = aws.ToString(in.ResourceOwner); strings.HasPrefix(s.owner, "arn:") {
		s.owner = strings.SplitN(s.owner+":::::", ":", 6)[4]
	}
	s.context = policy.Context{}
	for i, e := range in.ContextEntries {
		if aws.ToString(e.ContextKeyName) == "" {
			return invalid("ContextEntries.%d has no ContextKeyName.", i+1)
		}
		s.context[strings.ToLower(*e.ContextKeyName)] = e.ContextKeyValues
	}
	return nil
}

// callerOf is the user with an ARN, as policies see it.
func callerOf(arn string) (policy.Caller, bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[2] != "iam" || !strings.HasPrefix(parts[5], "user/") {
		return policy.Caller{}, false
	}
	return policy.Caller{Account: parts[4], ARN: arn}, true
}

func named(sources []source) (out []policy.Named) {
	for _, s := range sources {
		out = append(out, s.Named)
	}
	return out
}

// decide evaluates one action on one resource.
func (s *simulation) decide(action, resource string, missing []string) types.EvaluationResult {
	request := &policy.Request{Action: action, Resource: resource, Account: s.owner, Caller: s.caller, Context: s.context}
	policies := &policy.Policies{Identity: named(s.identity)}
	result := types.EvaluationResult{EvalActionName: &action, EvalResourceName: &resource, MissingContextValues: missing, MatchedStatements: []types.Statement{}}
	if s.boundary != nil {
		policies.Boundary = &s.boundary.Named
		alone := policy.Evaluate(request, &policy.Policies{Identity: []policy.Named{s.boundary.Named}})
		result.PermissionsBoundaryDecisionDetail = &types.PermissionsBoundaryDecisionDetail{AllowedByPermissionsBoundary: alone.Allowed()}
	}
	if s.resource != nil {
		policies.Resource = &s.resource.Named
	}
	decision := policy.Evaluate(request, policies)
	result.EvalDecision = word(decision)
	if decision.Cause == policy.Allowed || decision.Cause == policy.ExplicitDeny {
		result.MatchedStatements = s.matched(request, decision.Cause)
	}
	return result
}

func word(d policy.Decision) types.PolicyEvaluationDecisionType {
	switch d.Cause {
	case policy.Allowed:
		return types.PolicyEvaluationDecisionTypeAllowed
	case policy.ExplicitDeny:
		return types.PolicyEvaluationDecisionTypeExplicitDeny
	}
	return types.PolicyEvaluationDecisionTypeImplicitDeny
}
