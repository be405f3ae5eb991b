package wire

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"runtime/debug"
	"strconv"
	"time"

	"golang.org/x/sync/semaphore"
)

// Router is the one endpoint of all services.
type Router struct {
	opts    Options
	catalog *catalog
	bodies  *semaphore.Weighted // bytes of large bodies that may be held now
}

// NewRouter makes the endpoint that serves the given services. It panics if a table is wrong: an operation named
// twice, or one whose types cannot be spoken in the service's protocols.
func NewRouter(opts Options, services ...*Service) *Router {
	c, err := newCatalog(services)
	if err != nil {
		panic("wire: " + err.Error())
	}
	opts = opts.withDefaults()
	return &Router{opts: opts, catalog: c, bodies: semaphore.NewWeighted(opts.MaxBodies)}
}

// ServeHTTP implements http.Handler.
func (rt *Router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := rt.opts.RequestID()
	x := &exchange{router: rt, w: w, r: r, ctx: withRequestID(r.Context(), id)}
	x.event = Event{RequestID: id, Started: time.Now()}
	x.route.protocol = jsonProtocolOf(r)
	if isForm(r) {
		x.route.protocol = Query
	}
	if err := x.guarded(x.handle); err != nil {
		if err := x.guarded(func() error { x.fail(err); return nil }); err != nil { // a hook's panic is ours to answer, too
			x.recorded = true
			x.fail(err)
		}
	}
	x.observe()
}

// exchange is one request and its answer.
type exchange struct {
	router *Router
	w      http.ResponseWriter
	r      *http.Request
	ctx    context.Context
	route  route
	event  Event
	// input is the operation's, nil until it was decoded.
	input    any
	recorded bool
}

// handle answers the request, or returns the error to answer with.
func (x *exchange) handle() error {
	if admit := x.router.opts.Admit; admit != nil {
		if err := admit(x.r); err != nil {
			x.w.Header().Set("Connection", "close") // rather than read a body that will not be used
			return err
		}
	}
	body, release, err := x.body()
	if err != nil {
		return err
	}
	defer release()
	x.event.BytesIn = len(body)
	if x.route, err = x.router.catalog.find(x.r, body); err != nil {
		return err
	}
	if authenticate := x.router.opts.Authenticate; authenticate != nil && !x.route.op.operation.Anonymous() {
		ctx, err := authenticate(x.r.WithContext(x.ctx), body)
		if err != nil {
			return err
		}
		x.ctx = ctx
		if RequestID(ctx) == "" { // the hook built its context from elsewhere
			x.ctx = withRequestID(ctx, x.event.RequestID)
		}
	}
	if throttle := x.router.opts.Throttle; throttle != nil {
		if err := throttle(x.ctx, x.route.service.Service, x.route.op.operation); err != nil {
			return err
		}
	}
	input, err := x.decode(body)
	if err != nil {
		return err
	}
	x.input = input
	if authorize := x.router.opts.Authorize; authorize != nil {
		if err := authorize(x.ctx, x.route.service.Service, x.route.op.operation, input); err != nil {
			return err
		}
	}
	if x.route.op.operation.IsStream() {
		return x.stream(input)
	}
	output, err := x.route.op.operation.call(x.ctx, input)
	if err != nil {
		return err
	}
	return x.succeed(output)
}

// decode makes the operation's Input.
func (x *exchange) decode(body []byte) (any, error) {
	op := x.route.op
	input := reflect.New(op.operation.input)
	if x.route.protocol.isForm() {
		return input.Interface(), decodeQuery(x.route.form, op.input, input.Elem())
	}
	return input.Interface(), decodeJSON(body, op.input, input.Elem())
}

func (x *exchange) succeed(output any) error {
	spare := takeBuffer()
	defer spare.release()
	var err error
	switch x.route.protocol {
	case Query:
		spare.bytes, err = encodeQueryResult(spare.bytes, x.route.service.Service, x.route.op, output, x.event.RequestID)
	case EC2Query:
		spare.bytes, err = encodeEC2Result(spare.bytes, x.route.service.Service, x.route.op, output, x.event.RequestID)
	default:
		spare.bytes, err = encodeJSON(spare.bytes, x.route.op.output, structOf(output))
	}
	if err != nil {
		return fmt.Errorf("answer %s: %w", x.route.action, err)
	}
	if err := x.record(http.StatusOK, output, answer{}); err != nil {
		return err
	}
	x.write(http.StatusOK, spare.bytes)
	return nil
}

// fail answers with an error, and logs it if it is ours.
func (x *exchange) fail(err error) {
	a := answerTo(err, x.route.protocol, x.event.RequestID)
	if x.route.protocol == EC2Query {
		a.inEC2Words()
	}
	x.event.Code = a.code
	if a.status >= http.StatusInternalServerError && x.r.Context().Err() == nil {
		x.log(err)
	}
	if x.event.Status != 0 {
		return // the answer had begun, so there is no place for the error
	}
	if err := x.record(a.status, nil, a); err != nil {
		a = answerTo(err, x.route.protocol, x.event.RequestID)
		x.event.Code = a.code
	}
	if x.r.Header.Get("X-Amzn-Query-Mode") == "true" {
		x.w.Header().Set("X-Amzn-Query-Error", a.code+";"+a.fault())
	}
	x.write(a.status, encodeError(a, x.route.protocol, x.serviceFound(), x.event.RequestID))
}

func (x *exchange) serviceFound() *Service {
	if x.route.service == nil {
		return nil
	}
	return x.route.service.Service
}

func (x *exchange) log(err error) {
	service := ""
	if s := x.serviceFound(); s != nil {
		service = s.Name
	}
	attrs := []any{"request", x.event.RequestID, "service", service, "operation", x.route.action, "error", err}
	var p *panicked
	if errors.As(err, &p) {
		attrs = append(attrs, "stack", string(p.stack))
	}
	x.router.opts.Logger.ErrorContext(x.ctx, "request failed", attrs...)
}

func (x *exchange) write(status int, body []byte) {
	x.head(status, x.route.protocol.contentType())
	x.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	x.w.WriteHeader(status)
	n, _ := x.w.Write(body) // a client that has gone needs no answer
	x.event.BytesOut = n
}

func (x *exchange) head(status int, contentType string) {
	header := x.w.Header()
	header.Set("Content-Type", contentType)
	header.Set("X-Amzn-Requestid", x.event.RequestID)
	x.event.Status = status
}

// identify says in the event whose request it was and what it named.
func (x *exchange) identify() {
	x.event.Context = x.ctx
	x.event.Protocol = x.route.protocol
	if s := x.route.service; s != nil {
		x.event.Service = s.Name
		if x.route.op != nil || s.known[x.route.action] { // callers must not be able to make up names for metrics
			x.event.Operation = x.route.action
		}
	}
}

func (x *exchange) observe() {
	if x.router.opts.Observe == nil {
		return
	}
	x.identify()
	x.event.Took = time.Since(x.event.Started)
	x.router.opts.Observe(x.event)
}

// panicked is a panic of a handler or a hook, caught so that one request cannot end the process.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// guarded runs f and turns a panic into an error.
func (x *exchange) guarded(f func() error) (err error) {
	defer func() {
		p := recover()
		if p == http.ErrAbortHandler {
			panic(p)
		}
		if p != nil {
			err = &panicked{value: p, stack: debug.Stack()}
		}
	}()
	return f()
}
