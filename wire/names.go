package wire

import (
	"fmt"
	"path"
	"reflect"
	"strings"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
)

// memberName is how one Go field is called on the wire.
type memberName struct {
	json, query string
	schema      *smithy.Schema // nil where the module has no schemas
}

// structNames finds the members of one struct's fields.
type structNames struct {
	typ     reflect.Type
	schema  *smithy.Schema
	exact   map[string]*smithy.Schema // by the Go name that the SDK's generator derives
	relaxed map[string]*smithy.Schema // by lower-case name; nil where two members collide
}

func namesOf(t reflect.Type) structNames {
	n := structNames{typ: t, schema: schemaOf(t)}
	if n.schema == nil {
		return n
	}
	n.exact = map[string]*smithy.Schema{}
	n.relaxed = map[string]*smithy.Schema{}
	for name, member := range n.schema.Members() {
		n.exact[upperFirst(name)] = member
		folded := strings.ToLower(name)
		if _, collides := n.relaxed[folded]; collides {
			member = nil
		}
		n.relaxed[folded] = member
	}
	return n
}

// of names a field: from the schema if there is one, else by the protocol's rule and its exceptions.
func (n structNames) of(f reflect.StructField) (memberName, error) {
	goName := strings.TrimSuffix(f.Name, "_") // the SDK's mark for a name that a method has taken
	if n.schema == nil {
		if name, _, tagged := tagOf(f); tagged {
			return memberName{json: name, query: name}, nil
		}
		wire := ruleName(n.typ, goName)
		return memberName{json: wire, query: wire}, nil
	}
	member := n.exact[goName]
	if member == nil {
		member = n.relaxed[strings.ToLower(goName)]
	}
	if member == nil {
		if isErrorMessage(n.typ, f) { // every exception has the field, not every one has the member
			return memberName{json: "message", query: "Message"}, nil
		}
		return memberName{}, fmt.Errorf("schema %s has no such member", n.schema.ID())
	}
	name := member.MemberName()
	return memberName{json: name, query: xmlName(member, name), schema: member}, nil
}

// wireNames are the exceptions to the naming rule in modules without schemas: the rule is the Go name as it stands,
// which is what the query protocol's models use. Keys are module, type and field.
var wireNames = map[string]string{
	"sts.PolicyDescriptorType.Arn": "arn",

	"cloudtrail.DescribeTrailsInput.IncludeShadowTrails": "includeShadowTrails",
	"cloudtrail.DescribeTrailsInput.TrailNameList":       "trailNameList",
	"cloudtrail.DescribeTrailsOutput.TrailList":          "trailList",
}

func ruleName(t reflect.Type, goName string) string {
	service := path.Base(strings.TrimSuffix(t.PkgPath(), "/types"))
	if name, ok := wireNames[service+"."+t.Name()+"."+goName]; ok {
		return name
	}
	if implementsError(t) && goName == "Message" {
		return "message"
	}
	return goName
}

// isBookkeeping tells fields that the SDK adds to a shape for its own use.
func isBookkeeping(f reflect.StructField) bool {
	return f.Type == reflect.TypeFor[middleware.Metadata]() || f.Name == "ErrorCodeOverride"
}

func isErrorMessage(t reflect.Type, f reflect.StructField) bool {
	return f.Name == "Message" && implementsError(t)
}

func implementsError(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[error]())
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// tagOf reads the tag of a field of a struct that is not the SDK's: the
// member's name, and whether it is a list that is flattened.
func tagOf(f reflect.StructField) (name string, flat, tagged bool) {
	tag, tagged := f.Tag.Lookup("wire")
	name, option, _ := strings.Cut(tag, ",")
	return name, option == "flat", tagged
}
