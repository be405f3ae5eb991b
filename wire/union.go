package wire

import (
	"fmt"
	"reflect"
	"sort"

	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"
)

// inputUnions names the variants of unions that only Inputs contain. Everywhere else they come out of the containing
// struct's generated deserializer, but Inputs have none.
var inputUnions = map[reflect.Type][]reflect.Type{
	reflect.TypeFor[ecstypes.GatewayConfiguration](): {
		reflect.TypeFor[ecstypes.GatewayConfigurationMemberHostSharedAlb](),
	},
	reflect.TypeFor[ecstypes.UpdateGatewayConfiguration](): {
		reflect.TypeFor[ecstypes.UpdateGatewayConfigurationMemberHostSharedAlb](),
	},
	reflect.TypeFor[logstypes.ResourceConfig](): {
		reflect.TypeFor[logstypes.ResourceConfigMemberOpenSearchResourceConfig](),
	},
}

// unionSite is the struct field that a union (or a list or map of unions) is in.
type unionSite struct {
	owner  reflect.Type
	field  reflect.StructField
	schema *smithy.Schema // of the field
}

// foundVariant is a variant before its value was planned.
type foundVariant struct {
	variant
	schema *smithy.Schema
}

// variants finds the Go type behind every member of the union t.
func (at unionSite) variants(t reflect.Type, schema *smithy.Schema) ([]foundVariant, error) {
	if schema == nil || schema.Type() != smithy.ShapeTypeUnion {
		return nil, fmt.Errorf("%s is an interface but no union of a schema", t)
	}
	members := make([]string, 0, len(schema.Members()))
	for name := range schema.Members() {
		members = append(members, name)
	}
	sort.Strings(members)
	var found []foundVariant
	for _, name := range members {
		member := schema.Member(name)
		typ, err := at.variantType(t, member)
		if err != nil {
			return nil, fmt.Errorf("union %s, member %s: %w", t, name, err)
		}
		if typ.NumField() == 0 || typ.Field(0).Name != "Value" {
			return nil, fmt.Errorf("union %s, member %s: %s has no Value", t, name, typ)
		}
		found = append(found, foundVariant{variant{member: name, quoted: quote(name) + ":", typ: typ}, member})
	}
	return found, nil
}

func (at unionSite) variantType(t reflect.Type, member *smithy.Schema) (reflect.Type, error) {
	for _, typ := range inputUnions[t] {
		if s := schemaOf(typ); s != nil && s.MemberName() == member.MemberName() {
			return typ, nil
		}
	}
	filled, err := fill(at.owner, at.field, &probe{member: at.schema, variant: member})
	if err != nil {
		return nil, err
	}
	switch filled.Kind() { // a list or map of unions holds the one that was asked for
	case reflect.Slice:
		if filled.Len() == 1 {
			filled = filled.Index(0)
		}
	case reflect.Map:
		if filled.Len() == 1 {
			filled = filled.MapIndex(filled.MapKeys()[0])
		}
	}
	if filled.Kind() != reflect.Interface || filled.IsNil() || filled.Elem().Kind() != reflect.Pointer {
		return nil, fmt.Errorf("%s.%s did not reveal it", at.owner, at.field.Name)
	}
	return filled.Elem().Type().Elem(), nil
}

// fill makes an owner, lets p fill it and returns the field.
func fill(owner reflect.Type, f reflect.StructField, p *probe) (reflect.Value, error) {
	made := reflect.New(owner)
	d, ok := made.Interface().(smithy.Deserializable)
	if !ok {
		return reflect.Value{}, fmt.Errorf("%s has no deserializer to ask", owner)
	}
	if err := d.Deserialize(p); err != nil {
		return reflect.Value{}, fmt.Errorf("fill %s.%s: %w", owner, f.Name, err)
	}
	return made.Elem().FieldByIndex(f.Index), nil
}

// documentMaker returns the function that makes values of a document field.
func documentMaker(owner reflect.Type, f reflect.StructField, schema *smithy.Schema) (func(any) (reflect.Value, error), error) {
	revive := func(value any) (reflect.Value, error) {
		v, err := fill(owner, f, &probe{member: schema, document: value})
		if err == nil && v.IsNil() {
			err = fmt.Errorf("%s.%s does not take a document", owner, f.Name)
		}
		return v, err
	}
	_, err := revive(nil)
	return revive, err
}
