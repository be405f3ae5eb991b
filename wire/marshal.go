package wire

import "errors"

var errCodecPending = errors.New("wire: the codec is not built yet")

// Marshal encodes any SDK struct (a pointer or a value) as the protocol's body. The result is deterministic: members in
// the order of the struct, map keys sorted. Nil pointers, slices and maps are omitted.
func Marshal(p Protocol, v any) ([]byte, error) { return nil, errCodecPending }

// Unmarshal decodes what Marshal made, or what a client sent, into the struct that v points to.
// Malformed or mistyped data is an *Error with the code SerializationException.
func Unmarshal(p Protocol, data []byte, v any) error { return errCodecPending }
