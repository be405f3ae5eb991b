package logdriver

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/roadstead/roadstead/agent"
)

// config is how a container's output is taken care of. It is kept beside the
// log, so that what a container wrote last is shipped even when nobody
// remembers the container.
type config struct {
	Driver  string            `json:"driver"`
	Options map[string]string `json:"options,omitempty"`
	// The following are what collectors are told of the container.
	ID         string            `json:"id,omitempty"`
	Name       string            `json:"name,omitempty"`
	Tag        string            `json:"tag,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
}

// The drivers that ship to collectors.
const (
	driverFluentd = "fluentd"
	driverSyslog  = "syslog"
	// driverRouter ships to a router of the container's own task.
	driverRouter = "awsfirelens"
)

// framed reports whether a driver tells a container's streams apart.
func framed(driver string) bool { return agent.FramesLogs(driver) }

// newConfig returns how the output of a container is taken care of.
func newConfig(l agent.Log) (c config, err error) {
	c = config{Driver: l.Driver, Options: l.Options}
	if err := c.validate(); err != nil {
		return c, err
	}
	if !framed(c.Driver) {
		return c, nil
	}
	c.ID, c.Name = l.Subject.ID, "/"+l.Subject.Name
	if c.Tag, err = tagOf(c.Options, l.Subject); err != nil {
		return c, err
	}
	c.Attributes, err = attributesOf(c.Options, l.Subject)
	return c, err
}

// newSink returns where a valid configuration ships to.
func (d *Driver) newSink(container string, c config) (sink, error) {
	switch c.Driver {
	case driverFluentd, driverRouter:
		return newFluent(d, c)
	case driverSyslog:
		return newSyslog(d, c)
	}
	return newStream(d, container, c), nil
}

// The files of a container: the log itself, and below stateDir, where nobody
// watches, how it is shipped and how far it was.
const (
	logSuffix    = ".log"
	configSuffix = ".json"
	placeSuffix  = ".place"
)

func (d *Driver) stateDir() string { return filepath.Join(d.dir, "state") }

func (d *Driver) logPath(container string) string { return filepath.Join(d.dir, container+logSuffix) }

func (d *Driver) configPath(container string) string {
	return filepath.Join(d.stateDir(), container+configSuffix)
}

func (d *Driver) placePath(container string) string {
	return filepath.Join(d.stateDir(), container+placeSuffix)
}

func (d *Driver) readConfig(container string) (c config, err error) {
	text, err := os.ReadFile(d.configPath(container))
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err == nil {
		err = c.validate()
	}
	return c, err
}

// writeConfig is not synced: containers do not outlive the machine's crash.
func (d *Driver) writeConfig(container string, c config) error {
	text, err := json.Marshal(c)
	next := d.configPath(container) + ".new"
	if err == nil {
		err = os.WriteFile(next, text, 0o600)
	}
	if err == nil {
		err = os.Rename(next, d.configPath(container))
	}
	if err != nil {
		return fmt.Errorf("log configuration of container %s: %w", container, err)
	}
	return nil
}

// logOptions are the options that each driver takes. Those of awslogs that say
// where the API is are the agent's business.
var logOptions = map[string][]string{
	driverFluentd: {"env", "env-regex", "fluentd-address", "fluentd-async", "fluentd-async-connect", "fluentd-buffer-limit", "fluentd-max-retries",
		"fluentd-request-ack", "fluentd-retry-wait", "fluentd-sub-second-precision", "fluentd-write-timeout", "labels", "labels-regex", "tag",
		"mode", "max-buffer-size"},
	driverRouter: {"fluentd-address", "fluentd-buffer-limit", "fluentd-sub-second-precision", "tag"},
	driverSyslog: {"env", "env-regex", "labels", "labels-regex", "mode", "max-buffer-size", "syslog-address", "syslog-facility", "syslog-format",
		"syslog-tls-ca-cert", "syslog-tls-cert", "syslog-tls-key", "syslog-tls-skip-verify", "tag"},
	"none":      {},
	"json-file": {"max-size", "max-file"},
	"awslogs": {"awslogs-group", "awslogs-stream", "awslogs-region", "awslogs-endpoint", "awslogs-credentials-endpoint",
		"awslogs-create-group", "awslogs-datetime-format", "awslogs-multiline-pattern", "mode", "max-buffer-size"},
}

// validate refuses what the driver would not do.
func (c config) validate() error {
	known, ok := logOptions[c.Driver]
	if !ok {
		return fmt.Errorf("failed to initialize logging driver: logger: no log driver named '%s' is registered", c.Driver)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Options)) {
		if !slices.Contains(known, name) {
			return fmt.Errorf("failed to initialize logging driver: unknown log opt '%s' for %s log driver", name, c.Driver)
		}
	}
	switch c.Driver {
	case "json-file":
		if _, err := c.kept(); err != nil {
			return err
		}
	case "awslogs":
		if c.Options["awslogs-group"] == "" {
			return errors.New("failed to initialize logging driver: must specify a value for log opt 'awslogs-group'")
		}
		if _, err := c.createGroup(); err != nil {
			return err
		}
		if _, err := c.eventStart(); err != nil {
			return err
		}
	}
	return c.validateMode()
}

// validateMode refuses a way of delivery that Docker does not know. Source:
// Docker's reference, "Configure the delivery mode of log messages".
func (c config) validateMode() error {
	mode, buffer := c.Options["mode"], c.Options["max-buffer-size"]
	if mode != "" && mode != "blocking" && mode != "non-blocking" {
		return fmt.Errorf("failed to initialize logging driver: logger: logging mode not supported: %s", mode)
	}
	if buffer != "" && mode != "non-blocking" {
		return errors.New("failed to initialize logging driver: logger: max-buffer-size option is only supported with 'mode=non-blocking'")
	}
	if _, err := size(buffer, 1); err != nil {
		return fmt.Errorf("failed to initialize logging driver: error parsing option max-buffer-size: %w", err)
	}
	return nil
}

// behind is how much output may wait to be shipped, in bytes: what the
// container's buffer holds that says how large it is, else all that the disk is
// lent for.
func (c config) behind(otherwise int64) int64 {
	behind, _ := size(c.Options["max-buffer-size"], otherwise) // it is valid
	return min(behind, otherwise)
}

func (c config) createGroup() (bool, error) {
	text := c.Options["awslogs-create-group"]
	if text == "" {
		return false, nil
	}
	create, err := strconv.ParseBool(text)
	if err != nil {
		return false, fmt.Errorf("failed to initialize logging driver: must specify valid value for log opt 'awslogs-create-group': %w", err)
	}
	return create, nil
}

// defaultKept is how much of a json-file log is kept, in bytes, unless its
// max-size says otherwise. Docker's own default keeps everything.
const defaultKept = 64 << 20

// kept returns how much of a json-file log is kept, in bytes. Docker keeps
// max-file files of max-size each; here they are one.
func (c config) kept() (int64, error) {
	kept, err := size(c.Options["max-size"], defaultKept)
	if err != nil {
		return 0, fmt.Errorf("failed to initialize logging driver: max-size: %w", err)
	}
	files := int64(1)
	if text := c.Options["max-file"]; text != "" {
		if files, err = strconv.ParseInt(text, 10, 32); err != nil || files < 1 {
			return 0, fmt.Errorf("failed to initialize logging driver: max-file cannot be %q", text)
		}
		if c.Options["max-size"] == "" && files > 1 {
			return 0, errors.New("failed to initialize logging driver: max-file cannot be used without max-size")
		}
	}
	return kept * files, nil
}

// maxSize is the largest size that an option may name.
const maxSize = 1 << 40

// size reads Docker's form of a size: a number with k, m or g.
func size(text string, otherwise int64) (int64, error) {
	if text == "" {
		return otherwise, nil
	}
	lower := strings.TrimSuffix(strings.ToLower(text), "b")
	digits := strings.TrimRight(lower, "kmgt")
	shift, ok := map[string]int{"": 0, "k": 10, "m": 20, "g": 30, "t": 40}[lower[len(digits):]]
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || !ok || n <= 0 || n > maxSize>>shift {
		return 0, fmt.Errorf("invalid size: '%s'", text)
	}
	return n << shift, nil
}
