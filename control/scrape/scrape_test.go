package scrape

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	promodel "github.com/prometheus/common/model"

	"github.com/roadstead/roadstead/control"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
	"github.com/roadstead/roadstead/telemetry/metrics"
)

var now = time.Unix(1_800_000_000, 0)

type quiet struct{}

func (quiet) Observe(control.Event) {}

// scraped is a platform with some of everything, and what it answers.
func scraped(t *testing.T) (*Metrics, string) {
	t.Helper()
	db, err := store.Open(t.Context(), memlog.New(memlog.Options{}), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const account = "000000000000"
	i := &model.ContainerInstance{Account: account, Cluster: "c", ID: "i1", Status: model.InstanceActive, AgentConnected: true, Registered: model.Resources{CPU: 2048, Memory: 1024}}
	s := &model.Service{Account: account, Cluster: "c", Name: "front", Status: model.ServiceActive, Spec: model.ServiceSpec{DesiredCount: 2}}
	task := &model.Task{Account: account, Cluster: "c", ID: "t1", Desired: model.TaskRunning, Spec: model.TaskSpec{Instance: i.Key().ID, Service: s.Key().ID, Resources: model.Resources{CPU: 512, Memory: 256}},
		Status: model.TaskObserved{Last: model.TaskRunning}}
	pending := task.Clone()
	pending.ID, pending.Status.Last = "t2", model.TaskPending
	var change model.Change
	for _, n := range []model.Noun{i, s, task, pending, &model.Cluster{Account: account, Name: "c", Status: model.ClusterActive}, &model.Cluster{Account: account, Name: "old", Status: model.ClusterInactive}} {
		change.PutUnguarded(n)
	}
	if _, err := db.Commit(t.Context(), change); err != nil {
		t.Fatal(err)
	}
	usage := metrics.New(now, metrics.Options{})
	one := func(v float64) metrics.Stat { return metrics.Stat{Count: 1, Sum: v, Min: v, Max: v} }
	usage.Put(now, []metrics.Report{{Task: task.Key().ID, Group: metrics.Group{Account: account, Cluster: "c", Service: "front", Family: "web", Container: "main"}, Begun: now,
		CPU: one(150), Memory: one(2), Networked: true, Restarts: 3, Counters: metrics.Counters{metrics.RxBytes: 11, metrics.StorageWriteBytes: 13}}})
	m := New(Sources{Store: db, Usage: usage, Agents: func() (int, int) { return 2, 1 }, LogBytes: func() int64 { return 77 }}, Options{Version: "v1", Now: func() time.Time { return now }})
	m.Counted(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	loops := m.Loops(quiet{})
	loops.Observe(control.Planned{Loop: "services", Took: time.Second, Revision: 1})
	loops.Observe(control.Failed{Loop: "services"})
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return m, w.Body.String()
}

func TestNumbers(t *testing.T) {
	_, text := scraped(t)
	const of = `{account="000000000000",cluster="c",container="main",family="web",service="front"} `
	for _, want := range []string{
		"roadstead_containers" + of + "1", "roadstead_container_cpu_cores" + of + "1.5", "roadstead_container_memory_bytes" + of + "2.097152e+06",
		"roadstead_container_restarts_total" + of + "3", "roadstead_container_network_receive_bytes_total" + of + "11", "roadstead_container_storage_written_bytes_total" + of + "13",
		`roadstead_cluster_tasks{account="000000000000",cluster="c",status="running"} 1`, `roadstead_cluster_tasks{account="000000000000",cluster="c",status="pending"} 1`,
		`roadstead_cluster_container_instances{account="000000000000",cluster="c",status="ACTIVE"} 1`, `roadstead_cluster_cpu_cores{account="000000000000",cluster="c",state="registered"} 2`,
		`roadstead_cluster_cpu_cores{account="000000000000",cluster="c",state="reserved"} 1`, `roadstead_cluster_memory_bytes{account="000000000000",cluster="c",state="reserved"} 5.36870912e+08`,
		`roadstead_service_tasks{account="000000000000",cluster="c",service="front",status="desired"} 2`, `roadstead_store_nouns{kind="task"} 2`, "roadstead_store_leading 1",
		"roadstead_agent_channels 2", "roadstead_agent_instances_connected 1", "roadstead_logs_disk_bytes 77", "roadstead_usage_containers 1", "roadstead_scrape_omitted 0",
		`roadstead_api_requests_total{code="404"} 1`, `roadstead_loop_plans_total{loop="services",outcome="committed"} 1`, `roadstead_loop_plans_total{loop="services",outcome="failed"} 1`,
		`roadstead_build_info{version="v1"} 1`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("%s is missing", want)
		}
	}
	if strings.Contains(text, `cluster="old"`) {
		t.Error("an inactive cluster is shown")
	}
}

// What is served is what Prometheus reads, and in good style.
func TestFormat(t *testing.T) {
	_, text := scraped(t)
	parser := expfmt.NewTextParser(promodel.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil || len(families) < 40 {
		t.Fatalf("%d families: %v", len(families), err)
	}
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "roadstead_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

// Every name is described in the document, and the document names no other.
func TestDocument(t *testing.T) {
	m, text := scraped(t)
	document, err := os.ReadFile("../../docs/METRICS.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	gathered, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range gathered {
		if strings.HasPrefix(f.GetName(), "roadstead_") {
			shown[f.GetName()] = true
			if !strings.Contains(string(document), "`"+f.GetName()+"`") {
				t.Errorf("docs/METRICS.md does not name %s", f.GetName())
			}
		}
	}
	for _, name := range regexp.MustCompile("`(roadstead_[a-z_]+)`").FindAllStringSubmatch(string(document), -1) {
		if !shown[name[1]] {
			t.Errorf("docs/METRICS.md names %s, which is not shown", name[1])
		}
	}
	_ = text
}

// More clusters and services than may be shown are counted.
func TestBounds(t *testing.T) {
	db, err := store.Open(t.Context(), memlog.New(memlog.Options{}), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var nouns []model.Noun
	for i := range MaxClusters + 3 {
		nouns = append(nouns, &model.Cluster{Account: "000000000000", Name: fmt.Sprintf("c%05d", i), Status: model.ClusterActive})
	}
	for some := range slices.Chunk(nouns, 50) {
		var change model.Change
		for _, n := range some {
			change.PutUnguarded(n)
		}
		if _, err := db.Commit(t.Context(), change); err != nil {
			t.Fatal(err)
		}
	}
	c := &collector{from: Sources{Store: db, Usage: metrics.New(now, metrics.Options{}), Agents: func() (int, int) { return 0, 0 }, LogBytes: func() int64 { return 0 }}, now: time.Now}
	registry := prometheus.NewRegistry()
	registry.MustRegister(c)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		switch f.GetName() {
		case "roadstead_scrape_omitted":
			if n := f.GetMetric()[0].GetGauge().GetValue(); n != 3 {
				t.Errorf("%v omitted", n)
			}
		case "roadstead_cluster_services":
			if n := len(f.GetMetric()); n != MaxClusters {
				t.Errorf("%d clusters shown", n)
			}
		}
	}
}

// A stream goes through the counting as it would without.
func TestCountedStreams(t *testing.T) {
	m, _ := scraped(t)
	first := make(chan struct{})
	server := httptest.NewServer(m.Counted(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, "first")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		<-first
	})))
	defer server.Close()
	got, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	buffer := make([]byte, 5)
	if _, err := io.ReadFull(got.Body, buffer); err != nil || string(buffer) != "first" || got.StatusCode != http.StatusAccepted {
		t.Errorf("%q %d %v", buffer, got.StatusCode, err)
	}
	close(first)
}
