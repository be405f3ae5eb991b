package containerd

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
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

// newResolver speaks to the image's registry as the request wants. Credentials go to no other host: what a registry
// redirects to does not get them.
func (c *Client) newResolver(name reference.Named, request runtime.PullRequest) remoteResolver {
	client := &http.Client{Transport: c.secure}
	if request.Insecure {
		client.Transport = c.insecure
	}
	domain := reference.Domain(name)
	registry, _ := docker.DefaultHost(domain)
	authorizer := docker.NewDockerAuthorizer(
		docker.WithAuthClient(client),
		docker.WithAuthCreds(func(host string) (string, string, error) {
			if request.Auth == nil || host != domain && host != registry {
				return "", "", nil
			}
			return request.Auth.Username, request.Auth.Password, nil
		}),
	)
	return docker.NewResolver(docker.ResolverOptions{Hosts: docker.ConfigureDefaultRegistries(
		docker.WithClient(client),
		docker.WithAuthorizer(authorizer),
		docker.WithPlainHTTP(func(string) (bool, error) { return request.PlainHTTP, nil }),
	)})
}
