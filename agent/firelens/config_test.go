package firelens

import (
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// TestConfigurations holds the configurations to what Amazon's agent writes:
// each case is a router's type with network mode, memory and options, and its
// users' options.
func TestConfigurations(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			r := Router{Type: d.Cmd, NetworkMode: "bridge", Options: map[string]string{}, Cluster: "harbour",
				TaskARN: "arn:aws:ecs:us-east-1:000000000000:task/harbour/0123", TaskDefinition: "web:7"}
			if d.HasArg("network") {
				d.ScanArgs(t, "network", &r.NetworkMode)
			}
			if d.HasArg("memory") {
				d.ScanArgs(t, "memory", &r.Memory)
			}
			for _, line := range strings.Split(d.Input, "\n") {
				name, option, _ := strings.Cut(line, ": ")
				key, value, _ := strings.Cut(option, "=")
				value = strings.ReplaceAll(value, `\n`, "\n")
				if name == "router" {
					r.Options[key] = value
					continue
				}
				if n := len(r.Users); n == 0 || r.Users[n-1].Container != name {
					r.Users = append(r.Users, User{Container: name, Options: map[string]string{}})
				}
				if key != "" {
					r.Users[len(r.Users)-1].Options[key] = value
				}
			}
			text, err := Config(r)
			if err != nil {
				return "error: " + err.Error() + "\n"
			}
			return text
		})
	})
}

func TestVariables(t *testing.T) {
	if got := Variable(Fluentd, "key_0"); got != `"#{ENV['key_0']}"` {
		t.Error(got)
	}
	if got := Variable(FluentBit, "key_0"); got != "${key_0}" {
		t.Error(got)
	}
}
