package organizations

import (
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/auth/caller"
)

// Lists that have one item are pages all the same: what asks for them is held
// against the limits.
func TestListsOfOneArePages(t *testing.T) {
	d := &Door{opts: Options{Management: "000000000000", Now: time.Now}}
	ctx := caller.With(t.Context(), caller.Identity{Account: "000000000000"})
	out, err := d.ListRoots(ctx, &ListRootsInput{MaxResults: new(int32(1))})
	if err != nil || len(out.Roots) != 1 || *out.Roots[0].Id != d.root() {
		t.Fatalf("%+v %v", out, err)
	}
	parents, err := d.ListParents(ctx, &ListParentsInput{ChildId: new("000000000000"), MaxResults: new(int32(20))})
	if err != nil || len(parents.Parents) != 1 || *parents.Parents[0].Id != d.root() {
		t.Fatalf("%+v %v", parents, err)
	}
	_, tooMany := d.ListRoots(ctx, &ListRootsInput{MaxResults: new(int32(21))})
	_, tooFew := d.ListParents(ctx, &ListParentsInput{ChildId: new("000000000000"), MaxResults: new(int32(0))})
	_, unknown := d.ListRoots(ctx, &ListRootsInput{NextToken: new("elsewhere")})
	for _, err := range []error{tooMany, tooFew, unknown} {
		if err == nil || !strings.Contains(err.Error(), "InvalidInputException") {
			t.Error(err)
		}
	}
}
