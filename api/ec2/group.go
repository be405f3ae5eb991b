package ec2

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/roadstead/roadstead/model"
)

func groups() kind[SecurityGroup] {
	k := kind[SecurityGroup]{
		id: func(g SecurityGroup) string { return g.GroupID }, tags: func(g SecurityGroup) []Tag { return g.Tags },
		missing: missing("InvalidGroup.NotFound", "security group"),
		values: map[string]func(SecurityGroup) []string{
			"group-id": one(func(g SecurityGroup) string { return g.GroupID }), "group-name": one(func(g SecurityGroup) string { return g.GroupName }),
			"description": one(func(g SecurityGroup) string { return g.Description }), "owner-id": one(func(g SecurityGroup) string { return g.OwnerID }),
			"vpc-id": one(func(g SecurityGroup) string { return g.VpcID }),
		},
	}
	for prefix, of := range map[string]func(SecurityGroup) []IPPermission{
		"ip-permission.":        func(g SecurityGroup) []IPPermission { return g.Ingress },
		"egress.ip-permission.": func(g SecurityGroup) []IPPermission { return g.Egress },
	} {
		k.values[prefix+"protocol"] = each(of, func(p IPPermission) string { return p.IPProtocol })
		k.values[prefix+"from-port"] = each(of, func(p IPPermission) string { return port(p.FromPort) })
		k.values[prefix+"to-port"] = each(of, func(p IPPermission) string { return port(p.ToPort) })
		k.values[prefix+"cidr"] = func(g SecurityGroup) (blocks []string) {
			for _, p := range of(g) {
				for _, r := range p.IPRanges {
					blocks = append(blocks, r.CidrIP)
				}
			}
			return blocks
		}
		k.values[prefix+"group-id"] = func(g SecurityGroup) (ids []string) {
			for _, p := range of(g) {
				for _, other := range p.Groups {
					ids = append(ids, other.GroupID)
				}
			}
			return ids
		}
	}
	return k
}

func port(n *int32) string {
	if n == nil {
		return "-1"
	}
	return strconv.Itoa(int(*n))
}

func (c *call) showGroup(g *model.SecurityGroup) SecurityGroup {
	return SecurityGroup{GroupID: g.ID, GroupName: g.Name, Description: g.Description, SecurityGroupArn: c.SecurityGroupARN(g.ID),
		OwnerID: g.Account, VpcID: g.VPC, Ingress: permissions(g, false), Egress: permissions(g, true), Tags: showTags(g.Tags)}
}

// permissions gathers the rules of one direction by protocol and ports.
func permissions(g *model.SecurityGroup, egress bool) []IPPermission {
	gathered := []IPPermission{}
	at := map[string]int{}
	for _, r := range g.Rules {
		if r.Egress != egress {
			continue
		}
		key := fmt.Sprint(r.Protocol, "/", r.FromPort, "/", r.ToPort)
		i, known := at[key]
		if !known {
			i = len(gathered)
			at[key] = i
			p := IPPermission{IPProtocol: r.Protocol, Groups: []UserIDGroupPair{}, IPRanges: []IPRange{}, Ipv6Ranges: []IPRange{}, PrefixListIDs: []IPRange{}}
			if r.Protocol != "-1" {
				p.FromPort, p.ToPort = new(int32(r.FromPort)), new(int32(r.ToPort))
			}
			gathered = append(gathered, p)
		}
		if r.Group != "" {
			gathered[i].Groups = append(gathered[i].Groups, UserIDGroupPair{r.Description, g.Account, r.Group})
		} else {
			gathered[i].IPRanges = append(gathered[i].IPRanges, IPRange{r.CIDR, r.Description})
		}
	}
	return gathered
}

// DescribeSecurityGroups describes security groups. Groups that are named are
// those of the default VPC, as at EC2.
func (c *call) DescribeSecurityGroups(in *DescribeSecurityGroupsInput) (*DescribeSecurityGroupsOutput, error) {
	shown := show(all[*model.SecurityGroup](c), c.showGroup)
	if len(in.GroupNames) > 0 {
		if in.MaxResults != nil {
			return nil, fail("InvalidParameterCombination", "The parameter GroupNames cannot be used with the parameter MaxResults")
		}
		byDefault := ""
		for _, v := range all[*model.VPC](c) {
			if v.Default {
				byDefault = v.ID
			}
		}
		shown = slices.DeleteFunc(shown, func(g SecurityGroup) bool {
			return g.VpcID != byDefault || !slices.Contains(in.GroupNames, g.GroupName)
		})
		for _, name := range in.GroupNames {
			if !slices.ContainsFunc(shown, func(g SecurityGroup) bool { return g.GroupName == name }) {
				return nil, fail("InvalidGroup.NotFound", "The security group '%s' does not exist in default VPC '%s'", name, byDefault)
			}
		}
	}
	page, next, err := choose(groups(), shown,
		selection{"DescribeSecurityGroups" + strings.Join(in.GroupNames, "\x00"), in.GroupIDs, "GroupIds", in.Filters, in.MaxResults, in.NextToken})
	return &DescribeSecurityGroupsOutput{page, next}, err
}

func rules() kind[SecurityGroupRule] {
	return kind[SecurityGroupRule]{
		id: func(r SecurityGroupRule) string { return r.ID }, tags: func(r SecurityGroupRule) []Tag { return r.Tags },
		missing: missing("InvalidSecurityGroupRuleId.NotFound", "security group rule ID"),
		values: map[string]func(SecurityGroupRule) []string{
			"group-id":               one(func(r SecurityGroupRule) string { return r.GroupID }),
			"security-group-rule-id": one(func(r SecurityGroupRule) string { return r.ID }),
		},
	}
}

func (c *call) showRule(g *model.SecurityGroup, r model.SecurityRule) SecurityGroupRule {
	shown := SecurityGroupRule{ID: r.ID, Arn: c.SecurityGroupRuleARN(r.ID), GroupID: g.ID, GroupOwnerID: g.Account, IsEgress: r.Egress,
		IPProtocol: r.Protocol, FromPort: int32(r.FromPort), ToPort: int32(r.ToPort), CidrIpv4: r.CIDR, Description: r.Description, Tags: []Tag{}}
	if r.Group != "" {
		shown.ReferencedGroupInfo = &ReferencedSecurityGroup{GroupID: r.Group, UserID: g.Account, VpcID: g.VPC}
	}
	return shown
}

// DescribeSecurityGroupRules describes the rules of security groups one by one.
func (c *call) DescribeSecurityGroupRules(in *DescribeSecurityGroupRulesInput) (*DescribeSecurityGroupRulesOutput, error) {
	var shown []SecurityGroupRule
	for _, g := range all[*model.SecurityGroup](c) {
		for _, r := range g.Rules {
			shown = append(shown, c.showRule(g, r))
		}
	}
	page, next, err := choose(rules(), shown,
		selection{"DescribeSecurityGroupRules", in.RuleIDs, "SecurityGroupRuleIds", in.Filters, in.MaxResults, in.NextToken})
	return &DescribeSecurityGroupRulesOutput{page, next}, err
}
