package ssm

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/wire/constraint"
)

// maxNames is how many parameters one request names. Source: the service model.
const maxNames = 10

// GetParameter returns a parameter's value.
func (d *frontDoor) GetParameter(ctx context.Context, in *ssm.GetParameterInput) (*ssm.GetParameterOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Required("name", in.Name, nameText)
	if err := v.Err(); err != nil {
		return nil, err
	}
	p, err := d.read(r, *in.Name, aws.ToBool(in.WithDecryption))
	if err != nil {
		return nil, err
	}
	return &ssm.GetParameterOutput{Parameter: p}, nil
}

// GetParameters returns up to ten parameters; those that are not there are
// named.
func (d *frontDoor) GetParameters(ctx context.Context, in *ssm.GetParametersInput) (*ssm.GetParametersOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Texts("names", in.Names, 1, maxNames, nameText)
	if err := v.Err(); err != nil {
		return nil, err
	}
	out := &ssm.GetParametersOutput{Parameters: []types.Parameter{}, InvalidParameters: []string{}}
	for i, name := range in.Names {
		if slices.Contains(in.Names[:i], name) { // what is asked for twice is answered once
			continue
		}
		p, err := d.read(r, name, aws.ToBool(in.WithDecryption))
		var missing *types.ParameterNotFound
		var version *types.ParameterVersionNotFound
		switch {
		case err == nil:
			out.Parameters = append(out.Parameters, *p)
		case errors.As(err, &missing), errors.As(err, &version):
			out.InvalidParameters = append(out.InvalidParameters, name)
		default:
			return nil, err
		}
	}
	return out, nil
}

// secretPath is where secrets of Secrets Manager are parameters.
const secretPath = "/aws/reference/secretsmanager/"

func (d *frontDoor) read(r request, name string, decrypt bool) (*types.Parameter, error) {
	if id, ok := strings.CutPrefix(name, secretPath); ok {
		return d.secret(r, name, id, decrypt)
	}
	v := d.db.View()
	s, err := parse(v, r, name)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(s.name, "/aws/service/") {
		p, ok := public(r)[s.name]
		switch {
		case !ok:
			return nil, notFound(name)
		case s.version > 1:
			return nil, versionNotFound(s.name, s.version)
		case s.label != "":
			return nil, labelNotFound(s.name, s.label)
		}
		return showPublic(r, s.name, p), nil
	}
	if err := checkAsked(s.name); err != nil {
		return nil, err
	}
	p, err := find(v, r, s.name)
	if err != nil {
		return nil, err
	}
	version, err := pick(p, s)
	if err != nil {
		return nil, err
	}
	shown, err := d.show(r, p, version, s.written, decrypt)
	if err == nil && !strings.HasPrefix(name, "arn:") {
		shown.Name = &s.name // with a slash before it as it was asked for
	}
	return shown, err
}

// show is a version of a parameter with its value; that of a SecureString is
// what KMS made of it, in base 64, unless it is to be decrypted.
func (d *frontDoor) show(r request, p *model.Parameter, v model.ParameterVersion, selected string, decrypt bool) (*types.Parameter, error) {
	value, err := d.value(r, p, v, decrypt)
	if err != nil {
		return nil, err
	}
	out := &types.Parameter{ARN: new(r.scope.ParameterARN(p.Name)), Name: &p.Name, Type: types.ParameterType(v.Type), Value: &value,
		Version: int64(v.Number), DataType: &v.DataType, LastModifiedDate: &v.ModifiedAt}
	if selected != "" {
		out.Selector = &selected
	}
	return out, nil
}

func (d *frontDoor) value(r request, p *model.Parameter, v model.ParameterVersion, decrypt bool) (string, error) {
	if v.Type != string(types.ParameterTypeSecureString) {
		return v.Value, nil
	}
	if !decrypt {
		return base64.StdEncoding.EncodeToString(v.Sealed), nil
	}
	plain, err := d.keys.Open(r.ctx, r.scope.Account, serviceName, v.Sealed, bound(r, p))
	if err != nil {
		return "", keyError(err)
	}
	return string(plain), nil
}

// secret answers with a secret of Secrets Manager.
func (d *frontDoor) secret(r request, name, id string, decrypt bool) (*types.Parameter, error) {
	if !decrypt {
		return nil, invalid("WithDecryption flag must be True for retrieving a Secret Manager secret.")
	}
	if d.opts.Secrets == nil {
		return nil, notFound(name)
	}
	id, selector, selects := strings.Cut(id, ":")
	value, description, at, err := d.opts.Secrets.Secret(r.ctx, id, selector)
	if err != nil {
		return nil, &types.ParameterNotFound{Message: new("An error occurred (ParameterNotFound) when referencing Secrets Manager: Secret " + name + " not found.")}
	}
	name = secretPath + id
	out := &types.Parameter{ARN: new(r.scope.ParameterARN(name)), Name: &name, Type: types.ParameterTypeSecureString, Value: &value, Version: 0,
		DataType: new("text"), LastModifiedDate: &at, SourceResult: &description}
	if selects {
		out.Selector = new(":" + selector)
	}
	return out, nil
}
