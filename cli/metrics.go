package cli

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// scraping says who may have the platform's metrics, and where.
type scraping struct {
	listen    string // HOST:PORT, loopback, for whoever is on the machine; "" is nowhere
	tokenFile string // holds the token that the APIs' listener wants for /metrics; "" shows them to nobody
}

func addScraping(c *cobra.Command) *scraping {
	s := &scraping{}
	c.Flags().StringVar(&s.listen, "metrics", "", "loopback HOST:PORT to serve Prometheus metrics on, at /metrics, to everybody on this machine (default: nowhere)")
	c.Flags().StringVar(&s.tokenFile, "metrics-token-file", "", "file with a token; with it as bearer token the address of --listen serves /metrics, too")
	return s
}

// leastToken is the shortest token that is taken, in bytes: it is all that
// stands before the metrics.
const leastToken = 16

// openMetrics listens for scrapes on this machine, and lets those in at the APIs' listener
// that know the token.
func (p *plane) openMetrics(mux *http.ServeMux) error {
	s := p.options.scraping
	if s.tokenFile != "" {
		text, err := os.ReadFile(s.tokenFile)
		if err != nil {
			return fmt.Errorf("--metrics-token-file: %w", err)
		}
		token := strings.TrimSpace(string(text))
		if len(token) < leastToken {
			return fmt.Errorf("--metrics-token-file: the token in %s has %d characters, and needs %d", s.tokenFile, len(token), leastToken)
		}
		mux.Handle("GET /metrics", hurry(withToken(token, p.metrics.Handler())))
	}
	if s.listen == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(s.listen)
	if err != nil {
		return fmt.Errorf("--metrics %q is not HOST:PORT: %w", s.listen, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("--metrics %q: only loopback addresses are served there; for others there is --metrics-token-file", s.listen)
	}
	if p.scraped, err = net.Listen("tcp", s.listen); err != nil {
		return fmt.Errorf("listen on %s: %w (name another with --metrics)", s.listen, err)
	}
	return nil
}

// withToken answers only who shows the token.
func withToken(token string, h http.Handler) http.Handler {
	want := sha256.Sum256([]byte("Bearer " + token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown := sha256.Sum256([]byte(r.Header.Get("Authorization")))
		if subtle.ConstantTimeCompare(shown[:], want[:]) != 1 {
			w.Header().Set("WWW-Authenticate", `Bearer realm="metrics"`)
			http.Error(w, "the token of --metrics-token-file is wanted", http.StatusUnauthorized)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// serveMetrics answers scrapes on this machine until ctx ends.
func (p *plane) serveMetrics(ctx context.Context) error {
	if p.scraped == nil {
		return nil
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", p.metrics.Handler())
	server := &http.Server{Handler: mux, ReadTimeout: 10 * time.Second, IdleTimeout: 5 * time.Minute, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(p.options.log.Handler(), slog.LevelDebug)}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(p.scraped); ctx.Err() == nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve metrics: %w", err)
	}
	return nil
}
