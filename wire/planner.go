package wire

import (
	"fmt"
	"reflect"
	"sync"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/traits"
)

// plans is a memo of planStruct, which depends on nothing but the type.
var plans sync.Map // reflect.Type of a struct -> *plan

// planOf returns the plan of a struct type. It fails if the type cannot be spoken: a member has no wire name or a Go
// type that no AWS shape has.
func planOf(t reflect.Type) (*plan, error) {
	if p, ok := plans.Load(t); ok {
		return p.(*plan), nil
	}
	b := planner{made: map[reflect.Type]*plan{}}
	p, err := b.planStruct(t)
	if err != nil {
		return nil, fmt.Errorf("plan of %s: %w", t, err)
	}
	for made, q := range b.made { // only whole plans are shared
		plans.LoadOrStore(made, q)
	}
	return p, nil
}

// planner holds the structs of one planOf call, so that types may refer to themselves.
type planner struct {
	made map[reflect.Type]*plan
}

func (b *planner) planStruct(t reflect.Type) (*plan, error) {
	if p, ok := plans.Load(t); ok {
		return p.(*plan), nil
	}
	if p, ok := b.made[t]; ok {
		return p, nil
	}
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("%s is not a struct", t)
	}
	p := &plan{kind: kindStruct, typ: t, byMember: map[string]int{}, byQuery: map[string]int{}}
	b.made[t] = p
	names := namesOf(t)
	p.failure = failureOf(names.schema)
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() || isBookkeeping(f) {
			continue
		}
		planned, err := b.planField(t, f, names)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", f.Name, err)
		}
		if err := p.add(planned); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *plan) add(f field) error {
	if _, twice := p.byMember[f.member]; twice {
		return fmt.Errorf("member %s has two fields", f.member)
	}
	if _, twice := p.byQuery[f.query]; twice {
		return fmt.Errorf("query member %s has two fields", f.query)
	}
	p.byMember[f.member] = len(p.fields)
	p.byQuery[f.query] = len(p.fields)
	p.fields = append(p.fields, f)
	return nil
}

func (b *planner) planField(owner reflect.Type, f reflect.StructField, names structNames) (field, error) {
	name, err := names.of(f)
	if err != nil {
		return field{}, err
	}
	planned := field{index: f.Index[0], member: name.json, query: name.query, quoted: quote(name.json) + ":",
		told: quote(camel(name.json)) + ":", secret: sensitive(name.schema)}
	if f.Type.Kind() == reflect.Interface && f.Type.Implements(documentType) {
		planned.plan = &plan{kind: kindDocument, typ: f.Type}
		planned.revive, err = documentMaker(owner, f, name.schema)
	} else {
		planned.plan, err = b.planValue(f.Type, name.schema, unionSite{owner, f, name.schema})
	}
	if err != nil {
		return field{}, err
	}
	if _, flat, tagged := tagOf(f); tagged && planned.plan.kind == kindList {
		planned.plan.xml = xmlNames{item: "item", flattened: flat}
	}
	planned.omit = omissionOf(planned.plan)
	return planned, nil
}

// planValue plans a value of type t described by schema, which is nil where the module has none. The site is the
// struct field that the value is in, from which unions are explored.
func (b *planner) planValue(t reflect.Type, schema *smithy.Schema, site unionSite) (*plan, error) {
	if k := scalarKind(t); k != 0 {
		return &plan{kind: k, typ: t, time: timeFormatOf(schema)}, nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		elem, err := b.planValue(t.Elem(), schema, site)
		return &plan{kind: kindPointer, typ: t, elem: elem}, err
	case reflect.Struct:
		return b.planStruct(t)
	case reflect.Slice:
		elem, err := b.planValue(t.Elem(), memberOf(schema, "member"), site)
		return &plan{kind: kindList, typ: t, elem: elem, xml: listNames(schema)}, err
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			return nil, fmt.Errorf("a map's keys are strings, not %s", t.Key())
		}
		elem, err := b.planValue(t.Elem(), memberOf(schema, "value"), site)
		return &plan{kind: kindMap, typ: t, elem: elem, xml: mapNames(schema)}, err
	case reflect.Interface:
		return b.planUnion(t, schema, site)
	}
	return nil, fmt.Errorf("no AWS shape is a %s", t)
}

func (b *planner) planUnion(t reflect.Type, schema *smithy.Schema, site unionSite) (*plan, error) {
	found, err := site.variants(t, schema)
	if err != nil {
		return nil, err
	}
	p := &plan{kind: kindUnion, typ: t}
	for _, v := range found {
		valueField := v.typ.Field(0)
		at := unionSite{v.typ, valueField, v.schema}
		if v.plan, err = b.planValue(valueField.Type, v.schema, at); err != nil {
			return nil, fmt.Errorf("union member %s: %w", v.member, err)
		}
		p.variants = append(p.variants, v.variant)
	}
	return p, nil
}

func memberOf(schema *smithy.Schema, name string) *smithy.Schema {
	if schema == nil {
		return nil
	}
	return schema.Member(name)
}

func listNames(schema *smithy.Schema) xmlNames {
	return xmlNames{item: xmlName(memberOf(schema, "member"), "member"), flattened: isFlattened(schema)}
}

func mapNames(schema *smithy.Schema) xmlNames {
	return xmlNames{
		item:      "entry",
		key:       xmlName(memberOf(schema, "key"), "key"),
		value:     xmlName(memberOf(schema, "value"), "value"),
		flattened: isFlattened(schema),
	}
}

func xmlName(schema *smithy.Schema, fallback string) string {
	if trait, ok := smithy.SchemaDirectTrait[*traits.XMLName](schema); ok {
		return trait.Name
	}
	return fallback
}

func isFlattened(schema *smithy.Schema) bool {
	_, flattened := smithy.SchemaTrait[*traits.XMLFlattened](schema)
	return flattened
}
