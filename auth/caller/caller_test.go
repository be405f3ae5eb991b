package caller

import (
	"context"
	"testing"
)

func TestIdentityTravelsInTheContext(t *testing.T) {
	if _, ok := From(context.Background()); ok {
		t.Fatal("an empty context has a caller")
	}
	want := NewRoot("000000000000", "AKIAEXAMPLE")
	got, ok := From(With(context.Background(), want))
	if !ok || got != want {
		t.Fatalf("From = %+v, %v; want %+v", got, ok, want)
	}
}

func TestRootIdentity(t *testing.T) {
	got := NewRoot("123456789012", "AKIAEXAMPLE")
	want := Identity{
		Account: "123456789012", ARN: "arn:aws:iam::123456789012:root", UserID: "123456789012",
		AccessKeyID: "AKIAEXAMPLE", Kind: Root,
	}
	if got != want {
		t.Fatalf("NewRoot = %+v, want %+v", got, want)
	}
}

func TestSessionIdentityDropsTheRolePath(t *testing.T) {
	for _, roleARN := range []string{
		"arn:aws:iam::123456789012:role/web",
		"arn:aws:iam::123456789012:role/service/team/web",
	} {
		got := NewSession(TaskRole, roleARN, "AROAEXAMPLE", "0f9d")
		want := Identity{
			Account: "123456789012",
			ARN:     "arn:aws:sts::123456789012:assumed-role/web/0f9d",
			UserID:  "AROAEXAMPLE:0f9d", Kind: AssumedRole, Purpose: TaskRole,
			RoleARN: roleARN, SessionName: "0f9d",
		}
		if got != want {
			t.Fatalf("NewSession(%s) = %+v, want %+v", roleARN, got, want)
		}
	}
}

func TestTheZeroIdentityIsNobody(t *testing.T) {
	var id Identity
	if id.Kind != Nobody || id.Kind.String() != "Nobody" {
		t.Fatalf("zero kind is %v", id.Kind)
	}
}
