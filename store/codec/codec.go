package codec

import (
	"errors"
	"fmt"
	"reflect"
	"unsafe"
)

// Format is the first byte of every value.
const Format = 1

// ErrFormat is returned for a value that a later, incompatible version wrote.
var ErrFormat = errors.New("codec: unknown format")

// JSON converts SDK types to AWS JSON and back, for fields tagged "wire".
type JSON struct {
	Marshal   func(v any) ([]byte, error)
	Unmarshal func(data []byte, v any) error
}

// Codec holds the plans of a fixed set of struct types. It is safe for
// concurrent use.
type Codec struct {
	plans map[reflect.Type]*structure
}

// New returns a codec for the given struct types and whatever they contain.
// The words, at most MaxWords, are well-known texts and beginnings of texts
// that are written as one byte; words are added at the end and never changed.
// It fails for a type that cannot be stored: a field without a number, a
// number used twice, or a Go type without an encoding.
func New(json JSON, words []string, types ...reflect.Type) (*Codec, error) {
	known, err := newWords(words)
	if err != nil {
		return nil, fmt.Errorf("codec: %w", err)
	}
	p := planner{json: json, words: known, plans: map[reflect.Type]*structure{}}
	c := &Codec{plans: map[reflect.Type]*structure{}}
	for _, t := range types {
		s, err := p.structure(t)
		if err != nil {
			return nil, fmt.Errorf("codec: %s: %w", t, err)
		}
		c.plans[t] = s
	}
	return c, nil
}

// Append appends the encoding of the struct that v points to.
//
// It also brings that struct to the form that reading it back would give:
// instants become UTC with millisecond precision, empty slices become nil. So
// what a leader holds in memory equals what a restart reads.
func (c *Codec) Append(b []byte, v any) ([]byte, error) {
	s, p, err := c.plan(v)
	if err != nil {
		return b, err
	}
	b, err = s.fields(append(b, Format), p)
	if err != nil {
		return b, fmt.Errorf("codec: encode %s: %w", s.typ, err)
	}
	return b, nil
}

// Decode reads data into the zero struct that v points to. The Memory m may
// be nil; id is the id that the value is stored under, whose bytes are shared
// with equal strings inside the value ("" when there is none).
func (c *Codec) Decode(data []byte, v any, m *Memory, id string) error {
	s, p, err := c.plan(v)
	if err != nil {
		return err
	}
	if len(data) == 0 || data[0] != Format {
		return fmt.Errorf("%w: %s", ErrFormat, s.typ)
	}
	r := reader{memory: m, id: id}
	if err := s.read(&r, data[1:], p); err != nil {
		return fmt.Errorf("codec: decode %s: %w", s.typ, err)
	}
	return nil
}

func (c *Codec) plan(v any) (*structure, unsafe.Pointer, error) {
	rv := reflect.ValueOf(v)
	if rv.Kind() != reflect.Pointer || rv.IsNil() {
		return nil, nil, fmt.Errorf("codec: %T is not a pointer to a struct", v)
	}
	s, ok := c.plans[rv.Type().Elem()]
	if !ok {
		return nil, nil, fmt.Errorf("codec: no plan for %s", rv.Type().Elem())
	}
	return s, rv.UnsafePointer(), nil
}
