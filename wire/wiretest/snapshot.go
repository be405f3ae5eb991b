package wiretest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/wire"
)

// ModuleDir finds the source of a Go module that the build uses, in the module cache.
func ModuleDir(t *testing.T, module string) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		t.Fatalf("find module %s: %v", module, err)
	}
	return strings.TrimSpace(string(out))
}

// snapshot is one of the recordings of requests and responses that the SDK's modules carry.
type snapshot struct {
	name   string // of the operation, or of the exception
	start  string // "POST /", or the status of a response
	header http.Header
	body   []byte
}

// snapshots reads dir/*suffix.
func snapshots(t *testing.T, dir, suffix string) []snapshot {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
	if err != nil {
		t.Fatal(err)
	}
	var found []snapshot
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		s := readSnapshot(string(text), strings.Contains(suffix, "request"))
		s.name = strings.TrimSuffix(filepath.Base(path), suffix)
		found = append(found, s)
	}
	return found
}

// readSnapshot reads a first line, for requests a line with the raw query, headers, an empty line and the body.
func readSnapshot(text string, isRequest bool) snapshot {
	s := snapshot{header: http.Header{}}
	s.start, text, _ = strings.Cut(text, "\n")
	if isRequest {
		_, text, _ = strings.Cut(text, "\n")
	}
	for {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		name, value, ok := strings.Cut(line, ": ")
		if !ok {
			break
		}
		s.header.Add(name, value)
	}
	s.body = []byte(text)
	return s
}

// RequestSnapshots decodes every recorded request of a module and has the SDK's client encode the result again: nothing
// may have been lost. It returns how many there were.
func RequestSnapshots(t *testing.T, module string, service *wire.Service, newClient NewClient) int {
	t.Helper()
	methods := methodsByName(newClient(nil))
	found := snapshots(t, filepath.Join(ModuleDir(t, module), "request_snapshot"), ".request.snap")
	echo := &echo{}
	router := echo.router(service, Methods(newClient(nil)))
	for _, s := range found {
		t.Run(s.name, func(t *testing.T) {
			echo.input = nil
			r := &http.Request{
				Method: http.MethodPost, URL: &url.URL{Path: "/"}, Header: s.header, Body: io.NopCloser(bytes.NewReader(s.body)),
				ContentLength: int64(len(s.body)),
			}
			answer, err := InProcess{Handler: router}.Do(r.WithContext(t.Context()))
			if err != nil || echo.input == nil {
				t.Fatalf("the request was not understood: %v, %v", answer, err)
			}
			var recorder recorder
			_, _ = methods[s.name].Call(t.Context(), newClient(&recorder), echo.input) // fails for want of an answer
			if diff := bodyDiff(s.body, recorder.body); diff != "" {
				t.Errorf("the request changed (-recorded +decoded):\n%s", diff)
			}
		})
	}
	return len(found)
}

// ResponseSnapshots has the SDK's client decode every recorded answer of a module and encodes the result: it must be
// what was recorded. It returns how many there were. Only for JSON protocols.
func ResponseSnapshots(t *testing.T, module string, service *wire.Service, newClient NewClient) int {
	t.Helper()
	methods := methodsByName(newClient(nil))
	found := snapshots(t, filepath.Join(ModuleDir(t, module), "response_snapshot"), ".response.snap")
	for _, s := range found {
		t.Run(s.name, func(t *testing.T) {
			client := newClient(replay{s})
			filled, err := NewFiller(1).New(methods[s.name].Input)
			if err != nil {
				t.Fatal(err)
			}
			output, err := methods[s.name].Call(t.Context(), client, filled)
			if err != nil {
				t.Fatal(err)
			}
			body, err := wire.Marshal(service.Protocols[0], output)
			if err != nil {
				t.Fatal(err)
			}
			if diff := JSONDiff(s.body, body); diff != "" {
				t.Errorf("the answer changed (-recorded +encoded):\n%s", diff)
			}
		})
	}
	return len(found)
}

// ErrorSnapshots has the SDK's client decode every recorded exception of a module and a router answer it again: status
// and body must be what was recorded. It returns how many there were. Only for JSON protocols.
func ErrorSnapshots(t *testing.T, module string, service *wire.Service, newClient NewClient) int {
	t.Helper()
	first := Methods(newClient(nil))[0]
	found := snapshots(t, filepath.Join(ModuleDir(t, module), "response_snapshot"), ".error.snap")
	for _, s := range found {
		t.Run(s.name, func(t *testing.T) {
			filled, err := NewFiller(1).New(first.Input)
			if err != nil {
				t.Fatal(err)
			}
			_, modelled := first.Call(t.Context(), newClient(replay{s}), filled)
			var recorder recorder
			recorder.next = InProcess{Handler: failing(service, first, modelled)}
			_, _ = first.Call(t.Context(), newClient(&recorder), filled)
			if status := strconv.Itoa(recorder.status); status != answered(s.start) {
				t.Errorf("the status is %s, recorded %s", status, s.start)
			}
			if diff := JSONDiff(s.body, recorder.answer); diff != "" {
				t.Errorf("the error changed (-recorded +encoded):\n%s", diff)
			}
		})
	}
	return len(found)
}

// answered is the status that AWS answers where a model states another: to a
// caller's errors, AWS JSON has 400 alone.
func answered(modelled string) string {
	if strings.HasPrefix(modelled, "4") {
		return "400"
	}
	return modelled
}

func methodsByName(client any) map[string]Method {
	byName := map[string]Method{}
	for _, m := range Methods(client) {
		byName[m.Name] = m
	}
	return byName
}

// bodyDiff compares request bodies, which are JSON or forms.
func bodyDiff(want, got []byte) string {
	if len(want) > 0 && want[0] == '{' {
		return JSONDiff(want, got)
	}
	x, errX := url.ParseQuery(string(want))
	y, errY := url.ParseQuery(string(got))
	if err := errors.Join(errX, errY); err != nil {
		return err.Error()
	}
	return cmp.Diff(x, y)
}
