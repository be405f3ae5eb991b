package wire

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// appendFloat writes the shortest decimal that reads back as f; NaN and the infinities by Smithy's names.
func appendFloat(buf []byte, f float64, bits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(buf, "NaN"...)
	case math.IsInf(f, 1):
		return append(buf, "Infinity"...)
	case math.IsInf(f, -1):
		return append(buf, "-Infinity"...)
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(buf, f, format, -1, bits)
}

// parseFloat reads what appendFloat writes and any other decimal. Go's own spellings, such as hexadecimal or
// underscores, are no floats to AWS.
func parseFloat(s string, bits int) (float64, bool) {
	switch s {
	case "NaN":
		return math.NaN(), true
	case "Infinity":
		return math.Inf(1), true
	case "-Infinity":
		return math.Inf(-1), true
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && c != '+' && c != '-' && c != '.' && c != 'e' && c != 'E' {
			return 0, false
		}
	}
	f, err := strconv.ParseFloat(s, bits)
	return f, err == nil
}

// appendTime writes t with the millisecond precision that AWS has.
func appendTime(buf []byte, format timeFormat, t time.Time) []byte {
	t = t.UTC()
	switch format {
	case timeHTTPDate:
		return t.AppendFormat(buf, http.TimeFormat)
	case timeDateTime:
		return t.Truncate(time.Millisecond).AppendFormat(buf, "2006-01-02T15:04:05.999Z")
	}
	millis := t.UnixMilli()
	if millis < 0 {
		buf = append(buf, '-')
		millis = -millis
	}
	buf = strconv.AppendInt(buf, millis/1000, 10)
	fraction := millis % 1000
	if fraction == 0 {
		return buf
	}
	buf = append(buf, '.', byte('0'+fraction/100))
	if fraction%100 != 0 {
		buf = append(buf, byte('0'+fraction/10%10))
	}
	if fraction%10 != 0 {
		buf = append(buf, byte('0'+fraction%10))
	}
	return buf
}

// The years that a timestamp may be in, those that RFC 3339 can write.
var (
	earliestTime = time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	latestTime   = time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)
)

// parseTime reads any of the forms that clients send whatever the model says: ISO 8601, an HTTP date, or seconds since
// 1970 as a decimal.
func parseTime(s string) (time.Time, error) {
	t, err := parseEpoch(s)
	if err != nil {
		t, err = parseDate(s)
	}
	if err != nil {
		return time.Time{}, err
	}
	if t.Before(earliestTime) || t.After(latestTime) {
		return time.Time{}, fmt.Errorf("timestamp %.40q is out of range", s)
	}
	return t.UTC(), nil
}

func parseDate(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02", "20060102T150405Z"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	if t, err := http.ParseTime(s); err == nil {
		return t, nil
	}
	return time.Time{}, fmt.Errorf("%.40q is no timestamp", s)
}

// parseEpoch reads seconds exactly where they are written plainly, and to the microsecond where with an exponent.
func parseEpoch(s string) (time.Time, error) {
	whole, fraction, _ := strings.Cut(s, ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	nanos, exact := parseNanos(fraction)
	if err == nil && exact && seconds > -1e12 && seconds < 1e12 {
		if strings.HasPrefix(whole, "-") {
			nanos = -nanos
		}
		return time.Unix(seconds, nanos), nil
	}
	f, ok := parseFloat(s, 64)
	if !ok || math.IsNaN(f) || math.Abs(f) > 1e12 {
		return time.Time{}, fmt.Errorf("%.40q is no number of seconds", s)
	}
	return time.UnixMicro(int64(math.Round(f * 1e6))), nil
}

// parseNanos reads the digits after a decimal point; what is finer than a nanosecond is dropped.
func parseNanos(digits string) (int64, bool) {
	var nanos, unit int64 = 0, 1e8
	for i := range len(digits) {
		c := digits[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		nanos += int64(c-'0') * unit
		unit /= 10
	}
	return nanos, true
}

const hexDigits = "0123456789abcdef"

// quote is the JSON string of s.
func quote(s string) string { return string(appendJSONString(nil, s)) }

// appendJSONString writes s quoted; what is not UTF-8 becomes U+FFFD.
func appendJSONString(buf []byte, s string) []byte {
	buf = append(buf, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				buf = append(buf, s[start:i]...)
				buf = append(buf, "\uFFFD"...)
				start = i + size
			}
			i += size
			continue
		}
		buf = append(buf, s[start:i]...)
		buf = appendEscape(buf, c)
		i++
		start = i
	}
	buf = append(buf, s[start:]...)
	return append(buf, '"')
}

func appendEscape(buf []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(buf, '\\', c)
	case '\n':
		return append(buf, '\\', 'n')
	case '\r':
		return append(buf, '\\', 'r')
	case '\t':
		return append(buf, '\\', 't')
	}
	return append(buf, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
}
