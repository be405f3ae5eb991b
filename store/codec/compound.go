package codec

import (
	"encoding/binary"
	"errors"
	"maps"
	"reflect"
	"slices"
	"unsafe"
)

// pointer is a pointer to a scalar or struct: nil is absent.
type pointer struct {
	elem reflect.Type
	form form
}

func (f pointer) put(b []byte, num uint64, p unsafe.Pointer, _ bool) ([]byte, error) {
	to := *(*unsafe.Pointer)(p)
	if to == nil {
		return b, nil
	}
	return f.form.put(b, num, to, true)
}

func (f pointer) get(r *reader, it item, p unsafe.Pointer) error {
	to := reflect.New(f.elem).UnsafePointer()
	if err := f.form.get(r, it, to); err != nil {
		return err
	}
	*(*unsafe.Pointer)(p) = to
	return nil
}

// slice repeats its field, once for every element.
type slice struct {
	typ  reflect.Type
	size uintptr
	form form
}

func (f *slice) put(b []byte, num uint64, p unsafe.Pointer, _ bool) ([]byte, error) {
	v := reflect.NewAt(f.typ, p).Elem()
	n := v.Len()
	if n == 0 {
		if !v.IsNil() {
			v.SetZero()
		}
		return b, nil
	}
	var err error
	first := v.UnsafePointer()
	for i := range n {
		if b, err = f.form.put(b, num, unsafe.Add(first, uintptr(i)*f.size), true); err != nil {
			return b, err
		}
	}
	return b, nil
}

// reserve gives an empty slice room for exactly n elements.
func (f *slice) reserve(p unsafe.Pointer, n int) {
	if v := reflect.NewAt(f.typ, p).Elem(); v.Len() == 0 && v.Cap() < n {
		v.Set(reflect.MakeSlice(f.typ, 0, n))
	}
}

func (f *slice) get(r *reader, it item, p unsafe.Pointer) error {
	v := reflect.NewAt(f.typ, p).Elem()
	n := v.Len()
	if n == v.Cap() {
		v.Grow(1)
	}
	v.SetLen(n + 1)
	return f.form.get(r, it, unsafe.Add(v.UnsafePointer(), uintptr(n)*f.size))
}

// dictionary is a map[string]string: one struct of 1: key, 2: value an entry.
type dictionary struct{ text text }

func (f dictionary) put(b []byte, num uint64, p unsafe.Pointer, _ bool) ([]byte, error) {
	at := (*map[string]string)(p)
	if len(*at) == 0 {
		if *at != nil {
			*at = nil
		}
		return b, nil
	}
	var err error
	for _, k := range slices.Sorted(maps.Keys(*at)) {
		v := (*at)[k]
		b, err = appendSized(b, num, func(b []byte) ([]byte, error) {
			b, _ = f.text.put(b, 1, unsafe.Pointer(&k), false)
			return f.text.put(b, 2, unsafe.Pointer(&v), false)
		})
	}
	return b, err
}

func (f dictionary) get(r *reader, it item, p unsafe.Pointer) error {
	if it.form != formBytes {
		return errForm
	}
	var entry [2]string
	for data := it.data; len(data) > 0; {
		field, rest, err := next(data)
		if err != nil {
			return err
		}
		if field.num == 1 || field.num == 2 {
			if err := f.text.get(r, field, unsafe.Pointer(&entry[field.num-1])); err != nil {
				return err
			}
		}
		data = rest
	}
	at := (*map[string]string)(p)
	if *at == nil {
		*at = map[string]string{}
	}
	(*at)[entry[0]] = entry[1]
	return nil
}

// foreign is a pointer to a type of the SDK, kept as AWS JSON.
type foreign struct {
	elem reflect.Type
	json JSON
}

func newForeign(t reflect.Type, json JSON) (form, error) {
	if t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct {
		return nil, errors.New("only a pointer to a struct can be kept as JSON")
	}
	if json.Marshal == nil || json.Unmarshal == nil {
		return nil, errors.New("there is no JSON encoding for it")
	}
	return foreign{t.Elem(), json}, nil
}

func (f foreign) put(b []byte, num uint64, p unsafe.Pointer, _ bool) ([]byte, error) {
	v := reflect.NewAt(reflect.PointerTo(f.elem), p).Elem()
	if v.IsNil() {
		return b, nil
	}
	text, err := f.json.Marshal(v.Interface())
	if err != nil {
		return b, err
	}
	b = binary.AppendUvarint(appendKey(b, num, formBytes), uint64(len(text)))
	return append(b, text...), nil
}

func (f foreign) get(_ *reader, it item, p unsafe.Pointer) error {
	if it.form != formBytes {
		return errForm
	}
	v := reflect.New(f.elem)
	if err := f.json.Unmarshal(it.data, v.Interface()); err != nil {
		return err
	}
	reflect.NewAt(reflect.PointerTo(f.elem), p).Elem().Set(v)
	return nil
}
