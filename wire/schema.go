package wire

import (
	"math/big"
	"reflect"
	"time"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/document"
)

// schemaOf finds the schema of an SDK struct by letting the zero value describe itself: the first thing that a
// generated Serialize writes is the struct's schema. It is nil for types that cannot describe themselves.
func schemaOf(t reflect.Type) *smithy.Schema {
	serializable, ok := reflect.New(t).Interface().(smithy.Serializable)
	if !ok {
		return nil
	}
	var listener schemaListener
	serializable.Serialize(&listener)
	return listener.schema
}

// schemaListener is a serializer that keeps the first struct's schema and drops everything else.
type schemaListener struct {
	schema *smithy.Schema
}

func (l *schemaListener) WriteStruct(s *smithy.Schema) {
	if l.schema == nil {
		l.schema = s
	}
}

func (*schemaListener) Bytes() []byte                                { return nil }
func (*schemaListener) WriteInt8(*smithy.Schema, int8)               {}
func (*schemaListener) WriteInt16(*smithy.Schema, int16)             {}
func (*schemaListener) WriteInt32(*smithy.Schema, int32)             {}
func (*schemaListener) WriteInt64(*smithy.Schema, int64)             {}
func (*schemaListener) WriteFloat32(*smithy.Schema, float32)         {}
func (*schemaListener) WriteFloat64(*smithy.Schema, float64)         {}
func (*schemaListener) WriteBool(*smithy.Schema, bool)               {}
func (*schemaListener) WriteString(*smithy.Schema, string)           {}
func (*schemaListener) WriteBigInt(*smithy.Schema, *big.Int)         {}
func (*schemaListener) WriteBigFloat(*smithy.Schema, *big.Float)     {}
func (*schemaListener) WriteBlob(*smithy.Schema, []byte)             {}
func (*schemaListener) WriteTime(*smithy.Schema, time.Time)          {}
func (*schemaListener) WriteUnion(_, _ *smithy.Schema)               {}
func (*schemaListener) CloseUnion()                                  {}
func (*schemaListener) WriteDocument(*smithy.Schema, document.Value) {}
func (*schemaListener) WriteNil(*smithy.Schema)                      {}
func (*schemaListener) CloseStruct()                                 {}
func (*schemaListener) WriteList(*smithy.Schema)                     {}
func (*schemaListener) CloseList()                                   {}
func (*schemaListener) WriteMap(*smithy.Schema)                      {}
func (*schemaListener) WriteKey(*smithy.Schema, string)              {}
func (*schemaListener) CloseMap()                                    {}

var _ smithy.ShapeSerializer = (*schemaListener)(nil)
