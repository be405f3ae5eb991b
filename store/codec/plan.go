package codec

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unsafe"
)

// form writes and reads one Go type. A pointer given to it points to a value
// of exactly that type.
type form interface {
	// put appends the value as field num. A zero value is left out unless
	// always is set, as it is for elements and for what pointers point to.
	put(b []byte, num uint64, p unsafe.Pointer, always bool) ([]byte, error)
	// get stores one item; slices and maps gather several.
	get(r *reader, it item, p unsafe.Pointer) error
}

// field is one numbered field of a struct.
type field struct {
	name   string
	num    uint64
	offset uintptr
	form   form
	slice  *slice // form, when it gathers elements
}

type planner struct {
	json  JSON
	words *words
	plans map[reflect.Type]*structure
}

// structure returns the plan for struct type t.
func (pl *planner) structure(t reflect.Type) (*structure, error) {
	if t.Kind() != reflect.Struct {
		return nil, errors.New("not a struct")
	}
	if s, ok := pl.plans[t]; ok {
		if s == nil {
			return nil, fmt.Errorf("%s contains itself", t)
		}
		return s, nil
	}
	pl.plans[t] = nil
	s := &structure{typ: t}
	for i := range t.NumField() {
		f, err := pl.field(t.Field(i))
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", t.Field(i).Name, err)
		}
		if f != nil {
			s.list = append(s.list, *f)
		}
	}
	slices.SortFunc(s.list, func(a, b field) int { return int(a.num) - int(b.num) })
	for i := 1; i < len(s.list); i++ {
		if s.list[i].num == s.list[i-1].num {
			return nil, fmt.Errorf("fields %s and %s share number %d", s.list[i-1].name, s.list[i].name, s.list[i].num)
		}
	}
	pl.plans[t] = s
	return s, nil
}

// field returns the plan of one field, nil for embedded metadata, which the
// store keeps beside the value.
func (pl *planner) field(sf reflect.StructField) (*field, error) {
	tag, tagged := sf.Tag.Lookup("f")
	if !tagged {
		if sf.Anonymous && sf.Name == "Meta" {
			return nil, nil
		}
		return nil, errors.New(`has no f:"N" number`)
	}
	if !sf.IsExported() {
		return nil, errors.New("is not exported")
	}
	text, option, _ := strings.Cut(tag, ",")
	num, err := strconv.ParseUint(text, 10, 32)
	if err != nil || num == 0 || num > 1<<20 {
		return nil, fmt.Errorf("bad number %q", tag)
	}
	f := &field{name: sf.Name, num: num, offset: sf.Offset}
	switch option {
	case "":
		f.form, err = pl.form(sf.Type)
	case "wire":
		f.form, err = newForeign(sf.Type, pl.json)
	default:
		err = fmt.Errorf("unknown option %q", option)
	}
	f.slice, _ = f.form.(*slice)
	return f, err
}

var (
	timeType     = reflect.TypeFor[time.Time]()
	bytesType    = reflect.TypeFor[[]byte]()
	stringMap    = reflect.TypeFor[map[string]string]()
	errUnstored  = errors.New("this type has no encoding")
	errNoPointer = errors.New("pointers to slices, maps and pointers have no encoding")
)

// form returns how values of t are written.
func (pl *planner) form(t reflect.Type) (form, error) {
	switch {
	case t == timeType:
		return instant{}, nil
	case t == bytesType:
		return blob{}, nil
	case t == stringMap:
		return dictionary{text{pl.words}}, nil
	}
	switch t.Kind() {
	case reflect.String:
		return text{pl.words}, nil
	case reflect.Struct:
		return pl.structure(t)
	case reflect.Pointer:
		switch t.Elem().Kind() {
		case reflect.Slice, reflect.Map, reflect.Pointer:
			return nil, errNoPointer
		}
		elem, err := pl.form(t.Elem())
		return pointer{t.Elem(), elem}, err
	case reflect.Slice:
		switch t.Elem().Kind() {
		case reflect.Slice, reflect.Map, reflect.Pointer:
			return nil, fmt.Errorf("%s: %w", t, errUnstored)
		}
		elem, err := pl.form(t.Elem())
		return &slice{t, t.Elem().Size(), elem}, err
	}
	if n, ok := number(t); ok {
		return n, nil
	}
	return nil, fmt.Errorf("%s: %w", t, errUnstored)
}
