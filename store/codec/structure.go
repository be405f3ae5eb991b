package codec

import (
	"fmt"
	"reflect"
	"unsafe"
)

// structure is a struct: its fields in the order of their numbers.
type structure struct {
	typ  reflect.Type
	list []field
}

func (s *structure) fields(b []byte, p unsafe.Pointer) ([]byte, error) {
	var err error
	for i := range s.list {
		f := &s.list[i]
		if b, err = f.form.put(b, f.num, unsafe.Add(p, f.offset), false); err != nil {
			return b, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return b, nil
}

func (s *structure) put(b []byte, num uint64, p unsafe.Pointer, always bool) ([]byte, error) {
	start := len(b)
	b, err := appendSized(b, num, func(b []byte) ([]byte, error) { return s.fields(b, p) })
	if err == nil && !always && b[len(b)-1] == 0 && len(b) == start+keyLen(num)+1 {
		return b[:start], nil // nothing in it
	}
	return b, err
}

func keyLen(num uint64) int {
	n := 1
	for k := num << 3; k >= 0x80; k >>= 7 {
		n++
	}
	return n
}

func (s *structure) get(r *reader, it item, p unsafe.Pointer) error {
	if it.form != formBytes {
		return errForm
	}
	return s.read(r, it.data, p)
}

// read fills the struct at p from the items in data. Items with unknown
// numbers are skipped.
func (s *structure) read(r *reader, data []byte, p unsafe.Pointer) error {
	at := 0
	for len(data) > 0 {
		it, rest, err := next(data)
		if err != nil {
			return err
		}
		f := s.find(it.num, &at)
		if f == nil {
			data = rest
			continue
		}
		fp := unsafe.Add(p, f.offset)
		if f.slice != nil {
			f.slice.reserve(fp, run(data, it.num))
		}
		if err := f.form.get(r, it, fp); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		data = rest
	}
	return nil
}

// find returns the field numbered num, looking first at and behind *at: what
// was written in order is found without a search.
func (s *structure) find(num uint64, at *int) *field {
	for i := *at; i < len(s.list) && s.list[i].num <= num; i++ {
		if s.list[i].num == num {
			*at = i
			return &s.list[i]
		}
	}
	for i := 0; i < *at; i++ {
		if s.list[i].num == num {
			return &s.list[i]
		}
	}
	return nil
}
