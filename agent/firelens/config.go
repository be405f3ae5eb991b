// Package firelens words the configuration of a task's log router, as Amazon's
// agent does. It decides nothing of how the router runs, and may do no I/O.
// Source: ECS developer guide, "Example Amazon ECS task definition: Route logs
// to FireLens", and amazon-ecs-agent, agent/taskresource/firelens.
package firelens

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The types of routers.
const (
	Fluentd   = "fluentd"
	FluentBit = "fluentbit"
)

// Router is a log router and what is routed.
type Router struct {
	Type           string            // Fluentd or FluentBit
	Options        map[string]string // of its firelensConfiguration
	NetworkMode    string            // of the task
	Cluster        string
	TaskARN        string
	TaskDefinition string // family:revision
	Memory         int64  // MiB; 0: none is named
	Users          []User
}

// User is a container whose output is routed.
type User struct {
	Container string
	Options   map[string]string // of its logConfiguration
}

// Options of a user that are not its output plugin's.
const (
	includePattern = "include-pattern"
	excludePattern = "exclude-pattern"
)

const (
	socketPath  = "/var/run/fluent.sock"
	forwardPort = "24224"
	healthPort  = "8877"
	healthTag   = "firelens-healthcheck"
	// defaultBuffer is how much Fluent Bit holds in memory, in MB, when its
	// container names no memory.
	defaultBuffer = 25
)

// Variable is how a configuration of a type names a variable of the router's
// environment.
func Variable(router, name string) string {
	if router == Fluentd {
		return `"#{ENV['` + name + `']}"`
	}
	return "${" + name + "}"
}

// pipe is an input or an output.
type pipe struct {
	name, tag string
	options   map[string]string
}

// filter lets through or keeps back what matches.
type filter struct{ pattern, tag string }

// parts are what a configuration consists of, in its order.
type parts struct {
	inputs           []pipe
	include, exclude []filter
	fields           map[string]string
	all              string // the pattern of every tag
	external         string // a file
	outputs          []pipe
}

// Config returns the text of a router's configuration. It is an error if a
// user's options name no output plugin.
func Config(r Router) (string, error) {
	if r.Type != Fluentd && r.Type != FluentBit {
		return "", fmt.Errorf("invalid firelens configuration type: %s", r.Type)
	}
	p := parts{all: "*"}
	if r.Type == Fluentd {
		p.all = "**"
	}
	p.listen(r)
	if r.Options["enable-ecs-log-metadata"] != "false" {
		p.fields = map[string]string{"ecs_cluster": r.Cluster, "ecs_task_arn": r.TaskARN, "ecs_task_definition": r.TaskDefinition}
	}
	users := slices.SortedFunc(slices.Values(r.Users), func(a, b User) int { return strings.Compare(a.Container, b.Container) })
	for _, u := range users {
		if err := p.route(r.Type, u); err != nil {
			return "", fmt.Errorf("unable to apply log options of container %s to firelens config: %w", u.Container, err)
		}
	}
	if r.Options["config-file-type"] == "file" {
		p.external = r.Options["config-file-value"]
	}
	if err := p.check(); err != nil {
		return "", err
	}
	if r.Type == Fluentd {
		return p.fluentd(), nil
	}
	return p.fluentBit(), nil
}

// listen adds the inputs: a socket for the containers' output, and a port for
// what they send themselves.
func (p *parts) listen(r Router) {
	if r.Type == Fluentd {
		p.inputs = append(p.inputs, pipe{"unix", "", map[string]string{"path": socketPath}})
	} else {
		buffer := r.Memory / 2
		if buffer <= 0 {
			buffer = defaultBuffer
		}
		p.inputs = append(p.inputs, pipe{"forward", "", map[string]string{"unix_path": socketPath, "Mem_Buf_Limit": fmt.Sprintf("%dMB", buffer)}})
	}
	at := map[string]string{"bridge": "0.0.0.0", "awsvpc": "127.0.0.1"}[r.NetworkMode]
	switch {
	case at == "":
	case r.Type == Fluentd:
		p.inputs = append(p.inputs, pipe{"forward", "", map[string]string{"port": forwardPort, "bind": at}})
	default:
		p.inputs = append(p.inputs, pipe{"forward", "", map[string]string{"Port": forwardPort, "Listen": at}},
			pipe{"tcp", healthTag, map[string]string{"Port": healthPort, "Listen": "127.0.0.1"}})
		p.outputs = append(p.outputs, pipe{"null", healthTag, nil})
	}
}

// route adds what a user's options ask for.
func (p *parts) route(router string, u User) error {
	nameKey := "Name"
	if router == Fluentd {
		nameKey = "@type"
	}
	tag := u.Container + "-firelens" + p.all
	plugin := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(u.Options)) {
		switch value := u.Options[key]; key {
		case nameKey:
		case includePattern:
			p.include = append(p.include, filter{value, tag})
		case excludePattern:
			p.exclude = append(p.exclude, filter{value, tag})
		default:
			plugin[key] = value
		}
	}
	name, named := u.Options[nameKey]
	switch {
	case named:
		p.outputs = append(p.outputs, pipe{name, tag, plugin})
	case len(plugin) > 0:
		return fmt.Errorf("missing output key %s which is required for firelens configuration of type %s", nameKey, router)
	}
	return nil // the router's own file may say where the output goes
}

// check refuses texts that would be more than one line of the configuration.
func (p *parts) check() error {
	texts := []string{p.external}
	for _, f := range slices.Concat(p.include, p.exclude) {
		texts = append(texts, f.pattern, f.tag)
	}
	for _, o := range slices.Concat(p.inputs, p.outputs) {
		texts = append(texts, o.name, o.tag)
		for _, key := range slices.Sorted(maps.Keys(o.options)) {
			texts = append(texts, key, o.options[key])
		}
	}
	for _, text := range texts {
		if strings.ContainsAny(text, "\r\n\x00") {
			return fmt.Errorf("an option has more than one line: %q", text)
		}
	}
	return nil
}
