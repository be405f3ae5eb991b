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
	"sync"
	"sync/atomic"
	"testing"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const (
	requestSeconds = 4 * time.Second
	maxRequests    = 20_000
	describeBar    = 10_000.0
	simulatedNodes = 100
)

// requests measures what signed requests cost the server in CPU time. Its
// clients sign each one and share the machine with it, so the rate by the
// clock says less.
func requests(t *testing.T, r *report, _ sample) {
	p := start(t, "server")
	definition := p.simulated(t, "simulated", simulatedNodes)
	arns := p.runTasks("simulated", definition, 10)
	pause(settle)
	ask := func(operation string, body any, clients int) (perCore, rate float64) {
		c := p.newCaller(t, operation, body)
		c.many(4, time.Second, maxRequests/20) // warms up
		before := cpuOf(t, p.pid())
		n, took := c.many(clients, requestSeconds, maxRequests)
		pause(settle)
		return float64(n) / (cpuOf(t, p.pid()) - before).Seconds(), float64(n) / took.Seconds()
	}
	perCore, rate := ask("DescribeTasks", map[string]any{"cluster": "simulated", "tasks": arns}, 8)
	r.add(row{what: "DescribeTasks of 10 tasks, signed", measured: fmt.Sprintf("%.0f/s of a core (%.0f µs CPU each), %.0f/s by the clock", perCore, 1e6/perCore, rate),
		ratio: times(perCore / describeBar), bar: ">= 10,000/s per core", verdict: atLeast(perCore, describeBar)})
	perCore, rate = ask("RunTask", map[string]any{"cluster": "simulated", "taskDefinition": definition}, 32)
	r.add(row{what: "RunTask of 1 task, signed, committed and sent to 1 of 100 simulated instances",
		measured: fmt.Sprintf("%.0f/s of a core (%.0f µs CPU each), %.0f/s by the clock", perCore, 1e6/perCore, rate)})
}

// apiCaller sends one request again and again, signed anew each time.
type apiCaller struct {
	t         testing.TB
	p         *platform
	client    *http.Client
	operation string
	body      []byte
	hash      string
}

func (p *platform) newCaller(t testing.TB, operation string, body any) *apiCaller {
	t.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(encoded)
	return &apiCaller{t: t, p: p, operation: operation, body: encoded, hash: hex.EncodeToString(sum[:]),
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
}

// many sends requests from a number of clients at once, for as long as asked
// and no more than most, and returns how many were answered, and in what time.
func (c *apiCaller) many(clients int, long time.Duration, most int64) (int64, time.Duration) {
	c.t.Helper()
	began := time.Now()
	var begun, answered atomic.Int64
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			signer := v4.NewSigner()
			for time.Since(began) < long && begun.Add(1) <= most {
				if err := c.once(signer); err != nil {
					c.t.Error(err)
					return
				}
				answered.Add(1)
			}
		})
	}
	all.Wait()
	return answered.Load(), time.Since(began)
}

func (c *apiCaller) once(signer *v4.Signer) error {
	ctx := context.Background()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.p.env["AWS_ENDPOINT_URL"]+"/", bytes.NewReader(c.body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "AmazonEC2ContainerServiceV20141113."+c.operation)
	key, err := c.p.signer.Retrieve(ctx)
	if err != nil {
		return err
	}
	if err := signer.SignHTTP(ctx, key, request, c.hash, "ecs", c.p.env["AWS_REGION"], time.Now()); err != nil {
		return err
	}
	answer, err := c.client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && (answer.StatusCode != http.StatusOK || bytes.Contains(text, []byte(`"failures":[{`))) {
		err = fmt.Errorf("%s: %s: %s", c.operation, answer.Status, text)
	}
	return err
}
