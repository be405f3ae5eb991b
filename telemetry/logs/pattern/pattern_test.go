package pattern

import (
	"errors"
	"strings"
	"testing"
)

// The examples follow the user guide's page on filter patterns.
func TestMatch(t *testing.T) {
	const trail = `{"eventType":"UpdateTrail","sourceIPAddress":"111.111.111.111","arrayKey":["value","another value"],
		"objectList":[{"name":"a","id":1},{"name":"b","id":2}],"SomeObject":null,"cluster.name":"c","ThisFlag":true,"off":false,
		"user":{"id":1,"email":"John.Doe@example.com"},"bandwidth":750,"latency":1.5e3,"status":"404"}`
	const access = `127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534`
	for _, x := range []struct {
		pattern, message string
		want             bool
	}{
		{``, "anything", true},
		{`  `, "", true},
		{`ERROR`, "[ERROR 400] BAD REQUEST", true},
		{`ERROR`, "[error 400] BAD REQUEST", false},
		{`ERROR ARGUMENTS`, "[ERROR 419] MISSING ARGUMENTS", true},
		{`ERROR ARGUMENTS`, "[ERROR 401] UNAUTHORIZED REQUEST", false},
		{`ERROR ARGUMENT`, "[ERROR 419] MISSING ARGUMENTS", true},
		{`?ERROR ?ARGUMENTS`, "[ERROR 401] UNAUTHORIZED REQUEST", true},
		{`?ERROR ?ARGUMENTS`, "MISSING ARGUMENTS", true},
		{`?ERROR ?ARGUMENTS`, "all is well", false},
		{`?ERROR REQUEST`, "BAD REQUEST", true}, // ? beside a required term is ignored
		{`?ERROR REQUEST`, "ERROR", false},
		{`"INTERNAL SERVER ERROR"`, "[ERROR 500] INTERNAL SERVER ERROR", true},
		{`"INTERNAL SERVER ERROR"`, "SERVER INTERNAL ERROR", false},
		{`"\"quoted\" \\ text"`, `a "quoted" \ text`, true},
		{`ERROR -ARGUMENTS`, "[ERROR 400] BAD REQUEST", true},
		{`ERROR -ARGUMENTS`, "[ERROR 419] MISSING ARGUMENTS", false},
		{`-ERROR`, "fine", true},
		{`-"a b"`, "x a b y", false},
		{`été`, "un été", true},
		{`%AUTHORIZED%`, "[ERROR 401] UNAUTHORIZED REQUEST", true},
		{`%AUTHORIZED%`, "[SUCCESS 200] OK", false},
		{`%^\[ERROR%`, "[ERROR 401]", true},
		{`%colou?r%`, "the color", true},
		{`%gray|grey%`, "grey", true},
		{`%10\.10\.0\.1%`, "from 10.10.0.1", true},
		{`%[0-9]{3}%`, "12", false},

		{`{ $.eventType = "UpdateTrail" }`, trail, true},
		{`{$.eventType="UpdateTrail"}`, trail, true},
		{`{ $.eventType = UpdateTrail }`, trail, true},
		{`{ $.eventType = "Update*" }`, trail, true},
		{`{ $.eventType = "*Trai*" }`, trail, true},
		{`{ $.eventType = "*Train*" }`, trail, false},
		{`{ $.eventType != "UpdateTrail" }`, trail, false},
		{`{ $.sourceIPAddress != 123.123.* }`, trail, true},
		{`{ $.sourceIPAddress = 111.111.* }`, trail, true},
		{`{ $.arrayKey[0] = "value" }`, trail, true},
		{`{ $.arrayKey[1] = "value" }`, trail, false},
		{`{ $.arrayKey[7] = "value" }`, trail, false},
		{`{ $.arrayKey[*] = "another value" }`, trail, true},
		{`{ $.objectList[1].id = 2 }`, trail, true},
		{`{ $.objectList[*].id = 3 }`, trail, false},
		{`{ $.SomeObject IS NULL }`, trail, true},
		{`{ $.SomeOtherObject IS NULL }`, trail, false},
		{`{ $.SomeOtherObject NOT EXISTS }`, trail, true},
		{`{ $.eventType NOT EXISTS }`, trail, false},
		{`{ $.user.id EXISTS }`, trail, true},
		{`{ $.ThisFlag IS TRUE }`, trail, true},
		{`{ $.ThisFlag IS FALSE }`, trail, false},
		{`{ $.off IS FALSE }`, trail, true},
		{`{ $.off = false }`, trail, true},
		{`{ $.bandwidth > 75 }`, trail, true},
		{`{ $.bandwidth < 75 }`, trail, false},
		{`{ $.bandwidth >= 750 && $.bandwidth <= 750 }`, trail, true},
		{`{ $.latency = 1500 }`, trail, true},
		{`{ $.latency > 1.4e3 }`, trail, true},
		{`{ $.status = 404 }`, trail, true},
		{`{ $.bandwidth = "750" }`, trail, false},
		{`{ $.bandwidth = 7* }`, trail, true},
		{`{ $.missing != "x" }`, trail, false},
		{`{ $.user = "x" }`, trail, false},
		{`{ $["cluster.name"] = "c" }`, trail, true},
		{`{ $.['cluster.name'] = "c" }`, trail, true},
		{`{ ($.user.id = 1) && ($.user.email = "John.Doe@example.com") }`, trail, true},
		{`{ ($.user.id = 2 && $.user.email = "x") || $.bandwidth = 750 }`, trail, true},
		{`{ $.user.id = 2 && $.user.email = "x" || $.bandwidth = 750 }`, trail, true},
		{`{ $.user.id = 2 && ($.user.email = "x" || $.bandwidth = 750) }`, trail, false},
		{`{ $.eventType = %Trail$% }`, trail, true},
		{`{ $.eventType != %^Create% }`, trail, true},
		{`{ $.a = 1 }`, "not json", false},
		{`{ $.a = 1 }`, `{"a":1`, false},
		{`{ $.level = "error" && $.n > 3 }`, `{"level":"error","n":4}`, true},

		{`[ip, user, username, timestamp, request, status_code, bytes]`, access, true},
		{`[ip, user, username, timestamp, request, status_code]`, access, false},
		{`[ip, user, username, timestamp, request, status_code = 404, bytes]`, access, true},
		{`[ip, user, username, timestamp, request =*.html*, status_code = 4*, bytes]`, access, true},
		{`[ip, user, username, timestamp, request, status_code != 4*, bytes]`, access, false},
		{`[..., status_code, bytes > 1000]`, access, true},
		{`[ip, ..., bytes < 1000]`, access, false},
		{`[ip = 127.0.0.1, ...]`, access, true},
		{`[ip = %127\.0\.0\.[0-9]+%, user, ...]`, access, true},
		{`[ip, user, username="frank", ...]`, access, true},
		{`[ip, user, username, timestamp="10/Oct/2000:13:25:15 -0700", ...]`, access, true},
		{`[w1=ERROR || w1=WARN, w2]`, "WARN disk", true},
		{`[w1=ERROR, w2]`, "WARN disk", false},
		{`[(w1=ERROR || w1=WARN) && w1!=W*, w2]`, "WARN disk", false},
		{`[a, b=2 && a=1]`, "1 2", true},
		{`[a, b=2 && a=1]`, "3 2", false},
		{`[a]`, "", false},
		{`[...]`, "", true},
		{`[a, ...]`, `"unclosed quote`, true},
	} {
		p, err := Parse(x.pattern)
		if err != nil {
			t.Errorf("%s: %v", x.pattern, err)
			continue
		}
		if got := p.Match([]byte(x.message)); got != x.want {
			t.Errorf("%s on %s: %v", x.pattern, x.message, got)
		}
	}
}

func TestInvalid(t *testing.T) {
	for _, text := range []string{
		`"open`, `a.b`, `?`, `-`, `%open`, `%%`, `%a(b)%`, `%something!%`, `%[%`, `""`,
		`{`, `{}`, `{ $ = 1 }`, `{ $.a }`, `{ $.a = }`, `{ $.a = 1`, `{ $.a = 1 } x`, `{ $.a < x }`, `{ $.a < "1" }`,
		`{ a = 1 }`, `{ $.a[x] = 1 }`, `{ $.a[1 = 1 }`, `{ ($.a = 1 }`, `{ $.a IS MAYBE }`, `{ $.a NOT THERE }`, `{ $.a = 1 && }`,
		`{ $.a = %a% && $.b = %b% && $.c = %c% }`,
		`[`, `[]`, `[a`, `[a b]`, `[a,]`, `[..., ...]`, `[a = ]`, `[a, b = 1 && c = 2]`, `[a] x`, `[(a]`,
		strings.Repeat("a", MaxLength+1), `{ ` + strings.Repeat("(", maxDepth+1),
	} {
		if _, err := Parse(text); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzPattern(f *testing.F) {
	f.Add(`ERROR ?x -"y z" %a+%`, "ERROR")
	f.Add(`{ ($.a[*].b = "x*" || $.c >= 1e3) && $.d IS NULL }`, `{"a":[{"b":"xy"}],"d":null}`)
	f.Add(`[a, b=1*, ..., c!="x" && a=%r%]`, `1 "2 3" [4]`)
	f.Fuzz(func(t *testing.T, text, message string) {
		p, err := Parse(text)
		if err != nil {
			if !errors.Is(err, ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		if p.Match([]byte(message)) != p.Match([]byte(message)) {
			t.Fatal("the answer changes")
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	message := []byte(`{"level":"error","n":4,"msg":"could not connect to the database at 10.0.0.1 after 3 tries","request":"0123456789abcdef"}`)
	for _, text := range []string{`error -timeout`, `{ $.level = "error" && $.n > 3 }`, `[a, ..., z=*tries*]`} {
		p, err := Parse(text)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(text, func(b *testing.B) {
			for b.Loop() {
				p.Match(message)
			}
		})
	}
}
