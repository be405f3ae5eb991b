package cli

import (
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
)

// taskAPIs is where tasks find the AWS APIs when the instance lets them.
const taskAPIs = "http://169.254.170.2"

const apisForTasksUsage = "let tasks call the AWS APIs at http://169.254.170.2, with their role's credentials (AWS_ENDPOINT_URL in their environment); otherwise they reach no port of the control plane on this machine"

// lettingThrough returns a handler that passes signed calls of the AWS APIs on
// to the control plane, and everything else to next. What a call may do is for
// the control plane to say, by its signature: the node vouches for nobody. It
// sees the node's address as the caller's.
func lettingThrough(next http.Handler, to string, transport http.RoundTripper) (http.Handler, error) {
	target, err := url.Parse(to)
	if err != nil {
		return nil, fmt.Errorf("URL of the control plane: %w", err)
	}
	proxy := &httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) {
		host := r.In.Host // which is signed
		r.SetURL(target)
		r.Out.Host = host
	}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") {
			proxy.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	}), nil
}

// taskEnvironment is what every container's environment begins with.
func taskEnvironment(apis bool) map[string]string {
	env := map[string]string{"AWS_REGION": region, "AWS_DEFAULT_REGION": region, "AWS_EXECUTION_ENV": "AWS_ECS_EC2"}
	if apis {
		env["AWS_ENDPOINT_URL"] = taskAPIs
	}
	return env
}
