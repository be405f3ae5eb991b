package cli

import (
	"context"
	"errors"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/smithy-go"

	"github.com/roadstead/roadstead/wire"
)

// confirmer knows whether this server still leads; it is store.DB.
type confirmer interface {
	Confirm(ctx context.Context) error
}

// confirmed lets the refusals of services go only once it is confirmed that
// this server still leads: one that stood still while another took over has old
// tables, and an agent that is told that a secret, a parameter or an image is
// not there ends the task. ECS does the same for itself.
func confirmed(db confirmer, services ...*wire.Service) []*wire.Service {
	for _, s := range services {
		for i, o := range s.Operations {
			s.Operations[i] = o.Reviewed(func(ctx context.Context, out any, err error) error {
				if !refuses(out, err) || db.Confirm(ctx) == nil {
					return err
				}
				return &wire.Error{Code: "ServiceUnavailable", Fault: smithy.FaultServer, Status: http.StatusServiceUnavailable,
					Message: "The request has failed due to a temporary failure of the server."}
			})
		}
	}
	return services
}

// refuses reports whether an answer says that something is wrong with the
// request, or not there.
func refuses(out any, err error) bool {
	if o, ok := out.(*ssm.GetParametersOutput); ok && err == nil {
		return len(o.InvalidParameters) > 0
	}
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorFault() != smithy.FaultServer
}
