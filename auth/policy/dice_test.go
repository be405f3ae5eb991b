package policy

import (
	"encoding/json"
	"math/rand/v2"
)

// dice draws policies and requests.
type dice struct{ *rand.Rand }

func pick[T any](d dice, of ...T) T { return of[d.IntN(len(of))] }

func (d dice) chance(percent int) bool { return d.IntN(100) < percent }

const own, other = "111111111111", "222222222222"

func (d dice) request() *Request {
	r := &Request{Action: pick(d, "ecs:RunTask", "ecs:StopTask", "ecs:DescribeTasks", "ECS:runtask", "s3:GetObject", "iam:PassRole"),
		Resource: pick(d, "*", "arn:aws:ecs:us-east-1:"+own+":task-definition/web:3", "arn:aws:ecs:us-east-1:"+own+":task/default/abc",
			"arn:aws:ecs:eu-west-1:"+own+":task/web/a:b/c", "arn:aws:s3:::bucket/ann/x", "arn:aws:iam::"+own+":role/web"),
		Account: own, Context: Context{}}
	switch d.IntN(8) {
	case 0:
		r.Caller = Caller{Account: own, ARN: rootARN(own), Root: true}
	case 1:
		r.Caller = Caller{Service: pick(d, "ecs-tasks.amazonaws.com", "ec2.amazonaws.com")}
	case 2, 3:
		account := pick(d, own, own, other)
		r.Caller = Caller{Account: account, ARN: "arn:aws:sts::" + account + ":assumed-role/web/s", Role: "arn:aws:iam::" + account + ":role/web"}
	default:
		account := pick(d, own, own, own, other)
		r.Caller = Caller{Account: account, ARN: "arn:aws:iam::" + account + ":user/" + pick(d, "ann", "bob")}
	}
	for _, k := range keys {
		if d.chance(60) {
			values := []string{}
			for range pick(d, 0, 1, 1, 1, 1, 2, 3) {
				values = append(values, pick(d, words...))
			}
			r.Context[k] = values
		}
	}
	return r
}

var keys = []string{"aws:username", "aws:principaltag/team", "ecs:cluster", "aws:tagkeys", "aws:currenttime", "aws:sourceip", "ecs:count"}

var words = []string{"ann", "ANN", "web", "a*", "w?b", "3", "3.0", "-7", "1e2", "2026-01-02T03:04:05Z", "2025-01-02T03:04:05Z", "10.1.2.3", "192.0.2.7",
	"true", "arn:aws:ecs:us-east-1:" + own + ":cluster/web", "arn:aws:ecs:us-east-1:" + own + ":cluster/w:x", ""}

var operators = []string{"StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike",
	"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals",
	"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals",
	"Bool", "IpAddress", "NotIpAddress", "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "Null"}

var values = append([]string{"*", "?nn", "w*", "${aws:username}", "${aws:PrincipalTag/team, 'web'}*", "${*}", "a${*}", "${missing:key}", "10.0.0.0/8", "false",
	"arn:aws:ecs:*:" + own + ":cluster/*", "arn:aws:ecs:us-east-1:*:cluster/${aws:username}", "arn:*"}, words...)

func (d dice) texts() texts {
	t := texts{required: d.chance(15)}
	for range d.IntN(3) {
		t.identity = append(t.identity, d.policy(false))
	}
	if d.chance(25) {
		t.boundary = d.policy(false)
	}
	for range pick(d, 0, 0, 0, 1, 2) {
		t.session = append(t.session, d.policy(false))
	}
	if d.chance(50) {
		t.resource = d.policy(true)
	}
	return t
}

func (d dice) policy(principals bool) string {
	p := map[string]any{"Version": pick(d, Version2012, Version2012, Version2008)}
	var statements []any
	for range 1 + d.IntN(3) {
		statements = append(statements, d.statement(principals))
	}
	p["Statement"] = statements
	if len(statements) == 1 && d.chance(50) {
		p["Statement"] = statements // a single one may stand without a list; the oracle reads lists
	}
	text, _ := json.Marshal(p)
	return string(text)
}

func (d dice) statement(principals bool) map[string]any {
	s := map[string]any{"Effect": pick(d, "Allow", "Allow", "Allow", "Deny")}
	action := []string{"ecs:*", "ecs:RunTask", "ecs:run*", "*", "s3:Get?bject", "iam:PassRole", "ecs:D*s"}
	s[pick(d, "Action", "Action", "Action", "NotAction")] = d.some(action)
	resource := []string{"*", "*", "arn:aws:ecs:*:*:task/*", "arn:aws:ecs:us-east-1:" + own + ":task*", "arn:aws:s3:::bucket/${aws:username}/*",
		"arn:aws:ecs", "arn:aws:iam::" + own + ":role/${aws:PrincipalTag/team, 'web'}", "arn:aws:ecs:*:*:*/${*}"}
	s[pick(d, "Resource", "Resource", "Resource", "NotResource")] = d.some(resource)
	if principals {
		d.principal(s)
	}
	if d.chance(50) {
		c := map[string]any{}
		for range 1 + d.IntN(2) {
			op := pick(d, operators...)
			if op == "Null" {
				c[op] = map[string]any{pick(d, keys...): pick(d, "true", "false")}
				continue
			}
			op = pick(d, "", "", "", "ForAllValues:", "ForAnyValue:") + op + pick(d, "", "", "IfExists")
			c[op] = map[string]any{pick(d, keys...): d.some(values)}
		}
		s["Condition"] = c
	}
	return s
}

func (d dice) principal(s map[string]any) {
	aws := []string{"*", own, rootARN(own), rootARN(other), "arn:aws:iam::" + own + ":user/ann", "arn:aws:iam::" + own + ":role/web",
		"arn:aws:sts::" + own + ":assumed-role/web/s", "arn:aws:iam::" + other + ":user/bob"}
	name := "Principal"
	if s["Effect"] == "Deny" && d.chance(30) {
		name = "NotPrincipal"
	}
	switch d.IntN(5) {
	case 0:
		s[name] = "*"
	case 1:
		s[name] = map[string]any{"Service": d.some([]string{"ecs-tasks.amazonaws.com", "ec2.amazonaws.com"})}
	default:
		s[name] = map[string]any{"AWS": d.some(aws)}
	}
}

// some returns one of the values, or a list of some.
func (d dice) some(of []string) any {
	if d.chance(50) {
		return pick(d, of...)
	}
	list := []any{}
	for range 1 + d.IntN(3) {
		list = append(list, pick(d, of...))
	}
	return list
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }
