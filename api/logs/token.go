package logs

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/roadstead/roadstead/telemetry/logs"
)

// A position is written as 56 decimal digits, as AWS's event ids and tokens
// are: 26 of the timestamp, 30 of the sequence number. Their order as text is
// their order in the store.
const (
	timeDigits = 26
	seqDigits  = 30
)

func writePosition(p logs.Position) string {
	return fmt.Sprintf("%0*d%0*d", timeDigits, p.Timestamp, seqDigits, p.Seq)
}

func readPosition(s string) (logs.Position, bool) {
	if len(s) != timeDigits+seqDigits || strings.Trim(s, "0123456789") != "" {
		return logs.Position{}, false
	}
	ts, err1 := strconv.ParseInt(s[:timeDigits], 10, 64)
	seq, err2 := strconv.ParseUint(s[timeDigits:], 10, 64)
	return logs.Position{Timestamp: ts, Seq: seq}, err1 == nil && err2 == nil
}

// The tokens of GetLogEvents: "f/POSITION/s" continues behind the position,
// "b/POSITION/s" before it.

func forwardToken(p logs.Position) *string  { return new("f/" + writePosition(p) + "/s") }
func backwardToken(p logs.Position) *string { return new("b/" + writePosition(p) + "/s") }

func readEventsToken(token string) (p logs.Position, backward bool, err error) {
	direction, rest, _ := strings.Cut(token, "/")
	digits, whole := strings.CutSuffix(rest, "/s")
	p, ok := readPosition(digits)
	if !ok || !whole || direction != "f" && direction != "b" {
		return p, false, invalidToken()
	}
	return p, direction == "b", nil
}

// query identifies a list: everything that decides what is in it, so that a
// token of one list is none of another.
type query [8]byte

func newQuery(parts ...string) query {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return query(h.Sum(nil)[:8])
}

// token makes an opaque token out of a place in the list.
func (q query) token(place string) *string {
	return new(base64.RawURLEncoding.EncodeToString(append(q[:], place...)))
}

// place reads a token; no token is the list's beginning, "".
func (q query) place(token *string) (string, error) {
	if token == nil {
		return "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(*token)
	if err != nil || len(b) <= len(q) || query(b[:len(q)]) != q {
		return "", invalidToken()
	}
	return string(b[len(q):]), nil
}
