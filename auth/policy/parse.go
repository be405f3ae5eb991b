package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Limits of a document, whoever wrote it. The size limits of the API (6,144
// characters of a managed policy, for example) are for the front door to check.
const (
	// MaxDocument is the longest text that is parsed, in bytes.
	MaxDocument = 128 << 10
	maxElements = 10_000 // actions, resources, principals and condition values together
)

// Error says why a document is malformed, in IAM's words. The API answers with
// it as MalformedPolicyDocument.
type Error string

func (e Error) Error() string { return string(e) }

// Messages that IAM answers with.
const (
	errSyntax     = Error("Syntax errors in policy.")
	errJSON       = Error("This policy contains invalid Json")
	errNoActions  = Error("Policy statement must contain actions.")
	errNoResource = Error("Policy statement must contain resources.")
	errSid        = Error("Statement IDs (SID) in a single policy must be unique.")
	errPrincipal  = Error("Policy document should not specify a principal.")
	errNoOne      = Error("Missing required field Principal")
	errTrust      = Error("Has prohibited field Resource")
	errVendor     = Error("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
	errColons     = Error("Actions/Condition can contain only one colon.")
	errTooLarge   = Error("Policy document is too large.")
)

// Parse reads a policy document of a kind. Its error is an Error.
func Parse(text string, kind Kind) (*Document, error) {
	if len(text) > MaxDocument {
		return nil, errTooLarge
	}
	if !json.Valid([]byte(text)) {
		return nil, errJSON
	}
	top, err := object([]byte(text))
	if err != nil {
		return nil, err
	}
	return (&parser{kind: kind}).document(top)
}

type parser struct {
	kind     Kind
	elements int
	sids     []string
}

// member is one member of a JSON object. Objects are kept as lists, because a
// repeated name is an error and order must not be lost.
type member struct {
	name  string
	value json.RawMessage
}

func object(data []byte) ([]member, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	t, err := d.Token()
	if err != nil || t != json.Delim('{') {
		return nil, errSyntax
	}
	var ms []member
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, errSyntax
		}
		m := member{name: t.(string)}
		if err := d.Decode(&m.value); err != nil {
			return nil, errSyntax
		}
		if slices.ContainsFunc(ms, func(o member) bool { return o.name == m.name }) {
			return nil, errSyntax
		}
		ms = append(ms, m)
	}
	return ms, nil
}

func (p *parser) document(ms []member) (*Document, error) {
	d := &Document{Version: Version2008}
	var statements json.RawMessage
	for _, m := range ms {
		switch m.name {
		case "Version":
			v, err := text(m.value)
			if err != nil || (v != Version2008 && v != Version2012) {
				return nil, errSyntax
			}
			d.Version = v
		case "Id":
			v, err := text(m.value)
			if err != nil {
				return nil, err
			}
			d.ID = v
		case "Statement":
			statements = m.value
		default:
			return nil, errSyntax
		}
	}
	items, err := list(statements)
	if err != nil || len(items) == 0 {
		return nil, errSyntax
	}
	for _, item := range items {
		s, err := p.statement(item, d.Version)
		if err != nil {
			return nil, err
		}
		d.Statements = append(d.Statements, *s)
	}
	return d, nil
}

func (p *parser) statement(data json.RawMessage, version string) (*Statement, error) {
	ms, err := object(data)
	if err != nil {
		return nil, errSyntax
	}
	s := &Statement{}
	effect := ""
	seen := map[string]bool{}
	for _, m := range ms {
		base := strings.TrimPrefix(m.name, "Not")
		if m.name != base && base != "Action" && base != "Resource" && base != "Principal" || seen[base] {
			return nil, errSyntax
		}
		seen[base] = true
		negated := m.name != base
		switch base {
		case "Sid":
			s.Sid, err = text(m.value)
		case "Effect":
			effect, err = text(m.value)
		case "Action":
			s.Actions, err = p.texts(m.value)
			s.NotAction = negated
		case "Resource":
			s.Resources, err = p.resources(m.value)
			s.NotResource = negated
		case "Principal":
			s.Principals, err = p.principals(m.value)
			s.NotPrincipal = negated
		case "Condition":
			s.Conditions, err = p.conditions(m.value, version)
		default:
			return nil, errSyntax
		}
		if err != nil {
			return nil, err
		}
	}
	switch effect {
	case "Allow":
	case "Deny":
		s.Deny = true
	default:
		return nil, errSyntax
	}
	return s, p.check(s, seen, version)
}

// check checks what the parts of a statement say together, and compiles it.
func (p *parser) check(s *Statement, seen map[string]bool, version string) error {
	switch {
	case p.kind != Own && s.Sid != "" && slices.Contains(p.sids, s.Sid):
		return errSid
	case len(s.Actions) == 0:
		return errNoActions
	case p.kind == Identity && seen["Principal"]:
		return errPrincipal
	case p.kind != Identity && s.Principals == nil:
		return errNoOne
	case p.kind == Trust && seen["Resource"]:
		return errTrust
	case (p.kind == Identity || p.kind == Resource) && len(s.Resources) == 0:
		return errNoResource
	case s.NotPrincipal && !s.Deny:
		return Error("Allow with NotPrincipal is not allowed.")
	}
	p.sids = append(p.sids, s.Sid)
	for _, a := range s.Actions {
		if err := checkAction(a); err != nil {
			return err
		}
		s.actions = append(s.actions, newPattern(strings.ToLower(a)))
	}
	for _, r := range s.Resources {
		c, err := newResource(r, version)
		if err != nil {
			return err
		}
		s.resources = append(s.resources, c)
	}
	return nil
}

// checkAction wants an action to name its service: "ecs:RunTask". IAM looks at
// the service's form and not at the action's.
func checkAction(action string) error {
	service, name, ok := strings.Cut(action, ":")
	switch {
	case action == "*":
		return nil
	case !ok || service == "" || name == "" || strings.ContainsAny(service, "*?"):
		return errVendor
	case strings.Contains(name, ":"):
		return errColons
	case strings.ContainsFunc(service, func(c rune) bool {
		return c != '-' && c != '_' && c != '.' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
	}):
		return Error("Vendor " + service + " is not valid")
	}
	return nil
}

func (p *parser) principals(data json.RawMessage) (*Principals, error) {
	if v, err := text(data); err == nil {
		if v != "*" {
			return nil, Error("Invalid principal in policy: " + v)
		}
		return &Principals{Everybody: true}, nil
	}
	ms, err := object(data)
	if err != nil {
		return nil, errSyntax
	}
	out := &Principals{}
	for _, m := range ms {
		values, err := p.texts(m.value)
		if err != nil {
			return nil, err
		}
		switch m.name {
		case "AWS":
			for _, v := range values {
				if v == "*" {
					out.Everybody = true
				} else if !validPrincipal(v) {
					return nil, Error(fmt.Sprintf("Invalid principal in policy: %q:%q", "AWS", v))
				} else {
					out.AWS = append(out.AWS, v)
				}
			}
		case "Service":
			out.Service = values
		case "Federated":
			out.Federated = values
		case "CanonicalUser":
			out.Canonical = values
		default:
			return nil, Error("Invalid principal in policy: " + m.name)
		}
	}
	return out, nil
}

func (p *parser) conditions(data json.RawMessage, version string) ([]Condition, error) {
	operators, err := object(data)
	if err != nil {
		return nil, errSyntax
	}
	var cs []Condition
	for _, o := range operators {
		keys, err := object(o.value)
		if err != nil {
			return nil, errSyntax
		}
		for _, k := range keys {
			values, err := p.texts(k.value)
			if err != nil {
				return nil, err
			}
			c, err := newCondition(o.name, k.name, values, version)
			if err != nil && err != errVendor && (p.kind == Identity || p.kind == Trust) {
				return nil, errSyntax // IAM does not name the operator that it does not know, as others do
			}
			if err != nil {
				return nil, err
			}
			cs = append(cs, c)
		}
	}
	return cs, nil
}

// texts reads a value or a list of values. Numbers and booleans are written as
// they stand.
func (p *parser) texts(data json.RawMessage) ([]string, error) {
	items, err := list(data)
	if err != nil {
		return nil, errSyntax
	}
	return p.values(items)
}

func (p *parser) values(items []json.RawMessage) ([]string, error) {
	if p.elements += len(items); p.elements > maxElements {
		return nil, errTooLarge
	}
	values := make([]string, 0, len(items))
	for _, item := range items {
		v, err := scalar(item)
		if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return values, nil
}

// resources reads resources. IAM takes a null among them, which templates leave
// behind, for nothing.
func (p *parser) resources(data json.RawMessage) ([]string, error) {
	items, err := list(data)
	if err != nil {
		return nil, errSyntax
	}
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
		items = slices.DeleteFunc(items, func(item json.RawMessage) bool { return string(bytes.TrimSpace(item)) == "null" })
	}
	return p.values(items)
}

// list returns the items of an array, or the value itself as the only one.
func list(data json.RawMessage) ([]json.RawMessage, error) {
	data = bytes.TrimSpace(data)
	if len(data) == 0 {
		return nil, errSyntax
	}
	if data[0] != '[' {
		return []json.RawMessage{data}, nil
	}
	var items []json.RawMessage
	if err := json.Unmarshal(data, &items); err != nil {
		return nil, errSyntax
	}
	return items, nil
}

func text(data json.RawMessage) (string, error) {
	var v *string
	if err := json.Unmarshal(data, &v); err != nil || v == nil {
		return "", errSyntax
	}
	return *v, nil
}

func scalar(data json.RawMessage) (string, error) {
	if v, err := text(data); err == nil {
		return v, nil
	}
	s := string(bytes.TrimSpace(data))
	if s == "true" || s == "false" {
		return s, nil
	}
	var n json.Number
	if err := json.Unmarshal(data, &n); err != nil || n == "" {
		return "", errSyntax
	}
	return n.String(), nil
}
