package codec

import (
	"encoding/binary"
	"errors"
)

// The forms of a payload.
const (
	formVarint = 0
	formFixed  = 1
	formBytes  = 2
)

var (
	errTruncated = errors.New("value is cut short")
	errForm      = errors.New("field has another form than its type")
	errRange     = errors.New("number does not fit its field")
)

// item is one field as read: its number and payload.
type item struct {
	num  uint64
	form byte
	n    uint64 // varint or fixed
	data []byte // bytes; shares the input
}

// next cuts the first item off data.
func next(data []byte) (it item, rest []byte, err error) {
	key, n := binary.Uvarint(data)
	if n <= 0 {
		return it, nil, errTruncated
	}
	data = data[n:]
	it.num, it.form = key>>3, byte(key&7)
	switch it.form {
	case formVarint:
		it.n, n = binary.Uvarint(data)
		if n <= 0 {
			return it, nil, errTruncated
		}
		return it, data[n:], nil
	case formFixed:
		if len(data) < 8 {
			return it, nil, errTruncated
		}
		it.n = binary.LittleEndian.Uint64(data)
		return it, data[8:], nil
	case formBytes, formPacked:
		size, n := binary.Uvarint(data)
		if n <= 0 || size > uint64(len(data)-n) {
			return it, nil, errTruncated
		}
		it.data = data[n : n+int(size)]
		return it, data[n+int(size):], nil
	}
	return it, nil, errForm
}

// run counts how many items numbered num data begins with.
func run(data []byte, num uint64) int {
	for n := 0; ; n++ {
		it, rest, err := next(data)
		if err != nil || it.num != num {
			return n
		}
		data = rest
	}
}

func appendKey(b []byte, num uint64, form byte) []byte {
	return binary.AppendUvarint(b, num<<3|uint64(form))
}

// appendSized appends a bytes field whose payload is made by fill, in place.
func appendSized(b []byte, num uint64, fill func([]byte) ([]byte, error)) ([]byte, error) {
	b = appendKey(b, num, formBytes)
	at := len(b)
	b, err := fill(append(b, 0))
	if err != nil {
		return b, err
	}
	size := uint64(len(b) - at - 1)
	if size < 0x80 {
		b[at] = byte(size)
		return b, nil
	}
	var head [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(head[:], size)
	b = append(b, head[:n-1]...) // room for the longer length
	copy(b[at+n:], b[at+1:len(b)-n+1])
	copy(b[at:], head[:n])
	return b, nil
}

func zigzag(n int64) uint64   { return uint64(n)<<1 ^ uint64(n>>63) }
func unzigzag(n uint64) int64 { return int64(n>>1) ^ -int64(n&1) }
