package registry_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/registry"
	"github.com/roadstead/roadstead/registry/blob"
	"github.com/roadstead/roadstead/registry/memory"
)

// serveDirVariable makes the test binary a registry, so that its CPU time can
// be told from the client's.
const serveDirVariable = "REGISTRY_SERVE_DIR"

func serveForever(dir string) {
	fail := func(err error) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	store, err := blob.Open(dir, blob.Options{})
	if err != nil {
		fail(err)
	}
	metadata := memory.New()
	metadata.CreateRepository("bench", false)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fail(err)
	}
	fmt.Println(listener.Addr())
	fail(http.Serve(listener, registry.New(store, metadata, metadata, registry.Anyone, registry.Options{})))
}

// rival is a registry in a process of its own.
type rival struct {
	name    string
	url     string
	command *exec.Cmd
	wall    time.Duration
	cpu     time.Duration
}

func startOurs(b *testing.B) *rival {
	b.Helper()
	r := &rival{name: "roadstead", command: exec.Command(os.Args[0])}
	r.command.Env = append(os.Environ(), serveDirVariable+"="+b.TempDir())
	out, err := r.command.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	r.start(b)
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	r.url = "http://" + strings.TrimSpace(address)
	return r
}

// startDockerRegistry starts Debian's docker-registry; nil if it is not there.
func startDockerRegistry(b *testing.B) *rival {
	b.Helper()
	program, err := exec.LookPath("docker-registry")
	if err != nil {
		return nil
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	dir := b.TempDir()
	settings := fmt.Sprintf("version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\n"+
		"storage: {filesystem: {rootdirectory: %s}}\nhttp: {addr: %q}\n", filepath.Join(dir, "data"), address)
	path := filepath.Join(dir, "config.yml")
	if err := os.WriteFile(path, []byte(settings), 0o600); err != nil {
		b.Fatal(err)
	}
	r := &rival{name: "docker-registry", command: exec.Command(program, "serve", path), url: "http://" + address}
	r.start(b)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(10 * time.Second); ; <-tick.C {
		response, err := http.Get(r.url + "/v2/")
		if err == nil {
			response.Body.Close()
			return r
		}
		if time.Now().After(deadline) {
			b.Fatalf("docker-registry does not answer: %v", err)
		}
	}
}

func (r *rival) start(b *testing.B) {
	b.Helper()
	r.command.Stderr = os.Stderr
	if err := r.command.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		r.command.Process.Kill()
		r.command.Wait()
	})
}

// cpuTime is the CPU time that the process has used.
func (r *rival) cpuTime(b *testing.B) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", r.command.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	var ticks int
	for _, field := range fields[11:13] { // utime and stime, in 1/100 s
		n, err := strconv.Atoi(field)
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

func (r *rival) measure(b *testing.B, what func()) {
	cpu, start := r.cpuTime(b), time.Now()
	what()
	r.wall += time.Since(start)
	r.cpu += r.cpuTime(b) - cpu
}

func (r *rival) request(b *testing.B, status int, method, url string, body io.Reader) *http.Response {
	b.Helper()
	request, err := http.NewRequest(method, url, body)
	if err != nil {
		b.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	if response.StatusCode != status {
		b.Fatalf("%s: %s %s: %s", r.name, method, url, response.Status)
	}
	return response
}

// location is where an answer sends the client, resolved.
func location(b *testing.B, response *http.Response) string {
	b.Helper()
	response.Body.Close()
	url, err := response.Location()
	if err != nil {
		b.Fatal(err)
	}
	return url.String()
}

// push uploads a blob as docker does: POST, one streamed PATCH, PUT.
func (r *rival) push(b *testing.B, content []byte, digest string) {
	b.Helper()
	upload := location(b, r.request(b, 202, "POST", r.url+"/v2/bench/blobs/uploads/", nil))
	upload = location(b, r.request(b, 202, "PATCH", upload, bytes.NewReader(content)))
	separator := "?"
	if strings.Contains(upload, "?") {
		separator = "&"
	}
	r.request(b, 201, "PUT", upload+separator+"digest="+digest, nil).Body.Close()
}

func (r *rival) pull(b *testing.B, digest string, size int) {
	b.Helper()
	response := r.request(b, 200, "GET", r.url+"/v2/bench/blobs/"+digest, nil)
	defer response.Body.Close()
	if n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, response.Body, make([]byte, 1<<20)); err != nil || n != int64(size) {
		b.Fatalf("pulled %d bytes: %v", n, err)
	}
}

// BenchmarkBlobs pushes and pulls blobs over loopback, in turns with Debian's
// docker-registry where that is installed: "push" new blobs, "first-pull" each
// once after its push (ours then comes from the disk, because pushes pass the
// page cache by), "pull" one again and again. It reports MB/s of wall time, the
// registry's CPU seconds per GB, our speed divided by theirs, and their CPU
// time divided by ours.
func BenchmarkBlobs(b *testing.B) {
	for _, size := range []int{256 << 10, 64 << 20} {
		for _, way := range []string{"push", "first-pull", "pull"} {
			b.Run(fmt.Sprintf("%s/%dKiB", way, size>>10), func(b *testing.B) { benchBlobs(b, way, size) })
		}
	}
}

func benchBlobs(b *testing.B, way string, size int) {
	rivals := []*rival{startOurs(b)}
	if r := startDockerRegistry(b); r != nil {
		rivals = append(rivals, r)
	} else {
		b.Log("docker-registry is not installed: no ratio")
	}
	random := rand.NewChaCha8([32]byte{1})
	content := make([]byte, size)
	digest, rounds := "", 0
	for b.Loop() {
		fresh := way != "pull" || rounds == 0
		if fresh {
			random.Read(content)
			digest = fmt.Sprintf("sha256:%x", sha256.Sum256(content))
		}
		for i := range rivals {
			r := rivals[(i+rounds)%len(rivals)] // neither is always the first
			if way == "push" {
				r.measure(b, func() { r.push(b, content, digest) })
				continue
			}
			if fresh {
				r.push(b, content, digest)
			}
			if way == "pull" && fresh {
				r.pull(b, digest, size)
			}
			r.measure(b, func() { r.pull(b, digest, size) })
		}
		rounds++
	}
	volume := float64(rounds) * float64(size)
	for _, r := range rivals {
		b.ReportMetric(volume/1e6/r.wall.Seconds(), r.name+"-MB/s")
		b.ReportMetric(r.cpu.Seconds()/(volume/1e9), r.name+"-cpu-s/GB")
	}
	if len(rivals) == 2 {
		b.ReportMetric(rivals[1].wall.Seconds()/rivals[0].wall.Seconds(), "speed-ratio")
		b.ReportMetric(rivals[1].cpu.Seconds()/max(rivals[0].cpu, 10*time.Millisecond).Seconds(), "cpu-ratio")
	}
}
