package store

import (
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/model"
)

var update = flag.Bool("update", false, "rewrite the golden files and add new fields to the record")

// filler fills every field of a noun with values that are all different.
type filler struct {
	t *testing.T
	n int
}

func (f *filler) fill(v reflect.Value, name string) {
	f.n++
	switch at := v.Addr().Interface().(type) {
	case *time.Time:
		*at = time.UnixMilli(1_767_225_600_000 + int64(f.n)).UTC()
		return
	case *[]byte:
		*at = []byte{0, byte(f.n)}
		return
	case *map[string]string:
		*at = map[string]string{"b": fmt.Sprint(f.n), "a": ""}
		return
	case **types.TaskDefinition:
		*at = &types.TaskDefinition{Family: aws.String("web"), ContainerDefinitions: []types.ContainerDefinition{
			{Name: aws.String("app"), Image: aws.String("nginx"), Cpu: 128, Memory: aws.Int32(256), Essential: aws.Bool(true)}}}
		return
	case **types.TaskOverride:
		*at = &types.TaskOverride{Cpu: aws.String("256"), ContainerOverrides: []types.ContainerOverride{
			{Name: aws.String("app"), Command: []string{"sleep", "1"}}}}
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("%s-%d", name, f.n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(f.n))
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(f.n))
	case reflect.Float64:
		v.SetFloat(float64(f.n) + 0.5)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem(), name)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		f.fill(v.Index(0), name)
		f.fill(v.Index(1), name)
	case reflect.Struct:
		for i := range v.NumField() {
			if sf := v.Type().Field(i); sf.Name != "Meta" && sf.IsExported() {
				f.fill(v.Field(i), sf.Name)
			}
		}
	default:
		f.t.Fatalf("cannot fill %s of %s: say here how", name, v.Type())
	}
}

func filled(t *testing.T, d Table) model.Noun {
	n := reflect.New(d.typ.Elem())
	(&filler{t: t}).fill(n.Elem(), "")
	return n.Interface().(model.Noun)
}

func testSchema(t testing.TB) *schema {
	t.Helper()
	s, err := newSchema(Tables())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The golden files hold one noun of every kind. They may only change when a
// field is added: what was written once must be readable for ever.
func TestGolden(t *testing.T) {
	s := testSchema(t)
	for _, d := range s.tables {
		t.Run(string(d.kind), func(t *testing.T) {
			noun := filled(t, d)
			data, err := s.codec.Append(nil, noun)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", "golden", string(d.kind)+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(hex.Dump(data)), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			golden, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(golden), hex.Dump(data)); d != "" {
				t.Errorf("the encoding has changed:\n%s", d)
			}
			_, r, err := s.decode(Entry{model.Key{Kind: d.kind, ID: "x"}, undump(t, string(golden)), 7}, nil)
			if err != nil {
				t.Fatal(err)
			}
			noun.Metadata().Rev = 7
			if !reflect.DeepEqual(noun, r.noun) {
				t.Errorf("the golden file reads as\n%+v, want\n%+v", r.noun, noun)
			}
		})
	}
}

// undump is the inverse of hex.Dump.
func undump(t *testing.T, text string) []byte {
	var digits strings.Builder
	for line := range strings.Lines(text) {
		digits.WriteString(strings.ReplaceAll(line[8:min(60, strings.IndexByte(line, '|'))], " ", ""))
	}
	data, err := hex.DecodeString(digits.String())
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// testdata/fields.txt records every field number ever given out. A line is
// never removed or changed: a field that is gone keeps its number.
func TestFieldNumbers(t *testing.T) {
	const file = "testdata/fields.txt"
	recorded := map[string]string{} // "struct number" -> "name type"
	text, err := os.ReadFile(file)
	if err != nil && !*update {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for _, line := range lines {
		if parts := strings.Fields(line); len(parts) == 4 {
			recorded[parts[0]+" "+parts[1]] = parts[2] + " " + parts[3]
		}
	}
	seen := map[reflect.Type]bool{}
	var visit func(reflect.Type)
	visit = func(st reflect.Type) {
		for st.Kind() == reflect.Pointer || st.Kind() == reflect.Slice {
			st = st.Elem()
		}
		if st.Kind() != reflect.Struct || st == reflect.TypeFor[time.Time]() || seen[st] {
			return
		}
		seen[st] = true
		for i := range st.NumField() {
			sf := st.Field(i)
			if sf.Name == "Meta" {
				continue
			}
			number, option, _ := strings.Cut(sf.Tag.Get("f"), ",")
			key, is := st.String()+" "+number, sf.Name+" "+strings.ReplaceAll(sf.Type.String(), " ", "")
			switch was, ok := recorded[key]; {
			case !ok && *update:
				lines = append(lines, key+" "+is)
			case !ok:
				t.Errorf("%s %s is not recorded: run with -update", key, is)
			case was != is:
				t.Errorf("number %s was given to %s and is now %s: take a new number", key, was, is)
			}
			if option != "wire" {
				visit(sf.Type)
			}
		}
	}
	for _, d := range Tables() {
		visit(d.typ)
	}
	if *update {
		slices.Sort(lines)
		if err := os.WriteFile(file, []byte(strings.TrimSpace(strings.Join(lines, "\n"))+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// testdata/words.txt records the words in order; it only grows.
func TestWords(t *testing.T) {
	const file = "testdata/words.txt"
	if *update {
		if err := os.WriteFile(file, []byte(strings.Join(words(), "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	recorded := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if !slices.Equal(words(), recorded) {
		t.Error("the words are not those recorded: only add at the end, and run with -update")
	}
}

// runningTask is a task as a service of one container has them.
func runningTask(i int) *model.Task {
	at := time.UnixMilli(1_767_225_600_000 + int64(i)).UTC()
	exit := model.Task{
		Account: "000000000000", Cluster: "default", ID: fmt.Sprintf("%032x", uint64(i)*0x9e3779b97f4a7c15),
		Spec: model.TaskSpec{
			TaskDefinition: "000000000000/web/0000000012",
			Instance:       fmt.Sprintf("000000000000/default/%032x", i%100+1),
			Service:        "000000000000/default/web",
			Deployment:     "ecs-svc/1234567890123456789",
			Group:          "service:web", StartedBy: "ecs-svc/1234567890123456789", LaunchType: "EC2",
			Resources: model.Resources{CPU: 256, Memory: 512}, CreatedAt: at,
		},
		Desired: model.TaskRunning,
		Status: model.TaskObserved{
			Last: model.TaskRunning, ConnectedAt: at, PullStartedAt: at, PullStoppedAt: at, StartedAt: at,
			Health: "HEALTHY", Version: 4,
			Containers: []model.ContainerObserved{{
				Name: "app", RuntimeID: fmt.Sprintf("%064x", i), Last: model.TaskRunning, Health: "HEALTHY",
				ID:       "0a1b2c3d-0000-4000-8000-000000000000",
				Digest:   "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
				Bindings: []model.NetworkBinding{{BindIP: "0.0.0.0", ContainerPort: 80, HostPort: 32768 + i%1000, Protocol: "tcp"}},
			}},
		},
	}
	return &exit
}

func TestRunningTaskIsSmall(t *testing.T) {
	data, err := testSchema(t).codec.Append(nil, runningTask(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Log(len(data), "bytes")
	if len(data) > 400 {
		t.Errorf("a running task takes %d bytes:\n%s", len(data), hex.Dump(data))
	}
}
