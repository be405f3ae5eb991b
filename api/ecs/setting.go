package ecs

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// Account settings that have rules of their own.
const (
	settingGuardDuty  = "guardDutyActivate"
	settingRetirement = "fargateTaskRetirementWaitPeriod"
)

// settingValues are the account settings and the values that can be given to
// them, the default first. What is about Fargate and elastic network
// interfaces says how they behave where there are any. Values that would have
// to change what is answered and do not yet are left out: short ARNs, and tags
// on new things that nobody authorizes.
// Source: ECS developer guide, "Account settings"; PutAccountSetting.
var settingValues = map[string][]string{
	"serviceLongArnFormat":           {"enabled"},
	"taskLongArnFormat":              {"enabled"},
	"containerInstanceLongArnFormat": {"enabled"},
	"awsvpcTrunking":                 {"disabled", "enabled"},
	settingContainerInsights:         {"disabled", "enabled", "enhanced"},
	"dualStackIPv6":                  {"enabled", "disabled"},
	"fargateFIPSMode":                {"disabled"},
	"tagResourceAuthorization":       {"on"},
	settingRetirement:                {"7", "0", "14"},
	settingGuardDuty:                 {"off"},
	model.SettingLogDriverMode:       {"non-blocking", "blocking"},
	"fargateEventWindows":            {"disabled", "enabled"},
}

// longARNs is the end of the names of the settings of ARNs' formats. AWS
// opts nobody out of long ones any more, and clients know its words for it:
// Terraform leaves such a setting alone instead of failing to destroy it.
// Source: Terraform's documentation of aws_ecs_account_setting_default.
const longARNs = "LongArnFormat"

// refusedValues are values of AWS's that are not taken yet.
var refusedValues = map[string][]string{
	"tagResourceAuthorization": {"off"},
	"fargateFIPSMode":          {"enabled"}, // no module of cryptography here is validated
}

// effective returns the value of a setting for the caller: the caller's own,
// else the root user's, else the account's, else the default.
func effective(v store.View, r request, name string) string {
	return effectiveFor(v, r, r.who.ARN, name)
}

func effectiveFor(v store.View, r request, principal, name string) string {
	for _, p := range []string{principal, rootARN(r), ""} {
		key := (&model.AccountSetting{Account: r.scope.Account, Principal: p, Name: name}).Key()
		if s, ok := store.Get[*model.AccountSetting](v, key.ID); ok {
			return s.Value
		}
	}
	return settingValues[name][0]
}

// checkSetting returns the value to store for a setting.
func checkSetting(name types.SettingName, value *string) (string, error) {
	values, known := settingValues[string(name)]
	if !known {
		return "", invalid("Invalid setting name: %s", name)
	}
	if value == nil {
		return "", invalid("value can not be null.")
	}
	given := *value
	if given == "on" && slices.Contains(values, "enabled") {
		given = "enabled"
	}
	if given == "off" && slices.Contains(values, "disabled") {
		given = "disabled"
	}
	switch {
	case given == "disabled" && strings.HasSuffix(string(name), longARNs):
		return "", invalid("You can no longer disable Long Arn settings")
	case name == settingGuardDuty:
		return "", invalid("The account setting %s is read-only. Amazon GuardDuty controls it.", name)
	case slices.Contains(refusedValues[string(name)], given):
		return "", invalid("%s", notYet("The value "+given+" of the account setting "+string(name)))
	case !slices.Contains(values, given):
		return "", invalid("Invalid setting value: %s. Valid values for %s are %s.", given, name, strings.Join(values, ", "))
	}
	return given, nil
}

// principal returns whose setting is meant: the caller's unless another is
// named.
func (r request) principal(arn *string) (string, error) {
	if aws.ToString(arn) == "" {
		return r.who.ARN, nil
	}
	a, ok := model.ParseARN(*arn)
	if !ok || a.Service != "iam" && a.Service != "sts" || a.Account != r.scope.Account {
		return "", invalid("Invalid principalArn: %s", *arn)
	}
	if *arn != r.who.ARN && r.who.ARN != rootARN(r) {
		return "", clientError("You must be the root user or the principal to specify the principalArn %s.", *arn)
	}
	return *arn, nil
}

// PutAccountSetting sets a setting for one principal.
func (d *frontDoor) PutAccountSetting(ctx context.Context, in *ecs.PutAccountSettingInput) (*ecs.PutAccountSettingOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	principal, err := r.principal(in.PrincipalArn)
	if err != nil {
		return nil, err
	}
	s, err := d.putSetting(r, in.Name, principal, in.Value)
	return &ecs.PutAccountSettingOutput{Setting: s}, err
}

// PutAccountSettingDefault sets a setting for everybody who has none of his own.
func (d *frontDoor) PutAccountSettingDefault(ctx context.Context, in *ecs.PutAccountSettingDefaultInput) (*ecs.PutAccountSettingDefaultOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	s, err := d.putSetting(r, in.Name, "", in.Value)
	if s != nil {
		s.PrincipalArn = new(rootARN(r))
	}
	return &ecs.PutAccountSettingDefaultOutput{Setting: s}, err
}

func rootARN(r request) string { return "arn:aws:iam::" + r.scope.Account + ":root" }

func (d *frontDoor) putSetting(r request, name types.SettingName, principal string, value *string) (*types.Setting, error) {
	checked, err := checkSetting(name, value)
	if err != nil {
		return nil, err
	}
	if name == settingRetirement && principal != "" && principal != rootARN(r) {
		return nil, invalid("The account setting %s can only be set for the root user.", name)
	}
	err = d.commit(r, func(v store.View, c *model.Change) error {
		s := &model.AccountSetting{Account: r.scope.Account, Principal: principal, Name: string(name), Value: checked}
		c.PutUnguarded(s)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return showSetting(string(name), checked, principal), nil
}

// DeleteAccountSetting takes a principal's setting away.
func (d *frontDoor) DeleteAccountSetting(ctx context.Context, in *ecs.DeleteAccountSettingInput) (*ecs.DeleteAccountSettingOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	principal, err := r.principal(in.PrincipalArn)
	if err != nil {
		return nil, err
	}
	if _, known := settingValues[string(in.Name)]; !known {
		return nil, invalid("Invalid setting name: %s", in.Name)
	}
	if in.Name == settingGuardDuty {
		return nil, invalid("The account setting %s is read-only. Amazon GuardDuty controls it.", in.Name)
	}
	err = d.commit(r, func(v store.View, c *model.Change) error {
		key := (&model.AccountSetting{Account: r.scope.Account, Principal: principal, Name: string(in.Name)}).Key()
		if s, ok := store.Get[*model.AccountSetting](v, key.ID); ok {
			c.Delete(s)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	value := effectiveFor(d.db.View(), r, principal, string(in.Name))
	return &ecs.DeleteAccountSettingOutput{Setting: showSetting(string(in.Name), value, principal)}, nil
}

// settingPage is how many settings ListAccountSettings returns at most.
// Source: ECS API reference, ListAccountSettings.
const settingPage = 10

// ListAccountSettings lists a principal's settings: those that were put, or
// all in effect.
func (d *frontDoor) ListAccountSettings(ctx context.Context, in *ecs.ListAccountSettingsInput) (*ecs.ListAccountSettingsOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	principal, err := r.principal(in.PrincipalArn)
	if err != nil {
		return nil, err
	}
	if _, known := settingValues[string(in.Name)]; in.Name != "" && !known {
		return nil, invalid("Invalid setting name: %s", in.Name)
	}
	if in.Value != nil && in.Name == "" {
		return nil, invalid("If value is specified, name must also be specified.")
	}
	var limit *int32
	if in.MaxResults != 0 {
		limit = &in.MaxResults
	}
	if in.MaxResults > settingPage {
		return nil, invalid("maxResults must be between 1 and %d.", settingPage)
	}
	p, err := newPage(limit, in.NextToken, settingPage, "ListAccountSettings", principal, string(in.Name), aws.ToString(in.Value))
	if err != nil {
		return nil, err
	}
	v := d.db.View()
	names := slices.Sorted(maps.Keys(settingValues))
	identity := func(name string) string { return name }
	shown, next := take(p, behind(p, slices.Values(names), identity), func(name string) string {
		value := effectiveFor(v, r, principal, name)
		key := (&model.AccountSetting{Account: r.scope.Account, Principal: principal, Name: name}).Key()
		_, own := store.Get[*model.AccountSetting](v, key.ID)
		if in.Name != "" && string(in.Name) != name || in.Value != nil && *in.Value != value || !own && !in.EffectiveSettings {
			return ""
		}
		return name
	}, func(name string) types.Setting {
		return *showSetting(name, effectiveFor(v, r, principal, name), principal)
	})
	return &ecs.ListAccountSettingsOutput{Settings: shown, NextToken: next}, nil
}

func showSetting(name, value, principal string) *types.Setting {
	kind := types.SettingTypeUser
	if name == settingGuardDuty {
		kind = types.SettingTypeAwsManaged
	}
	return &types.Setting{Name: types.SettingName(name), Value: new(value), PrincipalArn: new(principal), Type: kind}
}
