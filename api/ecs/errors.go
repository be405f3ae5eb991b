package ecs

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// The constructors below make the SDK's exceptions. Wordings are AWS's where
// they are known.

func invalid(format string, args ...any) error {
	return &types.InvalidParameterException{Message: new(fmt.Sprintf(format, args...))}
}

func clientError(format string, args ...any) error {
	return &types.ClientException{Message: new(fmt.Sprintf(format, args...))}
}

func clusterNotFound() error {
	return &types.ClusterNotFoundException{Message: new("Cluster not found.")}
}

func clusterInactive() error {
	return &types.ClusterNotFoundException{Message: new("The referenced cluster was inactive.")}
}

func serviceNotFound() error {
	return &types.ServiceNotFoundException{Message: new("Service not found.")}
}

func accessDenied(format string, args ...any) error {
	return &types.AccessDeniedException{Message: new(fmt.Sprintf(format, args...))}
}

// notSupported refuses what AWS would accept. The parameter is named as in
// the API.
func notSupported(parameter string) error {
	return &types.UnsupportedFeatureException{Message: new(notYet(parameter))}
}

func notYet(parameter string) string { return parameter + " is not supported by Roadstead yet." }

// parameter is one that is refused when it is set.
type parameter struct {
	name string
	set  bool
}

// refuse returns the error that fail makes of the first parameter that is
// set, or nil.
func refuse(fail func(parameter string) error, parameters ...parameter) error {
	for _, p := range parameters {
		if p.set {
			return fail(p.name)
		}
	}
	return nil
}

// missing is the failure of a Describe operation about something that is not
// there.
func missing(arn string) types.Failure {
	return types.Failure{Arn: &arn, Reason: new("MISSING")}
}
