package iam

import (
	"context"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/wire"
)

// aboutOther are operations that are about another resource than the first of
// resourceMembers that their input has.
var aboutOther = map[string]string{
	"AddUserToGroup":                "GroupName",
	"RemoveUserFromGroup":           "GroupName",
	"AddRoleToInstanceProfile":      "InstanceProfileName",
	"RemoveRoleFromInstanceProfile": "InstanceProfileName",
}

// resourceMembers are the members that name what an operation is about, and
// the resource's type in ARNs; none for those that are ARNs.
var resourceMembers = []struct{ member, kind string }{
	{"UserName", "user"}, {"GroupName", "group"}, {"RoleName", "role"}, {"InstanceProfileName", "instance-profile"},
	{"OpenIDConnectProviderArn", ""}, {"PolicySourceArn", ""}, {"PolicyArn", ""}, {"PolicyName", "policy"}, {"Url", "oidc-provider"}, {"AWSServiceName", "role"},
}

// permission says what an operation needs: its own action on the user, group,
// role, instance profile, policy or provider that it is about, with the
// condition keys of IAM; and iam:PassRole for a role that is handed on.
// Source: Service Authorization Reference, "Actions, resources, and condition
// keys for AWS Identity and Access Management (IAM)".
func permission[I any](d *Door, operation string) wire.Permission {
	t := reflect.TypeFor[I]()
	about, kind := "", ""
	for _, m := range resourceMembers {
		if _, has := t.FieldByName(m.member); has && (aboutOther[operation] == "" || aboutOther[operation] == m.member) {
			about, kind = m.member, m.kind
			break
		}
	}
	return wire.Needs(func(ctx context.Context, in *I) []wire.Need {
		c := d.caller(ctx)
		v := reflect.ValueOf(in).Elem()
		own := wire.Need{Keys: conditionKeys(v)}
		if about != "" {
			own.Resources = c.named(kind, about, v)
		}
		if operation != "AddRoleToInstanceProfile" {
			return []wire.Need{own}
		}
		return []wire.Need{own, {Action: "iam:PassRole", Resources: c.named("role", "RoleName", v), Keys: map[string][]string{"iam:PassedToService": {"ec2.amazonaws.com"}}}}
	})
}

// stringOf is a member of an input that is a string; "" where it has none.
func stringOf(in reflect.Value, member string) string {
	f := in.FieldByName(member)
	if !f.IsValid() {
		return ""
	}
	s, ok := f.Interface().(*string)
	if !ok || s == nil {
		return ""
	}
	return *s
}

// named is the ARN of what a member names. What exists has a path of its own;
// what does not has the one of the request, or none.
func (c *call) named(kind, member string, in reflect.Value) []string {
	name, path := stringOf(in, member), orRoot(orNone(stringOf(in, "Path")))
	switch {
	case kind == "" && name != "":
		return []string{name}
	case kind == "oidc-provider":
		return []string{c.OIDCProviderARN(strings.TrimPrefix(name, "https://"))}
	case member == "AWSServiceName":
		at := slices.IndexFunc(linkedServices, func(s linkedService) bool { return s.service == name })
		if at < 0 {
			return []string{c.RoleARN(linkedPath+name+"/", "*")}
		}
		return []string{c.RoleARN(linkedPath+name+"/", linkedServices[at].role)}
	case name == "" && kind == "user": // the caller
		return []string{c.who.ARN}
	}
	v := c.db.View()
	switch kind {
	case "user":
		if u, ok := store.Get[*model.User](v, model.UserID(c.Account, name)); ok {
			name, path = u.Name, u.Path
		}
		return []string{c.UserARN(path, name)}
	case "group":
		if g, ok := store.Get[*model.Group](v, model.GroupID(c.Account, name)); ok {
			name, path = g.Name, g.Path
		}
		return []string{c.GroupARN(path, name)}
	case "role":
		if r, ok := store.Get[*model.Role](v, model.RoleID(c.Account, name)); ok {
			name, path = r.Name, r.Path
		}
		return []string{c.RoleARN(path, name)}
	case "instance-profile":
		if p, ok := store.Get[*model.InstanceProfile](v, model.InstanceProfileID(c.Account, name)); ok {
			name, path = p.Name, p.Path
		}
		return []string{c.InstanceProfileARN(path, name)}
	}
	return []string{c.PolicyARN(path, name)}
}

// conditionKeys are IAM's condition keys that a request carries.
func conditionKeys(in reflect.Value) map[string][]string {
	keys := map[string][]string{}
	for member, key := range map[string]string{"PermissionsBoundary": "iam:PermissionsBoundary", "PolicyArn": "iam:PolicyARN", "AWSServiceName": "iam:AWSServiceName"} {
		if value := stringOf(in, member); value != "" {
			keys[key] = []string{value}
		}
	}
	if f := in.FieldByName("Tags"); f.IsValid() {
		tags, _ := f.Interface().([]types.Tag)
		for _, t := range tags {
			if t.Key != nil && t.Value != nil {
				keys["aws:RequestTag/"+*t.Key] = []string{*t.Value}
				keys["aws:TagKeys"] = append(keys["aws:TagKeys"], *t.Key)
			}
		}
	}
	if f := in.FieldByName("TagKeys"); f.IsValid() {
		names, _ := f.Interface().([]string)
		keys["aws:TagKeys"] = append(keys["aws:TagKeys"], names...)
	}
	return keys
}
