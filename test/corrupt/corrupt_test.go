package corrupt

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"runtime"
	"strconv"
	"testing"

	apicloudtrail "github.com/roadstead/roadstead/api/cloudtrail"
	apiecr "github.com/roadstead/roadstead/api/ecr"
	apiecs "github.com/roadstead/roadstead/api/ecs"
	apiiam "github.com/roadstead/roadstead/api/iam"
	apikms "github.com/roadstead/roadstead/api/kms"
	apilogs "github.com/roadstead/roadstead/api/logs"
	apisecrets "github.com/roadstead/roadstead/api/secretsmanager"
	apissm "github.com/roadstead/roadstead/api/ssm"
	apists "github.com/roadstead/roadstead/api/sts"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
	"github.com/roadstead/roadstead/wire"
	"github.com/roadstead/roadstead/wire/wiretest"
)

// count is how many bodies are tried; ROADSTEAD_CORRUPTED says another number.
func count(t *testing.T) int {
	text := os.Getenv("ROADSTEAD_CORRUPTED")
	if text == "" {
		return 20_000
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("ROADSTEAD_CORRUPTED is %q, not a number", text)
	}
	return n
}

// tables are the services with operations that answer at once: what is tried
// are the codecs of all of them.
func tables(t *testing.T) []*wire.Service {
	db, err := store.Open(t.Context(), memlog.New(memlog.Options{}), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	services := []*wire.Service{
		apiecs.New(db, apiecs.Options{}), apiecr.New(db, nil, nil, nil, apiecr.Options{}).Service(), apilogs.New(nil, apilogs.Options{}),
		apiiam.New(db, nil, apiiam.Options{}), apikms.New(db, nil, apikms.Options{}).Service(),
		apisecrets.New(db, nil, apisecrets.Options{}), apissm.New(db, nil, apissm.Options{}), apists.New(db, nil, nil, apists.Options{}), apicloudtrail.New(nil, apicloudtrail.Options{}),
	}
	for _, s := range services {
		var still []wire.Operation
		for _, op := range s.Operations {
			if op.IsStream() {
				continue // its input is read as others' are
			}
			output := op.Output()
			still = append(still, wire.OpOf(op.Name, op.Input(), output, func(context.Context, any) (any, error) { return reflect.New(output).Interface(), nil }))
		}
		s.Operations = still
	}
	return services
}

// target is one operation in one protocol, with a whole body.
type target struct {
	protocol    wire.Protocol
	header, url string
	body        []byte
}

func targets(t *testing.T, services []*wire.Service) (all []target) {
	filler := wiretest.NewFiller(1)
	for _, s := range services {
		for _, op := range s.Operations {
			input, err := filler.New(op.Input())
			if err != nil {
				t.Fatal(err)
			}
			whole, err := wire.Marshal(wire.AWSJSON11, input)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range s.Protocols {
				one := target{protocol: p, header: s.TargetPrefix + "." + op.Name, body: whole}
				if p == wire.Query {
					var tree any
					if err := json.Unmarshal(whole, &tree); err != nil {
						t.Fatal(err)
					}
					form := url.Values{"Action": {op.Name}, "Version": {s.Version}}
					flatten(form, "", tree)
					one.body = []byte(form.Encode())
				}
				all = append(all, one)
			}
		}
	}
	return all
}

// flatten writes a value as forms have it.
func flatten(form url.Values, at string, value any) {
	under := func(name string) string {
		if at == "" {
			return name
		}
		return at + "." + name
	}
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			flatten(form, under(name), member)
		}
	case []any:
		for i, item := range v {
			flatten(form, under("member."+strconv.Itoa(i+1)), item)
		}
	default:
		form.Set(at, fmt.Sprint(v))
	}
}

// corrupted breaks a body in one to four places.
func corrupted(rnd *rand.Rand, body []byte) []byte {
	b := bytes.Clone(body)
	pieces := []string{"{", "}", "[", "]", `"`, ":", ",", "null", "1e999", "-", `\ud800`, "\x00", "\xff", "&", "=", "%", "%zz", ".member.99999999=", ".member.0=", "true", "{}", "[]"}
	for range 1 + rnd.IntN(4) {
		at := 0
		if len(b) > 0 {
			at = rnd.IntN(len(b))
		}
		to := min(len(b), at+rnd.IntN(40))
		switch rnd.IntN(6) {
		case 0:
			if len(b) > 0 {
				b[at] ^= byte(1 + rnd.IntN(255))
			}
		case 1:
			b = append(b[:at:at], b[to:]...)
		case 2:
			b = append(b[:to:to], b[at:]...)
		case 3:
			b = append(append(b[:at:at], pieces[rnd.IntN(len(pieces))]...), b[to:]...)
		case 4:
			b = b[:at]
		case 5:
			deep := bytes.Repeat([]byte(pieces[rnd.IntN(len(pieces))]), rnd.IntN(2000))
			b = append(append(b[:at:at], deep...), b[at:]...)
		}
	}
	return b
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestNoBodyIsTooBroken(t *testing.T) {
	services := tables(t)
	router := wire.NewRouter(wire.Options{Logger: slog.New(slog.DiscardHandler)}, services...)
	all := targets(t, services)
	rnd := rand.New(rand.NewPCG(4, 1))
	n, taken := count(t), 0
	var before, most uint64
	for i := range n {
		one := all[i%len(all)]
		body := corrupted(rnd, one.body)
		r := httptest.NewRequest("POST", "/", bytes.NewReader(body))
		switch one.protocol {
		case wire.Query:
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		case wire.AWSJSON10:
			r.Header.Set("Content-Type", "application/x-amz-json-1.0")
			r.Header.Set("X-Amz-Target", one.header)
		default:
			r.Header.Set("Content-Type", "application/x-amz-json-1.1")
			r.Header.Set("X-Amz-Target", one.header)
		}
		w := httptest.NewRecorder()
		router.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Fatalf("body %d of %s: %d %s\n%q", i, one.header, w.Code, w.Body, body)
		}
		if w.Code == 200 {
			taken++
		}
		switch {
		case i == n/10: // what is kept once for each type is there by now
			before = heap()
		case i > n/10 && i%(n/10+1) == 0:
			most = max(most, heap())
		}
	}
	t.Logf("%d bodies for %d operations and protocols, %d of them taken; heap %d KiB after a tenth, then at most %d KiB", n, len(all), taken, before>>10, most>>10)
	if most > before+16<<20 {
		t.Errorf("the heap grew from %d to %d bytes", before, most)
	}
	if taken == n {
		t.Error("nothing was refused: the bodies are not broken")
	}
}
