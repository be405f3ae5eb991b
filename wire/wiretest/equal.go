package wiretest

import (
	"bytes"
	"reflect"
	"strings"
	"time"

	"github.com/aws/smithy-go/document"
	"github.com/google/go-cmp/cmp"
)

// Diff tells how two SDK values differ on the wire, "" if they do not. It looks past the SDK's bookkeeping and
// compares documents by their JSON.
func Diff(want, got any) string { return diff(want, got, 0) }

// readMargin is how far a timestamp may be off that the SDK has read: it takes epoch seconds for a float and cuts what
// is finer than a millisecond, so that .338 may come out as .337.
const readMargin = time.Millisecond

func diff(want, got any, margin time.Duration) string {
	return cmp.Diff(want, got,
		cmp.Comparer(func(a, b time.Time) bool { return a.Sub(b).Abs() <= margin }),
		cmp.Exporter(func(reflect.Type) bool { return true }),
		cmp.FilterPath(isBookkeeping, cmp.Ignore()),
		cmp.Comparer(sameDocument),
	)
}

func isBookkeeping(p cmp.Path) bool {
	f, ok := p.Last().(cmp.StructField)
	return ok && (f.Name() == "noSmithyDocumentSerde" || f.Name() == "ResultMetadata" || f.Name() == "eventStream")
}

func sameDocument(a, b document.Marshaler) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	x, errX := a.MarshalSmithyDocument()
	y, errY := b.MarshalSmithyDocument()
	return errX == nil && errY == nil && sameJSON(x, y)
}

// sameJSON compares JSON texts by value.
func sameJSON(a, b []byte) bool {
	return strings.TrimSpace(JSONDiff(a, b)) == "" || bytes.Equal(a, b)
}
