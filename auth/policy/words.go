package policy

// Message is the sentence with which AWS denies a request. The caller's ARN,
// the action and the resource are named, which is "*" for an action that knows
// none.
// Source: IAM user guide, "Troubleshoot access denied error messages".
func Message(r *Request, d Decision) string {
	m := "User: " + r.Caller.ARN + " is not authorized to perform: " + r.Action
	if r.Resource != "" {
		m += " on resource: " + r.Resource
	}
	switch d.Cause {
	case ExplicitDeny:
		article := "a "
		switch d.Type {
		case typeIdentity:
			article = "an "
		case typeTrust:
			article = "the "
		}
		return m + " with an explicit deny in " + article + d.Type
	case NoBoundary:
		return m + " because no permissions boundary allows the " + r.Action + " action"
	case NoSessionPolicy:
		return m + " because no session policy allows the " + r.Action + " action"
	case NoTrustPolicy:
		return m + " because no role trust policy allows the " + r.Action + " action"
	case NoResourcePolicy:
		return m + " because no resource-based policy allows the " + r.Action + " action"
	}
	return m + " because no identity-based policy allows the " + r.Action + " action"
}
