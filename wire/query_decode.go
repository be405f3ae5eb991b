package wire

import (
	"encoding/base64"
	"reflect"
	"strconv"
)

// decodeQuery fills v, a struct planned by p, from a query request's parameters. Unknown parameters are ignored.
func decodeQuery(n *formNode, p *plan, v reflect.Value) error {
	for i := range p.fields {
		f := &p.fields[i]
		child := n.children[f.query]
		if child == nil || isScalar(f.plan) && !child.set {
			continue
		}
		if err := decodeFormValue(child, f.plan, v.Field(f.index)); err != nil {
			return err
		}
	}
	return nil
}

// isScalar tells values of a single parameter.
func isScalar(p *plan) bool {
	if p.kind == kindPointer {
		p = p.elem
	}
	return scalarKind(p.typ) != 0
}

func decodeFormValue(n *formNode, p *plan, v reflect.Value) error {
	switch p.kind {
	case kindPointer:
		made := reflect.New(p.elem.typ)
		if err := decodeFormValue(n, p.elem, made.Elem()); err != nil {
			return err
		}
		v.Set(made)
		return nil
	case kindStruct:
		return decodeQuery(n, p, v)
	case kindList:
		return decodeFormList(n, p, v)
	case kindMap:
		return decodeFormMap(n, p, v)
	case kindUnion, kindDocument:
		return malformedForm("the query protocol cannot carry a " + p.typ.Name())
	}
	return decodeFormScalar(n.value, p, v)
}

func decodeFormList(n *formNode, p *plan, v reflect.Value) error {
	v.Set(reflect.MakeSlice(p.typ, 0, 0)) // "Tags=" is an empty list
	if !p.xml.flattened {
		n = n.child(p.xml.item)
	}
	items, err := n.numbered()
	if err != nil {
		return err
	}
	list := reflect.MakeSlice(p.typ, len(items), len(items))
	for i, item := range items {
		if err := decodeFormValue(item, p.elem, list.Index(i)); err != nil {
			return err
		}
	}
	v.Set(list)
	return nil
}

func decodeFormMap(n *formNode, p *plan, v reflect.Value) error {
	if !p.xml.flattened {
		n = n.child(p.xml.item)
	}
	entries, err := n.numbered()
	if err != nil {
		return err
	}
	made := reflect.MakeMap(p.typ)
	for _, entry := range entries {
		element := reflect.New(p.elem.typ).Elem()
		if err := decodeFormValue(entry.child(p.xml.value), p.elem, element); err != nil {
			return err
		}
		key := reflect.ValueOf(entry.child(p.xml.key).value).Convert(p.typ.Key())
		made.SetMapIndex(key, element)
	}
	v.Set(made)
	return nil
}

func decodeFormScalar(s string, p *plan, v reflect.Value) error {
	ok := true
	switch p.kind {
	case kindString:
		v.SetString(s)
	case kindBool:
		ok = s == "true" || s == "false"
		v.SetBool(s == "true")
	case kindInt:
		n, err := strconv.ParseInt(s, 10, p.typ.Bits())
		ok = err == nil
		v.SetInt(n)
	case kindFloat:
		var f float64
		f, ok = parseFloat(s, p.typ.Bits())
		v.SetFloat(f)
	case kindTime:
		t, err := parseTime(s)
		ok = err == nil
		v.Set(reflect.ValueOf(t))
	case kindBlob:
		b, err := base64.StdEncoding.DecodeString(s)
		ok = err == nil
		v.SetBytes(b)
	}
	if !ok {
		return malformedForm(strconv.QuoteToASCII(clip(s)) + " can not be converted to " + scalarName(p))
	}
	return nil
}

func scalarName(p *plan) string {
	switch p.kind {
	case kindBool:
		return "a Boolean"
	case kindInt:
		if p.typ.Kind() == reflect.Int64 {
			return "a Long"
		}
		return "an Integer"
	case kindFloat:
		return "a Double"
	case kindTime:
		return "a Timestamp"
	case kindBlob:
		return "a Blob"
	}
	return "a String"
}

// clip shortens a caller's text for a message. The longest name of an operation with its service's prefix fits.
func clip(s string) string {
	const most = 100
	if len(s) > most {
		return s[:most]
	}
	return s
}
