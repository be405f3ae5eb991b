package session

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/auth/caller"
	"pgregory.net/rapid"
)

var testNow = time.Date(2026, 3, 14, 15, 9, 26, 500, time.UTC)

func rootKey(id byte) RootKey {
	k := RootKey{ID: id}
	for i := range k.Key {
		k.Key[i] = id + byte(i)
	}
	return k
}

func taskSession() caller.Identity {
	id := caller.NewSession(caller.TaskRole, "arn:aws:iam::000000000000:role/apps/web", "AROAEXAMPLE", "0f9de17a6465404e8b1b2356dc13c2f8")
	id.BoundTo = "arn:aws:ecs:us-east-1:000000000000:task/default/0f9de17a6465404e8b1b2356dc13c2f8"
	return id
}

func issue(t testing.TB, i *Issuer, id caller.Identity, expires time.Time) Credentials {
	t.Helper()
	c, err := i.Issue(id, expires)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestOpensWhatItIssued(t *testing.T) {
	i := New(rootKey(1), Options{})
	rapid.Check(t, func(rt *rapid.T) {
		role := "arn:aws:iam::" + rapid.StringMatching(`[0-9]{12}`).Draw(rt, "account") + ":role/" + rapid.StringMatching(`([a-z]{1,9}/){0,2}[\w+=,.@-]{1,64}`).Draw(rt, "role")
		id := caller.NewSession(caller.Purpose(rapid.IntRange(1, 3).Draw(rt, "purpose")), role,
			rapid.StringMatching(`AROA[A-Z2-7]{17}`).Draw(rt, "id"), rapid.StringMatching(`[A-Za-z0-9_+=,.@-]{2,64}`).Draw(rt, "session"))
		id.BoundTo = rapid.StringN(0, 40, 100).Draw(rt, "bound to")
		expires := testNow.Add(time.Duration(rapid.Int64Range(1, 1e6).Draw(rt, "lifetime")) * time.Second)
		c := issue(t, i, id, expires)
		s, err := i.Open(c.SessionToken, c.AccessKeyID, c.Expiration.Add(-time.Nanosecond))
		if err != nil {
			rt.Fatal(err)
		}
		id.AccessKeyID = c.AccessKeyID
		if s.Identity != id || s.SecretAccessKey != c.SecretAccessKey || !s.Expiration.Equal(expires.Truncate(time.Second)) {
			rt.Fatalf("opened %+v, issued %+v", s, id)
		}
		if _, err := i.Open(c.SessionToken, c.AccessKeyID, c.Expiration); !errors.Is(err, ErrExpired) {
			rt.Fatalf("at its end: %v", err)
		}
	})
}

func TestCredentialsLookAsAWSs(t *testing.T) {
	c := issue(t, New(rootKey(1), Options{}), taskSession(), testNow)
	if !regexp.MustCompile(`^ASIA[A-Z2-7]{16}$`).MatchString(c.AccessKeyID) || len(c.SecretAccessKey) != 40 || len(c.SessionToken) > 512 {
		t.Fatalf("%q, secret of %d, token of %d", c.AccessKeyID, len(c.SecretAccessKey), len(c.SessionToken))
	}
	if text := fmt.Sprintf("%v %+v %#v", c, c, c); strings.Contains(text, c.SecretAccessKey) || strings.Contains(text, c.SessionToken) {
		t.Fatalf("prints %s", text)
	}
	if text := fmt.Sprintf("%v %+v %#v", rootKey(1), rootKey(1), rootKey(1)); strings.ContainsAny(text, "0123456789") {
		t.Fatalf("prints %s", text)
	}
}

func TestNoTwoSessionsShareAnything(t *testing.T) {
	i := New(rootKey(1), Options{})
	a, b := issue(t, i, taskSession(), testNow), issue(t, i, taskSession(), testNow)
	if a.AccessKeyID == b.AccessKeyID || a.SecretAccessKey == b.SecretAccessKey || a.SessionToken == b.SessionToken {
		t.Fatal("two sessions of one identity are alike")
	}
	if _, err := i.Open(a.SessionToken, b.AccessKeyID, testNow.Add(-time.Hour)); !errors.Is(err, ErrInvalid) {
		t.Fatalf("the token of one with the key of another: %v", err)
	}
}

func TestEveryTamperedCharacterIsRefused(t *testing.T) {
	i := New(rootKey(1), Options{})
	c := issue(t, i, taskSession(), testNow.Add(time.Hour))
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\n"
	for at := range len(c.SessionToken) {
		for _, char := range []byte(alphabet) {
			tampered := []byte(c.SessionToken)
			if tampered[at] == char {
				continue
			}
			tampered[at] = char
			if _, err := i.Open(string(tampered), c.AccessKeyID, testNow); !errors.Is(err, ErrInvalid) {
				t.Fatalf("character %d as %q: %v", at, char, err)
			}
		}
	}
	for _, token := range []string{"", "A", c.SessionToken + "A", c.SessionToken + "\n", c.SessionToken[:len(c.SessionToken)-4], strings.Repeat("A", MaxToken+4)} {
		if _, err := i.Open(token, c.AccessKeyID, testNow); !errors.Is(err, ErrInvalid) {
			t.Fatalf("token of %d: %v", len(token), err)
		}
	}
}

func TestRotation(t *testing.T) {
	before := New(rootKey(1), Options{})
	c := issue(t, before, taskSession(), testNow.Add(time.Hour))
	after := New(rootKey(2), Options{Previous: []RootKey{rootKey(1)}})
	if _, err := after.Open(c.SessionToken, c.AccessKeyID, testNow); err != nil {
		t.Fatalf("after a rotation: %v", err)
	}
	fresh := issue(t, after, taskSession(), testNow.Add(time.Hour))
	if _, err := before.Open(fresh.SessionToken, fresh.AccessKeyID, testNow); !errors.Is(err, ErrInvalid) {
		t.Fatalf("the old key opens new tokens: %v", err)
	}
	if _, err := New(rootKey(2), Options{}).Open(c.SessionToken, c.AccessKeyID, testNow); !errors.Is(err, ErrInvalid) {
		t.Fatalf("after the old key was dropped: %v", err)
	}
	impostor := rootKey(9)
	impostor.ID = 1
	if _, err := New(impostor, Options{}).Open(c.SessionToken, c.AccessKeyID, testNow); !errors.Is(err, ErrInvalid) {
		t.Fatalf("another key with the same id: %v", err)
	}
}

func TestRefusesIdentitiesThatAreNoSession(t *testing.T) {
	i := New(rootKey(1), Options{})
	for name, change := range map[string]func(*caller.Identity){
		"root":        func(id *caller.Identity) { *id = caller.NewRoot("000000000000", "AKIA") },
		"no purpose":  func(id *caller.Identity) { id.Purpose = caller.None },
		"another ARN": func(id *caller.Identity) { id.ARN = "x" },
		"short name":  func(id *caller.Identity) { *id = caller.NewSession(id.Purpose, id.RoleARN, "AROA", "a") },
		"long name": func(id *caller.Identity) {
			*id = caller.NewSession(id.Purpose, id.RoleARN, "AROA", strings.Repeat("a", 65))
		},
		"name with a slash": func(id *caller.Identity) { *id = caller.NewSession(id.Purpose, id.RoleARN, "AROA", "a/b") },
		"no role id":        func(id *caller.Identity) { *id = caller.NewSession(id.Purpose, id.RoleARN, "", "abc") },
		"another account":   func(id *caller.Identity) { id.Account = "111111111111" },
		"another user id":   func(id *caller.Identity) { id.UserID = "AROAEXAMPLE:another" },
		"long role": func(id *caller.Identity) {
			*id = caller.NewSession(id.Purpose, id.RoleARN+strings.Repeat("a", maxRoleARN), "AROA", "abc")
		},
		"long binding": func(id *caller.Identity) { id.BoundTo = strings.Repeat("a", maxBoundTo+1) },
	} {
		id := taskSession()
		change(&id)
		if c, err := i.Issue(id, testNow); err == nil {
			t.Errorf("%s: issued %v", name, c)
		}
	}
}

func TestTheLongestTokenFits(t *testing.T) {
	i := New(rootKey(1), Options{})
	arn := "arn:aws:iam::000000000000:role/"
	id := caller.NewSession(caller.Instance, arn+strings.Repeat("r", maxRoleARN-len(arn)), strings.Repeat("i", maxRoleID), strings.Repeat("s", maxSessionName))
	id.BoundTo = strings.Repeat("b", maxBoundTo)
	c := issue(t, i, id, testNow.Add(time.Hour))
	if _, err := i.Open(c.SessionToken, c.AccessKeyID, testNow); err != nil {
		t.Fatalf("token of %d: %v", len(c.SessionToken), err)
	}
}

func TestFailingRandomness(t *testing.T) {
	if _, err := New(rootKey(1), Options{Random: bytes.NewReader(make([]byte, idSize-1))}).Issue(taskSession(), testNow); err == nil {
		t.Fatal("issued without a random id")
	}
}

func FuzzOpen(f *testing.F) {
	i := New(rootKey(1), Options{Random: bytes.NewReader(make([]byte, idSize))})
	c := issue(f, i, taskSession(), testNow.Add(time.Hour))
	f.Add(c.SessionToken)
	f.Add("AQE=")
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := i.Open(token, c.AccessKeyID, testNow); err == nil && token != c.SessionToken {
			t.Fatalf("opened %q", token)
		}
	})
}

func FuzzContent(f *testing.F) {
	c, err := contentOf(taskSession(), testNow)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(c.append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := parseContent(b)
		if err != nil {
			return
		}
		if again, err := parseContent(c.append(nil)); err != nil || again != c {
			t.Fatalf("%+v became %+v, %v", c, again, err)
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	i := New(rootKey(1), Options{})
	c := issue(b, i, taskSession(), testNow.Add(time.Hour))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := i.Open(c.SessionToken, c.AccessKeyID, testNow); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkIssue(b *testing.B) {
	i := New(rootKey(1), Options{})
	b.ReportAllocs()
	for b.Loop() {
		issue(b, i, taskSession(), testNow)
	}
}
