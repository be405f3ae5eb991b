package wire

import "net/http"

// Router is the one endpoint of all services.
type Router struct {
	opts     Options
	services []*Service
}

// NewRouter makes the endpoint that serves the given services. It panics if a table is wrong: an operation named
// twice, or one whose types cannot be spoken in the service's protocols.
func NewRouter(opts Options, services ...*Service) *Router {
	return &Router{opts: opts.withDefaults(), services: services}
}

// ServeHTTP implements http.Handler.
func (rt *Router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	http.Error(w, errCodecPending.Error(), http.StatusNotImplemented)
}
