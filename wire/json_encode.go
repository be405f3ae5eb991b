package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"sort"
	"strconv"
	"time"

	smithydocument "github.com/aws/smithy-go/document"
)

// jsonEncoder appends the awsJson form of planned values.
type jsonEncoder struct {
	buf []byte
	err error // the first; what follows it in buf is meaningless
}

// encodeJSON appends v, a struct planned by p.
func encodeJSON(buf []byte, p *plan, v reflect.Value) ([]byte, error) {
	e := jsonEncoder{buf: buf}
	e.structure(p, v)
	return e.buf, e.err
}

func (e *jsonEncoder) value(p *plan, v reflect.Value) {
	switch p.kind {
	case kindString:
		e.buf = appendJSONString(e.buf, v.String())
	case kindBool:
		e.buf = strconv.AppendBool(e.buf, v.Bool())
	case kindInt:
		e.buf = strconv.AppendInt(e.buf, v.Int(), 10)
	case kindFloat:
		e.float(v.Float(), p.typ.Bits())
	case kindTime:
		e.time(p.time, timeIn(v))
	case kindBlob:
		e.blob(v.Bytes())
	case kindPointer:
		e.pointer(p, v)
	case kindStruct:
		e.structure(p, v)
	case kindList:
		e.list(p, v)
	case kindMap:
		e.dictionary(p, v)
	case kindUnion:
		e.union(p, v)
	case kindDocument:
		e.document(v)
	}
}

func (e *jsonEncoder) structure(p *plan, v reflect.Value) {
	e.buf = append(e.buf, '{')
	first := true
	for i := range p.fields {
		f := &p.fields[i]
		member := v.Field(f.index)
		switch f.omit {
		case omitNil:
			if member.IsNil() {
				continue
			}
		case omitEmpty:
			if member.Len() == 0 {
				continue
			}
		}
		if !first {
			e.buf = append(e.buf, ',')
		}
		first = false
		e.buf = append(e.buf, f.quoted...)
		e.value(f.plan, member)
	}
	e.buf = append(e.buf, '}')
}

func (e *jsonEncoder) pointer(p *plan, v reflect.Value) {
	if v.IsNil() { // only in sparse lists and maps; a struct leaves nil members out
		e.buf = append(e.buf, "null"...)
		return
	}
	e.value(p.elem, v.Elem())
}

func (e *jsonEncoder) list(p *plan, v reflect.Value) {
	e.buf = append(e.buf, '[')
	for i := range v.Len() {
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		e.value(p.elem, v.Index(i))
	}
	e.buf = append(e.buf, ']')
}

func (e *jsonEncoder) dictionary(p *plan, v reflect.Value) {
	e.buf = append(e.buf, '{')
	for i, key := range sortedKeys(v) {
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		e.buf = appendJSONString(e.buf, key.String())
		e.buf = append(e.buf, ':')
		e.value(p.elem, v.MapIndex(key))
	}
	e.buf = append(e.buf, '}')
}

func (e *jsonEncoder) union(p *plan, v reflect.Value) {
	if v.IsNil() {
		e.buf = append(e.buf, "null"...)
		return
	}
	chosen, value := p.variantOf(v)
	if chosen == nil {
		e.fail(fmt.Errorf("encode %s: %s is none of its members", p.typ, v.Elem().Type()))
		return
	}
	e.buf = append(e.buf, '{')
	e.buf = append(e.buf, chosen.quoted...)
	e.value(chosen.plan, value)
	e.buf = append(e.buf, '}')
}

// document writes a document in one canonical form, because the SDK's two implementations differ in theirs.
func (e *jsonEncoder) document(v reflect.Value) {
	if v.IsNil() {
		e.buf = append(e.buf, "null"...)
		return
	}
	raw, err := v.Interface().(smithydocument.Marshaler).MarshalSmithyDocument()
	if err != nil {
		e.fail(fmt.Errorf("encode document: %w", err))
		return
	}
	value, err := decodeDocument(raw)
	if err != nil {
		e.fail(fmt.Errorf("encode document: %w", err))
		return
	}
	var out bytes.Buffer
	canonical := json.NewEncoder(&out)
	canonical.SetEscapeHTML(false)
	if err := canonical.Encode(value); err != nil {
		e.fail(fmt.Errorf("encode document: %w", err))
		return
	}
	e.buf = append(e.buf, bytes.TrimRight(out.Bytes(), "\n")...)
}

func (e *jsonEncoder) blob(b []byte) {
	e.buf = append(e.buf, '"')
	e.buf = base64.StdEncoding.AppendEncode(e.buf, b)
	e.buf = append(e.buf, '"')
}

func (e *jsonEncoder) float(f float64, bits int) {
	switch {
	case math.IsNaN(f), math.IsInf(f, 0):
		e.buf = append(e.buf, '"')
		e.buf = appendFloat(e.buf, f, bits)
		e.buf = append(e.buf, '"')
	default:
		e.buf = appendFloat(e.buf, f, bits)
	}
}

func (e *jsonEncoder) time(format timeFormat, t time.Time) {
	switch format {
	case timeDateTime, timeHTTPDate:
		e.buf = append(e.buf, '"')
		e.buf = appendTime(e.buf, format, t)
		e.buf = append(e.buf, '"')
	default:
		e.buf = appendTime(e.buf, timeEpochSeconds, t)
	}
}

func (e *jsonEncoder) fail(err error) {
	if e.err == nil {
		e.err = err
	}
}

func sortedKeys(v reflect.Value) []reflect.Value {
	keys := v.MapKeys()
	sort.Slice(keys, func(i, j int) bool { return keys[i].String() < keys[j].String() })
	return keys
}

// timeIn reads a time.Time without copying it to the heap where it can be addressed.
func timeIn(v reflect.Value) time.Time {
	if v.CanAddr() {
		return *v.Addr().Interface().(*time.Time)
	}
	return v.Interface().(time.Time)
}
