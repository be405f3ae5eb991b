package ssm

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/wire/constraint"
)

// Limits of parameters. Source: Systems Manager user guide, "Managing parameter
// tiers". maxBytes is ours, for a parameter is stored as one.
const (
	maxStandard   = 4096
	maxAdvanced   = 8192
	maxVersions   = 100
	maxBytes      = 900 << 10
	maxParameters = 10_000 // of the standard tier; 100,000 advanced ones
)

const defaultKey = "alias/aws/ssm"

// PutParameter makes a parameter, or a new version of one.
func (d *frontDoor) PutParameter(ctx context.Context, in *ssm.PutParameterInput) (*ssm.PutParameterOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	expires, err := checkPut(in)
	if err != nil {
		return nil, err
	}
	tags, err := newTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	out := &ssm.PutParameterOutput{}
	return out, d.commit(r, func(v store.View, c *model.Change) error {
		p, err := find(v, r, *in.Name)
		switch {
		case err != nil:
			p = &model.Parameter{Account: r.scope.Account, Name: *in.Name, Tags: tags}
			if was, ok := store.Get[*model.Parameter](v, p.Key().ID); ok { // expired, and not yet deleted
				p.Meta = was.Meta
			}
			if store.Count[*model.Parameter](v, r.scope.Account+"/") >= maxParameters*11 {
				return &types.ParameterLimitExceeded{Message: new("You have exceeded the number of parameters for this account.")}
			}
		case !aws.ToBool(in.Overwrite):
			return &types.ParameterAlreadyExists{Message: new("The parameter already exists. To overwrite this value, set the overwrite option in the request to true.")}
		default:
			p = p.Clone()
		}
		n, err := d.next(r, p, in)
		if err != nil {
			return err
		}
		if in.Policies != nil || len(p.Versions) == 0 {
			p.Expires = expires
		}
		p.Version = n.Number
		p.Versions = append(p.Versions, n)
		if err := prune(p); err != nil {
			return err
		}
		out.Tier, out.Version = types.ParameterTier(n.Tier), int64(n.Number)
		c.Put(p)
		return nil
	})
}

// next makes the version that a request asks for; what it does not say is as
// it was, the key too: Terraform names it only when it changes.
// Source for policies: Systems Manager API reference, PutParameter.
func (d *frontDoor) next(r request, p *model.Parameter, in *ssm.PutParameterInput) (n model.ParameterVersion, err error) {
	n = model.ParameterVersion{Number: p.Version + 1, Type: string(in.Type), Description: aws.ToString(in.Description), Pattern: aws.ToString(in.AllowedPattern),
		DataType: aws.ToString(in.DataType), Policies: aws.ToString(in.Policies), KeyID: aws.ToString(in.KeyId), ModifiedAt: r.now, ModifiedBy: r.user}
	if n.Policies == "[]" || n.Policies == "{}" {
		n.Policies = ""
	}
	if n.DataType == "" {
		n.DataType = "text"
	}
	was := model.ParameterVersion{}
	if len(p.Versions) > 0 {
		was = newest(p)
		switch {
		case n.Type == "":
			n.Type = was.Type
		case n.Type != was.Type:
			return n, &types.HierarchyTypeMismatchException{Message: new("Parameter Store doesn't support changing a parameter type in a hierarchy. " +
				"For example, you can't change a parameter from a String type to a SecureString type. You must create a new, unique parameter.")}
		}
		if in.Description == nil {
			n.Description = was.Description
		}
		if in.Policies == nil {
			n.Policies = was.Policies
		}
		if in.AllowedPattern == nil {
			n.Pattern = was.Pattern
			err = checkPattern(*in.Value, n.Pattern)
		}
		if in.KeyId == nil {
			n.KeyID = was.KeyID
		}
	}
	if err != nil {
		return n, err
	}
	if n.Type == "" {
		return n, invalid("A parameter type is required when you create a parameter.")
	}
	if n.Tier, err = tier(in.Tier, was.Tier, len(*in.Value), n.Policies != ""); err != nil {
		return n, err
	}
	if n.Type != string(types.ParameterTypeSecureString) {
		n.Value = *in.Value
		if in.KeyId != nil {
			return n, invalid("KeyId is not valid for parameters of the type %s.", n.Type)
		}
		return n, nil
	}
	if n.KeyID == "" {
		n.KeyID = defaultKey
	}
	if n.Sealed, _, err = d.keys.Seal(r.ctx, r.scope.Account, serviceName, n.KeyID, []byte(*in.Value), bound(r, p)); err != nil {
		return n, keyError(err)
	}
	return n, nil
}

func bound(r request, p *model.Parameter) map[string]string {
	return map[string]string{"PARAMETER_ARN": r.scope.ParameterARN(p.Name)}
}

// tier is the tier that a version gets. It never goes down.
func tier(asked types.ParameterTier, was string, size int, policies bool) (string, error) {
	standard, advanced := string(types.ParameterTierStandard), string(types.ParameterTierAdvanced)
	got := standard
	switch {
	case asked == types.ParameterTierAdvanced, asked == "" && was == advanced,
		asked == types.ParameterTierIntelligentTiering && (was == advanced || size > maxStandard || policies):
		got = advanced
	}
	switch {
	case got == standard && was == advanced:
		return "", invalid("This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier. " +
			"If necessary, you can delete the advanced parameter and recreate it as a standard parameter.")
	case got == standard && size > maxStandard:
		return "", invalid("Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier. " +
			"For more information, see https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html")
	case size > maxAdvanced:
		return "", invalid("Advanced tier parameters support a maximum parameter value of 8192 characters.")
	case got == standard && policies:
		return "", invalid("Parameter policies are supported by the advanced-parameter tier only.")
	}
	return got, nil
}

// prune forgets the oldest versions when there are too many; one with a label
// is not forgotten.
func prune(p *model.Parameter) error {
	size := func() (n int) {
		for _, v := range p.Versions {
			n += len(v.Value) + len(v.Sealed) + len(v.Description) + len(v.Policies) + 200
		}
		return n
	}
	for len(p.Versions) > maxVersions || size() > maxBytes {
		if len(p.Versions[0].Labels) > 0 {
			return &types.ParameterMaxVersionLimitExceeded{Message: new("You attempted to create a new version of " + p.Name +
				" by calling the PutParameter API with the overwrite flag. The oldest version can't be deleted because it has a label associated with it. Move the label to another version of the parameter, and try again.")}
		}
		p.Versions = slices.Delete(p.Versions, 0, 1)
	}
	return nil
}

var (
	descriptionText = constraint.Text{Max: 1024}
	patternText     = constraint.Text{Max: 1024}
	keyText         = constraint.Text{Min: 1, Max: 256, Pattern: regexp.MustCompile(`^([a-zA-Z0-9:/_-]+)$`), Written: `^([a-zA-Z0-9:/_-]+)$`}
	dataTypeText    = constraint.Text{Max: 128}
	policiesText    = constraint.Text{Min: 1, Max: 4096}
)

func checkPut(in *ssm.PutParameterInput) (expires time.Time, err error) {
	var v constraint.Violations
	v.Required("name", in.Name, nameText)
	if in.Value == nil {
		v.Missing("value")
	}
	v.Optional("description", in.Description, descriptionText)
	v.Optional("allowedPattern", in.AllowedPattern, patternText)
	v.Optional("keyId", in.KeyId, keyText)
	v.Optional("dataType", in.DataType, dataTypeText)
	v.Optional("policies", in.Policies, policiesText)
	checkTags(&v, in.Tags)
	constraint.OneOf(&v, "type", in.Type, in.Type.Values())
	constraint.OneOf(&v, "tier", in.Tier, in.Tier.Values())
	if err := firstError(v.Err()); err != nil {
		return expires, err
	}
	if *in.Value == "" {
		return expires, invalid("1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1.")
	}
	if len(in.Tags) > 0 && aws.ToBool(in.Overwrite) {
		return expires, invalid("Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. " +
			"To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.")
	}
	if expires, err = readPolicies(aws.ToString(in.Policies)); err != nil {
		return expires, err
	}
	return expires, firstError(checkName(*in.Name), checkPattern(*in.Value, aws.ToString(in.AllowedPattern)), checkDataType(*in.Value, aws.ToString(in.DataType)))
}

func checkPattern(value, pattern string) error {
	if pattern == "" {
		return nil
	}
	p, err := regexp.Compile(`^(?:` + pattern + `)$`)
	if err != nil {
		return &types.InvalidAllowedPatternException{Message: new("The request does not meet the regular expression requirement.")}
	}
	if !p.MatchString(value) {
		return &types.ParameterPatternMismatchException{Message: new("Parameter value, cannot be validated against allowedPattern: " + pattern)}
	}
	return nil
}

func checkDataType(value, dataType string) error {
	switch dataType {
	case "", "text":
		return nil
	case "aws:ssm:integration": // of webhooks, which nobody calls here: its value is kept
		return nil
	case "aws:ec2:image":
		if strings.HasPrefix(value, "ami-") {
			return nil
		}
		return invalid("The parameter value is not the id of an image, such as ami-12345abcdeEXAMPLE.")
	}
	return invalid("The following data type is not supported: %s (Data type names are all lowercase.)", dataType)
}
