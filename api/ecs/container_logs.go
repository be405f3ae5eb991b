package ecs

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// logOptions are the options that the log drivers take here.
var logOptions = map[types.LogDriver][]string{
	types.LogDriverAwslogs:  {"awslogs-create-group", "awslogs-group", "awslogs-region", "awslogs-stream-prefix", "max-buffer-size", "mode"},
	types.LogDriverJsonFile: {},
	logDriverNone:           {},
}

// logDriverNone is Docker's driver that keeps no logs.
const logDriverNone types.LogDriver = "none"

// validateLogs checks a container's log configuration.
func validateLogs(_ *types.TaskDefinition, c *types.ContainerDefinition) error {
	l := c.LogConfiguration
	if l == nil {
		return nil
	}
	allowed, ok := logOptions[l.LogDriver]
	if !ok {
		return clientError("%s", notYet("The log driver "+string(l.LogDriver)))
	}
	for _, name := range slices.Sorted(maps.Keys(l.Options)) {
		if !slices.Contains(allowed, name) {
			return clientError("Log driver %s disallows options: %s", l.LogDriver, name)
		}
	}
	if l.LogDriver != types.LogDriverAwslogs {
		return nil
	}
	return validateAwslogs(c, l.Options)
}

func validateAwslogs(c *types.ContainerDefinition, options map[string]string) error {
	var absent []string
	for _, name := range []string{"awslogs-region", "awslogs-group"} {
		if options[name] == "" {
			absent = append(absent, name)
		}
	}
	if len(absent) > 0 {
		return clientError("Log driver awslogs requires options: %s", strings.Join(absent, ", "))
	}
	switch options["mode"] {
	case "", "blocking", "non-blocking":
	default:
		return setting(c, "The log option mode must be blocking or non-blocking.")
	}
	if options["max-buffer-size"] != "" && options["mode"] != "non-blocking" {
		return setting(c, "The log option max-buffer-size needs the mode non-blocking.")
	}
	switch strings.ToLower(options["awslogs-create-group"]) {
	case "", "true", "false":
	default:
		return setting(c, "The log option awslogs-create-group must be true or false.")
	}
	return nil
}
