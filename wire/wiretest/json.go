package wiretest

import (
	"bytes"
	"encoding/json"

	"github.com/google/go-cmp/cmp"
)

// JSONDiff tells how two JSON texts differ in value, "" if they do not. The order of members does not matter and
// numbers are compared as they are written.
func JSONDiff(want, got []byte) string {
	x, errX := readJSON(want)
	y, errY := readJSON(got)
	switch {
	case errX != nil:
		return "want: " + errX.Error()
	case errY != nil:
		return "got: " + errY.Error()
	}
	return cmp.Diff(x, y)
}

func readJSON(text []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	err := dec.Decode(&v)
	return v, err
}
