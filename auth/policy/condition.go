package policy

import (
	"encoding/base64"
	"math/big"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// setOperator says how a key with several values is tested.
type setOperator int

const (
	single setOperator = iota
	forAll
	forAny
)

// test is a condition operator. A negated one holds when none of the
// condition's values fits.
type test struct {
	fits    func(o *operand, value string, ctx Context) bool
	negated bool
	null    bool
}

// operand is one value of a condition. The ARN operators compare its parts.
type operand struct {
	template
	arn *resource
}

// operator returns the test of the name, in lower case.
// Source: IAM user guide, "IAM JSON policy elements: Condition operators".
func operator(name string) (t test, known bool) {
	switch name {
	case "null":
		return test{null: true}, true
	case "stringequals", "stringnotequals":
		t.fits = equals
	case "stringequalsignorecase", "stringnotequalsignorecase":
		t.fits = equalsFold
	case "stringlike", "stringnotlike":
		t.fits = like
	case "arnequals", "arnlike", "arnnotequals", "arnnotlike":
		t.fits = arnLike
	case "ipaddress", "notipaddress":
		t.fits = inNetwork
	case "bool":
		t.fits = boolean
	case "binaryequals":
		t.fits = binaryEquals
	case "numericequals", "numericnotequals":
		t.fits = numeric(func(order int) bool { return order == 0 })
	case "numericlessthan":
		t.fits = numeric(func(order int) bool { return order < 0 })
	case "numericlessthanequals":
		t.fits = numeric(func(order int) bool { return order <= 0 })
	case "numericgreaterthan":
		t.fits = numeric(func(order int) bool { return order > 0 })
	case "numericgreaterthanequals":
		t.fits = numeric(func(order int) bool { return order >= 0 })
	case "dateequals", "datenotequals":
		t.fits = date(func(order int) bool { return order == 0 })
	case "datelessthan":
		t.fits = date(func(order int) bool { return order < 0 })
	case "datelessthanequals":
		t.fits = date(func(order int) bool { return order <= 0 })
	case "dategreaterthan":
		t.fits = date(func(order int) bool { return order > 0 })
	case "dategreaterthanequals":
		t.fits = date(func(order int) bool { return order >= 0 })
	default:
		return t, false
	}
	t.negated = strings.Contains(name, "not")
	return t, true
}

func newCondition(name, key string, values []string, version string) (Condition, error) {
	c := Condition{Operator: name, Key: key, Values: values, key: strings.ToLower(key)}
	rest := strings.ToLower(name)
	if set, plain, ok := strings.Cut(rest, ":"); ok {
		rest = plain
		switch set {
		case "forallvalues":
			c.set = forAll
		case "foranyvalue":
			c.set = forAny
		default:
			return c, Error("Invalid Condition type : " + name + ".")
		}
	}
	if plain, ok := strings.CutSuffix(rest, "ifexists"); ok && plain != "null" {
		rest, c.ifExists = plain, true
	}
	var known bool
	if c.test, known = operator(rest); !known {
		return c, Error("Invalid Condition type : " + name + ".")
	}
	if key == "" {
		return c, errVendor
	}
	for _, v := range values {
		o := operand{template: newTemplate(v, version, strings.HasSuffix(rest, "like"))}
		if strings.HasPrefix(rest, "arn") {
			if arn, err := newResource(v, version); err == nil && (v == "*" || len(splitARN(v)) == 6) {
				o.arn = &arn
			}
		}
		c.values = append(c.values, o)
	}
	return c, nil
}

// holds reports whether the condition is met.
// Source: IAM user guide, "Conditions with multiple context keys or values",
// "Set operators for multivalued context keys".
func (c *Condition) holds(ctx Context) bool {
	values, present := ctx[c.key]
	if c.test.null {
		return c.absent(len(values) == 0)
	}
	switch {
	case c.set == forAll:
		for _, v := range values {
			if !c.fits(v, ctx) {
				return false
			}
		}
		return true // also of nothing
	case !present || len(values) == 0:
		if c.set == forAny {
			return c.ifExists && !present
		}
		return c.ifExists || c.test.negated
	case c.set == single && c.test.negated:
		for _, v := range values {
			if !c.fits(v, ctx) {
				return false
			}
		}
		return true
	}
	for _, v := range values {
		if c.fits(v, ctx) {
			return true
		}
	}
	return false
}

func (c *Condition) absent(missing bool) bool {
	for _, v := range c.Values {
		if strings.EqualFold(v, "true") == missing && (strings.EqualFold(v, "true") || strings.EqualFold(v, "false")) {
			return true
		}
	}
	return false
}

// fits reports whether one value of the request passes: for a negated operator
// when it fits none of the condition's values.
func (c *Condition) fits(value string, ctx Context) bool {
	for i := range c.values {
		if c.test.fits(&c.values[i], value, ctx) {
			return !c.test.negated
		}
	}
	return c.test.negated
}

func equals(o *operand, value string, ctx Context) bool {
	want, ok := o.string(ctx)
	return ok && want == value
}

func equalsFold(o *operand, value string, ctx Context) bool {
	want, ok := o.string(ctx)
	return ok && strings.EqualFold(want, value)
}

func like(o *operand, value string, ctx Context) bool {
	p, ok := o.pattern(ctx)
	return ok && p.match(value)
}

// arnLike compares the six parts of ARNs each by itself; ArnEquals does the same.
func arnLike(o *operand, value string, ctx Context) bool {
	return o.arn != nil && o.arn.match(value, ctx)
}

// Variables are replaced for the string and ARN operators only.

func boolean(o *operand, value string, _ Context) bool { return strings.EqualFold(o.text, value) }

func inNetwork(o *operand, value string, _ Context) bool {
	want := o.text
	addr, err := netip.ParseAddr(value)
	if err != nil {
		return false
	}
	addr = addr.Unmap()
	if network, err := netip.ParsePrefix(want); err == nil {
		return network.Masked().Contains(addr)
	}
	one, err := netip.ParseAddr(want)
	return err == nil && one.Unmap() == addr
}

func binaryEquals(o *operand, value string, _ Context) bool {
	want, err := base64.StdEncoding.DecodeString(o.text)
	if err != nil {
		return false
	}
	have, err := base64.StdEncoding.DecodeString(value)
	return err == nil && string(want) == string(have)
}

func numeric(order func(int) bool) func(*operand, string, Context) bool {
	return func(o *operand, value string, _ Context) bool {
		w, wok := number(o.text)
		h, hok := number(value)
		return wok && hok && order(h.Cmp(w))
	}
}

// number reads a decimal number. Numbers that are longer than any that makes
// sense are none.
func number(s string) (*big.Rat, bool) {
	if len(s) > 40 || strings.ContainsAny(s, "/_xXpPiInN") {
		return nil, false
	}
	if _, exponent, ok := strings.Cut(strings.ToLower(s), "e"); ok {
		if e, err := strconv.Atoi(exponent); err != nil || e > 300 || e < -300 {
			return nil, false
		}
	}
	return new(big.Rat).SetString(s)
}

func date(order func(int) bool) func(*operand, string, Context) bool {
	return func(o *operand, value string, _ Context) bool {
		w, wok := instant(o.text)
		h, hok := instant(value)
		return wok && hok && order(h.Compare(w))
	}
}

// instant reads an ISO 8601 date, with or without time, or seconds since 1970.
func instant(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	if seconds, err := strconv.ParseInt(s, 10, 64); err == nil {
		return time.Unix(seconds, 0), true
	}
	return time.Time{}, false
}
