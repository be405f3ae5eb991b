package scrape

import (
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/roadstead/roadstead/control"
)

const (
	// scrapesAtOnce bounds what scraping costs: each walks over all tasks.
	scrapesAtOnce = 2
	// scrapePatience is how long one may take.
	scrapePatience = 30 * time.Second
)

// Options of a Handler; the zero value works.
type Options struct {
	Version string // of the program
	Now     func() time.Time
	Logger  *slog.Logger
}

// Metrics are all the platform's numbers, those that it counts itself included.
type Metrics struct {
	registry *prometheus.Registry
	log      *slog.Logger

	requests *prometheus.CounterVec
	took     prometheus.Histogram
	planned  *prometheus.CounterVec
	planning *prometheus.HistogramVec
}

// New returns the numbers of the sources.
func New(from Sources, o Options) *Metrics {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	buckets := []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	m := &Metrics{registry: prometheus.NewRegistry(), log: o.Logger,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "roadstead_api_requests_total", Help: "Requests that the AWS APIs have answered, by status."}, []string{"code"}),
		took:     prometheus.NewHistogram(prometheus.HistogramOpts{Name: "roadstead_api_request_duration_seconds", Help: "How long the AWS APIs took to answer.", Buckets: buckets}),
		planned:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "roadstead_loop_plans_total", Help: "Plans of the loops: committed, empty, conflicted or failed."}, []string{"loop", "outcome"}),
		planning: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "roadstead_loop_plan_duration_seconds", Help: "How long plans took, from the view to the commit.", Buckets: buckets}, []string{"loop"})}
	build := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "roadstead_build_info", Help: "The program's version; the value is 1.",
		ConstLabels: prometheus.Labels{"version": o.Version}}, func() float64 { return 1 })
	m.registry.MustRegister(&collector{from, o.Now, o.Logger}, m.requests, m.took, m.planned, m.planning, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler answers scrapes.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: scrapesAtOnce, Timeout: scrapePatience, ErrorLog: complaint{m.log}, ErrorHandling: promhttp.ContinueOnError})
}

// complaint logs what promhttp has to say.
type complaint struct{ log *slog.Logger }

// Println implements promhttp.Logger.
func (c complaint) Println(v ...any) {
	for _, e := range v {
		if err, ok := e.(error); ok && !errors.Is(err, http.ErrAbortHandler) {
			c.log.Warn("scrape", "error", err)
		}
	}
}

// Counted counts the requests that h answers.
func (m *Metrics) Counted(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began, noting := time.Now(), &statusWriter{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			m.requests.WithLabelValues(strconv.Itoa(noting.status)).Inc()
			m.took.Observe(time.Since(began).Seconds())
		}()
		h.ServeHTTP(noting, r)
	})
}

// statusWriter remembers the status.
type statusWriter struct {
	http.ResponseWriter
	status int
	wrote  bool
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	if !w.wrote && status >= 200 {
		w.status, w.wrote = min(status, 599), true
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Loops returns an observer that counts what the loops do and tells next of it.
func (m *Metrics) Loops(next control.Observer) control.Observer { return loops{m, next} }

type loops struct {
	*Metrics
	next control.Observer
}

// Observe implements control.Observer.
func (l loops) Observe(e control.Event) {
	switch e := e.(type) {
	case control.Planned:
		outcome := "empty"
		if e.Revision > 0 {
			outcome = "committed"
		}
		l.planned.WithLabelValues(e.Loop, outcome).Inc()
		l.planning.WithLabelValues(e.Loop).Observe(e.Took.Seconds())
	case control.Conflicted:
		l.planned.WithLabelValues(e.Loop, "conflicted").Inc()
	case control.Failed:
		l.planned.WithLabelValues(e.Loop, "failed").Inc()
	}
	l.next.Observe(e)
}
