package ecs_test

import (
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/roadstead/roadstead/model"
)

var update = flag.Bool("update", false, "write docs/PARAMETERS.md")

const document = "../../docs/PARAMETERS.md"

var abbreviations = strings.NewReplacer("@", "com.amazonaws.ecs.capability.", "~", "ecs.capability.", "%", "roadstead.capability.")

// reasons reads testdata/proofs.txt.
func reasons(t *testing.T) map[string]string {
	text, err := os.ReadFile("testdata/proofs.txt")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		what, why, ok := strings.Cut(line, " | ")
		what = abbreviations.Replace(what)
		if _, twice := out[what]; !ok || twice {
			t.Errorf("testdata/proofs.txt: %q has no reason, or two", what)
		}
		out[what] = why
	}
	return out
}

// existingTests returns the names of all tests of the module, and for each the
// sources of its folder, where cases are named.
func existingTests(t *testing.T) map[string]string {
	out, sources := map[string]string{}, map[string]string{}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		sources[filepath.Dir(path)] += string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range sources {
		for line := range strings.Lines(source) {
			if name, ok := strings.CutPrefix(line, "func Test"); ok {
				name, _, _ = strings.Cut(name, "(")
				out["Test"+name] += source
			}
		}
	}
	return out
}

// TestParametersDocument holds that each parameter that our agent honours names
// tests that exist, that each attribute which it lacks has its reason, and that
// docs/PARAMETERS.md says so.
func TestParametersDocument(t *testing.T) {
	why, tests := reasons(t), existingTests(t)
	rows := map[string][]row{}
	for _, r := range parameterTable(t) {
		rows[r.member] = append(rows[r.member], r)
	}
	used := map[string]bool{}
	var b strings.Builder
	b.WriteString(preface)
	for _, of := range structures(reflect.TypeFor[ecs.RegisterTaskDefinitionInput](), nil) {
		fmt.Fprintf(&b, "\n## %s\n\n| parameter | works: proved by | not with our agent, or refused |\n|---|---|---|\n", of.Name())
		for i := range of.NumField() {
			member := of.Name() + "." + of.Field(i).Name
			if !of.Field(i).IsExported() {
				continue
			}
			used[member] = true
			proof, lacks := checkParameter(t, rows[member], why[member], tests)
			for _, name := range slices.Sorted(maps.Keys(lacks)) {
				if why[name] == "" {
					t.Errorf("testdata/proofs.txt does not say why our agent lacks %s", name)
				}
				used[name] = true
				lacks[name] = fmt.Sprintf("`%s`: %s", name, why[name])
			}
			if never, ok := strings.CutPrefix(why[member], "never "); ok {
				lacks["never"] = never
			}
			cell := strings.Join(slices.Sorted(maps.Values(lacks)), "; ")
			fmt.Fprintf(&b, "| %s | %s | %s |\n", wireName(of.Field(i).Name), proof, cell)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(why)) {
		if !used[name] {
			t.Errorf("testdata/proofs.txt speaks of %s, which nothing needs", name)
		}
	}
	compare(t, b.String())
}

// checkParameter returns the tests that prove a parameter, and the attributes
// that our agent lacks for what else can be said with it.
func checkParameter(t *testing.T, rows []row, why string, tests map[string]string) (proof string, lacks map[string]string) {
	lacks = map[string]string{}
	placed := false
	for _, r := range rows {
		placed = placed || r.verdict == "placed"
		for _, name := range r.attributes {
			own := slices.ContainsFunc(model.Capabilities(), func(a model.Attribute) bool { return a.Name == name })
			if r.verdict == "needs" && !own {
				lacks[name] = ""
			}
		}
	}
	if strings.HasPrefix(why, "never ") {
		return "", lacks
	}
	names := strings.Fields(why)
	if len(names) == 0 && (placed || len(lacks) == 0) {
		t.Errorf("testdata/proofs.txt names no test for %s", rows[0].member)
	}
	for _, name := range names {
		test, part, parted := strings.Cut(name, "/")
		if source, ok := tests[test]; !ok || parted && !strings.Contains(source, `"`+part+`"`) {
			t.Errorf("there is no test %s, which is to prove %s", name, rows[0].member)
		}
	}
	return strings.Join(names, ", "), lacks
}

// structures returns a structure and all that it is made of, each once.
func structures(of reflect.Type, seen []reflect.Type) []reflect.Type {
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct || slices.Contains(seen, of) || !strings.Contains(of.PkgPath(), "/service/ecs") {
		return seen
	}
	seen = append(seen, of)
	for i := range of.NumField() {
		if of.Field(i).IsExported() {
			seen = structures(of.Field(i).Type, seen)
		}
	}
	return seen
}

func wireName(name string) string { return string(unicode.ToLower(rune(name[0]))) + name[1:] }

func compare(t *testing.T, want string) {
	if *update && !t.Failed() {
		if err := os.WriteFile(document, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := os.ReadFile(document); err != nil || string(text) != want {
		t.Errorf("%s is not what the tables say: go test ./api/ecs -run TestParametersDocument -update (%v)", document, err)
	}
}

const preface = `# Parameters of task definitions

Every parameter that RegisterTaskDefinition takes, for Linux. What our agent honours names the tests that prove it, most of them from
inside a container. What it does not honour requires an attribute that our agent does not register: RunTask answers ATTRIBUTE, or a
service's event says so, and no task is placed where a parameter would be ignored. Values that AWS refuses are refused in its words.

This text is made from api/ecs/testdata/parameters.txt and proofs.txt, and a test holds that it is true.
`
