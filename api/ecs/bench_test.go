package ecs_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"

	ecsapi "github.com/roadstead/roadstead/api/ecs"
	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
	"github.com/roadstead/roadstead/wire"
)

// fleet is a front door without a socket over a cluster of n instances.
func fleet(b *testing.B, n int) http.Handler {
	b.Helper()
	db, err := store.Open(b.Context(), memlog.New(memlog.Options{}), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	var c model.Change
	c.Put(&model.Cluster{Account: account, Name: "default", Status: model.ClusterActive})
	for i := range n {
		c.Put(&model.ContainerInstance{Account: account, Cluster: "default", ID: fmt.Sprintf("%032x", i), Status: model.InstanceActive,
			AgentConnected: true, Registered: model.Resources{CPU: 1 << 20, Memory: 1 << 20}})
		if len(c.Writes) == 500 || i == n-1 {
			if _, err := db.Commit(b.Context(), c); err != nil {
				b.Fatal(err)
			}
			c = model.Change{}
		}
	}
	router := wire.NewRouter(wire.Options{Logger: slog.New(slog.DiscardHandler), Authenticate: func(r *http.Request, _ []byte) (context.Context, error) {
		return caller.With(r.Context(), caller.NewRoot(account, "ROOT")), nil
	}}, ecsapi.New(db, ecsapi.Options{Region: region}))
	if body := call(router, "RegisterTaskDefinition", `{"family":"web","containerDefinitions":[{"name":"web","image":"web","memory":128}]}`); !strings.Contains(body, "web:1") {
		b.Fatal(body)
	}
	return router
}

func call(h http.Handler, operation, body string) string {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", "AmazonEC2ContainerServiceV20141113."+operation)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	text, _ := io.ReadAll(w.Body)
	return string(text)
}

// BenchmarkRunTask places one task for each call.
func BenchmarkRunTask(b *testing.B) {
	const binpack = `,"placementStrategy":[{"type":"binpack","field":"memory"}]`
	const chain = `,"placementStrategy":[{"type":"spread","field":"instanceId"},{"type":"binpack","field":"cpu"}]`
	for _, c := range []struct {
		name      string
		instances int
		strategy  string
	}{{"instances=1", 1, ""}, {"instances=100", 100, ""}, {"instances=10000", 10000, ""},
		{"instances=10000,binpack", 10000, binpack}, {"instances=10000,spread+binpack", 10000, chain}} {
		b.Run(c.name, func(b *testing.B) {
			h := fleet(b, c.instances)
			b.ReportAllocs()
			for b.Loop() {
				if body := call(h, "RunTask", `{"taskDefinition":"web"`+c.strategy+`}`); strings.Contains(body, "__type") {
					b.Fatal(body)
				}
			}
		})
	}
}

// BenchmarkDescribeTasks describes ten tasks for each call.
func BenchmarkDescribeTasks(b *testing.B) {
	h := fleet(b, 10)
	body := call(h, "RunTask", `{"taskDefinition":"web","count":10}`)
	var out ecs.RunTaskOutput
	if err := wire.Unmarshal(wire.AWSJSON11, []byte(body), &out); err != nil || len(out.Tasks) != 10 {
		b.Fatal(err, body)
	}
	var arns []string
	for _, t := range out.Tasks {
		arns = append(arns, `"`+*t.TaskArn+`"`)
	}
	in := `{"tasks":[` + strings.Join(arns, ",") + `]}`
	b.ReportAllocs()
	for b.Loop() {
		if body := call(h, "DescribeTasks", in); len(body) < 1000 {
			b.Fatal(body)
		}
	}
}
