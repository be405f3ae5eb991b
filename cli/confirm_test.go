package cli

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/smithy-go"

	"github.com/roadstead/roadstead/wire"
)

type leader struct {
	err   error
	asked int
}

func (l *leader) Confirm(context.Context) error {
	l.asked++
	return l.err
}

func TestRefusalsAreConfirmed(t *testing.T) {
	unknown := &types.ParameterNotFound{}
	broken := errors.New("broken")
	for _, x := range []struct {
		name   string
		out    *ssm.GetParametersOutput
		err    error
		asked  int
		closed bool // a server whose term has ended does not answer so
	}{
		{"an answer", &ssm.GetParametersOutput{}, nil, 0, false},
		{"an answer that misses something", &ssm.GetParametersOutput{InvalidParameters: []string{"a"}}, nil, 1, true},
		{"a refusal", nil, unknown, 1, true},
		{"a fault of ours", nil, broken, 0, false},
	} {
		db := &leader{}
		s := &wire.Service{Operations: []wire.Operation{wire.Op("GetParameters",
			func(context.Context, *ssm.GetParametersInput) (*ssm.GetParametersOutput, error) { return x.out, x.err })}}
		confirmed(db, s)
		_, err := s.Operations[0].Call(t.Context(), &ssm.GetParametersInput{})
		if !errors.Is(err, x.err) || db.asked != x.asked {
			t.Errorf("%s: %v, asked %d times", x.name, err, db.asked)
		}
		db.err = broken
		_, err = s.Operations[0].Call(t.Context(), &ssm.GetParametersInput{})
		var api smithy.APIError
		if unavailable := errors.As(err, &api) && api.ErrorFault() == smithy.FaultServer; unavailable != x.closed {
			t.Errorf("%s, after the term: %v", x.name, err)
		}
	}
}
