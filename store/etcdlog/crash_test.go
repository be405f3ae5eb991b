package etcdlog

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// crashDir names the data directory of the child that TestKill kills.
const crashDir = "ROADSTEAD_TEST_CRASH_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		fmt.Println(commitForEver(dir))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// commitForEver prints the name of every family once its commit was
// acknowledged.
func commitForEver(dir string) error {
	l, err := OpenEmbedded(context.Background(), dir, EmbeddedOptions{})
	if err != nil {
		return err
	}
	db, err := store.Open(context.Background(), l, store.Options{})
	if err != nil {
		return err
	}
	var out sync.Mutex
	start := db.View().Rev()
	failed := make(chan error)
	for w := range 8 {
		go func() {
			for i := 0; ; i++ {
				name := fmt.Sprintf("%d-%d-%d", start, w, i)
				var c model.Change
				c.Put(&model.Family{Account: "1", Name: name})
				if _, err := db.Commit(context.Background(), c); err != nil {
					failed <- err
					return
				}
				out.Lock()
				fmt.Println("acknowledged", name)
				out.Unlock()
			}
		}()
	}
	return <-failed
}

func TestKill(t *testing.T) {
	dir := t.TempDir()
	acknowledged := map[string]bool{}
	for _, after := range []int{1, 50, 400} {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), crashDir+"="+dir)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		n := 0
		for lines := bufio.NewScanner(out); lines.Scan(); {
			name, ok := strings.CutPrefix(lines.Text(), "acknowledged ")
			if !ok {
				t.Error("the child says:", lines.Text())
				continue
			}
			acknowledged[name] = true
			if n++; n == after {
				_ = child.Process.Kill() // what it had said by then is still read
			}
		}
		_ = child.Wait() // killed
		checkAcknowledged(t, dir, acknowledged)
	}
	t.Log(len(acknowledged), "commits were acknowledged before three kills")
}

func checkAcknowledged(t *testing.T, dir string, names map[string]bool) {
	t.Helper()
	l, err := OpenEmbedded(t.Context(), dir, EmbeddedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	db, err := store.Open(t.Context(), l, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name := range names {
		if _, ok := store.Get[*model.Family](db.View(), "1/"+name); !ok {
			t.Errorf("%s was acknowledged and is lost", name)
		}
	}
}
