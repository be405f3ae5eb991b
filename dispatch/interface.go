package dispatch

import (
	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/model"
)

// Interface returns the interface of a task in network mode awsvpc as its
// container instance is told of it: in subnet s and in the groups, whose rules
// are all told, because the instance enforces them. Name servers are not: the
// interface uses those of its instance.
func (p Platform) Interface(t *model.Task, s *model.Subnet, groups []*model.SecurityGroup) acs.NetworkInterface {
	n := t.Spec.Interface
	out := acs.NetworkInterface{
		EC2ID: model.InterfaceID(t.ID), MACAddress: n.MAC(), Gateway: s.Gateway(),
		AttachmentARN: model.Scope{Region: p.Region, Account: t.Account}.AttachmentARN(t.AttachmentID()),
		IPv4Addresses: []acs.InterfaceAddress{{PrivateAddress: n.Address.String(), Primary: true}},
		DomainNames:   []string{model.PrivateDomain(p.Region)}, PrivateDNSName: n.PrivateDNSName(p.Region),
	}
	for _, g := range groups {
		out.SecurityGroups = append(out.SecurityGroups, securityGroup(g))
	}
	return out
}

func securityGroup(g *model.SecurityGroup) acs.SecurityGroup {
	out := acs.SecurityGroup{ID: g.ID}
	for _, r := range g.Rules {
		rule := acs.SecurityRule{Protocol: r.Protocol, CIDR: r.CIDR, GroupID: r.Group}
		if r.Protocol != "-1" {
			rule.FromPort, rule.ToPort = r.FromPort, r.ToPort
		}
		if r.Egress {
			out.Egress = append(out.Egress, rule)
		} else {
			out.Ingress = append(out.Ingress, rule)
		}
	}
	return out
}
