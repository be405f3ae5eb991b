package caller

// Passed is what a session was given beside its role or user. It is part of
// sealed tokens: names of members may not change.
type Passed struct {
	// Policies are session policies, as documents, and PolicyARNs managed ones:
	// the session may do no more than they allow. Both empty: no limit.
	Policies   []string `json:"p,omitempty"`
	PolicyARNs []string `json:"a,omitempty"`
	// Tags of the session. Transitive are the keys of those that sessions made
	// by this one have too.
	Tags       []Tag    `json:"t,omitempty"`
	Transitive []string `json:"v,omitempty"`
	// SourceIdentity is who began a chain of roles.
	SourceIdentity string `json:"s,omitempty"`
	// Provider is the ARN of the identity provider of a web identity, and
	// Claims its condition keys, such as example.com:sub.
	Provider string `json:"w,omitempty"`
	Claims   []Tag  `json:"c,omitempty"`
}

// Tag is a name and a value.
type Tag struct {
	Key   string `json:"k"`
	Value string `json:"v"`
}

// Limited reports whether there are session policies.
func (p *Passed) Limited() bool { return p != nil && len(p.Policies)+len(p.PolicyARNs) > 0 }
