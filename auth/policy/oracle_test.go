package policy

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// oracle decides the same from the JSON text, in another way: by regular
// expressions, by walking the generic value, and by writing down for each
// policy whether it allows or denies before anything is combined.
type oracle struct {
	r *Request
}

func (o oracle) statement(s map[string]any, variables bool) bool {
	if p, ok := s["Principal"]; ok && !o.principal(p) {
		return false
	}
	if p, ok := s["NotPrincipal"]; ok && o.principal(p) {
		return false
	}
	if a, ok := s["Action"]; ok && !o.action(a) {
		return false
	}
	if a, ok := s["NotAction"]; ok && o.action(a) {
		return false
	}
	if a, ok := s["Resource"]; ok && !o.resource(a, variables) {
		return false
	}
	if a, ok := s["NotResource"]; ok && o.resource(a, variables) {
		return false
	}
	c, _ := s["Condition"].(map[string]any)
	for op, keys := range c {
		for key, values := range keys.(map[string]any) {
			if !o.condition(op, key, asList(values), variables) {
				return false
			}
		}
	}
	return true
}

func asList(v any) (out []string) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			out = append(out, fmt.Sprint(x))
		}
	default:
		out = append(out, fmt.Sprint(v))
	}
	return out
}

func (o oracle) principal(p any) bool {
	if p == "*" {
		return o.r.Caller.Service == ""
	}
	for kind, values := range p.(map[string]any) {
		for _, v := range asList(values) {
			c := &o.r.Caller
			switch {
			case kind == "Service" && v == c.Service && v != "":
				return true
			case kind != "AWS" || c.Service != "":
			case v == "*", v == c.ARN && !c.Root, v == c.Role && v != "", v == c.Account, v == "arn:aws:iam::"+c.Account+":root":
				return true
			}
		}
	}
	return false
}

// glob turns wildcards into a regular expression.
func glob(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch r {
		case '*':
			b.WriteString("(?s:.*)")
		case '?':
			b.WriteString("(?s:.)")
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	return b.String()
}

func fits(expression, s string) bool {
	return regexp.MustCompile("^" + expression + "$").MatchString(s)
}

func (o oracle) action(v any) bool {
	for _, a := range asList(v) {
		if fits(glob(strings.ToLower(a)), strings.ToLower(o.r.Action)) {
			return true
		}
	}
	return false
}

var variablesIn = regexp.MustCompile(`\$\{([^}]*)\}`)

// expand returns the regular expression of a text with variables: what stands
// for a variable is never a wildcard.
func (o oracle) expand(s string, variables, wild bool) (string, bool) {
	text := func(s string) string {
		if wild {
			return glob(s)
		}
		return regexp.QuoteMeta(s)
	}
	if !variables {
		return text(s), true
	}
	var b strings.Builder
	last := 0
	for _, at := range variablesIn.FindAllStringSubmatchIndex(s, -1) {
		b.WriteString(text(s[last:at[0]]))
		last = at[1]
		name := s[at[2]:at[3]]
		if name == "*" || name == "?" || name == "$" {
			b.WriteString(regexp.QuoteMeta(name))
			continue
		}
		key, fallback, has := strings.Cut(name, ",")
		values := o.r.Context[strings.ToLower(strings.TrimSpace(key))]
		switch {
		case len(values) == 1:
			b.WriteString(regexp.QuoteMeta(values[0]))
		case has:
			b.WriteString(regexp.QuoteMeta(strings.Trim(strings.TrimSpace(fallback), "'")))
		default:
			return "", false
		}
	}
	b.WriteString(text(s[last:]))
	return b.String(), true
}

func (o oracle) arn(pattern, arn string, variables bool) bool {
	if pattern == "*" {
		return true
	}
	have := strings.SplitN(arn, ":", 6)
	if len(have) != 6 {
		return false
	}
	// Variables' own colons are hidden while the parts are cut.
	hidden := variablesIn.ReplaceAllStringFunc(pattern, func(v string) string { return strings.ReplaceAll(v, ":", "\x00") })
	want := strings.SplitN(hidden, ":", 6)
	for len(want) < 6 {
		want = append(want, "*")
	}
	for i := range want {
		e, ok := o.expand(strings.ReplaceAll(want[i], "\x00", ":"), variables, true)
		if !ok || !fits(e, have[i]) {
			return false
		}
	}
	return true
}

func (o oracle) resource(v any, variables bool) bool {
	for _, p := range asList(v) {
		if o.arn(p, o.r.Resource, variables) {
			return true
		}
	}
	return false
}

func (o oracle) condition(op, key string, want []string, variables bool) bool {
	have, present := o.r.Context[strings.ToLower(key)]
	set, plain, ok := strings.Cut(op, ":")
	if !ok {
		set, plain = "", op
	}
	if plain == "Null" {
		for _, w := range want {
			if w == strconv.FormatBool(len(have) == 0) {
				return true
			}
		}
		return false
	}
	plain, ifExists := strings.CutSuffix(plain, "IfExists")
	negated := strings.Contains(plain, "Not")
	one := func(h string) bool {
		for _, w := range want {
			if o.compare(strings.Replace(plain, "Not", "", 1), w, h, variables) {
				return !negated
			}
		}
		return negated
	}
	count := 0
	for _, h := range have {
		if one(h) {
			count++
		}
	}
	switch {
	case set == "ForAllValues":
		return count == len(have)
	case len(have) == 0 && set == "ForAnyValue":
		return ifExists && !present
	case len(have) == 0:
		return ifExists || negated
	case set == "" && negated:
		return count == len(have)
	}
	return count > 0
}

func (o oracle) compare(op, want, have string, variables bool) bool {
	literal, ok := o.expand(want, variables, false)
	switch op {
	case "StringEquals":
		return ok && fits(literal, have)
	case "Bool":
		return strings.ToLower(want) == strings.ToLower(have)
	case "StringEqualsIgnoreCase":
		return ok && fits("(?i:"+literal+")", have)
	case "StringLike":
		e, ok := o.expand(want, variables, true)
		return ok && fits(e, have)
	case "ArnLike", "ArnEquals":
		return want == "*" || (strings.Count(want, ":") >= 5 && o.arn(want, have, variables))
	case "IpAddress":
		if !strings.Contains(want, "/") {
			want += "/32"
		}
		_, network, err := net.ParseCIDR(want)
		ip := net.ParseIP(have)
		return err == nil && ip != nil && network.Contains(ip)
	}
	var w, h float64
	var errW, errH error
	if strings.HasPrefix(op, "Numeric") {
		w, errW = strconv.ParseFloat(want, 64)
		h, errH = strconv.ParseFloat(have, 64)
	} else {
		w, errW = seconds(want)
		h, errH = seconds(have)
	}
	if errW != nil || errH != nil {
		return false
	}
	switch strings.TrimPrefix(strings.TrimPrefix(op, "Numeric"), "Date") {
	case "Equals":
		return h == w
	case "LessThan":
		return h < w
	case "LessThanEquals":
		return h <= w
	case "GreaterThan":
		return h > w
	case "GreaterThanEquals":
		return h >= w
	}
	panic(op)
}

func seconds(s string) (float64, error) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return float64(n), nil
	}
	at, err := time.Parse(time.RFC3339, s)
	return float64(at.Unix()), err
}

// verdict says whether a policy denies and whether it allows.
func (o oracle) verdict(text string) (denies, allows bool) {
	var d map[string]any
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		panic(err)
	}
	for _, s := range d["Statement"].([]any) {
		s := s.(map[string]any)
		if o.statement(s, d["Version"] == Version2012) {
			denies = denies || s["Effect"] == "Deny"
			allows = allows || s["Effect"] == "Allow"
		}
	}
	return denies, allows
}

// directly reports whether the resource's policy allows the caller other than
// by its account; itself, by its own name.
func (o oracle) directly(text string) (direct, itself bool) {
	var d map[string]any
	_ = json.Unmarshal([]byte(text), &d)
	for _, s := range d["Statement"].([]any) {
		s := s.(map[string]any)
		p, ok := s["Principal"]
		if s["Effect"] != "Allow" || !ok || !o.statement(s, d["Version"] == Version2012) {
			continue
		}
		c := &o.r.Caller
		if p == "*" {
			p = map[string]any{"AWS": "*"}
		}
		for _, v := range asList(p.(map[string]any)["AWS"]) {
			direct = direct || v == "*" || (v == c.Role && v != "") || (v == c.ARN && !c.Root)
			itself = itself || (v == "*" && c.Role == "") || (v == c.ARN && !c.Root)
		}
	}
	return direct, itself
}

// texts are the policies of a case, as JSON.
type texts struct {
	identity           []string
	boundary, resource string
	session            []string
	required           bool
}

func (o oracle) allowed(t texts) bool {
	root := o.r.Caller.Root && o.r.Account == o.r.Caller.Account
	var denied, identity, session bool
	for _, p := range t.identity {
		d, a := o.verdict(p)
		denied, identity = denied || (d && !root), identity || a
	}
	for _, p := range t.session {
		d, a := o.verdict(p)
		denied, session = denied || (d && !root), session || a
	}
	limits := len(t.session) == 0 || session
	if t.boundary != "" {
		d, a := o.verdict(t.boundary)
		denied, limits = denied || (d && !root), limits && a
	}
	var granted, direct, itself bool
	if t.resource != "" {
		var d bool
		d, granted = o.verdict(t.resource)
		denied = denied || d
		direct, itself = o.directly(t.resource)
	}
	own := o.r.Account == o.r.Caller.Account
	switch {
	case denied:
		return false
	case o.r.Caller.Service != "":
		return granted
	case (!own || t.required) && !granted:
		return false
	case o.r.Caller.Root:
		return true
	case own && granted && itself:
		return true
	case own && granted && direct:
		return limits
	}
	return identity && limits
}

// TestAgainstOracle draws policies and requests from few words, so that they
// meet often, and compares.
func TestAgainstOracle(t *testing.T) {
	pairs := 100_000
	if n, err := strconv.Atoi(os.Getenv("POLICY_PAIRS")); err == nil {
		pairs = n
	}
	workers := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	var mu sync.Mutex
	allowed := 0
	for w := range workers {
		wg.Go(func() {
			d := dice{rand.New(rand.NewPCG(1, uint64(w)))}
			yes := 0
			for range pairs / workers {
				r, policies := d.request(), d.texts()
				got := Evaluate(r, policies.parsed(t))
				if got.Allowed() != (oracle{r}).allowed(policies) {
					t.Errorf("allowed: %v (%+v)\nrequest %+v\npolicies %+v", got.Allowed(), got, r, policies)
					return
				}
				if got.Allowed() {
					yes++
				}
			}
			mu.Lock()
			allowed += yes
			mu.Unlock()
		})
	}
	wg.Wait()
	if allowed < pairs/20 || allowed > pairs*19/20 {
		t.Errorf("%d of %d allowed: the cases say too little", allowed, pairs)
	}
}

func (p texts) parsed(t *testing.T) *Policies {
	parse := func(s string, k Kind) *Document {
		d, err := Parse(s, k)
		if err != nil {
			t.Fatalf("%v: %s", err, s)
		}
		return d
	}
	out := &Policies{Required: p.required}
	for _, s := range p.identity {
		out.Identity = append(out.Identity, Named{"identity", parse(s, Identity)})
	}
	for _, s := range p.session {
		out.Session = append(out.Session, Named{"session", parse(s, Identity)})
	}
	if p.boundary != "" {
		out.Boundary = &Named{"boundary", parse(p.boundary, Identity)}
	}
	if p.resource != "" {
		out.Resource = &Named{"resource", parse(p.resource, Resource)}
	}
	return out
}
