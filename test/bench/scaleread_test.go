package bench

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	goruntime "runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/sigv4"
	"github.com/roadstead/roadstead/cli/garbage"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

const (
	readSeconds  = 2 * time.Second
	readAtMost   = 30 * time.Second // where no collection ends
	readStride   = 50               // requests between looks at the collector
	listBar      = 10_000.0
	describeMany = 10
)

// read measures what reading costs beside a million tasks: requests that were
// signed before and are verified, answered by one caller without a socket.
// `requests` measures the same with sockets on a small cluster. The collector
// runs as it does in a server.
func (w *scaleWorld) read() {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { garbage.Run(ctx) })
	defer running.Wait()
	defer cancel()
	verifier := sigv4.New(benchKeys{}, sigv4.Options{})
	router := routerOver(w.plane.db, func(r *http.Request, body []byte) (context.Context, error) {
		result, err := verifier.Verify(r, body)
		if err != nil {
			return nil, err
		}
		return caller.With(r.Context(), result.Identity), nil
	})
	arns := []string{}
	for t := range store.All[*model.Task](w.plane.db.View()) {
		if arns = append(arns, t.ARN(benchRegion)); len(arns) == describeMany {
			break
		}
	}
	for _, q := range []struct {
		what, operation string
		body            any
		bar             float64
	}{
		{"DescribeTasks of 10 tasks", "DescribeTasks", map[string]any{"tasks": arns}, describeBar},
		{"ListTasks of 10 tasks of a service", "ListTasks", map[string]any{"serviceName": "s0", "maxResults": describeMany}, listBar},
		{"ListTasks of 100 tasks of the cluster", "ListTasks", map[string]any{"maxResults": 100}, 0},
	} {
		perCore := w.ask(router, q.operation, q.body)
		line := row{what: q.what + ", signed, without sockets", measured: fmt.Sprintf("%.0f/s of a core (%.0f µs CPU each)", perCore, 1e6/perCore)}
		if q.bar > 0 {
			line.ratio, line.bar, line.verdict = times(perCore/q.bar), fmt.Sprintf(">= %.0f/s per core", q.bar), atLeast(perCore, q.bar)
		}
		w.r.add(line)
	}
}

// ask returns how many requests a core answers in a second. It begins at the
// end of a collection and goes on until another has ended: one of several
// gigabytes takes longer than many requests, and is paid for by all whose
// garbage it collects.
func (w *scaleWorld) ask(handler http.Handler, operation string, body any) float64 {
	w.t.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	sum := sha256.Sum256(encoded)
	request := httptest.NewRequest(http.MethodPost, "http://roadstead.test/", nil)
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "AmazonEC2ContainerServiceV20141113."+operation)
	key := aws.Credentials{AccessKeyID: benchKey, SecretAccessKey: benchSecret}
	if err := v4.NewSigner().SignHTTP(w.t.Context(), key, request, hex.EncodeToString(sum[:]), "ecs", benchRegion, time.Now()); err != nil {
		w.t.Fatal(err)
	}
	once := func() {
		request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(encoded)), int64(len(encoded))
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		if answer.Code != http.StatusOK {
			w.t.Fatalf("%s: %d %s", operation, answer.Code, answer.Body)
		}
	}
	for range 200 {
		once()
	}
	goruntime.GC()
	n, before, collected := 0, ownCPU(w.t), collections()
	for began := time.Now(); ; {
		for range readStride {
			once()
		}
		n += readStride
		if took := time.Since(began); took >= readAtMost || took >= readSeconds && collections() > collected {
			break
		}
	}
	return float64(n) / (ownCPU(w.t) - before).Seconds()
}

// collections is how many collections have ended.
func collections() uint64 {
	sample := []metrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// coldStart measures how long the store takes to open with everything in it.
func (w *scaleWorld) coldStart() {
	w.t.Helper()
	empty := w.settled()
	began, cpu := time.Now(), ownCPU(w.t)
	log, db := openStore(w.t, w.dir)
	took, used := time.Since(began), ownCPU(w.t)-cpu
	n := store.Len[*model.Task](db.View())
	w.r.add(row{what: fmt.Sprintf("cold start with %d tasks, etcd and tables", n), measured: fmt.Sprintf("%.1f s, %.1f s of CPU", took.Seconds(), used.Seconds()),
		bar: w.coldBar(), verdict: atMost(took.Seconds(), w.coldLimit().Seconds())})
	w.r.add(row{what: "  anonymous memory for each 10,000 tasks then", measured: megabytes((w.settled().anonymous - empty.anonymous) / float64(n) * 10_000)})
	goruntime.KeepAlive(db)
	if err := log.Close(); err != nil {
		w.t.Fatal(err)
	}
	db = nil
	debug.FreeOSMemory()
}

// coldLimit is the bar of a cold start at this size; what a start takes
// anyhow is not divided along.
func (w *scaleWorld) coldLimit() time.Duration {
	return max(time.Second, time.Duration(w.share*float64(coldStartBar)))
}

func (w *scaleWorld) coldBar() string { return fmt.Sprintf("<= %.1f s", w.coldLimit().Seconds()) }

// startServer starts the built program over the same data, and over none.
func (w *scaleWorld) startServer() {
	w.t.Helper()
	if program() == "" {
		w.r.skip("a server's cold start and memory", "ROADSTEAD_BIN does not name the built program")
		return
	}
	idle := start(w.t, "server")
	pause(memorySettle)
	empty := residentOf(w.t, idle.pid())
	w.r.add(row{what: "resident memory idle, control plane alone", measured: empty.String(), bar: "<= 100 MB", verdict: atMost(empty.resident, idleBar)})
	if _, err := os.Stat(etcdIn(w.dir)); err != nil {
		w.t.Fatal(err)
	}
	p := &platform{t: w.t, dir: w.dir, listen: freeAddress(w.t)}
	w.t.Cleanup(p.stop)
	began := time.Now()
	p.run("server")
	took := time.Since(began)
	w.r.add(row{what: fmt.Sprintf("roadstead server with %d tasks, until it is ready", w.tasks), measured: fmt.Sprintf("%.1f s", took.Seconds()),
		bar: w.coldBar(), verdict: atMost(took.Seconds(), w.coldLimit().Seconds())})
	pause(memorySettle)
	full := residentOf(w.t, p.pid())
	w.r.add(row{what: "  its resident memory", measured: fmt.Sprintf("%s, %s anonymous for each 10,000 tasks", full,
		megabytes((full.anonymous-empty.anonymous)/float64(w.tasks)*10_000))})
}
