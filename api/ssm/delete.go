package ssm

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/wire/constraint"
)

// DeleteParameter deletes a parameter with all its versions.
func (d *frontDoor) DeleteParameter(ctx context.Context, in *ssm.DeleteParameterInput) (*ssm.DeleteParameterOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Required("name", in.Name, nameText)
	if err := v.Err(); err != nil {
		return nil, err
	}
	return nil, d.remove(r, *in.Name)
}

func (d *frontDoor) remove(r request, name string) error {
	return d.commit(r, func(v store.View, c *model.Change) error {
		s, err := parse(v, r, name)
		if err != nil {
			return err
		}
		p, err := find(v, r, s.name)
		if err == nil {
			c.Delete(p)
		}
		return err
	})
}

// DeleteParameters deletes up to ten parameters; those that are not there are
// named.
func (d *frontDoor) DeleteParameters(ctx context.Context, in *ssm.DeleteParametersInput) (*ssm.DeleteParametersOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Texts("names", in.Names, 1, maxNames, nameText)
	if err := v.Err(); err != nil {
		return nil, err
	}
	out := &ssm.DeleteParametersOutput{DeletedParameters: []string{}, InvalidParameters: []string{}}
	for _, name := range in.Names {
		err := d.remove(r, name)
		var missing *types.ParameterNotFound
		switch {
		case err == nil:
			out.DeletedParameters = append(out.DeletedParameters, name)
		case errors.As(err, &missing):
			out.InvalidParameters = append(out.InvalidParameters, name)
		default:
			return nil, err
		}
	}
	return out, nil
}
