package cli

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/control/scrape"
)

// Metrics are shown on loopback, or to who has a token that is worth one.
func TestWhoMayHaveMetrics(t *testing.T) {
	file := func(text string) string {
		path := filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	open := func(s scraping) (*plane, error) {
		p := &plane{options: planeOptions{scraping: s}, metrics: scrape.New(scrape.Sources{}, scrape.Options{})}
		err := p.openMetrics(http.NewServeMux())
		if p.scraped != nil {
			p.scraped.Close()
		}
		return p, err
	}
	for _, refused := range []struct {
		scraping
		why string
	}{
		{scraping{listen: "0.0.0.0:0"}, "only loopback"}, {scraping{listen: ":0"}, "only loopback"}, {scraping{listen: "192.0.2.1:0"}, "only loopback"},
		{scraping{listen: "9464"}, "not HOST:PORT"}, {scraping{tokenFile: "/nonexistent"}, "--metrics-token-file"}, {scraping{tokenFile: file("short\n")}, "needs 16"},
	} {
		if _, err := open(refused.scraping); err == nil || !strings.Contains(err.Error(), refused.why) {
			t.Errorf("%+v: %v", refused.scraping, err)
		}
	}
	if p, err := open(scraping{}); err != nil || p.scraped != nil {
		t.Errorf("nothing asked for: %v", err)
	}
	for _, listen := range []string{"127.0.0.1:0", "localhost:0"} {
		if p, err := open(scraping{listen: listen, tokenFile: file("0123456789abcdef\n")}); err != nil || p.scraped == nil {
			t.Errorf("%s: %v", listen, err)
		}
	}
	h := withToken("0123456789abcdef", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for shown, want := range map[string]int{"": 401, "Bearer": 401, "Bearer 0123456789abcde": 401, "0123456789abcdef": 401, "Bearer 0123456789abcdef": 200} {
		r, w := httptest.NewRequest(http.MethodGet, "/metrics", nil), httptest.NewRecorder()
		r.Header.Set("Authorization", shown)
		if h.ServeHTTP(w, r); w.Code != want {
			t.Errorf("Authorization %q: %d", shown, w.Code)
		}
	}
}

func TestInstanceMetadataModes(t *testing.T) {
	for mode, ok := range map[string]bool{"off": true, "required": true, "optional": true, "": false, "on": false} {
		if err := checkInstanceMetadata(mode); (err == nil) != ok {
			t.Errorf("%q: %v", mode, err)
		}
	}
	if id := machineID("container-instance/default/0123456789abcdef0123456789abcdef"); id != "i-0123456789abcdef0" {
		t.Error(id)
	}
}
