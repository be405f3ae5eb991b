package codec

import (
	"encoding/binary"
	"math"
	"reflect"
	"time"
	"unsafe"
)

// blob is a []byte.
type blob struct{}

func (blob) put(b []byte, num uint64, p unsafe.Pointer, always bool) ([]byte, error) {
	at := (*[]byte)(p)
	if len(*at) == 0 && !always {
		*at = nil
		return b, nil
	}
	b = binary.AppendUvarint(appendKey(b, num, formBytes), uint64(len(*at)))
	return append(b, *at...), nil
}

func (blob) get(_ *reader, it item, p unsafe.Pointer) error {
	if it.form != formBytes {
		return errForm
	}
	*(*[]byte)(p) = append([]byte(nil), it.data...)
	return nil
}

// instant is a time.Time.
type instant struct{}

func (instant) put(b []byte, num uint64, p unsafe.Pointer, always bool) ([]byte, error) {
	at := (*time.Time)(p)
	if at.IsZero() && !always {
		if *at != (time.Time{}) {
			*at = time.Time{}
		}
		return b, nil
	}
	ms := at.UnixMilli()
	if kept := time.UnixMilli(ms).UTC(); *at != kept {
		*at = kept // only ever a value that was not read from a View
	}
	return binary.AppendUvarint(appendKey(b, num, formVarint), zigzag(ms)), nil
}

func (instant) get(_ *reader, it item, p unsafe.Pointer) error {
	if it.form != formVarint {
		return errForm
	}
	*(*time.Time)(p) = time.UnixMilli(unzigzag(it.n)).UTC()
	return nil
}

// scalar is a number or bool, converted to and from the bits of its payload.
type scalar struct {
	form byte
	load func(unsafe.Pointer) uint64
	// save reports whether the payload fits.
	save func(unsafe.Pointer, uint64) bool
}

func (s scalar) put(b []byte, num uint64, p unsafe.Pointer, always bool) ([]byte, error) {
	n := s.load(p)
	if n == 0 && !always {
		return b, nil
	}
	b = appendKey(b, num, s.form)
	if s.form == formFixed {
		return binary.LittleEndian.AppendUint64(b, n), nil
	}
	return binary.AppendUvarint(b, n), nil
}

func (s scalar) get(_ *reader, it item, p unsafe.Pointer) error {
	if it.form != s.form {
		return errForm
	}
	if !s.save(p, it.n) {
		return errRange
	}
	return nil
}

func signed[T int | int8 | int16 | int32 | int64]() scalar {
	return scalar{
		load: func(p unsafe.Pointer) uint64 { return zigzag(int64(*(*T)(p))) },
		save: func(p unsafe.Pointer, n uint64) bool {
			*(*T)(p) = T(unzigzag(n))
			return int64(*(*T)(p)) == unzigzag(n)
		},
	}
}

func unsigned[T uint | uint8 | uint16 | uint32 | uint64]() scalar {
	return scalar{
		load: func(p unsafe.Pointer) uint64 { return uint64(*(*T)(p)) },
		save: func(p unsafe.Pointer, n uint64) bool {
			*(*T)(p) = T(n)
			return uint64(*(*T)(p)) == n
		},
	}
}

// number returns the scalar for a bool, integer (time.Duration is one) or
// float64 type.
func number(t reflect.Type) (scalar, bool) {
	switch t.Kind() {
	case reflect.Bool:
		return scalar{
			load: func(p unsafe.Pointer) uint64 {
				if *(*bool)(p) {
					return 1
				}
				return 0
			},
			save: func(p unsafe.Pointer, n uint64) bool { *(*bool)(p) = n != 0; return n <= 1 },
		}, true
	case reflect.Int:
		return signed[int](), true
	case reflect.Int8:
		return signed[int8](), true
	case reflect.Int16:
		return signed[int16](), true
	case reflect.Int32:
		return signed[int32](), true
	case reflect.Int64:
		return signed[int64](), true
	case reflect.Uint:
		return unsigned[uint](), true
	case reflect.Uint8:
		return unsigned[uint8](), true
	case reflect.Uint16:
		return unsigned[uint16](), true
	case reflect.Uint32:
		return unsigned[uint32](), true
	case reflect.Uint64:
		return unsigned[uint64](), true
	case reflect.Float64:
		return scalar{
			form: formFixed,
			load: func(p unsafe.Pointer) uint64 { return math.Float64bits(*(*float64)(p)) },
			save: func(p unsafe.Pointer, n uint64) bool { *(*float64)(p) = math.Float64frombits(n); return true },
		}, true
	}
	return scalar{}, false
}
