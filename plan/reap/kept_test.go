package reap

import (
	"testing"
	"time"

	"github.com/roadstead/roadstead/model"
)

func TestKeysAndSecretsGoWhenTheirTimeHasCome(t *testing.T) {
	at := time.Date(2026, 1, 9, 0, 0, 0, 0, time.UTC)
	s := &model.Secret{Account: "1", Name: "db", DeleteAt: at}
	if p := Due(s, time.Time{}, at); !p.Change.Empty() || !p.Wake.IsZero() {
		t.Fatalf("never: %+v", p)
	}
	if p := Due(s, s.DeleteAt, at.Add(-1)); !p.Change.Empty() || !p.Wake.Equal(at) {
		t.Fatalf("early: %+v", p)
	}
	if p := Due(s, s.DeleteAt, at); len(p.Change.Writes) != 1 || p.Change.Writes[0].Noun != nil {
		t.Fatalf("due: %+v", p)
	}
	k := &model.KMSKey{Account: "1", ID: "k", DeleteAt: at}
	aliases := []*model.KMSAlias{{Account: "1", Name: "alias/a", KeyID: "k"}}
	if p := KMSKey(k, aliases, at.Add(-1)); !p.Change.Empty() {
		t.Fatalf("early: %+v", p)
	}
	if p := KMSKey(k, aliases, at); len(p.Change.Writes) != 2 {
		t.Fatalf("due: %+v", p)
	}
}
