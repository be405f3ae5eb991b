package wire

import (
	"math/big"
	"time"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/document"
)

// probe is a deserializer that makes an SDK struct fill exactly one of its members with exactly one thing: a chosen
// variant of a union, or a document. It is how the Go types behind unions and documents, which reflection cannot
// enumerate, come out of the generated code.
type probe struct {
	member   *smithy.Schema // the struct's member to fill
	variant  *smithy.Schema // the union's variant to choose
	document any            // the document's value

	entered, item, chosen bool
}

// ReadStruct enters the struct itself and, below it, structs that stay empty.
func (*probe) ReadStruct(*smithy.Schema) error { return nil }

// ReadStructMember names the member once.
func (p *probe) ReadStructMember() (*smithy.Schema, error) {
	if p.entered {
		return nil, nil
	}
	p.entered = true
	return p.member, nil
}

// ReadUnion names the variant once.
func (p *probe) ReadUnion(*smithy.Schema) (*smithy.Schema, error) {
	if p.chosen {
		return nil, nil
	}
	p.chosen = true
	return p.variant, nil
}

// ReadDocument gives the document.
func (p *probe) ReadDocument(_ *smithy.Schema, v *document.Value) error {
	*v = document.Opaque{Value: p.document}
	return nil
}

// ReadListItem gives a list a single element.
func (p *probe) ReadListItem(*smithy.Schema) (bool, error) {
	more := !p.item
	p.item = true
	return more, nil
}

// ReadMapKey gives a map a single entry.
func (p *probe) ReadMapKey(*smithy.Schema) (string, bool, error) {
	more := !p.item
	p.item = true
	return "key", more, nil
}

// ReadNil says that nothing is nil.
func (*probe) ReadNil(*smithy.Schema) (bool, error) { return false, nil }

func (*probe) ReadList(*smithy.Schema) error                 { return nil }
func (*probe) ReadMap(*smithy.Schema) error                  { return nil }
func (*probe) ReadInt8(*smithy.Schema, *int8) error          { return nil }
func (*probe) ReadInt16(*smithy.Schema, *int16) error        { return nil }
func (*probe) ReadInt32(*smithy.Schema, *int32) error        { return nil }
func (*probe) ReadInt64(*smithy.Schema, *int64) error        { return nil }
func (*probe) ReadFloat32(*smithy.Schema, *float32) error    { return nil }
func (*probe) ReadFloat64(*smithy.Schema, *float64) error    { return nil }
func (*probe) ReadBool(*smithy.Schema, *bool) error          { return nil }
func (*probe) ReadString(*smithy.Schema, *string) error      { return nil }
func (*probe) ReadBlob(*smithy.Schema, *[]byte) error        { return nil }
func (*probe) ReadTime(*smithy.Schema, *time.Time) error     { return nil }
func (*probe) ReadBigInt(*smithy.Schema, *big.Int) error     { return nil }
func (*probe) ReadBigFloat(*smithy.Schema, *big.Float) error { return nil }

var _ smithy.ShapeDeserializer = (*probe)(nil)
