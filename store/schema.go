package store

import (
	"fmt"
	"reflect"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store/codec"
	"github.com/roadstead/roadstead/wire"
)

// schema is the fixed set of tables of a DB and how their nouns are encoded.
type schema struct {
	tables []Table
	byKind map[model.Kind]int
	byType map[reflect.Type]int
	codec  *codec.Codec
}

func newSchema(tables []Table) (*schema, error) {
	s := &schema{tables: tables, byKind: map[model.Kind]int{}, byType: map[reflect.Type]int{}}
	var structs []reflect.Type
	for i, t := range tables {
		if _, twice := s.byKind[t.kind]; twice {
			return nil, fmt.Errorf("two tables of kind %q", t.kind)
		}
		if _, twice := s.byType[t.typ]; twice || t.typ.Kind() != reflect.Pointer {
			return nil, fmt.Errorf("table %q: %s cannot be its noun", t.kind, t.typ)
		}
		s.byKind[t.kind], s.byType[t.typ] = i, i
		structs = append(structs, t.typ.Elem())
	}
	var err error
	s.codec, err = codec.New(awsJSON(), words(), structs...)
	return s, err
}

// awsJSON encodes the SDK's types inside nouns.
func awsJSON() codec.JSON {
	return codec.JSON{
		Marshal:   func(v any) ([]byte, error) { return wire.Marshal(wire.AWSJSON11, v) },
		Unmarshal: func(data []byte, v any) error { return wire.Unmarshal(wire.AWSJSON11, data, v) },
	}
}

// decode reads the noun of e and stamps it with its revision.
func (s *schema) decode(e Entry, m *codec.Memory) (table int, r *row, err error) {
	table, ok := s.byKind[e.Key.Kind]
	if !ok {
		return 0, nil, fmt.Errorf("%w: no table of kind %q", ErrInvalid, e.Key.Kind)
	}
	n := reflect.New(s.tables[table].typ.Elem()).Interface().(model.Noun)
	if err := s.codec.Decode(e.Value, n, m, e.Key.ID); err != nil {
		return 0, nil, fmt.Errorf("%s: %w", e.Key, err)
	}
	n.Metadata().Rev = e.Rev
	return table, &row{e.Key.ID, n}, nil
}

// encode checks the writes of c and returns them as mutations and their size
// in bytes. Everything that is wrong with a change by itself is found here.
func (s *schema) encode(c model.Change) (muts []Mutation, size int, err error) {
	if len(c.Writes) > MaxChangeWrites || len(c.Guards) > MaxChangeWrites {
		return nil, 0, fmt.Errorf("%w: %d writes and %d guards", ErrTooLarge, len(c.Writes), len(c.Guards))
	}
	for _, g := range c.Guards {
		if _, ok := s.byKind[g.Key.Kind]; !ok {
			return nil, 0, fmt.Errorf("%w: guard %s has no table", ErrInvalid, g.Key)
		}
	}
	muts = make([]Mutation, 0, len(c.Writes))
	seen := make(map[model.Key]bool, len(c.Writes))
	for _, w := range c.Writes {
		if seen[w.Key] {
			return nil, 0, fmt.Errorf("%w: %s is written twice", ErrInvalid, w.Key)
		}
		seen[w.Key] = true
		m, err := s.mutation(w)
		if err != nil {
			return nil, 0, err
		}
		muts = append(muts, m)
		size += len(m.Value) + len(m.Key.ID)
	}
	if size > MaxChangeBytes {
		return nil, 0, fmt.Errorf("%w: %d bytes", ErrTooLarge, size)
	}
	return muts, size, nil
}

func (s *schema) mutation(w model.Write) (Mutation, error) {
	table, ok := s.byKind[w.Key.Kind]
	if !ok {
		return Mutation{}, fmt.Errorf("%w: %s has no table", ErrInvalid, w.Key)
	}
	if w.Key.ID == "" || len(w.Key.ID) > MaxIDLength {
		return Mutation{}, fmt.Errorf("%w: %s has an id of %d bytes", ErrInvalid, w.Key.Kind, len(w.Key.ID))
	}
	if w.Noun == nil {
		return Mutation{Key: w.Key}, nil
	}
	if reflect.TypeOf(w.Noun) != s.tables[table].typ || w.Noun.Key() != w.Key {
		return Mutation{}, fmt.Errorf("%w: %s is written with a %T", ErrInvalid, w.Key, w.Noun)
	}
	value, err := s.codec.Append(nil, w.Noun)
	if err != nil {
		return Mutation{}, fmt.Errorf("%w: %s: %w", ErrInvalid, w.Key, err)
	}
	return Mutation{w.Key, value}, nil
}
