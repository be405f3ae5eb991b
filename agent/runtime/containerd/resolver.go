package containerd

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/containerd/containerd/v2/core/remotes"
	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/distribution/reference"

	"github.com/roadstead/roadstead/agent/runtime"
)

type remoteResolver = remotes.Resolver

const (
	dialTimeout     = 10 * time.Second
	responseTimeout = time.Minute // from a request to the beginning of its answer
)

// newTransport gives the connections to registries, which all pulls share. Insecure ones verify no certificate.
func newTransport(insecure bool, roots []byte) *http.Transport {
	verify := &tls.Config{InsecureSkipVerify: insecure} //nolint:gosec // the caller asked for it
	if len(roots) > 0 {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		pool.AppendCertsFromPEM(roots)
		verify.RootCAs = pool
	}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   dialTimeout,
		ResponseHeaderTimeout: responseTimeout,
		TLSClientConfig:       verify,
		MaxIdleConnsPerHost:   layersAtOnce,
		IdleConnTimeout:       30 * time.Second,
	}
}

// source is one place that a pull asks.
type source struct {
	host, path string // of the distribution API: "registry.corp:5000", "/v2/hub"
	plainHTTP  bool
	insecure   bool // verify no certificate
	auth       *runtime.BasicAuth
}

// sourcesOf gives the places that have an image, in the order in which they are asked: its mirrors, and then its own
// registry unless only mirrors may be asked. Credentials are for the image's own registry alone; a mirror gets those
// that the client's options have for it.
func (c *Client) sourcesOf(ctx context.Context, name reference.Named, request runtime.PullRequest) ([]source, error) {
	registry := reference.Domain(name)
	mirrors := c.options.mirrorsOf(registry)
	var all []source
	for _, m := range mirrors {
		auth, err := c.login(ctx, m.Host)
		if err != nil {
			return nil, fmt.Errorf("credentials for mirror %s: %w", m.Host, err)
		}
		all = append(all, source{host: m.Host, path: path.Join("/v2", m.path(registry)), plainHTTP: m.PlainHTTP, auth: auth})
	}
	if len(mirrors) > 0 && c.options.MirrorsOnly {
		return all, nil
	}
	own := source{path: "/v2", plainHTTP: request.PlainHTTP, insecure: request.Insecure, auth: request.Auth}
	var err error
	if own.host, err = docker.DefaultHost(registry); err != nil {
		return nil, err
	}
	if own.auth == nil && !slices.Contains(c.options.Unmirrored, registry) {
		if own.auth, err = c.login(ctx, registry); err != nil {
			return nil, fmt.Errorf("credentials for registry %s: %w", registry, err)
		}
	}
	return append(all, own), nil
}

func (c *Client) login(ctx context.Context, host string) (*runtime.BasicAuth, error) {
	if c.options.Login == nil {
		return nil, nil
	}
	return c.options.Login(ctx, host)
}

// newResolver asks the sources by turns. Credentials go to no other host than their own: what a registry redirects to
// does not get them.
func (c *Client) newResolver(sources []source) remoteResolver {
	hosts := make([]docker.RegistryHost, 0, len(sources))
	for _, s := range sources {
		client := &http.Client{Transport: patient{c.secure, c.options.Inactivity}}
		if s.insecure {
			client.Transport = patient{c.insecure, c.options.Inactivity}
		}
		scheme := "https"
		if s.plainHTTP {
			scheme = "http"
		}
		hosts = append(hosts, docker.RegistryHost{
			Client: client, Authorizer: newAuthorizer(client, s), Host: s.host, Scheme: scheme, Path: s.path,
			Capabilities: docker.HostCapabilityPull | docker.HostCapabilityResolve,
		})
	}
	return docker.NewResolver(docker.ResolverOptions{Hosts: func(string) ([]docker.RegistryHost, error) { return hosts, nil }})
}

func newAuthorizer(client *http.Client, s source) docker.Authorizer {
	return docker.NewDockerAuthorizer(
		docker.WithAuthClient(client),
		docker.WithAuthCreds(func(host string) (string, string, error) {
			if s.auth == nil || host != s.host {
				return "", "", nil
			}
			return s.auth.Username, s.auth.Password, nil
		}),
	)
}

// asked words which places a failed pull has asked, where the image's name does not say it.
func asked(sources []source, err error) error {
	if err == nil || len(sources) == 1 && sources[0].path == "/v2" {
		return err
	}
	places := make([]string, 0, len(sources))
	for _, s := range sources {
		places = append(places, s.host+strings.TrimPrefix(s.path, "/v2"))
	}
	return fmt.Errorf("%w (asked %s)", err, strings.Join(places, ", "))
}
