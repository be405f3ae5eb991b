// Package codec writes nouns as compact binary values and reads them back.
//
// A value is one format byte followed by fields. A field is a varint of
// (number<<3 | form) and a payload: form 0 is a varint (signed integers are
// zigzag), 1 is eight bytes little endian, 2 is a length and that many bytes,
// 3 likewise for packed text (see pack.go).
// The numbers are those of the `f` tags of the struct fields. Zero values are
// left out, pointers are written whenever they are not nil, slices repeat
// their field, maps are written in key order, instants are milliseconds since
// 1970 in UTC, and fields tagged `f:"N,wire"` hold an SDK type as AWS JSON.
// The same value always gives the same bytes.
//
// A reader skips numbers that it does not know, so an older binary can read
// what a newer one wrote; a number is therefore never reused for anything
// else. The package decides nothing about what is stored, and keeps nothing
// besides the plans of the types that it was made for.
package codec
