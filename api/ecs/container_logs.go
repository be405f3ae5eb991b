package ecs

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// logDriverNone is Docker's driver that keeps no logs.
const logDriverNone types.LogDriver = "none"

// logOptions are the options that the log drivers take; awsfirelens takes
// any, for they are the router's. Source: ECS developer guide for awslogs,
// and Docker's documentation of its drivers.
var logOptions = map[types.LogDriver][]string{
	types.LogDriverAwslogs:  strings.Fields("awslogs-create-group awslogs-datetime-format awslogs-format awslogs-group awslogs-multiline-pattern awslogs-region awslogs-stream-prefix"),
	types.LogDriverJsonFile: strings.Fields("compress env env-regex labels labels-regex max-file max-size tag"),
	types.LogDriverSyslog: strings.Fields(`syslog-address syslog-facility syslog-tls-ca-cert syslog-tls-cert syslog-tls-key
		syslog-tls-skip-verify syslog-format env env-regex labels labels-regex tag`),
	types.LogDriverJournald: strings.Fields("env env-regex labels labels-regex tag"),
	types.LogDriverGelf: strings.Fields(`gelf-address gelf-compression-level gelf-compression-type gelf-tcp-max-reconnect
		gelf-tcp-reconnect-delay env env-regex labels labels-regex tag`),
	types.LogDriverFluentd: strings.Fields(`fluentd-address fluentd-async fluentd-async-connect fluentd-buffer-limit fluentd-max-retries
		fluentd-request-ack fluentd-retry-wait fluentd-sub-second-precision fluentd-write-timeout env env-regex labels labels-regex tag`),
	types.LogDriverSplunk: strings.Fields(`splunk-token splunk-url splunk-source splunk-sourcetype splunk-index splunk-capath splunk-caname
		splunk-insecureskipverify splunk-format splunk-verify-connection splunk-gzip splunk-gzip-level splunk-index-acknowledgment
		env env-regex labels labels-regex tag`),
	types.LogDriverAwsfirelens: nil,
	logDriverNone:              {},
}

// validateLogs checks a container's log configuration.
func validateLogs(def *types.TaskDefinition, c *types.ContainerDefinition) error {
	l := c.LogConfiguration
	if l == nil {
		return nil
	}
	allowed, ok := logOptions[l.LogDriver]
	if !ok {
		return clientError("%s is not a valid log driver. Must be one of [awsfirelens,awslogs,fluentd,gelf,journald,json-file,splunk,syslog]", l.LogDriver)
	}
	for _, name := range slices.Sorted(maps.Keys(l.Options)) {
		modes := (name == "mode" || name == "max-buffer-size") && l.LogDriver != logDriverNone // of every driver
		if allowed != nil && !modes && !slices.Contains(allowed, name) {
			return clientError("Log driver %s disallows options: %s", l.LogDriver, name)
		}
	}
	if len(l.SecretOptions) > 0 && def.ExecutionRoleArn == nil {
		return clientError("When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.")
	}
	if err := validateSecrets(c, l.SecretOptions); err != nil {
		return err
	}
	if err := validateLogMode(c, l.Options); err != nil {
		return err
	}
	switch l.LogDriver {
	case types.LogDriverAwslogs:
		return validateAwslogs(c, l.Options)
	case types.LogDriverAwsfirelens:
		return validateRouted(c, l.Options)
	case types.LogDriverSplunk:
		return validateSplunk(l)
	}
	return nil
}

// validateLogMode checks how a driver is to deliver.
func validateLogMode(c *types.ContainerDefinition, options map[string]string) error {
	switch options["mode"] {
	case "", "blocking", "non-blocking":
	default:
		return setting(c, "The log option mode must be blocking or non-blocking.")
	}
	if options["max-buffer-size"] != "" && options["mode"] == "blocking" {
		return setting(c, "The log option max-buffer-size needs the mode non-blocking.")
	}
	return nil
}

// logGroup matches names of log groups. Source: CloudWatch Logs API
// reference, CreateLogGroup.
var logGroup = regexp.MustCompile(`^[.\-_/#A-Za-z0-9]{1,512}$`)

func validateAwslogs(c *types.ContainerDefinition, options map[string]string) error {
	var absent []string
	for _, name := range []string{"awslogs-region", "awslogs-group"} {
		if options[name] == "" {
			absent = append(absent, name)
		}
	}
	switch {
	case len(absent) > 0:
		return clientError("Log driver awslogs requires options: %s", strings.Join(absent, ", "))
	case !logGroup.MatchString(options["awslogs-group"]):
		return clientError("Log driver awslogs option 'awslogs-group' contains invalid characters.")
	case options["awslogs-datetime-format"] != "" && options["awslogs-multiline-pattern"] != "":
		return setting(c, "The log options awslogs-datetime-format and awslogs-multiline-pattern exclude each other.")
	}
	// The wording is ECS's own, as people report it.
	if create, given := options["awslogs-create-group"]; given && create != "true" {
		return clientError("Log driver awslogs option 'awslogs-create-group' should only be set to 'true', else omit option.")
	}
	return nil
}

// bufferLimit is the number of lines that the buffer of a routed log is smaller
// than. Source: ECS developer guide, "Configuring Amazon ECS logs for high throughput".
const bufferLimit = 536870912

// validateRouted checks what of a routed log is not its router's to know.
func validateRouted(c *types.ContainerDefinition, options map[string]string) error {
	text, given := options["log-driver-buffer-limit"]
	if !given {
		return nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err != nil || n < 0 || n >= bufferLimit {
		return setting(c, "The log option log-driver-buffer-limit must be greater than or equal to 0 and less than 536870912.")
	}
	return nil
}

// validateSplunk checks that the driver is told where to and with which
// token, which may be a secret.
func validateSplunk(l *types.LogConfiguration) error {
	var absent []string
	for _, name := range []string{"splunk-token", "splunk-url"} {
		secret := slices.ContainsFunc(l.SecretOptions, func(s types.Secret) bool { return *s.Name == name })
		if l.Options[name] == "" && !secret {
			absent = append(absent, name)
		}
	}
	if len(absent) > 0 {
		return clientError("Log driver splunk requires options: %s", strings.Join(absent, ", "))
	}
	return nil
}
