package memlog_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/logtest"
	"github.com/roadstead/roadstead/store/memlog"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestContract(t *testing.T) {
	logtest.Run(t, func(testing.TB) logtest.Open {
		log := memlog.New(memlog.Options{})
		return func(testing.TB) store.Log { return log.Peer(nil) }
	})
}

func TestModel(t *testing.T) {
	logtest.CheckModel(t, func(testing.TB) logtest.Open {
		log := memlog.New(memlog.Options{})
		return func(testing.TB) store.Log { return log.Peer(nil) }
	})
}
