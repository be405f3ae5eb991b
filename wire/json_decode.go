package wire

import (
	"encoding/base64"
	"math"
	"reflect"
	"strconv"
)

// decodeJSON fills v, a struct planned by p, from an awsJson body. Unknown members are ignored, null is absence, and of
// repeated members the last counts. An empty body is an empty structure.
func decodeJSON(data []byte, p *plan, v reflect.Value) error {
	d := jsonDecoder{jsonScanner: jsonScanner{data: data}}
	d.space()
	if d.pos == len(data) {
		return nil
	}
	if err := d.value(p, v); err != nil {
		return err
	}
	d.space()
	if d.pos < len(data) {
		return d.malformed("trailing data")
	}
	return nil
}

// maxElements bounds the list elements and map entries of one body, because an element that is two bytes on the wire
// may be hundreds in memory. AWS's largest list here is 10,000 log events.
const maxElements = 100_000

// jsonDecoder reads planned values straight from the bytes.
type jsonDecoder struct {
	jsonScanner
}

// value reads one value into v, which is settable and may hold an earlier value of the same member.
func (d *jsonDecoder) value(p *plan, v reflect.Value) error {
	switch p.kind {
	case kindPointer:
		return d.pointer(p, v)
	case kindStruct:
		return d.structure(p, v)
	case kindList:
		return d.list(p, v)
	case kindMap:
		return d.dictionary(p, v)
	case kindUnion:
		return d.union(p, v)
	}
	if d.peek() == 'n' {
		v.SetZero()
		return d.literal("null")
	}
	switch p.kind {
	case kindString:
		s, err := d.text("a String")
		v.SetString(s)
		return err
	case kindBool:
		return d.boolean(v)
	case kindInt:
		return d.integer(p, v)
	case kindFloat:
		return d.float(p, v)
	case kindTime:
		return d.timestamp(v)
	default: // kindBlob; documents are read by their struct
		return d.blob(v)
	}
}

func (d *jsonDecoder) pointer(p *plan, v reflect.Value) error {
	if d.peek() == 'n' {
		v.SetZero()
		return d.literal("null")
	}
	made := reflect.New(p.elem.typ)
	if err := d.value(p.elem, made.Elem()); err != nil {
		return err
	}
	v.Set(made)
	return nil
}

func (d *jsonDecoder) structure(p *plan, v reflect.Value) error {
	if d.peek() == 'n' {
		v.SetZero()
		return d.literal("null")
	}
	if err := d.open('{', "a structure"); err != nil {
		return err
	}
	defer d.leave()
	v.SetZero() // the last of repeated members counts, whole
	for first := true; ; first = false {
		key, more, err := d.key(first)
		if err != nil || !more {
			return err
		}
		at, known := p.byMember[string(key)]
		if !known {
			err = d.skip()
		} else if f := &p.fields[at]; f.plan.kind == kindDocument {
			err = d.document(f, v.Field(f.index))
		} else {
			err = d.value(f.plan, v.Field(f.index))
		}
		if err != nil {
			return err
		}
	}
}

func (d *jsonDecoder) list(p *plan, v reflect.Value) error {
	if d.peek() == 'n' {
		v.SetZero()
		return d.literal("null")
	}
	if err := d.open('[', "a list"); err != nil {
		return err
	}
	defer d.leave()
	v.Set(reflect.MakeSlice(p.typ, 0, 0))
	sparse := p.elem.kind == kindPointer
	for first := true; ; first = false {
		more, err := d.element(first)
		if err != nil || !more {
			return err
		}
		if d.peek() == 'n' && !sparse {
			if err := d.literal("null"); err != nil {
				return err
			}
			continue
		}
		n := v.Len()
		if n == v.Cap() {
			v.Grow(1)
		}
		v.SetLen(n + 1)
		if err := d.value(p.elem, v.Index(n)); err != nil {
			return err
		}
	}
}

func (d *jsonDecoder) dictionary(p *plan, v reflect.Value) error {
	if d.peek() == 'n' {
		v.SetZero()
		return d.literal("null")
	}
	if err := d.open('{', "a map"); err != nil {
		return err
	}
	defer d.leave()
	v.Set(reflect.MakeMap(p.typ))
	sparse := p.elem.kind == kindPointer
	for first := true; ; first = false {
		raw, more, err := d.key(first)
		if err != nil || !more {
			return err
		}
		if err := d.count(); err != nil {
			return err
		}
		key := reflect.ValueOf(string(raw)).Convert(p.typ.Key())
		if d.peek() == 'n' && !sparse {
			if err := d.literal("null"); err != nil {
				return err
			}
			continue
		}
		element := reflect.New(p.elem.typ).Elem()
		if err := d.value(p.elem, element); err != nil {
			return err
		}
		v.SetMapIndex(key, element)
	}
}

// union reads an object with one member that is not null.
func (d *jsonDecoder) union(p *plan, v reflect.Value) error {
	v.SetZero()
	if d.peek() == 'n' {
		return d.literal("null")
	}
	if err := d.open('{', "a union"); err != nil {
		return err
	}
	defer d.leave()
	for first := true; ; first = false {
		key, more, err := d.key(first)
		if err != nil || !more {
			return err
		}
		chosen := p.variantNamed(string(key))
		if chosen == nil || d.peek() == 'n' {
			if err := d.skip(); err != nil {
				return err
			}
			continue
		}
		if !v.IsNil() {
			return serialization("a union must have exactly one member set, found also " + chosen.member)
		}
		made := reflect.New(chosen.typ)
		if err := d.value(chosen.plan, made.Elem().Field(0)); err != nil {
			return err
		}
		v.Set(made)
	}
}

func (p *plan) variantNamed(member string) *variant {
	for i := range p.variants {
		if p.variants[i].member == member {
			return &p.variants[i]
		}
	}
	return nil
}

func (d *jsonDecoder) boolean(v reflect.Value) error {
	switch d.peek() {
	case 't':
		v.SetBool(true)
		return d.literal("true")
	case 'f':
		v.SetBool(false)
		return d.literal("false")
	}
	return d.mistyped("a Boolean")
}

func (d *jsonDecoder) integer(p *plan, v reflect.Value) error {
	name := "an Integer"
	if p.typ.Kind() == reflect.Int64 {
		name = "a Long"
	}
	raw, err := d.number(name)
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil { // 1e3 and 5.0 are integers too
		f, convErr := strconv.ParseFloat(string(raw), 64)
		if convErr != nil || f != math.Trunc(f) || math.Abs(f) >= 1<<63 {
			return serialization("NUMBER_VALUE can not be converted to " + name)
		}
		n = int64(f)
	}
	if v.OverflowInt(n) {
		return serialization("NUMBER_VALUE can not be converted to " + name)
	}
	v.SetInt(n)
	return nil
}

func (d *jsonDecoder) float(p *plan, v reflect.Value) error {
	var s string
	if d.peek() == '"' {
		text, err := d.text("a Double")
		if err != nil {
			return err
		}
		if text != "NaN" && text != "Infinity" && text != "-Infinity" {
			return serialization("STRING_VALUE can not be converted to a Double")
		}
		s = text
	} else {
		raw, err := d.number("a Double")
		if err != nil {
			return err
		}
		s = string(raw)
	}
	f, ok := parseFloat(s, p.typ.Bits())
	if !ok {
		return serialization("NUMBER_VALUE can not be converted to a Double")
	}
	v.SetFloat(f)
	return nil
}

func (d *jsonDecoder) timestamp(v reflect.Value) error {
	var s string
	if d.peek() == '"' {
		text, err := d.text("a Timestamp")
		if err != nil {
			return err
		}
		s = text
	} else {
		raw, err := d.number("a Timestamp")
		if err != nil {
			return err
		}
		s = string(raw)
	}
	t, err := parseTime(s)
	if err != nil {
		return serialization("the value can not be converted to a Timestamp: " + err.Error())
	}
	v.Set(reflect.ValueOf(t))
	return nil
}

func (d *jsonDecoder) blob(v reflect.Value) error {
	text, err := d.text("a Blob")
	if err != nil {
		return err
	}
	decoded, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return serialization("STRING_VALUE can not be converted to a Blob: it is not base64")
	}
	v.SetBytes(decoded)
	return nil
}

func (d *jsonDecoder) document(f *field, v reflect.Value) error {
	v.SetZero()
	if d.peek() == 'n' {
		return d.literal("null")
	}
	start := d.pos
	if err := d.skip(); err != nil {
		return err
	}
	value, err := decodeDocument(d.data[start:d.pos])
	if err != nil {
		return serialization("malformed document")
	}
	made, err := f.revive(value)
	if err != nil {
		return err
	}
	v.Set(made)
	return nil
}
