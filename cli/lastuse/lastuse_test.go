package lastuse

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
)

func TestUsesAreWrittenSeldomAndSurvive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, err := store.Open(t.Context(), memlog.New(memlog.Options{}), store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var c model.Change
		c.Put(&model.AccessKey{ID: "AKIAONE", Account: "111111111111", User: "ann", Status: model.AccessKeyActive})
		if _, err := db.Commit(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		u := New(db, Options{Root: "AKIAROOT", RootAccount: "000000000000"})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- u.Run(ctx) }()
		if _, ok := u.LastUse("AKIAONE"); ok {
			t.Error("a key that was not used has a use")
		}
		before := db.View().Rev()
		for range 3 * 3600 { // once a second for three hours
			u.Used("AKIAONE", "ecs", "us-east-1")
			<-time.After(time.Second)
		}
		u.Used("AKIAROOT", "iam", "us-east-1")
		u.Used("AKIAGONE", "iam", "us-east-1")
		writes := db.View().Rev() - before
		if writes < 3 || writes > 4 {
			t.Errorf("three hours of uses were written %d times", writes)
		}
		last, _ := u.LastUse("AKIAONE")
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		again := New(db, Options{})
		if use, ok := again.LastUse("AKIAONE"); !ok || !use.At.Equal(last.At) || use.Service != "ecs" {
			t.Errorf("after a restart %+v, want %+v", use, last)
		}
		if use, ok := again.LastUse("AKIAROOT"); !ok || use.Service != "iam" {
			t.Errorf("the root key's use: %+v %v", use, ok)
		}
		if _, ok := again.LastUse("AKIAGONE"); ok {
			t.Error("a key that is gone has a use")
		}
	})
}

func TestUsesAreBounded(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	u := New(nil, Options{Now: func() time.Time { return now }})
	for i := range MaxKeys + 10 {
		u.Used(fmt.Sprint(i), "ecs", "us-east-1")
	}
	if len(u.held) != MaxKeys {
		t.Errorf("%d uses are held", len(u.held))
	}
	now = now.Add(3 * time.Hour)
	if u.Used("late", "ecs", "us-east-1"); len(u.held) != 1 {
		t.Errorf("%d uses are held after hours", len(u.held))
	}
}
