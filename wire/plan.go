package wire

import (
	"reflect"
	"time"

	"github.com/aws/smithy-go"
	smithydocument "github.com/aws/smithy-go/document"
	"github.com/aws/smithy-go/traits"
)

// kind is what a Go value is on the wire.
type kind uint8

const (
	kindString kind = iota + 1
	kindBool
	kindInt
	kindFloat
	kindTime
	kindBlob
	kindDocument
	kindPointer
	kindStruct
	kindList
	kindMap
	kindUnion
)

// timeFormat is how a timestamp is written where the schema overrides the protocol's own way.
type timeFormat uint8

const (
	timeDefault timeFormat = iota
	timeEpochSeconds
	timeDateTime
	timeHTTPDate
)

// plan is the compiled walk over one Go type: what every format reader and writer follows. A plan never changes once
// the planner has handed it out.
type plan struct {
	kind     kind
	typ      reflect.Type
	elem     *plan      // of a pointer, list or map
	time     timeFormat // of a timestamp
	fields   []field    // of a struct, in the order of the Go fields
	byMember map[string]int
	byQuery  map[string]int
	failure  failure   // of an exception
	variants []variant // of a union
	xml      xmlNames  // of a list or map
}

// failure is what an exception's schema says about answering it; zero where it says nothing.
type failure struct {
	status      int    // the HTTP status
	queryCode   string // the code in query responses
	queryStatus int    // the HTTP status of query responses
}

// omission says when a struct's member is left out of its encoding.
type omission uint8

const (
	omitNever omission = iota // numbers and booleans: AWS sends their zero too
	omitNil                   // pointers, lists, maps, unions, documents
	omitEmpty                 // strings that are not pointers, which are enumerations
)

// field pairs a Go struct field with its wire member.
type field struct {
	index  int
	plan   *plan
	omit   omission
	member string // the name in JSON
	query  string // the name in forms and XML
	quoted string // `"member":`
	told   string // quoted as records have it: in camel case
	secret bool   // the model calls it sensitive
	// revive makes the value of a document field of this struct from decoded JSON. The SDK hides a document's
	// constructor in the module, so it is reached through the struct's own deserializer.
	revive func(value any) (reflect.Value, error)
}

// variant is one member of a union: the Go type is a pointer to a struct with a single field Value.
type variant struct {
	member string
	quoted string
	typ    reflect.Type // the struct, without the pointer
	plan   *plan        // of Value
}

// xmlNames are the names that only forms and XML use within lists and maps.
type xmlNames struct {
	item, key, value string
	flattened        bool
}

var (
	timeType     = reflect.TypeFor[time.Time]()
	blobType     = reflect.TypeFor[[]byte]()
	documentType = reflect.TypeFor[smithydocument.Marshaler]()
)

// scalarKind classifies the types whose plan needs nothing but themselves; 0 for others.
func scalarKind(t reflect.Type) kind {
	switch {
	case t == timeType:
		return kindTime
	case t == blobType:
		return kindBlob
	}
	switch t.Kind() {
	case reflect.String:
		return kindString
	case reflect.Bool:
		return kindBool
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return kindInt
	case reflect.Float32, reflect.Float64:
		return kindFloat
	}
	return 0
}

func timeFormatOf(schema *smithy.Schema) timeFormat {
	trait, ok := smithy.SchemaTrait[*traits.TimestampFormat](schema)
	if !ok {
		return timeDefault
	}
	switch trait.Format {
	case "epoch-seconds":
		return timeEpochSeconds
	case "date-time":
		return timeDateTime
	case "http-date":
		return timeHTTPDate
	}
	return timeDefault
}

// sensitive reports whether the model says that a member must not be shown.
func sensitive(schema *smithy.Schema) bool {
	_, ok := smithy.SchemaTrait[*traits.Sensitive](schema)
	return ok
}

func failureOf(schema *smithy.Schema) failure {
	var f failure
	if trait, ok := smithy.SchemaTrait[*traits.HTTPError](schema); ok {
		f.status = trait.Code
	}
	if trait, ok := smithy.SchemaTrait[*traits.AWSQueryError](schema); ok {
		f.queryCode, f.queryStatus = trait.ErrorCode, trait.StatusCode
	}
	return f
}

func omissionOf(p *plan) omission {
	switch p.kind {
	case kindPointer, kindList, kindMap, kindUnion, kindDocument, kindBlob:
		return omitNil
	case kindString:
		return omitEmpty
	}
	return omitNever
}

// variantOf finds the variant of the union value v, a non-nil interface.
func (p *plan) variantOf(v reflect.Value) (*variant, reflect.Value) {
	pointer := v.Elem()
	if pointer.Kind() != reflect.Pointer || pointer.IsNil() {
		return nil, reflect.Value{}
	}
	for i := range p.variants {
		if p.variants[i].typ == pointer.Type().Elem() {
			return &p.variants[i], pointer.Elem().Field(0)
		}
	}
	return nil, reflect.Value{}
}
