package session

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/roadstead/roadstead/auth/caller"
)

func pass(t testing.TB, i *Issuer, id caller.Identity, audience string, expires time.Time) string {
	t.Helper()
	token, err := i.Pass(id, audience, expires)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestPassNamesItsCallerToItsAudienceAlone(t *testing.T) {
	i := New(rootKey(1), Options{})
	text := rapid.StringN(0, 40, 200)
	rapid.Check(t, func(rt *rapid.T) {
		id := caller.Identity{
			Kind: caller.Kind(rapid.IntRange(1, 3).Draw(rt, "kind")), Purpose: caller.Purpose(rapid.IntRange(0, 3).Draw(rt, "purpose")),
			Account: text.Draw(rt, "account"), ARN: text.Draw(rt, "arn"), UserID: text.Draw(rt, "user"), AccessKeyID: text.Draw(rt, "key"),
			RoleARN: text.Draw(rt, "role"), SessionName: text.Draw(rt, "session"), BoundTo: text.Draw(rt, "bound"),
		}
		audience, other := text.Draw(rt, "audience"), text.Draw(rt, "other")
		token := pass(t, i, id, audience, testNow.Add(time.Hour))
		if !regexp.MustCompile(`^[A-Za-z0-9_-]+$`).MatchString(token) {
			rt.Fatalf("token %q is not fit for a URL", token)
		}
		got, err := i.OpenPass(token, audience, testNow)
		if err != nil || got != id {
			rt.Fatalf("opened %+v, %v; issued %+v", got, err, id)
		}
		if _, err := i.OpenPass(token, audience, testNow.Add(time.Hour)); !errors.Is(err, ErrExpired) {
			rt.Fatalf("at its end: %v", err)
		}
		if _, err := i.OpenPass(token, other, testNow); other != audience && !errors.Is(err, ErrInvalid) {
			rt.Fatalf("for another audience: %v", err)
		}
	})
}

func TestEveryTamperedPassIsRefused(t *testing.T) {
	i := New(rootKey(1), Options{})
	token := pass(t, i, caller.NewRoot("000000000000", "AKIA"), "door", testNow.Add(time.Hour))
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=\n"
	for at := range len(token) {
		for _, char := range []byte(alphabet) {
			tampered := []byte(token)
			if tampered[at] == char {
				continue
			}
			tampered[at] = char
			if _, err := i.OpenPass(string(tampered), "door", testNow); !errors.Is(err, ErrInvalid) {
				t.Fatalf("character %d as %q: %v", at, char, err)
			}
		}
	}
	for _, bad := range []string{"", "A", token + "A", token + "\n", token[:len(token)-4], strings.Repeat("A", MaxToken+4)} {
		if _, err := i.OpenPass(bad, "door", testNow); !errors.Is(err, ErrInvalid) {
			t.Fatalf("token of %d: %v", len(bad), err)
		}
	}
}

func TestPassesAndSessionsAreNotEachOther(t *testing.T) {
	i := New(rootKey(1), Options{})
	c := issue(t, i, taskSession(), testNow.Add(time.Hour))
	if _, err := i.OpenPass(strings.TrimRight(c.SessionToken, "="), "", testNow); !errors.Is(err, ErrInvalid) {
		t.Errorf("a session token as a pass: %v", err)
	}
	token := pass(t, i, taskSession(), "", testNow.Add(time.Hour))
	if _, err := i.Open(token, c.AccessKeyID, testNow); !errors.Is(err, ErrInvalid) {
		t.Errorf("a pass as a session token: %v", err)
	}
	if _, err := i.Pass(caller.Identity{}, "door", testNow); err == nil {
		t.Error("nobody got a pass")
	}
	if _, err := i.Pass(caller.Identity{Kind: caller.Root, ARN: strings.Repeat("x", maxRoleARN+1)}, "door", testNow); err == nil {
		t.Error("a caller who is too long got a pass")
	}
}

func TestPassOutlivesARotation(t *testing.T) {
	token := pass(t, New(rootKey(1), Options{}), caller.NewRoot("000000000000", "AKIA"), "door", testNow.Add(time.Hour))
	if _, err := New(rootKey(2), Options{Previous: []RootKey{rootKey(1)}}).OpenPass(token, "door", testNow); err != nil {
		t.Error(err)
	}
	if _, err := New(rootKey(2), Options{}).OpenPass(token, "door", testNow); !errors.Is(err, ErrInvalid) {
		t.Errorf("of a key that is gone: %v", err)
	}
}
