package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how deep structures, lists and maps may nest in a request.
const maxDepth = 100

// jsonScanner walks over JSON text. Its methods expect the position at the start of a value, after white space, and
// leave it behind the value.
type jsonScanner struct {
	data     []byte
	pos      int
	depth    int
	elements int
}

func (d *jsonScanner) space() {
	for d.pos < len(d.data) {
		switch d.data[d.pos] {
		case ' ', '\t', '\n', '\r':
			d.pos++
		default:
			return
		}
	}
}

// peek is the next byte, 0 at the end.
func (d *jsonScanner) peek() byte {
	if d.pos < len(d.data) {
		return d.data[d.pos]
	}
	return 0
}

func (d *jsonScanner) literal(word string) error {
	if end := d.pos + len(word); end <= len(d.data) && string(d.data[d.pos:end]) == word {
		d.pos = end
		return nil
	}
	return d.malformed("expected " + word)
}

// open enters an object or a list; leave is called once it was left.
func (d *jsonScanner) open(bracket byte, wanted string) error {
	if d.peek() != bracket {
		return d.mistyped(wanted)
	}
	if d.depth++; d.depth > maxDepth {
		return serialization(fmt.Sprintf("nested deeper than %d levels", maxDepth))
	}
	d.pos++
	return nil
}

func (d *jsonScanner) leave() { d.depth-- }

// count admits one more element or entry.
func (d *jsonScanner) count() error {
	if d.elements++; d.elements > maxElements {
		return serialization(fmt.Sprintf("more than %d elements", maxElements))
	}
	return nil
}

// element moves to the next element of a list, or past its end.
func (d *jsonScanner) element(first bool) (bool, error) {
	more, err := d.next(first, ']')
	if err == nil && more {
		err = d.count()
	}
	return more, err
}

// key moves to the next member of an object and past its name and colon, or past the object's end. The name is only
// good until the next call.
func (d *jsonScanner) key(first bool) ([]byte, bool, error) {
	more, err := d.next(first, '}')
	if err != nil || !more {
		return nil, false, err
	}
	if d.peek() != '"' {
		return nil, false, d.malformed("expected a member's name")
	}
	name, err := d.stringBytes()
	if err != nil {
		return nil, false, err
	}
	d.space()
	if d.peek() != ':' {
		return nil, false, d.malformed("expected a colon")
	}
	d.pos++
	d.space()
	return name, true, nil
}

func (d *jsonScanner) next(first bool, end byte) (bool, error) {
	d.space()
	switch c := d.peek(); {
	case c == end:
		d.pos++
		return false, nil
	case first:
		return true, nil
	case c != ',':
		return false, d.malformed("expected a comma")
	}
	d.pos++
	d.space()
	if d.peek() == end {
		return false, d.malformed("a comma without a successor")
	}
	return true, nil
}

// text reads a string; wanted names the type for the error of another value.
func (d *jsonScanner) text(wanted string) (string, error) {
	if d.peek() != '"' {
		return "", d.mistyped(wanted)
	}
	raw, err := d.stringBytes()
	return string(raw), err
}

// stringBytes reads a string; the bytes may be those of the input.
func (d *jsonScanner) stringBytes() ([]byte, error) {
	d.pos++
	start := d.pos
	ascii := true
	for d.pos < len(d.data) {
		switch c := d.data[d.pos]; {
		case c == '"':
			raw := d.data[start:d.pos]
			d.pos++
			if !ascii && !utf8.Valid(raw) {
				return nil, d.malformed("invalid UTF-8")
			}
			return raw, nil
		case c == '\\':
			return d.escapedBytes(start)
		case c < ' ':
			return nil, d.malformed("a control character in a string")
		case c >= utf8.RuneSelf:
			ascii = false
		}
		d.pos++
	}
	return nil, d.malformed("a string without an end")
}

// escapedBytes reads on from the first backslash of the string that began at start.
func (d *jsonScanner) escapedBytes(start int) ([]byte, error) {
	out := append([]byte(nil), d.data[start:d.pos]...)
	for d.pos < len(d.data) {
		c := d.data[d.pos]
		d.pos++
		switch {
		case c == '"':
			if !utf8.Valid(out) {
				return nil, d.malformed("invalid UTF-8")
			}
			return out, nil
		case c < ' ':
			return nil, d.malformed("a control character in a string")
		case c != '\\':
			out = append(out, c)
			continue
		}
		var err error
		if out, err = d.escape(out); err != nil {
			return nil, err
		}
	}
	return nil, d.malformed("a string without an end")
}

// escape appends what stands behind a backslash.
func (d *jsonScanner) escape(out []byte) ([]byte, error) {
	c := d.peek()
	d.pos++
	switch c {
	case '"', '\\', '/':
		return append(out, c), nil
	case 'b':
		return append(out, '\b'), nil
	case 'f':
		return append(out, '\f'), nil
	case 'n':
		return append(out, '\n'), nil
	case 'r':
		return append(out, '\r'), nil
	case 't':
		return append(out, '\t'), nil
	case 'u':
		r, ok := d.hex4(d.pos)
		if !ok {
			return nil, d.malformed("a bad \\u escape")
		}
		d.pos += 4
		if utf16.IsSurrogate(r) && d.peek() == '\\' && d.pos+1 < len(d.data) && d.data[d.pos+1] == 'u' {
			if low, ok := d.hex4(d.pos + 2); ok {
				if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
					d.pos += 6
					return utf8.AppendRune(out, pair), nil
				}
			}
		}
		return utf8.AppendRune(out, r), nil // half a pair becomes U+FFFD
	}
	return nil, d.malformed("a bad escape")
}

func (d *jsonScanner) hex4(at int) (rune, bool) {
	if at+4 > len(d.data) {
		return 0, false
	}
	var r rune
	for _, c := range d.data[at : at+4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// number reads a number's text, which is in the input.
func (d *jsonScanner) number(wanted string) ([]byte, error) {
	if c := d.peek(); c != '-' && (c < '0' || c > '9') {
		return nil, d.mistyped(wanted)
	}
	start := d.pos
	if d.peek() == '-' {
		d.pos++
	}
	if d.peek() == '0' {
		d.pos++
	} else if !d.digits() {
		return nil, d.malformed("a bad number")
	}
	if d.peek() == '.' {
		d.pos++
		if !d.digits() {
			return nil, d.malformed("a bad number")
		}
	}
	if c := d.peek(); c == 'e' || c == 'E' {
		d.pos++
		if c := d.peek(); c == '+' || c == '-' {
			d.pos++
		}
		if !d.digits() {
			return nil, d.malformed("a bad number")
		}
	}
	return d.data[start:d.pos], nil
}

func (d *jsonScanner) digits() bool {
	start := d.pos
	for d.pos < len(d.data) && d.data[d.pos] >= '0' && d.data[d.pos] <= '9' {
		d.pos++
	}
	return d.pos > start
}

// skip passes over any value, checking that it is well formed.
func (d *jsonScanner) skip() error {
	var err error
	switch d.peek() {
	case '{':
		return d.skipObject()
	case '[':
		return d.skipList()
	case '"':
		_, err = d.stringBytes()
	case 't':
		err = d.literal("true")
	case 'f':
		err = d.literal("false")
	case 'n':
		err = d.literal("null")
	default:
		_, err = d.number("a value")
	}
	return err
}

func (d *jsonScanner) skipObject() error {
	if err := d.open('{', "a structure"); err != nil {
		return err
	}
	defer d.leave()
	for first := true; ; first = false {
		_, more, err := d.key(first)
		if err != nil || !more {
			return err
		}
		if err := d.skip(); err != nil {
			return err
		}
	}
}

func (d *jsonScanner) skipList() error {
	if err := d.open('[', "a list"); err != nil {
		return err
	}
	defer d.leave()
	for first := true; ; first = false {
		more, err := d.next(first, ']')
		if err != nil || !more {
			return err
		}
		if err := d.skip(); err != nil {
			return err
		}
	}
}

// mistyped is the error of a value that is not what the member wants, in AWS's words.
func (d *jsonScanner) mistyped(wanted string) error {
	switch c := d.peek(); {
	case c == '{':
		return serialization("Start of structure or map found where not expected.")
	case c == '[':
		return serialization("Start of list found where not expected.")
	case c == '"':
		return serialization("STRING_VALUE can not be converted to " + wanted)
	case c == 't':
		return serialization("TRUE_VALUE can not be converted to " + wanted)
	case c == 'f':
		return serialization("FALSE_VALUE can not be converted to " + wanted)
	case c == '-', c >= '0' && c <= '9':
		return serialization("NUMBER_VALUE can not be converted to " + wanted)
	}
	return d.malformed("expected " + wanted)
}

func (d *jsonScanner) malformed(what string) error {
	return serialization("malformed JSON at byte " + strconv.Itoa(d.pos) + ": " + what)
}

// serialization is the error of a body that cannot be read.
func serialization(message string) error {
	return &Error{Code: "SerializationException", Message: message}
}

// decodeDocument reads free-form JSON, numbers kept as they are written.
func decodeDocument(raw []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("decode document: %w", err)
	}
	return v, nil
}
