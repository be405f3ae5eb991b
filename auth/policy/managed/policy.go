package managed

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"time"
)

// Policy is one managed policy of AWS with the version in force.
type Policy struct {
	Name        string
	Path        string // "/" or "/service-role/" or "/aws-service-role/"
	Description string
	Document    string // JSON
	Version     int    // number of the version in force
	Created     time.Time
	Updated     time.Time // when that version was made
}

// ARN returns the ARN of a managed policy of AWS.
func ARN(path, name string) string { return "arn:aws:iam::aws:policy" + path + name }

// ARN returns arn:aws:iam::aws:policy, path and name.
func (p Policy) ARN() string { return ARN(p.Path, p.Name) }

// ID returns a unique id in the form of AWS's, ANPA and 17 characters.
func (p Policy) ID() string {
	sum := sha256.Sum256([]byte(p.ARN()))
	return "ANPA" + base32.StdEncoding.EncodeToString(sum[:])[:17]
}

// All returns every policy, by name.
func All() []Policy {
	out := make([]Policy, len(entries))
	for i := range entries {
		out[i] = entries[i].policy()
	}
	return out
}

// ByARN returns the policy with an ARN, and whether there is one.
func ByARN(arn string) (Policy, bool) {
	resource, ok := strings.CutPrefix(arn, "arn:aws:iam::aws:policy/")
	if !ok {
		return Policy{}, false
	}
	name := resource[strings.LastIndexByte(resource, '/')+1:]
	for i := range entries {
		if entries[i].name == name && ARN(entries[i].path, name) == arn {
			return entries[i].policy(), true
		}
	}
	return Policy{}, false
}

// entry is a policy as the table has it.
type entry struct {
	name, path, description string
	version                 int
	created, updated        string // dates
	statements              []statement
}

// statement is one statement in short: actions and resources are separated by
// white space; no resources mean "*". A "!" before actions means NotAction.
type statement struct {
	sid, actions, resources string
	condition               string // JSON
}

func (e *entry) policy() Policy {
	p := Policy{Name: e.name, Path: e.path, Description: e.description, Version: e.version, Document: document(e.statements), Created: date(e.created), Updated: date(e.updated)}
	if p.Path == "" {
		p.Path = "/"
	}
	return p
}

// date reads a date of the table; they are all well-formed, which a test sees.
func date(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic("managed: date " + s)
	}
	return t
}

// document writes statements as JSON.
func document(statements []statement) string {
	var b strings.Builder
	b.WriteString("{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [")
	for i, s := range statements {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString("\n    {\n")
		if s.sid != "" {
			b.WriteString("      \"Sid\": \"" + s.sid + "\",\n")
		}
		b.WriteString("      \"Effect\": \"Allow\",\n")
		element, actions := "Action", s.actions
		if rest, not := strings.CutPrefix(actions, "!"); not {
			element, actions = "NotAction", rest
		}
		b.WriteString("      \"" + element + "\": " + texts(actions) + ",\n")
		resources := s.resources
		if resources == "" {
			resources = "*"
		}
		b.WriteString("      \"Resource\": " + texts(resources))
		if s.condition != "" {
			b.WriteString(",\n      \"Condition\": " + s.condition)
		}
		b.WriteString("\n    }")
	}
	b.WriteString("\n  ]\n}")
	return b.String()
}

// texts writes words as a JSON list, or a single one by itself.
func texts(words string) string {
	list := strings.Fields(words)
	if len(list) == 1 {
		return `"` + list[0] + `"`
	}
	return "[\n        \"" + strings.Join(list, "\",\n        \"") + "\"\n      ]"
}
