package ssm

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/wire"
	"github.com/roadstead/roadstead/wire/constraint"
)

// filter is one condition of a list.
type filter struct {
	key, option string
	values      []string
}

// readFilters checks filters against the keys that an operation takes.
// Source: SSM API reference, ParameterStringFilter.
func readFilters(in []types.ParameterStringFilter, keys ...string) (out []filter, err error) {
	if err := checkFilters(in); err != nil {
		return nil, err
	}
	for _, f := range in {
		n := filter{aws.ToString(f.Key), aws.ToString(f.Option), f.Values}
		tag := strings.HasPrefix(n.key, "tag:") && slices.Contains(keys, "tag:")
		if !tag && !slices.Contains(keys, n.key) || n.key == "tag:" {
			return nil, badKey("The following filter key is not valid: %s. Valid filter keys include: [%s].", n.key, strings.Join(keys, ", "))
		}
		options := []string{"Equals", "BeginsWith"}
		switch {
		case n.key == "Path":
			options = []string{"Recursive", "OneLevel"}
		case n.key == "Name":
			options = []string{"BeginsWith", "Contains", "Equals"}
		case tag, n.key == "Label", n.key == "Type", n.key == "Tier", n.key == "DataType":
			options = []string{"Equals"}
		}
		if n.option == "" {
			n.option = "Equals"
			if n.key == "Path" {
				n.option = "OneLevel"
			}
		}
		if !slices.Contains(options, n.option) {
			return nil, &types.InvalidFilterOption{Message: new(fmt.Sprintf("The following filter option is not valid: %s. Valid options include: [%s].", n.option, strings.Join(options, ", ")))}
		}
		if len(n.values) == 0 && !tag {
			return nil, &types.InvalidFilterValue{Message: new("The following filter values are missing : null for filter key " + n.key + ".")}
		}
		if slices.ContainsFunc(out, func(o filter) bool { return o.key == n.key }) {
			return nil, badKey("The following filter is duplicated in the request: %s. A request can contain only one occurrence of a specific filter.", n.key)
		}
		if err := n.checkValues(); err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

// badKey is InvalidFilterKey with a message, which its model lacks and AWS
// sends.
func badKey(format string, args ...any) error {
	return &wire.Error{Code: "InvalidFilterKey", Message: fmt.Sprintf(format, args...)}
}

// What the service model says of filters.
var (
	filterKeyText = constraint.Text{Min: 1, Max: 132, Pattern: regexp.MustCompile(`^(tag:.+|Name|Type|KeyId|Path|Label|Tier|DataType)$`),
		Written: "tag:.+|Name|Type|KeyId|Path|Label|Tier|DataType"}
	filterOptionText = constraint.Text{Min: 1, Max: 10}
	filterValueText  = constraint.Text{Min: 1, Max: 1024}
)

// checkFilters checks filters against the model, before what they mean.
func checkFilters(in []types.ParameterStringFilter) error {
	var v constraint.Violations
	for i, f := range in {
		at := fmt.Sprintf("parameterFilters.%d.member.", i+1)
		v.Required(at+"key", f.Key, filterKeyText)
		v.Optional(at+"option", f.Option, filterOptionText)
		if f.Values != nil {
			v.Texts(at+"values", f.Values, 1, 50, filterValueText)
		}
	}
	return v.Err()
}

// checkValues refuses values that no parameter can have.
func (f filter) checkValues() error {
	known := map[string][]string{"Tier": {"Standard", "Advanced", "Intelligent-Tiering"}, "Type": {"String", "StringList", "SecureString"}}[f.key]
	for _, value := range f.values {
		if known != nil && !slices.Contains(known, value) {
			return &types.InvalidFilterOption{Message: new(fmt.Sprintf("The following filter value is not valid: %s. Valid values include: [%s].", value, strings.Join(known, ", ")))}
		}
		if f.key != "Path" {
			continue
		}
		if below := strings.ToLower(value); strings.HasPrefix(below, "/aws") || strings.HasPrefix(below, "/ssm") {
			return invalid(`Filters for common parameters can't be prefixed with "aws" or "ssm" (case-insensitive). When using global parameters, please specify within a global namespace.`)
		}
		if err := checkPath(value); err != nil {
			return err
		}
	}
	return nil
}

// passes reports whether a parameter passes all filters.
func passes(p *model.Parameter, filters []filter) bool {
	return !slices.ContainsFunc(filters, func(f filter) bool { return !f.match(p) })
}

func (f filter) match(p *model.Parameter) bool {
	v := newest(p)
	if key, ok := strings.CutPrefix(f.key, "tag:"); ok {
		return slices.ContainsFunc(p.Tags, func(t model.Tag) bool {
			return t.Key == key && (len(f.values) == 0 || slices.Contains(f.values, t.Value))
		})
	}
	switch f.key {
	case "Path":
		return slices.ContainsFunc(f.values, func(path string) bool { return under(p.Name, path, f.option == "Recursive") })
	case "Label":
		return slices.ContainsFunc(p.Versions, func(v model.ParameterVersion) bool {
			return slices.ContainsFunc(v.Labels, func(l string) bool { return slices.Contains(f.values, l) })
		})
	}
	have := map[string]string{"Name": p.Name, "Type": v.Type, "KeyId": v.KeyID, "Tier": v.Tier, "DataType": v.DataType}[f.key]
	return slices.ContainsFunc(f.values, func(want string) bool {
		switch {
		case f.option == "BeginsWith" && f.key == "Name": // with or without the first slash
			return strings.HasPrefix(strings.TrimPrefix(have, "/"), strings.TrimPrefix(want, "/"))
		case f.option == "BeginsWith":
			return strings.HasPrefix(have, want)
		case f.option == "Contains":
			return strings.Contains(have, want)
		}
		return have == want
	})
}

// under reports whether a name is below a path, one level or any.
func under(name, path string, recursive bool) bool {
	rest, ok := strings.CutPrefix(name, strings.TrimSuffix(path, "/")+"/")
	if path == "/" && name[0] != '/' {
		rest, ok = name, true
	}
	return ok && (recursive || !strings.Contains(rest, "/"))
}

func checkPath(path string) error {
	if path == "/" || strings.HasPrefix(path, "/") && namePattern.MatchString(path) && !strings.Contains(path, "//") {
		return nil
	}
	return invalid(`The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash "/". ` +
		`It can't be prefixed with "aws" or "ssm" (case-insensitive). It must use only letters, numbers, or the following symbols: . (period), - (hyphen), _ (underscore). ` +
		`Special characters are not allowed. All sub-paths, if specified, must use the forward slash symbol "/". Valid example: /get/parameters2-/by1./path0_.`)
}
