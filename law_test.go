// Package roadstead holds the tests of the house's own rules: who may import
// whom, what pure packages may not do, and how things may not be called.
// docs/ARCHITECTURE.md says why. A relaxation is a line in this file with its
// reason.
package roadstead

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/roadstead/roadstead"

// floors are the rooms from the top down. A package imports packages of lower
// floors, and of its own room.
var floors = [][]string{
	{"cmd"},
	{"cli", "sim", "test"},
	{"api", "registry", "console", "control", "agent"},
	{"plan", "store", "dispatch", "proxy", "dns", "telemetry", "auth"},
	{"model", "wire"},
}

// pure packages decide and do nothing else.
var pure = []string{"model", "plan", "auth/policy", "agent/step"}

// impure is what pure packages may not import.
var impure = []string{"context", "io", "os", "net", "log", "log/slog", "sync", "sync/atomic", "math/rand", "math/rand/v2",
	"crypto/rand", "os/exec", "syscall/js", "runtime"}

// homes are heavy dependencies and the only folders that may import them.
var homes = map[string][]string{
	"go.etcd.io/etcd":                          {"store/etcdlog"},
	"github.com/containerd/":                   {"agent/runtime"},
	"github.com/vishvananda/":                  {"agent/network"},
	"github.com/google/nftables":               {"agent/network"},
	"github.com/coder/websocket":               {"dispatch", "agent"},
	"github.com/spf13/cobra":                   {"cli"},
	"github.com/prometheus/":                   {"control/scrape"},
	"github.com/aws/aws-sdk-go-v2/config":      {"cli", "test"},
	"github.com/aws/aws-sdk-go-v2/credentials": {"cli", "test"},
}

// banned are names that say nothing.
var banned = []string{"util", "utils", "common", "helper", "helpers", "manager", "base", "core", "types", "misc", "internal"}

type source struct {
	path, pkg string // slash-separated, from the root
	file      *ast.File
	test      bool
}

func sources(t *testing.T) (all []source, set *token.FileSet) {
	t.Helper()
	set = token.NewFileSet()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "bin") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		f, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		path = filepath.ToSlash(path)
		all = append(all, source{path, filepath.ToSlash(filepath.Dir(path)), f, strings.HasSuffix(path, "_test.go")})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, set
}

func (s source) imports() (paths []string) {
	for _, i := range s.file.Imports {
		if p, err := strconv.Unquote(i.Path.Value); err == nil {
			paths = append(paths, p)
		}
	}
	return paths
}

func room(pkg string) string { r, _, _ := strings.Cut(pkg, "/"); return r }

func floorOf(room string) int {
	return slices.IndexFunc(floors, func(f []string) bool { return slices.Contains(f, room) })
}

// testRig reports whether a package exists for tests alone.
func testRig(pkg string) bool {
	return strings.HasSuffix(pkg, "test") || strings.Contains(pkg, "test/")
}

func TestImportsRunDownTheFloors(t *testing.T) {
	all, _ := sources(t)
	for _, s := range all {
		if s.pkg == "." || s.test {
			continue
		}
		from := floorOf(room(s.pkg))
		if from < 0 {
			t.Errorf("%s: the room %q is on no floor; the house is described in docs/ARCHITECTURE.md", s.path, room(s.pkg))
			continue
		}
		for _, p := range s.imports() {
			rest, ours := strings.CutPrefix(p, module+"/")
			if !ours || room(rest) == room(s.pkg) {
				continue
			}
			if to := floorOf(room(rest)); to <= from && !testRig(s.pkg) {
				t.Errorf("%s imports %s, which is not on a lower floor", s.path, rest)
			}
		}
	}
}

func TestFrontDoorsDoNotKnowEachOther(t *testing.T) {
	all, _ := sources(t)
	for _, s := range all {
		own, ok := strings.CutPrefix(s.pkg, "api/")
		if !ok || s.test {
			continue
		}
		for _, p := range s.imports() {
			other, ours := strings.CutPrefix(p, module+"/api/")
			if ours && room(other) != room(own) {
				t.Errorf("%s imports the front door %s; they meet in the store", s.path, other)
			}
		}
	}
}

func TestPurePackagesOnlyDecide(t *testing.T) {
	all, set := sources(t)
	for _, s := range all {
		if s.test || !slices.ContainsFunc(pure, func(p string) bool { return s.pkg == p || strings.HasPrefix(s.pkg, p+"/") }) {
			continue
		}
		for _, p := range s.imports() {
			if slices.Contains(impure, p) {
				t.Errorf("%s imports %s: a pure package has no I/O, clock, lock or randomness", s.path, p)
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				t.Errorf("%s: a pure package starts no goroutine", set.Position(n.Pos()))
			case *ast.ChanType:
				t.Errorf("%s: a pure package has no channel", set.Position(n.Pos()))
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "Sleep", "After", "NewTimer"}, n.Sel.Name) {
					t.Errorf("%s: time is an argument in a pure package", set.Position(n.Pos()))
				}
			}
			return true
		})
	}
}

func TestHeavyDependenciesHaveOneHome(t *testing.T) {
	all, _ := sources(t)
	for _, s := range all {
		if s.test || testRig(s.pkg) {
			continue
		}
		for _, p := range s.imports() {
			for prefix, rooms := range homes {
				if strings.HasPrefix(p, prefix) && !slices.ContainsFunc(rooms, func(r string) bool { return s.pkg == r || strings.HasPrefix(s.pkg, r+"/") }) {
					t.Errorf("%s imports %s, whose home is %v", s.path, p, rooms)
				}
			}
		}
	}
}

func TestNamesSayWhatThingsAre(t *testing.T) {
	all, _ := sources(t)
	for _, s := range all {
		if slices.Contains(banned, s.file.Name.Name) {
			t.Errorf("%s: a package called %s says nothing", s.path, s.file.Name.Name)
		}
	}
}

func TestNothingIsConstructedBehindTheScenes(t *testing.T) {
	all, set := sources(t)
	for _, s := range all {
		if s.test || slices.Contains(initialisers, s.path) {
			continue
		}
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s: init() constructs behind the scenes; only cli and sim construct", set.Position(f.Pos()))
			}
		}
	}
}

// initialisers are files that may have an init(), each with its reason.
var initialisers = []string{
	"agent/runtime/containerd/shim/direct/become/become.go", // it constructs nothing: a process that becomes a container goes no further
}

// TestOperationsSayWhatTheyNeed: an operation in a front door's table is
// followed at once by its permission, so that none is forgotten; who asks
// refuses one without it.
func TestOperationsSayWhatTheyNeed(t *testing.T) {
	all, set := sources(t)
	for _, s := range all {
		if s.test || room(s.pkg) != "api" {
			continue
		}
		said := map[ast.Node]bool{}
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if sel.Sel.Name == "Needing" {
				said[sel.X] = true
			}
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "wire" && slices.Contains([]string{"Op", "StreamOp", "OpOf"}, sel.Sel.Name) && !said[call] {
				t.Errorf("%s: an operation without its permission: append .Needing(...)", set.Position(call.Pos()))
			}
			return true
		})
	}
}

func TestPackagesSayWhatTheyAreFor(t *testing.T) {
	all, _ := sources(t)
	documented := map[string]bool{}
	for _, s := range all {
		documented[s.pkg] = documented[s.pkg] || s.file.Doc != nil && strings.HasPrefix(s.file.Doc.Text(), "Package ") || s.file.Name.Name == "main" && s.file.Doc != nil
	}
	for pkg, ok := range documented {
		if !ok {
			t.Errorf("package %s has no package comment", pkg)
		}
	}
}

func TestTestsDoNotSleep(t *testing.T) {
	all, set := sources(t)
	for _, s := range all {
		if !s.test {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if sel, ok := call.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Sleep" {
				if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" {
					if !slices.Contains(sleepers, s.path) {
						t.Errorf("%s: no test sleeps", set.Position(call.Pos()))
					}
				}
			}
			return true
		})
	}
}

// sleepers are test files that may call time.Sleep, each with its reason.
var sleepers = []string{
	"agent/runtime/containerd/real_test.go", // between two looks at real containers that have no event to wait for
	"agent/host_test.go",                    // latency, in synctest's time
	"agent/plane_test.go",                   // latency, in synctest's time
	"dispatch/server_test.go",               // the rhythm of pings, in synctest's time
}
