package control_test

import (
	"errors"
	"testing"

	"github.com/roadstead/roadstead/dispatch"
	"github.com/roadstead/roadstead/model"
)

func TestDeregistrationEndsTheConnection(t *testing.T) {
	l := newLinked(t)
	link, err := l.connect(l.root, l.one)
	if err != nil {
		t.Fatal(err)
	}
	other, err := l.connect(l.root, l.other)
	if err != nil {
		t.Fatal(err)
	}
	gone := l.instance(l.one).Clone()
	gone.Status = model.InstanceInactive
	l.put(gone)
	// Twice, because changes are told at least once.
	l.links.Notify(l.db.View(), []model.Key{gone.Key(), l.other.Key()})
	l.links.Notify(l.db.View(), []model.Key{gone.Key()})
	if _, open := <-link.Changed; open {
		t.Error("the connection of a deregistered instance goes on")
	}
	if _, open := <-other.Changed; !open {
		t.Error("the connection of another instance has ended")
	}
	link.Close()
	l.links.Disconnect(l.root, link, 0)
	if l.instance(l.one).AgentConnected {
		t.Error("the instance counts as connected")
	}
	var refusal *dispatch.Refusal
	if _, err := l.connect(l.root, l.one); !errors.As(err, &refusal) || refusal.Name != "InactiveInstanceException" {
		t.Errorf("connecting again: %v", err)
	}
}
