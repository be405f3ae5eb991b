package codec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unsafe"
)

// Text that is mostly identifiers and well-known words is written packed
// (form 3) where that is shorter and below 128 bytes: a sequence of tokens, each
//
//	0x00-0x7f  that many bytes as they are
//	0x80-0xbf  n-0x80+4 bytes, each two hexadecimal digits of the text
//	0xc0-0xff  the word numbered n-0xc0
const (
	formPacked = 3

	tokenHex  = 0x80
	tokenWord = 0xc0
	maxPlain  = tokenHex - 1
	minHex    = 4 // bytes
	maxHex    = minHex + tokenWord - tokenHex - 1
	// MaxWords is how many words a Codec can know.
	MaxWords = 0x100 - tokenWord
)

var (
	errToken = errors.New("packed text has an unknown token")
	errWords = errors.New("too many words")
)

// words are well-known beginnings of text, by number and by first byte.
type words struct {
	list   []string
	starts [256][]uint8 // numbers, longest word first
}

func newWords(list []string) (*words, error) {
	if len(list) > MaxWords {
		return nil, errWords
	}
	w := &words{list: list}
	for i, s := range list {
		if s == "" || slices.Index(list, s) < i {
			return nil, fmt.Errorf("word %d, %q, is empty or was given before", i, s)
		}
		at := &w.starts[s[0]]
		*at = append(*at, uint8(i))
		slices.SortStableFunc(*at, func(a, b uint8) int { return len(list[b]) - len(list[a]) })
	}
	return w, nil
}

// prefix returns the longest word that s begins with.
func (w *words) prefix(s string) (number uint8, length int) {
	for _, i := range w.starts[s[0]] {
		if strings.HasPrefix(s, w.list[i]) {
			return i, len(w.list[i])
		}
	}
	return 0, 0
}

// pack appends s packed.
func (w *words) pack(b []byte, s string) []byte {
	if number, n := w.prefix(s); n > 0 {
		b, s = append(b, tokenWord+number), s[n:]
	}
	plain := 0 // s[:plain] is still to be written as it is
	for plain < len(s) {
		n := hexRun(s[plain:])
		if n < minHex {
			plain += max(1, 2*n)
			continue
		}
		b = appendHex(appendPlain(b, s[:plain]), s[plain:plain+2*n])
		s, plain = s[plain+2*n:], 0
	}
	return appendPlain(b, s)
}

func appendPlain(b []byte, s string) []byte {
	for len(s) > 0 {
		n := min(len(s), maxPlain)
		b = append(append(b, byte(n)), s[:n]...)
		s = s[n:]
	}
	return b
}

// hexRun counts the pairs of lower-case hexadecimal digits s begins with.
func hexRun(s string) int {
	n := 0
	for n < len(s) && n < 2*maxHex && nibble(s[n]) < 16 {
		n++
	}
	return n / 2
}

func appendHex(b []byte, digits string) []byte {
	b = append(b, byte(tokenHex+len(digits)/2-minHex))
	for i := 0; i < len(digits); i += 2 {
		b = append(b, nibble(digits[i])<<4|nibble(digits[i+1]))
	}
	return b
}

func nibble(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	}
	return 16
}

// unpack appends the text that data holds.
func (w *words) unpack(b, data []byte) ([]byte, error) {
	const digits = "0123456789abcdef"
	for len(data) > 0 {
		token := data[0]
		data = data[1:]
		switch {
		case token >= tokenWord:
			if int(token-tokenWord) >= len(w.list) {
				return b, errToken
			}
			b = append(b, w.list[token-tokenWord]...)
		case token >= tokenHex:
			n := int(token-tokenHex) + minHex
			if n > len(data) {
				return b, errTruncated
			}
			for _, c := range data[:n] {
				b = append(b, digits[c>>4], digits[c&15])
			}
			data = data[n:]
		default:
			if int(token) > len(data) {
				return b, errTruncated
			}
			b = append(b, data[:token]...)
			data = data[token:]
		}
	}
	return b, nil
}

// text is a string or a type made of one.
type text struct{ words *words }

func (f text) put(b []byte, num uint64, p unsafe.Pointer, always bool) ([]byte, error) {
	s := *(*string)(p)
	if s == "" {
		if always {
			b = append(appendKey(b, num, formBytes), 0)
		}
		return b, nil
	}
	start := len(b)
	b = appendKey(b, num, formPacked)
	at := len(b)
	b = f.words.pack(append(b, 0), s)
	if size := len(b) - at - 1; size < len(s) && size < 0x80 {
		b[at] = byte(size)
		return b, nil
	}
	b = binary.AppendUvarint(appendKey(b[:start], num, formBytes), uint64(len(s)))
	return append(b, s...), nil
}

func (f text) get(r *reader, it item, p unsafe.Pointer) error {
	switch it.form {
	case formBytes:
		*(*string)(p) = r.text(it.data)
		return nil
	case formPacked:
		var room [160]byte
		data, err := f.words.unpack(room[:0], it.data)
		*(*string)(p) = r.text(data)
		return err
	}
	return errForm
}
