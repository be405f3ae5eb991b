package wire

import (
	"net/http"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Call is one request, as whoever keeps a record of requests is told of it: Event with all but BytesOut and Took.
type Call struct {
	Event
	Request *http.Request
	Front   *Service   // nil if the request named no service
	Op      *Operation // nil if it named no operation that is served
	Input   any        // a pointer to Op's input; nil if it could not be decoded, or was refused before
	Output  any        // a pointer to Op's output; nil for a stream and beside an error
	Message string     // the error's message; "" on success
}

// record gives the request to whoever keeps a record, once.
func (x *exchange) record(status int, output any, a answer) error {
	if x.router.opts.Record == nil || x.recorded {
		return nil
	}
	x.recorded = true
	x.identify()
	c := Call{Event: x.event, Request: x.r, Front: x.serviceFound(), Input: x.input, Output: output, Message: a.message}
	c.Status, c.Code = status, a.code
	if x.route.op != nil {
		c.Op = x.route.op.operation
	}
	return x.router.opts.Record(c)
}

// Hidden stands in a record for what must not be in it. The words are CloudTrail's.
const Hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"

// Tell appends value, a pointer to an SDK's Input or Output, as records show it: JSON with names in camel case, without
// what is not set. Members that their model calls sensitive are hidden, and those that hide names by their struct's and
// their own name in Go. It appends null for what cannot be told.
func Tell(dst []byte, value any, hide func(owner reflect.Type, member string) bool) []byte {
	v := reflect.ValueOf(value)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return append(dst, "null"...)
	}
	p, err := planOf(v.Type().Elem())
	if err != nil {
		return append(dst, "null"...)
	}
	t := teller{jsonEncoder{buf: dst}, hide}
	t.structure(p, v.Elem())
	if t.err != nil {
		return append(t.buf[:len(dst)], "null"...)
	}
	return t.buf
}

// teller writes what a record shows of a value; what is no struct's member it writes as the JSON encoder does.
type teller struct {
	jsonEncoder
	hide func(owner reflect.Type, member string) bool
}

func (t *teller) structure(p *plan, v reflect.Value) {
	t.buf = append(t.buf, '{')
	first := true
	for i := range p.fields {
		f := &p.fields[i]
		member := v.Field(f.index)
		if unset(f, member) {
			continue
		}
		if !first {
			t.buf = append(t.buf, ',')
		}
		first = false
		t.buf = append(t.buf, f.told...)
		if f.secret || t.hide != nil && t.hide(p.typ, f.member) {
			t.buf = append(t.buf, `"`+Hidden+`"`...)
			continue
		}
		t.value(f.plan, member)
	}
	t.buf = append(t.buf, '}')
}

// unset reports whether a member was left out. Numbers and booleans that are not pointers are left out as zero.
func unset(f *field, member reflect.Value) bool {
	switch f.omit {
	case omitNil:
		return member.IsNil()
	case omitEmpty:
		return member.Len() == 0
	}
	return f.plan.kind != kindStruct && member.IsZero()
}

func (t *teller) value(p *plan, v reflect.Value) {
	switch p.kind {
	case kindStruct:
		t.structure(p, v)
	case kindPointer:
		if v.IsNil() {
			t.buf = append(t.buf, "null"...)
			return
		}
		t.value(p.elem, v.Elem())
	case kindList:
		t.each('[', ']', v.Len(), func(i int) { t.value(p.elem, v.Index(i)) })
	case kindMap:
		keys := sortedKeys(v)
		t.each('{', '}', len(keys), func(i int) {
			t.buf = append(appendJSONString(t.buf, keys[i].String()), ':')
			t.value(p.elem, v.MapIndex(keys[i]))
		})
	case kindUnion:
		t.union(p, v)
	default:
		t.jsonEncoder.value(p, v)
	}
}

func (t *teller) union(p *plan, v reflect.Value) {
	if !v.IsNil() {
		if chosen, value := p.variantOf(v); chosen != nil {
			t.each('{', '}', 1, func(int) {
				t.buf = append(t.buf, chosen.quoted...)
				t.value(chosen.plan, value)
			})
			return
		}
	}
	t.buf = append(t.buf, "null"...)
}

func (t *teller) each(open, end byte, n int, one func(i int)) {
	t.buf = append(t.buf, open)
	for i := range n {
		if i > 0 {
			t.buf = append(t.buf, ',')
		}
		one(i)
	}
	t.buf = append(t.buf, end)
}

// camel lowers a name's first word, as CloudTrail does with the query services' names: RoleName is roleName, ARN arn.
func camel(name string) string {
	if name == strings.ToUpper(name) {
		return strings.ToLower(name)
	}
	r, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToLower(r)) + name[size:]
}
