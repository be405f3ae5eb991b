package wire

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"strconv"
	"unicode/utf8"
)

// xmlEncoder appends the query protocol's form of planned values.
type xmlEncoder struct {
	buf []byte
	err error // the first
}

// encodeXML appends the members of v, a struct planned by p, without an element around them.
func encodeXML(buf []byte, p *plan, v reflect.Value) ([]byte, error) {
	e := xmlEncoder{buf: buf}
	e.members(p, v)
	return e.buf, e.err
}

func (e *xmlEncoder) members(p *plan, v reflect.Value) {
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
		e.element(f.query, f.plan, member)
	}
}

// element writes one value in its element, or, if it is flattened, in one element for each of its items.
func (e *xmlEncoder) element(name string, p *plan, v reflect.Value) {
	switch {
	case p.kind == kindPointer:
		if !v.IsNil() {
			e.element(name, p.elem, v.Elem())
		}
	case p.kind == kindList && p.xml.flattened:
		e.items(name, p, v)
	case p.kind == kindMap && p.xml.flattened:
		e.entries(name, p, v)
	default:
		e.start(name)
		e.content(p, v)
		e.end(name)
	}
}

func (e *xmlEncoder) content(p *plan, v reflect.Value) {
	switch p.kind {
	case kindStruct:
		e.members(p, v)
	case kindList:
		e.items(p.xml.item, p, v)
	case kindMap:
		e.entries(p.xml.item, p, v)
	case kindUnion, kindDocument:
		e.fail(fmt.Errorf("the query protocol cannot carry a %s", p.typ))
	case kindString:
		e.buf = appendXMLText(e.buf, v.String())
	case kindBool:
		e.buf = strconv.AppendBool(e.buf, v.Bool())
	case kindInt:
		e.buf = strconv.AppendInt(e.buf, v.Int(), 10)
	case kindFloat:
		e.buf = appendFloat(e.buf, v.Float(), p.typ.Bits())
	case kindTime:
		format := p.time
		if format == timeDefault {
			format = timeDateTime
		}
		e.buf = appendTime(e.buf, format, timeIn(v))
	case kindBlob:
		e.buf = base64.StdEncoding.AppendEncode(e.buf, v.Bytes())
	}
}

func (e *xmlEncoder) items(name string, p *plan, v reflect.Value) {
	for i := range v.Len() {
		e.element(name, p.elem, v.Index(i))
	}
}

func (e *xmlEncoder) entries(name string, p *plan, v reflect.Value) {
	for _, key := range sortedKeys(v) {
		e.start(name)
		e.text(p.xml.key, key.String())
		e.element(p.xml.value, p.elem, v.MapIndex(key))
		e.end(name)
	}
}

func (e *xmlEncoder) text(name, s string) {
	e.start(name)
	e.buf = appendXMLText(e.buf, s)
	e.end(name)
}

func (e *xmlEncoder) start(name string) {
	e.buf = append(e.buf, '<')
	e.buf = append(e.buf, name...)
	e.buf = append(e.buf, '>')
}

func (e *xmlEncoder) end(name string) {
	e.buf = append(e.buf, '<', '/')
	e.buf = append(e.buf, name...)
	e.buf = append(e.buf, '>')
}

func (e *xmlEncoder) fail(err error) {
	if e.err == nil {
		e.err = err
	}
}

// appendXMLText writes s as character data. White space that a parser would normalise is written as references, and
// what XML 1.0 cannot carry at all becomes U+FFFD.
func appendXMLText(buf []byte, s string) []byte {
	for _, r := range s { // bytes that are not UTF-8 arrive as U+FFFD
		switch {
		case r == '&':
			buf = append(buf, "&amp;"...)
		case r == '<':
			buf = append(buf, "&lt;"...)
		case r == '>':
			buf = append(buf, "&gt;"...)
		case r == '"':
			buf = append(buf, "&quot;"...)
		case r == '\t', r == '\n', r == '\r':
			buf = append(buf, "&#"...)
			buf = strconv.AppendInt(buf, int64(r), 10)
			buf = append(buf, ';')
		case r < ' ', r == 0xFFFE, r == 0xFFFF:
			buf = append(buf, "\uFFFD"...)
		default:
			buf = utf8.AppendRune(buf, r)
		}
	}
	return buf
}
