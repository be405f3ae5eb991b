package policy

import (
	"os"
	"strings"
	"testing"
)

var causes = map[string]Cause{"Allowed": Allowed, "ExplicitDeny": ExplicitDeny, "NoIdentityPolicy": NoIdentityPolicy,
	"NoBoundary": NoBoundary, "NoSessionPolicy": NoSessionPolicy, "NoResourcePolicy": NoResourcePolicy, "NoTrustPolicy": NoTrustPolicy}

var callers = map[string]Caller{
	"ann":     {Account: own, ARN: "arn:aws:iam::" + own + ":user/ann"},
	"bob":     {Account: own, ARN: "arn:aws:iam::" + own + ":user/bob"},
	"eve":     {Account: other, ARN: "arn:aws:iam::" + other + ":user/eve"},
	"root":    {Account: own, ARN: rootARN(own), Root: true},
	"everoot": {Account: other, ARN: rootARN(other), Root: true},
	"session": {Account: own, ARN: "arn:aws:sts::" + own + ":assumed-role/web/s", Role: "arn:aws:iam::" + own + ":role/web"},
	"tasks":   {Service: "ecs-tasks.amazonaws.com"},
	"ec2":     {Service: "ec2.amazonaws.com"},
	"oidc":    {Federated: "arn:aws:iam::" + own + ":oidc-provider/id.example.com"},
}

// TestDocumentedCases reads testdata/cases.txt.
func TestDocumentedCases(t *testing.T) {
	data, err := os.ReadFile("testdata/cases.txt")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, section := range strings.Split(string(data), "\n== ")[1:] {
		title, rest, _ := strings.Cut(section, "\n")
		t.Run(title, func(t *testing.T) {
			p := &Policies{}
			for line := range strings.Lines(rest) {
				word, arg, _ := strings.Cut(strings.TrimSpace(line), " ")
				switch word {
				case "identity":
					p.Identity = append(p.Identity, Named{"identity", parsed(t, arg, Identity)})
				case "session":
					p.Session = append(p.Session, Named{"session", parsed(t, arg, Identity)})
				case "boundary":
					p.Boundary = &Named{"boundary", parsed(t, arg, Identity)}
				case "resource":
					p.Resource = &Named{"resource", parsed(t, arg, Resource)}
				case "trust":
					p.Resource, p.Required = &Named{"trust", parsed(t, arg, Trust)}, true
				case "required":
					p.Required = true
				case "?":
					count++
					ask(t, p, arg)
				}
			}
		})
	}
	if count < 200 {
		t.Errorf("%d cases, want 200 at least", count)
	}
}

func parsed(t *testing.T, text string, kind Kind) *Document {
	t.Helper()
	d, err := Parse(text, kind)
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return d
}

func ask(t *testing.T, p *Policies, line string) {
	t.Helper()
	words := strings.Fields(line)
	r := &Request{Action: words[1], Resource: words[2], Account: own, Caller: callers["ann"], Context: Context{}}
	for _, w := range words[3:] {
		key, value, _ := strings.Cut(w, "=")
		if key == "as" {
			r.Caller = callers[value]
			continue
		}
		r.Context[strings.ToLower(key)] = strings.Split(value, "|")
	}
	if got := Evaluate(r, p); got.Cause != causes[words[0]] {
		t.Errorf("%s: %+v", line, got)
	}
}

// TestMalformed checks what IAM refuses, and its words.
func TestMalformed(t *testing.T) {
	for _, c := range []struct {
		kind       Kind
		text, want string
	}{
		{Identity, `{`, "This policy contains invalid Json"},
		{Identity, `[]`, "Syntax errors in policy."},
		{Identity, `{}`, "Syntax errors in policy."},
		{Identity, `{"Statement":[]}`, "Syntax errors in policy."},
		{Identity, `{"Version":"2011-01-01","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, "Syntax errors in policy."},
		{Identity, `{"Statement":{"Effect":"Permit","Action":"*","Resource":"*"}}`, "Syntax errors in policy."},
		{Identity, `{"Statement":{"Effect":"allow","Action":"*","Resource":"*"}}`, "Syntax errors in policy."},
		{Identity, `{"Statement":{"Effect":"Allow","Resource":"*"}}`, "Policy statement must contain actions."},
		{Identity, `{"Statement":{"Effect":"Allow","Action":"*"}}`, "Policy statement must contain resources."},
		{Identity, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}}`, "Policy document should not specify a principal."},
		{Identity, `{"Statement":{"Effect":"Allow","Action":"RunTask","Resource":"*"}}`, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."},
		{Identity, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"bucket"}}`, `Resource bucket must be in ARN format or "*".`},
		{Identity, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringIs":{"a:b":"c"}}}}`, "Syntax errors in policy."},
		{Identity, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"ForAnyValue::StringLike":{"a:b":"c"}}}}`, "Syntax errors in policy."},
		{Resource, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*","Condition":{"StringIs":{"a:b":"c"}}}}`, "Invalid Condition type : StringIs."},
		{Identity, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"":"c"}}}}`, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."},
		{Identity, `{"Statement":{"Effect":"Allow","Action":"*","NotAction":"*","Resource":"*"}}`, "Syntax errors in policy."},
		{Identity, `{"Statement":{"Effect":"Allow","Effect":"Deny","Action":"*","Resource":"*"}}`, "Syntax errors in policy."},
		{Identity, `{"Statement":{"Effect":"Allow","Action":{"a":"b"},"Resource":"*"}}`, "Syntax errors in policy."},
		{Identity, `{"Statement":[{"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"}]}`, "Statement IDs (SID) in a single policy must be unique."},
		{Identity, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"},"Other":1}`, "Syntax errors in policy."},
		{Identity, `{"Statement":{"Effect":"Allow","Action":"s3:List:Bucket","Resource":"*"}}`, "Actions/Condition can contain only one colon."},
		{Identity, `{"Statement":{"Effect":"Allow","Action":"a a:List","Resource":"*"}}`, "Vendor a a is not valid"},
		{Identity, `{"Statement":{"Effect":"Allow","Action":"s3:List","Resource":"arn:error:s3:::bucket"}}`, `Partition "error" is not valid for resource "arn:error:s3:::bucket".`},
		{Identity, `{"Statement":{"Effect":"Allow","Action":"s3:List","Resource":[null]}}`, "Policy statement must contain resources."},
		{Resource, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, "Missing required field Principal"},
		{Trust, `{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","Resource":"*"}}`, "Has prohibited field Resource"},
		{Trust, `{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"nobody"}}}`, `Invalid principal in policy: "AWS":"nobody"`},
		{Trust, `{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Other":"x"}}}`, "Invalid principal in policy: Other"},
		{Identity, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Sid":null}}`, "Syntax errors in policy."},
		{Identity, strings.Repeat(" ", MaxDocument) + `{}`, "Policy document is too large."},
	} {
		if _, err := Parse(c.text, c.kind); err == nil || err.Error() != c.want {
			t.Errorf("%.100s: %v, want %s", c.text, err, c.want)
		}
	}
}

// FuzzParse wants no text to bring the parser or the evaluation down.
func FuzzParse(f *testing.F) {
	d := dice{newRand(1)}
	for range 20 {
		f.Add(d.policy(true), 0)
		f.Add(d.policy(false), 1)
	}
	r := d.request()
	f.Fuzz(func(t *testing.T, text string, kind int) {
		doc, err := Parse(text, Kind(kind&3))
		if err != nil {
			return
		}
		Evaluate(r, &Policies{Identity: []Named{{"p", doc}}})
	})
}

func BenchmarkEvaluate(b *testing.B) {
	d := dice{newRand(2)}
	r := d.request()
	var p Policies
	for range 5 {
		doc, err := Parse(d.policy(false), Identity)
		if err != nil {
			b.Fatal(err)
		}
		p.Identity = append(p.Identity, Named{"p", doc})
	}
	for b.Loop() {
		Evaluate(r, &p)
	}
}
