package wire

import (
	"fmt"
	"reflect"
)

// Marshal encodes any SDK struct, given as a value or a pointer, as a JSON protocol's body. The result is
// deterministic, so that it can be stored and compared: members in the order of the struct, map keys sorted. Nil
// pointers, lists and maps are omitted; numbers and booleans that are not pointers are always written.
func Marshal(p Protocol, v any) ([]byte, error) {
	if !p.isJSON() {
		return nil, fmt.Errorf("marshal %T: %s has no body without an operation", v, p)
	}
	value := reflect.ValueOf(v)
	for value.Kind() == reflect.Pointer && !value.IsNil() {
		value = value.Elem()
	}
	if value.Kind() != reflect.Struct {
		return nil, fmt.Errorf("marshal %T: want a struct", v)
	}
	planned, err := planOf(value.Type())
	if err != nil {
		return nil, err
	}
	spare := takeBuffer()
	defer spare.release()
	if spare.bytes, err = encodeJSON(spare.bytes, planned, value); err != nil {
		return nil, fmt.Errorf("marshal %T: %w", v, err)
	}
	return append([]byte(nil), spare.bytes...), nil
}

// Unmarshal decodes what Marshal made, or what a client sent, into the struct that v points to.
// Malformed or mistyped data is an *Error with the code SerializationException.
func Unmarshal(p Protocol, data []byte, v any) error {
	if !p.isJSON() {
		return fmt.Errorf("unmarshal %T: %s has no body without an operation", v, p)
	}
	value := reflect.ValueOf(v)
	if value.Kind() != reflect.Pointer || value.IsNil() || value.Elem().Kind() != reflect.Struct {
		return fmt.Errorf("unmarshal %T: want a pointer to a struct", v)
	}
	planned, err := planOf(value.Elem().Type())
	if err != nil {
		return err
	}
	return decodeJSON(data, planned, value.Elem())
}
