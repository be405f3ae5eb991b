package ssm

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/wire/constraint"
)

// maxLabels is how many labels a version has. Source: SSM API reference,
// LabelParameterVersion.
const maxLabels = 10

var (
	labelText    = constraint.Text{Min: 1, Max: 100}
	labelPattern = regexp.MustCompile(`^[a-zA-Z_.\-][a-zA-Z0-9_.\-]*$`)
)

func validLabel(l string) bool {
	low := strings.ToLower(l)
	return labelPattern.MatchString(l) && !strings.HasPrefix(low, "aws") && !strings.HasPrefix(low, "ssm")
}

// LabelParameterVersion gives labels to a version; a label is on one version
// at a time.
func (d *frontDoor) LabelParameterVersion(ctx context.Context, in *ssm.LabelParameterVersionInput) (*ssm.LabelParameterVersionOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Required("name", in.Name, nameText)
	v.Texts("labels", in.Labels, 1, maxLabels, labelText)
	if err := v.Err(); err != nil {
		return nil, err
	}
	out := &ssm.LabelParameterVersionOutput{InvalidLabels: []string{}}
	return out, d.change(r, *in.Name, func(p *model.Parameter) error {
		out.InvalidLabels = out.InvalidLabels[:0]
		number := p.Version
		if in.ParameterVersion != nil {
			number = int(*in.ParameterVersion)
		}
		at := slices.IndexFunc(p.Versions, func(v model.ParameterVersion) bool { return v.Number == number })
		if at < 0 {
			return versionNotFound(p.Name, number)
		}
		out.ParameterVersion = int64(number)
		for _, l := range in.Labels {
			if !validLabel(l) {
				out.InvalidLabels = append(out.InvalidLabels, l)
				continue
			}
			for i := range p.Versions {
				unlabel(&p.Versions[i], l)
			}
			p.Versions[at].Labels = append(slices.Clone(p.Versions[at].Labels), l)
		}
		if len(p.Versions[at].Labels) > maxLabels {
			return &types.ParameterVersionLabelLimitExceeded{Message: new("A parameter version can have maximum 10 labels. Move one or more labels to another version and try again.")}
		}
		return nil
	})
}

// unlabel reports whether the version had the label.
func unlabel(v *model.ParameterVersion, label string) bool {
	if !has(v.Labels, label) {
		return false
	}
	v.Labels = slices.DeleteFunc(slices.Clone(v.Labels), func(l string) bool { return l == label })
	return true
}

// UnlabelParameterVersion takes labels from a version.
func (d *frontDoor) UnlabelParameterVersion(ctx context.Context, in *ssm.UnlabelParameterVersionInput) (*ssm.UnlabelParameterVersionOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Required("name", in.Name, nameText)
	v.Texts("labels", in.Labels, 1, maxLabels, labelText)
	if in.ParameterVersion == nil {
		v.Missing("parameterVersion")
	}
	if err := v.Err(); err != nil {
		return nil, err
	}
	out := &ssm.UnlabelParameterVersionOutput{}
	return out, d.change(r, *in.Name, func(p *model.Parameter) error {
		out.RemovedLabels, out.InvalidLabels = []string{}, []string{}
		at := slices.IndexFunc(p.Versions, func(v model.ParameterVersion) bool { return int64(v.Number) == *in.ParameterVersion })
		if at < 0 {
			return versionNotFound(p.Name, int(*in.ParameterVersion))
		}
		for _, l := range in.Labels {
			if unlabel(&p.Versions[at], l) {
				out.RemovedLabels = append(out.RemovedLabels, l)
			} else {
				out.InvalidLabels = append(out.InvalidLabels, l)
			}
		}
		return nil
	})
}
