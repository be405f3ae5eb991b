package policy

import (
	"slices"
	"strings"
)

// Caller is who makes a request, as policies that name principals see it.
type Caller struct {
	// Account is the caller's account; "" for a service.
	Account string
	// ARN is the caller's own: of the user, of the role session
	// (arn:aws:sts::A:assumed-role/R/S), or of the account's root.
	ARN string
	// Role is the ARN of the role whose session it is; "" for none.
	Role string
	// Service is the name of a calling service, such as ecs-tasks.amazonaws.com.
	Service string
	// Federated is the ARN of the identity provider of AssumeRoleWithWebIdentity.
	Federated string
	// Root is set for the root user of the account.
	Root bool
}

// naming is how directly a statement names a caller.
type naming int

const (
	unnamed naming = iota
	byAccount
	byRole    // the role of the caller's session
	byAnybody // "*"
	byItself  // the user, the session, the service
)

// names returns the most direct way in which the principals name the caller.
func (p *Principals) names(c *Caller) naming {
	best := unnamed
	if c.Service != "" {
		if slices.Contains(p.Service, c.Service) {
			return byItself
		}
		return unnamed
	}
	if c.Federated != "" {
		if slices.Contains(p.Federated, c.Federated) || p.Everybody {
			return byItself
		}
		return unnamed
	}
	if p.Everybody {
		best = byAnybody
	}
	for _, a := range p.AWS {
		switch {
		case a == c.ARN && !c.Root:
			return byItself
		case c.Role != "" && a == c.Role:
			best = max(best, byRole)
		case a == c.Account || a == rootARN(c.Account):
			best = max(best, byAccount)
		}
	}
	return best
}

func rootARN(account string) string { return "arn:aws:iam::" + account + ":root" }

// about reports whether the statement speaks of the caller.
func (s *Statement) about(c *Caller) bool {
	if s.Principals == nil {
		return true
	}
	return (s.Principals.names(c) != unnamed) != s.NotPrincipal
}

// validPrincipal reports whether an AWS principal has one of the forms that
// IAM takes: an account id, or an ARN of IAM or STS without wildcards.
func validPrincipal(s string) bool {
	if len(s) == 12 && strings.Trim(s, "0123456789") == "" {
		return true
	}
	parts := strings.SplitN(s, ":", 6)
	return len(parts) == 6 && parts[0] == "arn" && (parts[2] == "iam" || parts[2] == "sts") && parts[5] != "" && !strings.ContainsAny(s, "*?")
}
