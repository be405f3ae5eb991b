package model

// InlinePolicy is a policy that belongs to one user, group or role.
type InlinePolicy struct {
	Name     string `f:"1"`
	Document string `f:"2"` // JSON, as the caller wrote it
}

// iam returns the ARN of a resource of IAM, which knows no region.
func (s Scope) iam(resource string) string { return "arn:aws:iam::" + s.Account + ":" + resource }

// UserARN returns user, path and name; path begins and ends with a slash.
func (s Scope) UserARN(path, name string) string { return s.iam("user" + path + name) }

// GroupARN returns group, path and name.
func (s Scope) GroupARN(path, name string) string { return s.iam("group" + path + name) }

// RoleARN returns role, path and name.
func (s Scope) RoleARN(path, name string) string { return s.iam("role" + path + name) }

// InstanceProfileARN returns instance-profile, path and name.
func (s Scope) InstanceProfileARN(path, name string) string {
	return s.iam("instance-profile" + path + name)
}

// PolicyARN returns policy, path and name, of the account's own policies.
func (s Scope) PolicyARN(path, name string) string { return s.iam("policy" + path + name) }

// OIDCProviderARN returns oidc-provider and the URL without its scheme.
func (s Scope) OIDCProviderARN(host string) string { return s.iam("oidc-provider/" + host) }
