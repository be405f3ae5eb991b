package containerd

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/distribution/reference"
)

// Mirror is a place that has the images of another registry: a registry, or a part of one. What tasks call their images
// stays as it is; only where the bytes come from changes.
type Mirror struct {
	Registry  string // whose images they are, as their names begin: "docker.io", "public.ecr.aws", "host:port"; "*" is any
	Host      string // "host" or "host:port"
	Prefix    string // of repositories there, without slashes around it; "" is none
	PlainHTTP bool
}

// anyRegistry is the Registry of a mirror of all. The registry's own name follows the prefix there, as
// `skopeo sync --scoped` lays out what it copies.
const anyRegistry = "*"

// maxMirrors is how many mirrors a client takes: each may be asked, and waited for, before the image's own registry.
const maxMirrors = 32

// ParseMirror reads "REGISTRY=[SCHEME://]HOST[:PORT][/PREFIX]", where REGISTRY may be "*" and SCHEME is https (the
// default) or http.
func ParseMirror(text string) (Mirror, error) {
	registry, place, ok := strings.Cut(text, "=")
	if !ok || registry == "" || place == "" {
		return Mirror{}, errors.New("want REGISTRY=HOST[:PORT][/PREFIX], such as docker.io=mirror.corp:5000/hub")
	}
	m := Mirror{Registry: strings.ToLower(registry)}
	if m.Registry == "index.docker.io" || m.Registry == "registry-1.docker.io" {
		m.Registry = "docker.io"
	}
	if scheme, rest, given := strings.Cut(place, "://"); given {
		if scheme != "http" && scheme != "https" {
			return Mirror{}, fmt.Errorf("scheme %q: want https or http", scheme)
		}
		m.PlainHTTP, place = scheme == "http", rest
	}
	m.Host, m.Prefix, _ = strings.Cut(strings.TrimRight(place, "/"), "/")
	if m.Registry != anyRegistry && !isHost(m.Registry) {
		return Mirror{}, fmt.Errorf("%q is not the name of a registry", registry)
	}
	if !isHost(m.Host) {
		return Mirror{}, fmt.Errorf("%q is not a registry's host", m.Host)
	}
	if _, err := reference.ParseNamed(m.Host + "/" + m.path("docker.io") + "/image"); m.path("docker.io") != "" && err != nil {
		return Mirror{}, fmt.Errorf("prefix %q: %w", m.Prefix, err)
	}
	return m, nil
}

// isHost reports whether image names may begin with the host, which they may not with a word that is the first part of
// a repository of Docker Hub.
func isHost(host string) bool {
	named, err := reference.ParseNormalizedNamed(host + "/image")
	return err == nil && reference.Domain(named) == host
}

// path is what comes before an image's repository at the mirror.
func (m Mirror) path(registry string) string {
	if m.Registry != anyRegistry {
		return m.Prefix
	}
	// No part of a repository's name may have a colon.
	return strings.TrimPrefix(m.Prefix+"/"+strings.ReplaceAll(registry, ":", "_"), "/")
}

// String gives the mirror as ParseMirror reads it.
func (m Mirror) String() string {
	place := m.Host
	if m.PlainHTTP {
		place = "http://" + place
	}
	if m.Prefix != "" {
		place += "/" + m.Prefix
	}
	return m.Registry + "=" + place
}

// mirrorsOf gives the mirrors to ask for images of a registry, in order: those of the registry before those of all. What
// is itself a mirror, or is named as being none of anybody's business, is asked directly.
func (o Options) mirrorsOf(registry string) (found []Mirror) {
	if slices.Contains(o.Unmirrored, registry) {
		return nil
	}
	var general []Mirror
	for _, m := range o.Mirrors {
		switch m.Registry {
		case registry:
			found = append(found, m)
		case anyRegistry:
			if m.Host == registry {
				return nil
			}
			general = append(general, m)
		}
	}
	return append(found, general...)
}
