package ssm

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/wire"
	"github.com/roadstead/roadstead/wire/constraint"
)

// Limits of names. Source: Systems Manager user guide, "Requirements and
// constraints for parameter names".
const (
	maxName   = 1011
	maxLevels = 15
)

var (
	nameText    = constraint.Text{Min: 1, Max: 2048}
	namePattern = regexp.MustCompile(`^[a-zA-Z0-9_.\-/]+$`)
)

const badName = `Parameter name: can't be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_`

// checkAsked refuses names that cannot be of a parameter, when one is read.
func checkAsked(name string) error {
	if strings.Contains(name, "//") || strings.Contains(name, "/") && name[0] != '/' {
		return invalid("%s", badName)
	}
	return nil
}

// checkName refuses names that no parameter may have.
func checkName(name string) error {
	bare := strings.ToLower(strings.TrimPrefix(name, "/"))
	switch {
	case strings.HasPrefix(bare, "aws"):
		return &wire.Error{Code: "AccessDeniedException", Message: "No access to reserved parameter name: " + name + "."}
	case strings.HasPrefix(bare, "ssm"), !namePattern.MatchString(name), strings.HasSuffix(name, "/"), strings.Contains(name, "//"):
		return invalid("%s", badName)
	case strings.Contains(name, "/") && name[0] != '/':
		return invalid("Parameter name must be a fully qualified name.")
	case len(name) > maxName:
		return invalid("The parameter name is longer than %d characters.", maxName)
	case strings.Count(name, "/") > maxLevels:
		return &types.HierarchyLevelLimitExceededException{Message: new("Hierarchies can have a maximum of 15 levels. " +
			"For more information, see Requirements and constraints for parameter names in the AWS Systems Manager User Guide.")}
	}
	return nil
}

// selector is what a caller names: a parameter and perhaps a version of it.
type selector struct {
	name    string
	version int    // 0: none
	label   string // "": none
	written string // ":3" or ":label" as asked, "" for none
}

// parse reads name, name:version, name:label and ARNs of them.
func parse(v store.View, r request, text string) (selector, error) {
	var s selector
	if strings.HasPrefix(text, "arn:") {
		a, err := arn.Parse(text)
		path, ok := strings.CutPrefix(a.Resource, "parameter/")
		if err != nil || !ok || a.Partition != "aws" || a.Service != "ssm" || a.Region != r.scope.Region || a.AccountID != r.scope.Account && a.AccountID != "" {
			return s, notFound(text)
		}
		// An ARN does not tell whether the name begins with a slash.
		text = "/" + path
	}
	name, tail, has := strings.Cut(text, ":")
	s.name = name
	if !has {
		return s, nil
	}
	s.written = ":" + tail
	if n, err := strconv.Atoi(tail); err == nil && n > 0 {
		s.version = n
	} else {
		s.label = tail
	}
	if tail == "" || strings.Contains(tail, ":") {
		return s, invalid("Parameter name %s is not valid.", text)
	}
	return s, nil
}

// known returns the parameter with the name. A slash before a name without any
// other makes no difference, as it makes none in ARNs.
func known(v store.View, account, name string) (*model.Parameter, bool) {
	p, ok := store.Get[*model.Parameter](v, model.ParameterID(account, name))
	if ok {
		return p, true
	}
	bare := strings.TrimPrefix(name, "/")
	switch {
	case strings.Contains(bare, "/"):
		return nil, false
	case bare == name:
		name = "/" + name
	default:
		name = bare
	}
	return store.Get[*model.Parameter](v, model.ParameterID(account, name))
}

// find returns the parameter with the name, unless it has expired.
func find(v store.View, r request, name string) (*model.Parameter, error) {
	p, ok := known(v, r.scope.Account, name)
	if !ok || expired(p, r) {
		return nil, notFound(name)
	}
	return p, nil
}

func expired(p *model.Parameter, r request) bool {
	return !p.Expires.IsZero() && !r.now.Before(p.Expires)
}

// pick returns the version that is selected, the newest without a selection.
func pick(p *model.Parameter, s selector) (model.ParameterVersion, error) {
	if s.version == 0 && s.label == "" {
		return newest(p), nil
	}
	for _, v := range p.Versions {
		if v.Number == s.version || s.label != "" && has(v.Labels, s.label) {
			return v, nil
		}
	}
	if s.label != "" {
		return model.ParameterVersion{}, labelNotFound(p.Name, s.label)
	}
	return model.ParameterVersion{}, versionNotFound(p.Name, s.version)
}

func newest(p *model.Parameter) model.ParameterVersion { return p.Versions[len(p.Versions)-1] }

func has(list []string, s string) bool {
	for _, each := range list {
		if each == s {
			return true
		}
	}
	return false
}
