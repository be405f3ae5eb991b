package policy

import "testing"

func TestOneStatement(t *testing.T) {
	d, err := Parse(`{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Action":["ecs:Run*","ecs:describetasks"],
	 "Resource":"arn:aws:ecs:*:*:task-definition/${aws:PrincipalTag/team,'none'}-*","Condition":{"ArnLike":{"ecs:cluster":"arn:aws:ecs:*:*:cluster/p*"},"StringNotEquals":{"aws:x":["1","2"]}}}]}`, Identity)
	if err != nil {
		t.Fatal(err)
	}
	r := &Request{Action: "ecs:RunTask", Resource: "arn:aws:ecs:us-east-1:000000000000:task-definition/web-1:3", Caller: Caller{Account: "000000000000", ARN: "arn:aws:iam::000000000000:user/a"},
		Context: Context{"aws:principaltag/team": {"web"}, "ecs:cluster": {"arn:aws:ecs:us-east-1:000000000000:cluster/prod"}}}
	if got := Evaluate(r, &Policies{Identity: []Named{{"p", d}}}); !got.Allowed() || got.Sid != "a" {
		t.Errorf("%+v", got)
	}
	r.Context["aws:x"] = []string{"2"}
	if got := Evaluate(r, &Policies{Identity: []Named{{"p", d}}}); got.Cause != NoIdentityPolicy {
		t.Errorf("%+v", got)
	}
}
