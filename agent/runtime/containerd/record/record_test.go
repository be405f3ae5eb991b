package record

import (
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// Two watches conclude the same end, and a reader never meets half of it.
func TestWriters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "records", "one.json")
	want := Record{PID: 7, StartedAt: time.Unix(1, 0).UTC(), Exited: true, ExitCode: 3, ExitedAt: time.Unix(2, 0).UTC()}
	if err := Write(path, want); err != nil {
		t.Fatal(err)
	}
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for range 500 {
				if err := Write(path, want); err != nil {
					t.Error(err)
					return
				}
				if got, err := Read(path); err != nil || got != want {
					t.Errorf("read %+v, %v", got, err)
					return
				}
			}
		})
	}
	writers.Wait()
}
