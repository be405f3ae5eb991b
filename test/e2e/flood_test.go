package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

const (
	floodRequests = 10_000
	floodAtOnce   = 64
	slowClients   = 300
	// floodGrowth is how much more memory the process may hold after a flood
	// than before, in KiB: the garbage collector gives back what is free with
	// a delay.
	floodGrowth = 320 << 10
)

// TestFlood sends what no client sends, much of it and at once: the process
// stays of its size, goes on answering, and changes nothing.
func TestFlood(t *testing.T) {
	p := start(t)
	pid := p.process.Process.Pid
	quiet := func(when string) (rss, files int) {
		rss, files = status(pid, "VmRSS"), openFiles(pid)
		t.Logf("%s: %d KiB resident, %d threads, %d open files", when, rss, status(pid, "Threads"), files)
		return rss, files
	}
	rss, files := quiet("before")

	ctx, stop := context.WithCancel(context.Background())
	var waits []time.Duration
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		waits = p.answersMeanwhile(t, ctx)
	}()
	slow := slowly(t, p.listen)
	codes := p.flood(t)
	peak, _ := quiet("after the flood")
	bodies := p.largeBodies(t)
	large, _ := quiet("after large bodies")
	stop()
	<-answered
	slices.Sort(waits)
	t.Logf("answers %v; large bodies %v", codes, bodies)
	t.Logf("meanwhile %d calls: median %v, slowest %v", len(waits), waits[len(waits)/2], waits[len(waits)-1])
	if waits[len(waits)*9/10] > 2*time.Second {
		t.Errorf("a call took %v meanwhile", waits[len(waits)*9/10])
	}
	if grown := max(peak, large) - rss; grown > floodGrowth {
		t.Errorf("the process has grown by %d KiB", grown)
	}
	for code := range codes {
		if !strings.HasPrefix(code, "4") && code != "refused" {
			t.Errorf("a bad request was answered with %s", code)
		}
	}

	began := time.Now()
	until(t, 45*time.Second, "slow clients to be hung up on", func() bool { return slow.Load() == 0 })
	t.Logf("slow clients were hung up on %v later", time.Since(began))
	until(t, 10*time.Second, "open files to be as before", func() bool { return openFiles(pid) <= files+10 })
	quiet("at the end")
	out, err := p.ecs.ListClusters(context.Background(), &ecs.ListClustersInput{})
	if err != nil || len(out.ClusterArns) != 1 {
		t.Errorf("clusters %v, %v; want the default one alone", out, err)
	}
}

// answersMeanwhile calls the API until ctx ends, and returns how long each
// call took.
func (p *platform) answersMeanwhile(t testing.TB, ctx context.Context) (waits []time.Duration) {
	for ctx.Err() == nil {
		began := time.Now()
		if _, err := p.ecs.ListClusters(context.Background(), &ecs.ListClustersInput{}); err != nil {
			t.Errorf("a good call meanwhile: %v", err)
		}
		waits = append(waits, time.Since(began))
		pause(20 * time.Millisecond)
	}
	return waits
}

// flood sends bad requests of all kinds and counts the answers.
func (p *platform) flood(t *testing.T) map[string]int {
	t.Helper()
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: floodAtOnce}}
	defer client.CloseIdleConnections()
	var mu sync.Mutex
	codes := map[string]int{}
	numbers := make(chan int)
	var wg sync.WaitGroup
	for range floodAtOnce {
		wg.Go(func() {
			for n := range numbers {
				r := p.badRequest(t, n)
				code := "refused"
				if answer, err := client.Do(r); err == nil {
					_, _ = io.Copy(io.Discard, answer.Body) // only the status counts
					answer.Body.Close()
					code = answer.Status[:3]
				}
				mu.Lock()
				codes[code]++
				mu.Unlock()
			}
		})
	}
	for n := range floodRequests {
		numbers <- n
	}
	close(numbers)
	wg.Wait()
	return codes
}

// badRequest returns the nth of the bad requests.
func (p *platform) badRequest(t testing.TB, n int) *http.Request {
	const create = "AmazonEC2ContainerServiceV20141113.CreateCluster"
	endpoint := "http://" + p.listen
	post := func(body, target string) *http.Request {
		r, err := http.NewRequest(http.MethodPost, endpoint+"/", strings.NewReader(body))
		if err != nil {
			t.Error(err)
		}
		r.Header.Set("X-Amz-Target", target)
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		return r
	}
	sign := func(r *http.Request, body, secret string, at time.Time) *http.Request {
		sum := sha256.Sum256([]byte(body))
		key := aws.Credentials{AccessKeyID: p.env["AWS_ACCESS_KEY_ID"], SecretAccessKey: secret}
		if err := v4.NewSigner().SignHTTP(context.Background(), key, r, hex.EncodeToString(sum[:]), "ecs", "us-east-1", at); err != nil {
			t.Error(err)
		}
		return r
	}
	get := func(path string) *http.Request {
		r, err := http.NewRequest(http.MethodGet, endpoint+path, nil)
		if err != nil {
			t.Error(err)
		}
		return r
	}
	secret := p.env["AWS_SECRET_ACCESS_KEY"]
	body := fmt.Sprintf(`{"clusterName":"flood-%d"}`, n)
	switch n % 12 {
	case 0:
		return post(body, create)
	case 1: // signed with another secret
		return sign(post(body, create), body, "wrong", time.Now())
	case 2: // long ago
		return sign(post(body, create), body, secret, time.Now().Add(-time.Hour))
	case 3: // a good signature on another body
		return sign(post(body, create), `{"clusterName":"good"}`, secret, time.Now())
	case 4: // well signed, and no JSON
		broken := `{"clusterName":`
		return sign(post(broken, create), broken, secret, time.Now())
	case 5: // well signed, and nested without end
		nested := `{"tags":` + strings.Repeat("[", 50_000)
		return sign(post(nested, create), nested, secret, time.Now())
	case 6: // well signed, of the wrong type
		wrong := `{"clusterName":[1,{"a":2}]}`
		return sign(post(wrong, create), wrong, secret, time.Now())
	case 7: // an operation that there is not
		return sign(post("{}", create+"s"), "{}", secret, time.Now())
	case 8:
		r := post(body, create)
		r.Header.Set("X-Large", strings.Repeat("x", 2<<20))
		return r
	case 9:
		r := get("/v2/flood/manifests/latest")
		r.SetBasicAuth("AWS", strings.Repeat("A", n%4096))
		return r
	case 10: // a websocket that nobody signed
		r := get("/acs/ws?clusterArn=default&containerInstanceArn=x&seqNum=1")
		r.Header.Set("Connection", "Upgrade")
		r.Header.Set("Upgrade", "websocket")
		r.Header.Set("Sec-WebSocket-Version", "13")
		r.Header.Set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
		return r
	default:
		r := post("Action=GetCallerIdentity&Version=2011-06-15", "")
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+strings.Repeat("/", n%2000))
		return r
	}
}

// largeBodies sends the largest bodies that are read, by nobody, at once.
func (p *platform) largeBodies(t testing.TB) map[string]int {
	t.Helper()
	const size, clients = 9 << 20, 100
	body := bytes.Repeat([]byte(" "), size)
	codes := map[string]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			code := "refused"
			r, err := http.NewRequest(http.MethodPost, "http://"+p.listen+"/", bytes.NewReader(body))
			if err != nil {
				t.Error(err)
				return
			}
			r.Header.Set("X-Amz-Target", "AmazonEC2ContainerServiceV20141113.CreateCluster")
			r.Header.Set("Content-Type", "application/x-amz-json-1.1")
			client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
			if answer, err := client.Do(r); err == nil {
				answer.Body.Close()
				code = answer.Status[:3]
			}
			mu.Lock()
			codes[code]++
			mu.Unlock()
		})
	}
	wg.Wait()
	return codes
}

// slowly opens connections that send a byte now and then, half of them in the
// middle of their headers and half in their bodies. The counter says how many
// are still open; they end with the test.
func slowly(t testing.TB, address string) *atomic.Int64 {
	t.Helper()
	open := new(atomic.Int64)
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() { cancel(); wg.Wait() })
	for n := range slowClients {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		text := "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AmazonEC2ContainerServiceV20141113.ListClusters\r\n"
		switch n % 3 {
		case 1:
			text += "Content-Type: application/x-amz-json-1.1\r\nContent-Length: 60000\r\n\r\n{"
		case 2:
			text += "Content-Type: application/x-amz-json-1.1\r\nContent-Length: 9000000\r\n\r\n" + strings.Repeat(" ", 100_000)
		}
		open.Add(1)
		wg.Go(func() {
			defer open.Add(-1)
			defer conn.Close()
			if _, err := io.WriteString(conn, text); err != nil {
				return
			}
			go func() { <-ctx.Done(); conn.Close() }()
			one := make([]byte, 1)
			for {
				// An answer, or the end: the other side has given up.
				_ = conn.SetReadDeadline(time.Now().Add(time.Second)) // it cannot fail on a TCP connection
				if _, err := conn.Read(one); !errors.Is(err, context.DeadlineExceeded) && !isTimeout(err) {
					return
				}
				if _, err := conn.Write([]byte("x")); err != nil {
					return
				}
			}
		})
	}
	return open
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}
