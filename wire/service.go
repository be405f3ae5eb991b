package wire

// Service is one AWS service as a front door offers it. A Service is read only once it was given to a Router.
type Service struct {
	Name         string     // the service's own name, as "ecs"
	SigningName  string     // the service in a SigV4 credential scope, as "elasticloadbalancing"; Name if empty
	TargetPrefix string     // what stands before the dot in X-Amz-Target, as "AmazonEC2ContainerServiceV20141113"
	TargetAlias  string     // another TargetPrefix that clients of the same model send; "" for none
	Version      string     // the API version of query requests, as "2011-06-15"
	XMLNamespace string     // the namespace of query responses
	Protocols    []Protocol // the first is used when the request does not say
	Operations   []Operation
	// Known names every operation of the service's model, so that one that is not built is told apart from one that
	// does not exist.
	Known []string
}

func (s *Service) signingName() string {
	if s.SigningName != "" {
		return s.SigningName
	}
	return s.Name
}

// answersTo reports whether targets with a prefix are the service's.
func (s *Service) answersTo(prefix string) bool {
	return prefix == s.TargetPrefix || prefix == s.TargetAlias && prefix != ""
}

func (s *Service) speaks(p Protocol) bool {
	for _, have := range s.Protocols {
		if have == p {
			return true
		}
	}
	return false
}

// formProtocol is the protocol of forms that the service speaks.
func (s *Service) formProtocol() (Protocol, bool) {
	for _, p := range s.Protocols {
		if p.isForm() {
			return p, true
		}
	}
	return Query, false
}
