// Package forwardtest reads Fluentd's forward protocol, for tests of those who
// write it. It decides nothing, and may not be used by the product.
// Source: "Forward Protocol Specification v1" and the MessagePack specification.
package forwardtest

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"time"
)

// maxElements is how many members an array or a map may have, and maxText how
// long a text may be, in bytes.
const (
	maxElements = 1 << 16
	maxText     = 8 << 20
)

// Message is a tag with what happened.
type Message struct {
	Tag     string
	Entries []Entry
	Option  map[string]any
}

// Entry is one record.
type Entry struct {
	At     time.Time
	Record map[string]any
}

// Read reads one message in Forward mode: [tag, [[time, record]...], option].
func Read(r *bufio.Reader) (m Message, err error) {
	v, err := value(r)
	if err != nil {
		return m, err
	}
	all, _ := v.([]any)
	if len(all) < 2 {
		return m, fmt.Errorf("no message: %v", v)
	}
	m.Tag, _ = all[0].(string)
	if len(all) > 2 {
		m.Option, _ = all[2].(map[string]any)
	}
	entries, ok := all[1].([]any)
	if !ok {
		return m, fmt.Errorf("no message in Forward mode: %v", v)
	}
	for _, e := range entries {
		pair, _ := e.([]any)
		if len(pair) != 2 {
			return m, fmt.Errorf("no entry: %v", e)
		}
		entry := Entry{}
		switch at := pair[0].(type) {
		case time.Time:
			entry.At = at
		case int64:
			entry.At = time.Unix(at, 0)
		}
		if entry.Record, ok = pair[1].(map[string]any); !ok {
			return m, fmt.Errorf("no record: %v", e)
		}
		m.Entries = append(m.Entries, entry)
	}
	return m, nil
}

// Ack is the answer to a message with a chunk.
func Ack(chunk string) []byte {
	return append(append([]byte{0x81, 0xa3}, "ack"...), append([]byte{0xd9, byte(len(chunk))}, chunk...)...)
}

func value(r *bufio.Reader) (any, error) {
	b, err := r.ReadByte()
	if err != nil {
		return nil, err
	}
	switch {
	case b < 0x80:
		return int64(b), nil
	case b < 0x90:
		return members(r, int(b&0x0f))
	case b < 0xa0:
		return elements(r, int(b&0x0f))
	case b < 0xc0:
		return text(r, int(b&0x1f))
	}
	switch b {
	case 0xc0:
		return nil, nil
	case 0xc2, 0xc3:
		return b == 0xc3, nil
	case 0xcb:
		n, err := number(r, 8)
		return math.Float64frombits(n), err
	case 0xcc, 0xcd, 0xce, 0xcf:
		n, err := number(r, 1<<(b-0xcc))
		return int64(n), err
	case 0xd3:
		n, err := number(r, 8)
		return int64(n), err
	case 0xd7:
		return instant(r)
	}
	for _, k := range []struct {
		first  byte
		widths []int
		read   func(*bufio.Reader, int) (any, error)
	}{{0xd9, []int{1, 2, 4}, text}, {0xc4, []int{1, 2, 4}, text}, {0xdc, []int{2, 4}, elements}, {0xde, []int{2, 4}, members}} {
		if at := int(b) - int(k.first); at >= 0 && at < len(k.widths) {
			n, err := number(r, k.widths[at])
			if err != nil {
				return nil, err
			}
			return k.read(r, int(n))
		}
	}
	return nil, fmt.Errorf("unexpected byte %#x", b)
}

func number(r *bufio.Reader, width int) (uint64, error) {
	var b [8]byte
	_, err := io.ReadFull(r, b[8-width:])
	return binary.BigEndian.Uint64(b[:]), err
}

// instant reads an EventTime.
func instant(r *bufio.Reader) (any, error) {
	kind, err := r.ReadByte()
	if err != nil || kind != 0 {
		return nil, fmt.Errorf("extension %d: %w", kind, err)
	}
	n, err := number(r, 8)
	return time.Unix(int64(n>>32), int64(n&math.MaxUint32)), err
}

func text(r *bufio.Reader, n int) (any, error) {
	if n > maxText {
		return nil, fmt.Errorf("a text of %d bytes", n)
	}
	b := make([]byte, n)
	_, err := io.ReadFull(r, b)
	return string(b), err
}

func elements(r *bufio.Reader, n int) (any, error) {
	if n > maxElements {
		return nil, fmt.Errorf("an array of %d", n)
	}
	out := make([]any, n)
	for i := range out {
		var err error
		if out[i], err = value(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func members(r *bufio.Reader, n int) (any, error) {
	if n > maxElements {
		return nil, fmt.Errorf("a map of %d", n)
	}
	out := make(map[string]any, n)
	for range n {
		k, err := value(r)
		if err != nil {
			return nil, err
		}
		v, err := value(r)
		if err != nil {
			return nil, err
		}
		out[fmt.Sprint(k)] = v
	}
	return out, nil
}
