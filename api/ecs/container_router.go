package ecs

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// validateRouter checks a container that is a router of logs (FireLens).
// Source: ECS API reference, FirelensConfiguration.
func validateRouter(_ *types.TaskDefinition, c *types.ContainerDefinition) error {
	f := c.FirelensConfiguration
	if f == nil {
		return nil
	}
	if !slices.Contains(f.Type.Values(), f.Type) {
		return setting(c, "Invalid firelensConfiguration type '"+string(f.Type)+"'.")
	}
	for _, name := range slices.Sorted(maps.Keys(f.Options)) {
		switch name {
		case "enable-ecs-log-metadata", "config-file-type", "config-file-value":
		default:
			return setting(c, "Invalid firelensConfiguration option '"+name+"'.")
		}
	}
	kind, value, metadata := f.Options["config-file-type"], f.Options["config-file-value"], f.Options["enable-ecs-log-metadata"]
	switch {
	case metadata != "" && metadata != "true" && metadata != "false":
		return setting(c, "The firelensConfiguration option enable-ecs-log-metadata must be true or false.")
	case kind != "" && kind != "s3" && kind != "file":
		return setting(c, "The firelensConfiguration option config-file-type must be s3 or file.")
	case (kind == "") != (value == ""):
		return setting(c, "The firelensConfiguration options config-file-type and config-file-value belong together.")
	case kind == "s3" && !validARN(value, "s3"):
		return clientError("Invalid arn syntax.")
	}
	return nil
}

// validateRouters checks that there is a router of logs if and only if
// something is routed.
func validateRouters(def *types.TaskDefinition) error {
	router, routed := false, false
	for _, c := range def.ContainerDefinitions {
		router = router || c.FirelensConfiguration != nil
		routed = routed || c.LogConfiguration != nil && c.LogConfiguration.LogDriver == types.LogDriverAwsfirelens
	}
	switch {
	case router && !routed:
		return clientError("When a firelensConfiguration object is specified, at least one container has to be configured with the awsfirelens log driver.")
	case routed && !router:
		return clientError("When awsfirelens log driver is specified in log configuration, a firelens configuration object must be configured in one of the containers.")
	}
	return nil
}
