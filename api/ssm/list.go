package ssm

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/wire/constraint"
	"github.com/roadstead/roadstead/wire/paging"
)

// take returns the page of items, which are in the order of their places, and
// the token of the next page, nil on the last.
func take[T any](items []T, place func(T) string, token *string, limit *int32, most int, query ...string) ([]T, *string, error) {
	l := paging.Of(query...)
	after, ok := l.Place(token)
	if !ok {
		return nil, nil, &types.InvalidNextToken{Message: new("The specified token isn't valid.")}
	}
	if limit != nil {
		most = int(*limit)
	}
	page, last := paging.Take(items, place, after, most)
	if last == "" {
		return page, nil, nil
	}
	return page, l.Token(last), nil
}

// all are the account's parameters that have not expired and pass the filters,
// by name.
func (d *frontDoor) all(r request, filters []filter) (found []*model.Parameter) {
	for p := range store.Prefix[*model.Parameter](d.db.View(), r.scope.Account+"/") {
		if !expired(p, r) && passes(p, filters) {
			found = append(found, p)
		}
	}
	return found
}

func byName(p *model.Parameter) string { return p.Name }

// GetParametersByPath returns the parameters below a path with their values.
func (d *frontDoor) GetParametersByPath(ctx context.Context, in *ssm.GetParametersByPathInput) (*ssm.GetParametersByPathOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Required("path", in.Path, nameText)
	constraint.Range(&v, "maxResults", in.MaxResults, 1, 10)
	if err := v.Err(); err != nil {
		return nil, err
	}
	if err := checkPath(*in.Path); err != nil {
		return nil, err
	}
	filters, err := readFilters(in.ParameterFilters, "Type", "KeyId", "Label", "DataType")
	if err != nil {
		return nil, err
	}
	query := []string{"GetParametersByPath", r.scope.Account, *in.Path, fmt.Sprint(aws.ToBool(in.Recursive), filters)}
	out := &ssm.GetParametersByPathOutput{Parameters: []types.Parameter{}}
	if strings.HasPrefix(*in.Path+"/", "/aws/service/") {
		return out, d.publicByPath(r, in, out, query)
	}
	found := d.all(r, append(filters, filter{"Path", path(aws.ToBool(in.Recursive)), []string{*in.Path}}))
	page, next, err := take(found, byName, in.NextToken, in.MaxResults, 10, query...)
	if err != nil {
		return nil, err
	}
	for _, p := range page {
		version := newest(p)
		for _, f := range filters {
			if f.key == "Label" { // the version that has it
				i := slices.IndexFunc(p.Versions, func(v model.ParameterVersion) bool {
					return slices.ContainsFunc(v.Labels, func(l string) bool { return slices.Contains(f.values, l) })
				})
				version = p.Versions[i]
			}
		}
		shown, err := d.show(r, p, version, "", aws.ToBool(in.WithDecryption))
		if err != nil {
			return nil, err
		}
		out.Parameters = append(out.Parameters, *shown)
	}
	out.NextToken = next
	return out, nil
}

func path(recursive bool) string {
	if recursive {
		return "Recursive"
	}
	return "OneLevel"
}

func (d *frontDoor) publicByPath(r request, in *ssm.GetParametersByPathInput, out *ssm.GetParametersByPathOutput, query []string) error {
	all := public(r)
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(all)), func(name string) bool { return !under(name, *in.Path, aws.ToBool(in.Recursive)) })
	page, next, err := take(names, func(n string) string { return n }, in.NextToken, in.MaxResults, 10, query...)
	for _, name := range page {
		out.Parameters = append(out.Parameters, *showPublic(r, name, all[name]))
	}
	out.NextToken = next
	return err
}

// DescribeParameters tells about parameters, but not their values.
func (d *frontDoor) DescribeParameters(ctx context.Context, in *ssm.DescribeParametersInput) (*ssm.DescribeParametersOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	constraint.Range(&v, "maxResults", in.MaxResults, 1, 50)
	for i, f := range in.Filters {
		at := fmt.Sprintf("filters.%d.member.", i+1)
		if f.Key == "" {
			v.Missing(at + "key")
		}
		constraint.OneOf(&v, at+"key", f.Key, f.Key.Values())
		v.Texts(at+"values", f.Values, 1, 50, filterValueText)
	}
	if err := v.Err(); err != nil {
		return nil, err
	}
	if len(in.Filters) > 0 && len(in.ParameterFilters) > 0 {
		return nil, invalid("You can use either Filters or ParameterFilters in a single request.")
	}
	filters, err := readFilters(in.ParameterFilters, "Path", "Name", "Type", "KeyId", "Tier", "DataType", "tag:")
	if err != nil {
		return nil, err
	}
	for _, f := range in.Filters { // the older form: names begin with a value
		option := "Equals"
		if f.Key == types.ParametersFilterKeyName {
			option = "BeginsWith"
		}
		filters = append(filters, filter{string(f.Key), option, f.Values})
	}
	out := &ssm.DescribeParametersOutput{Parameters: []types.ParameterMetadata{}}
	if aws.ToBool(in.Shared) { // nothing is shared between accounts
		return out, nil
	}
	page, next, err := take(d.all(r, filters), byName, in.NextToken, in.MaxResults, 50, "DescribeParameters", r.scope.Account, fmt.Sprint(filters))
	for _, p := range page {
		out.Parameters = append(out.Parameters, describe(r, p))
	}
	out.NextToken = next
	return out, err
}

func describe(r request, p *model.Parameter) types.ParameterMetadata {
	v := newest(p)
	return types.ParameterMetadata{ARN: new(r.scope.ParameterARN(p.Name)), Name: &p.Name, Type: types.ParameterType(v.Type), KeyId: some(v.KeyID),
		Description: some(v.Description), AllowedPattern: some(v.Pattern), DataType: &v.DataType, Tier: types.ParameterTier(v.Tier),
		LastModifiedDate: &v.ModifiedAt, LastModifiedUser: &v.ModifiedBy, Version: int64(v.Number), Policies: showPolicies(v.Policies)}
}

// some is nil for "".
func some(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// GetParameterHistory returns the versions of a parameter.
func (d *frontDoor) GetParameterHistory(ctx context.Context, in *ssm.GetParameterHistoryInput) (*ssm.GetParameterHistoryOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Required("name", in.Name, nameText)
	constraint.Range(&v, "maxResults", in.MaxResults, 1, 50)
	if err := v.Err(); err != nil {
		return nil, err
	}
	p, err := d.named(r, *in.Name)
	if err != nil {
		return nil, err
	}
	place := func(v model.ParameterVersion) string { return fmt.Sprintf("%019d", v.Number) }
	page, next, err := take(p.Versions, place, in.NextToken, in.MaxResults, 50, "GetParameterHistory", r.scope.Account, p.Name)
	if err != nil {
		return nil, err
	}
	out := &ssm.GetParameterHistoryOutput{Parameters: []types.ParameterHistory{}, NextToken: next}
	for _, v := range page {
		value, err := d.value(r, p, v, aws.ToBool(in.WithDecryption))
		if err != nil {
			return nil, err
		}
		labels := v.Labels
		if labels == nil {
			labels = []string{}
		}
		out.Parameters = append(out.Parameters, types.ParameterHistory{Name: &p.Name, Type: types.ParameterType(v.Type), KeyId: some(v.KeyID), Value: &value,
			Description: some(v.Description), AllowedPattern: some(v.Pattern), DataType: &v.DataType, Tier: types.ParameterTier(v.Tier), Labels: labels,
			LastModifiedDate: &v.ModifiedAt, LastModifiedUser: &v.ModifiedBy, Version: int64(v.Number), Policies: showPolicies(v.Policies)})
	}
	return out, nil
}

// named is find for a name or an ARN.
func (d *frontDoor) named(r request, text string) (*model.Parameter, error) {
	v := d.db.View()
	s, err := parse(v, r, text)
	if err != nil {
		return nil, err
	}
	return find(v, r, s.name)
}
