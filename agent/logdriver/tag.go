package logdriver

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
	"text/template"

	"github.com/roadstead/roadstead/agent"
)

// about is what a tag's template may say of a container, and what goes with
// its lines. Source: Docker's reference, "Customize log driver output".
type about struct{ agent.LogSubject }

// ID is the short form of the container's id.
func (a about) ID() string { return a.LogSubject.ID[:min(12, len(a.LogSubject.ID))] }

// FullID is the container's id.
func (a about) FullID() string { return a.LogSubject.ID }

// ImageID is the short form of the image's digest.
func (a about) ImageID() string {
	_, digest, _ := strings.Cut(a.ImageFullID(), ":")
	return digest[:min(12, len(digest))]
}

// ImageFullID is the image's digest.
func (a about) ImageFullID() string { return a.ImageDigest }

// ImageName is the image as the task definition names it.
func (a about) ImageName() string { return a.Image }

// DaemonName is what Docker calls itself there.
func (a about) DaemonName() string { return "docker" }

// templateWords are the functions of Docker's templates that a tag has use for.
var templateWords = template.FuncMap{
	"lower": strings.ToLower, "upper": strings.ToUpper, "split": strings.Split, "join": strings.Join,
	"truncate": func(s string, length int) string {
		runes := []rune(s)
		return string(runes[:min(max(0, length), len(runes))])
	},
}

// tagOf returns a container's tag: Docker's default is the short id.
func tagOf(options map[string]string, s agent.LogSubject) (string, error) {
	text := options["tag"]
	if text == "" {
		text = "{{.ID}}"
	}
	tag, err := template.New("log-tag").Funcs(templateWords).Parse(text)
	var out strings.Builder
	if err == nil {
		err = tag.Execute(&out, about{s})
	}
	if err != nil {
		return "", fmt.Errorf("failed to initialize logging driver: %w", err)
	}
	return out.String(), nil
}

// attributesOf returns the labels and variables that go with every line: those
// that are named, and those that a pattern matches.
func attributesOf(options map[string]string, s agent.LogSubject) (map[string]string, error) {
	out := map[string]string{}
	environment := map[string]string{}
	for _, e := range s.Env {
		name, value, _ := strings.Cut(e, "=")
		environment[name] = value
	}
	for _, from := range []struct {
		option string
		values map[string]string
	}{{"labels", s.Labels}, {"env", environment}} {
		chosen := map[string]string{}
		for _, name := range strings.Split(options[from.option], ",") {
			if v, ok := from.values[name]; ok {
				chosen[name] = v
			}
		}
		if pattern := options[from.option+"-regex"]; pattern != "" {
			matching, err := regexp.Compile(pattern)
			if err != nil {
				return nil, fmt.Errorf("failed to initialize logging driver: %w", err)
			}
			for name, v := range from.values {
				if matching.MatchString(name) {
					chosen[name] = v
				}
			}
		}
		maps.Copy(out, chosen)
	}
	return out, nil
}
