package wiretest

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"time"

	"github.com/aws/smithy-go/document"
	"github.com/aws/smithy-go/middleware"

	"github.com/roadstead/roadstead/wire"
)

// maxFillDepth ends the filling of types that contain themselves.
const maxFillDepth = 12

// Filler fills SDK structs with values that are hard on codecs. Equal seeds fill equally.
type Filler struct {
	random *rand.Rand
	sparse bool
	unions map[reflect.Type][]reflect.Type
	turns  map[reflect.Type]int // how often each union was filled, so that all members have their turn
}

// NewFiller makes a filler that sets every member of everything.
func NewFiller(seed uint64) *Filler {
	return &Filler{
		random: rand.New(rand.NewPCG(seed, 0x5eed)),
		unions: map[reflect.Type][]reflect.Type{},
		turns:  map[reflect.Type]int{},
	}
}

// NewSparseFiller makes a filler that leaves about half of the members unset and some lists empty.
func NewSparseFiller(seed uint64) *Filler {
	f := NewFiller(seed)
	f.sparse = true
	return f
}

// New makes a filled struct of type t and returns a pointer to it.
func (f *Filler) New(t reflect.Type) (any, error) {
	unions, err := wire.Unions(t)
	if err != nil {
		return nil, fmt.Errorf("fill %s: %w", t, err)
	}
	for union, members := range unions {
		f.unions[union] = members
	}
	made := reflect.New(t)
	f.structure(made.Elem(), 0)
	return made.Interface(), nil
}

func (f *Filler) structure(v reflect.Value, depth int) {
	set := 0
	for i := range v.NumField() {
		member := v.Type().Field(i)
		if !fillable(member) || f.skip(member.Type, depth) {
			continue
		}
		if member.Type.Kind() == reflect.Interface && member.Type.Implements(reflect.TypeFor[document.Marshaler]()) {
			f.document(v, i)
		} else {
			f.value(v.Field(i), depth+1)
		}
		set++
	}
	// The query protocol cannot tell an empty structure from none.
	for i := 0; set == 0 && i < v.NumField(); i++ {
		if member := v.Type().Field(i); fillable(member) && isScalar(member.Type) {
			f.value(v.Field(i), depth+1)
			set++
		}
	}
}

func fillable(f reflect.StructField) bool {
	return f.IsExported() && f.Type != reflect.TypeFor[middleware.Metadata]() && f.Name != "ErrorCodeOverride"
}

func isScalar(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Slice, reflect.Map, reflect.Interface:
		return t == reflect.TypeFor[time.Time]()
	}
	return true
}

// skip says whether a member stays unset.
func (f *Filler) skip(t reflect.Type, depth int) bool {
	if depth >= maxFillDepth && !isScalar(t) {
		return true
	}
	return f.sparse && f.random.IntN(2) == 0
}

func (f *Filler) value(v reflect.Value, depth int) {
	switch v.Interface().(type) {
	case time.Time:
		millis := f.random.Int64N(4_000_000_000_000)
		v.Set(reflect.ValueOf(time.UnixMilli(millis).UTC()))
		return
	case []byte:
		v.SetBytes(f.bytes())
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(f.text())
	case reflect.Bool:
		v.SetBool(!f.sparse || f.random.IntN(2) == 0)
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		f.integer(v)
	case reflect.Float32:
		v.SetFloat(float64(float32(f.random.NormFloat64() * 1e3)))
	case reflect.Float64:
		v.SetFloat(f.random.NormFloat64() * 1e6)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.value(v.Elem(), depth)
	case reflect.Struct:
		f.structure(v, depth)
	case reflect.Slice:
		n := f.length()
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			f.value(v.Index(i), depth+1)
		}
	case reflect.Map:
		f.dictionary(v, depth)
	case reflect.Interface:
		f.union(v, depth)
	default:
		panic("wiretest: no filling for " + v.Type().String())
	}
}

func (f *Filler) integer(v reflect.Value) {
	n := f.random.Int64() >> (64 - v.Type().Bits())
	if f.random.IntN(2) == 0 {
		n = -n
	}
	if n == 0 && !f.sparse {
		n = 1
	}
	v.SetInt(n)
}

func (f *Filler) length() int {
	if f.sparse {
		return f.random.IntN(3)
	}
	return 1 + f.random.IntN(2)
}

func (f *Filler) dictionary(v reflect.Value, depth int) {
	v.Set(reflect.MakeMap(v.Type()))
	for range f.length() {
		key := reflect.ValueOf(f.text()).Convert(v.Type().Key())
		element := reflect.New(v.Type().Elem()).Elem()
		f.value(element, depth+1)
		v.SetMapIndex(key, element)
	}
}

func (f *Filler) union(v reflect.Value, depth int) {
	members := f.unions[v.Type()]
	if len(members) == 0 {
		panic("wiretest: a union without members: " + v.Type().String())
	}
	made := reflect.New(members[f.turns[v.Type()]%len(members)])
	f.turns[v.Type()]++
	f.value(made.Elem().FieldByName("Value"), depth+1)
	v.Set(made)
}

// document has wire make a document, because the module hides the constructor; the JSON member is the field's name.
func (f *Filler) document(v reflect.Value, field int) {
	name := v.Type().Field(field).Name
	made := reflect.New(v.Type())
	body := `{"` + strings.ToLower(name[:1]) + name[1:] + `":{"text":"a \"document\"","list":[1,2.5,true,null],"nested":{"a":{}}}}`
	if err := wire.Unmarshal(wire.AWSJSON11, []byte(body), made.Interface()); err != nil {
		panic("wiretest: fill a document: " + err.Error())
	}
	v.Field(field).Set(made.Elem().Field(field))
}

// alphabet holds what formats must escape, and runes of one to four bytes.
var alphabet = []rune("abcXYZ019-_./:+=,@ %&<>\"'\\{}[]#\t\né漢😀\u2028")

func (f *Filler) text() string {
	var b strings.Builder
	b.WriteByte('s') // XML parsers may trim white space at the ends
	for range f.random.IntN(12) {
		b.WriteRune(alphabet[f.random.IntN(len(alphabet))])
	}
	b.WriteByte('e')
	return b.String()
}

func (f *Filler) bytes() []byte {
	b := make([]byte, 1+f.random.IntN(8))
	for i := range b {
		b[i] = byte(f.random.Uint32())
	}
	return b
}
