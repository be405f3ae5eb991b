package model

import (
	"slices"
	"strings"
)

// ImageVersion is what a container's image was when the first task of a
// deployment pulled it: all tasks of the deployment run the same, although its
// tag may move. Source: ECS developer guide, "Container image resolution".
type ImageVersion struct {
	Container string `f:"1"`
	Digest    string `f:"2"` // sha256:...
}

// Seeing returns the deployment with the image digests that a task of it has
// reported first, or d itself when they say nothing new.
func (d *Deployment) Seeing(t *Task) *Deployment {
	versions := d.Versions
	for _, c := range t.Status.Containers {
		known := slices.ContainsFunc(d.Versions, func(v ImageVersion) bool { return v.Container == c.Name })
		if strings.HasPrefix(c.Digest, "sha256:") && !known {
			versions = append(slices.Clone(versions), ImageVersion{c.Name, c.Digest})
		}
	}
	if len(versions) == len(d.Versions) {
		return d
	}
	c := d.Clone()
	c.Versions = versions
	return c
}
