package gate

import (
	"strings"
	"sync"

	"github.com/roadstead/roadstead/auth/policy"
)

// maxDocuments bounds the parsed documents that are kept.
const maxDocuments = 4096

// documents keeps parsed policy documents by their text, so that a change of a
// policy needs no notice: another text is another document.
type documents struct {
	limit int
	lock  sync.RWMutex
	known [policy.Own + 1]map[string]*policy.Document
}

func newDocuments(limit int) *documents {
	d := &documents{limit: limit}
	d.forget()
	return d
}

func (d *documents) forget() {
	for k := range d.known {
		d.known[k] = map[string]*policy.Document{}
	}
}

// broken is what stands for a stored document that does not parse: it was
// checked when it was stored, so this is a fault, and it must not open a door.
// Nothing is allowed by it; and as it may have denied, everything is denied,
// to all but the account's root, who has to be able to repair it.
const broken = `{"Version":"2012-10-17","Statement":{"Sid":"unreadable","Effect":"Deny","Principal":"*","Action":"*","Resource":"*",` +
	`"Condition":{"StringNotEquals":{"aws:PrincipalType":"Account"}}}}`

// parsed returns the document of a kind that a text is.
func (d *documents) parsed(text string, kind policy.Kind) *policy.Document {
	d.lock.RLock()
	p, ok := d.known[kind][text]
	d.lock.RUnlock()
	if ok {
		return p
	}
	p = parse(text, kind)
	d.lock.Lock()
	defer d.lock.Unlock()
	kept := 0
	for _, known := range d.known {
		kept += len(known)
	}
	if kept >= d.limit {
		d.forget()
	}
	d.known[kind][text] = p
	return p
}

func parse(text string, kind policy.Kind) *policy.Document {
	if p, err := policy.Parse(text, kind); err == nil {
		return p
	}
	return unreadable(kind)
}

func unreadable(kind policy.Kind) *policy.Document {
	text := broken
	switch kind {
	case policy.Identity:
		text = strings.Replace(text, `"Principal":"*",`, "", 1)
	case policy.Trust:
		text = strings.Replace(text, `,"Resource":"*"`, "", 1)
	}
	p, err := policy.Parse(text, kind)
	if err != nil {
		panic(err) // the text is ours
	}
	return p
}
