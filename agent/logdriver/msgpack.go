package logdriver

import (
	"encoding/binary"
	"fmt"
	"time"
)

// What the forward protocol needs of MessagePack.
// Source: the MessagePack specification, and Fluentd's "Forward Protocol
// Specification v1".

func appendArray(b []byte, n int) []byte {
	switch {
	case n < 16:
		return append(b, 0x90|byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, 0xdc), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(b, 0xdd), uint32(n))
}

func appendMap(b []byte, n int) []byte {
	if n < 16 {
		return append(b, 0x80|byte(n))
	}
	return binary.BigEndian.AppendUint16(append(b, 0xde), uint16(n))
}

func appendString(b []byte, s string) []byte {
	switch n := len(s); {
	case n < 32:
		b = append(b, 0xa0|byte(n))
	case n < 1<<8:
		b = append(b, 0xd9, byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0xda), uint16(n))
	default:
		b = binary.BigEndian.AppendUint32(append(b, 0xdb), uint32(n))
	}
	return append(b, s...)
}

func appendInt(b []byte, n int64) []byte {
	if n >= 0 && n < 128 {
		return append(b, byte(n))
	}
	return binary.BigEndian.AppendUint64(append(b, 0xd3), uint64(n))
}

// appendTime writes whole seconds, or an EventTime with the nanoseconds.
func appendTime(b []byte, at time.Time, precise bool) []byte {
	if !precise {
		return appendInt(b, at.Unix())
	}
	b = binary.BigEndian.AppendUint32(append(b, 0xd7, 0x00), uint32(at.Unix()))
	return binary.BigEndian.AppendUint32(b, uint32(at.Nanosecond()))
}

// ackOf reads the answer to a chunk: a map of one member, ack, which is the
// chunk's id.
func ackOf(b []byte) (string, error) {
	key, rest, ok := cutString(b[min(1, len(b)):])
	if len(b) == 0 || b[0] != 0x81 || !ok || key != "ack" {
		return "", fmt.Errorf("no acknowledgement: %q", b)
	}
	chunk, _, ok := cutString(rest)
	if !ok {
		return "", fmt.Errorf("no acknowledgement: %q", b)
	}
	return chunk, nil
}

// cutString reads a short string from the beginning of b.
func cutString(b []byte) (s string, rest []byte, ok bool) {
	if len(b) == 0 {
		return "", nil, false
	}
	n, header := 0, 1
	switch {
	case b[0]&0xe0 == 0xa0:
		n = int(b[0] & 0x1f)
	case b[0] == 0xd9 && len(b) > 1:
		n, header = int(b[1]), 2
	default:
		return "", nil, false
	}
	if len(b) < header+n {
		return "", nil, false
	}
	return string(b[header : header+n]), b[header+n:], true
}
