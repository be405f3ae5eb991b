package ec2

import "github.com/roadstead/roadstead/model"

// DescribeRouteTables describes the main route tables of VPCs: to the VPC
// itself, and to everywhere else by its internet gateway.
func (c *call) DescribeRouteTables(in *DescribeRouteTablesInput) (*DescribeRouteTablesOutput, error) {
	type table = RouteTable
	routes := func(t table) []Route { return t.Routes }
	associations := func(t table) []RouteTableAssociation { return t.Associations }
	k := kind[table]{
		id: func(t table) string { return t.RouteTableID }, tags: func(t table) []Tag { return t.Tags },
		missing: missing("InvalidRouteTableID.NotFound", "routeTable ID"),
		values: map[string]func(table) []string{
			"route-table-id": one(func(t table) string { return t.RouteTableID }), "vpc-id": one(func(t table) string { return t.VpcID }),
			"owner-id": one(func(t table) string { return t.OwnerID }), "association.main": yes(func(t table) bool { return len(t.Associations) > 0 }),
			"association.route-table-association-id": each(associations, func(a RouteTableAssociation) string { return a.ID }),
			"association.route-table-id":             each(associations, func(a RouteTableAssociation) string { return a.RouteTableID }),
			"association.subnet-id":                  func(table) []string { return nil }, // subnets are not associated, they follow the main one
			"association.gateway-id":                 func(table) []string { return nil },
			"route.destination-cidr-block":           each(routes, func(r Route) string { return r.DestinationCidrBlock }),
			"route.gateway-id":                       each(routes, func(r Route) string { return r.GatewayID }),
			"route.origin":                           each(routes, func(r Route) string { return r.Origin }),
			"route.state":                            each(routes, func(r Route) string { return r.State }),
		},
	}
	shown := show(all[*model.VPC](c), func(v *model.VPC) table {
		return table{RouteTableID: v.RouteTable, VpcID: v.ID, OwnerID: v.Account, Propagating: []string{}, Tags: []Tag{},
			Routes:       []Route{{v.CIDR, "local", "CreateRouteTable", "active"}, {"0.0.0.0/0", v.Gateway, "CreateRoute", "active"}},
			Associations: []RouteTableAssociation{{derived("rtbassoc", v.RouteTable), v.RouteTable, true, RouteTableAssociationState{"associated"}}}}
	})
	page, next, err := choose(k, shown, selection{"DescribeRouteTables", in.RouteTableIDs, "RouteTableIds", in.Filters, in.MaxResults, in.NextToken})
	return &DescribeRouteTablesOutput{page, next}, err
}

// DescribeInternetGateways describes the internet gateways of VPCs.
func (c *call) DescribeInternetGateways(in *DescribeInternetGatewaysInput) (*DescribeInternetGatewaysOutput, error) {
	type gateway = InternetGateway
	attachments := func(g gateway) []InternetGatewayAttachment { return g.Attachments }
	k := kind[gateway]{
		id: func(g gateway) string { return g.InternetGatewayID }, tags: func(g gateway) []Tag { return g.Tags },
		missing: missing("InvalidInternetGatewayID.NotFound", "internetGateway ID"),
		values: map[string]func(gateway) []string{
			"internet-gateway-id": one(func(g gateway) string { return g.InternetGatewayID }), "owner-id": one(func(g gateway) string { return g.OwnerID }),
			"attachment.vpc-id": each(attachments, func(a InternetGatewayAttachment) string { return a.VpcID }),
			"attachment.state":  each(attachments, func(a InternetGatewayAttachment) string { return a.State }),
		},
	}
	shown := show(all[*model.VPC](c), func(v *model.VPC) gateway {
		return gateway{InternetGatewayID: v.Gateway, OwnerID: v.Account, Attachments: []InternetGatewayAttachment{{"available", v.ID}}, Tags: []Tag{}}
	})
	page, next, err := choose(k, shown, selection{"DescribeInternetGateways", in.InternetGatewayIDs, "InternetGatewayIds", in.Filters, in.MaxResults, in.NextToken})
	return &DescribeInternetGatewaysOutput{page, next}, err
}

// DescribeDhcpOptions describes the DHCP options of VPCs.
func (c *call) DescribeDhcpOptions(in *DescribeDhcpOptionsInput) (*DescribeDhcpOptionsOutput, error) {
	type options = DhcpOptions
	configurations := func(o options) []DhcpConfiguration { return o.Configurations }
	k := kind[options]{
		id: func(o options) string { return o.DhcpOptionsID }, tags: func(o options) []Tag { return o.Tags },
		missing: missing("InvalidDhcpOptionID.NotFound", "dhcpOption ID"),
		values: map[string]func(options) []string{
			"dhcp-options-id": one(func(o options) string { return o.DhcpOptionsID }), "owner-id": one(func(o options) string { return o.OwnerID }),
			"key": each(configurations, func(d DhcpConfiguration) string { return d.Key }), "value": each(configurations, func(d DhcpConfiguration) string { return d.Values[0].Value }),
		},
	}
	shown := show(all[*model.VPC](c), func(v *model.VPC) options {
		return options{DhcpOptionsID: v.DHCPOptions, OwnerID: v.Account, Tags: []Tag{}, Configurations: []DhcpConfiguration{
			{"domain-name", []AttributeValue{{model.PrivateDomain(c.Region)}}}, {"domain-name-servers", []AttributeValue{{"AmazonProvidedDNS"}}}}}
	})
	page, next, err := choose(k, shown, selection{"DescribeDhcpOptions", in.DhcpOptionsIDs, "DhcpOptionsIds", in.Filters, in.MaxResults, in.NextToken})
	return &DescribeDhcpOptionsOutput{page, next}, err
}

// lastRule is the number of the entry of a network ACL that nobody can change.
const lastRule = 32767

// DescribeNetworkAcls describes the default network ACLs of VPCs, which let
// everything pass.
func (c *call) DescribeNetworkAcls(in *DescribeNetworkAclsInput) (*DescribeNetworkAclsOutput, error) {
	type acl = NetworkACL
	associations := func(a acl) []NetworkACLAssociation { return a.Associations }
	k := kind[acl]{
		id: func(a acl) string { return a.NetworkACLID }, tags: func(a acl) []Tag { return a.Tags },
		missing: missing("InvalidNetworkAclID.NotFound", "networkAcl ID"),
		values: map[string]func(acl) []string{
			"network-acl-id": one(func(a acl) string { return a.NetworkACLID }), "vpc-id": one(func(a acl) string { return a.VpcID }),
			"owner-id": one(func(a acl) string { return a.OwnerID }), "default": yes(func(a acl) bool { return a.IsDefault }),
			"association.association-id": each(associations, func(a NetworkACLAssociation) string { return a.ID }),
			"association.subnet-id":      each(associations, func(a NetworkACLAssociation) string { return a.SubnetID }),
			"association.network-acl-id": each(associations, func(a NetworkACLAssociation) string { return a.NetworkACLID }),
		},
	}
	shown := show(all[*model.VPC](c), func(v *model.VPC) acl {
		out := acl{NetworkACLID: v.NetworkACL, VpcID: v.ID, OwnerID: v.Account, IsDefault: true, Tags: []Tag{}, Associations: []NetworkACLAssociation{}}
		for _, egress := range []bool{true, false} {
			out.Entries = append(out.Entries, NetworkACLEntry{"0.0.0.0/0", egress, "-1", "allow", 100}, NetworkACLEntry{"0.0.0.0/0", egress, "-1", "deny", lastRule})
		}
		for _, s := range all[*model.Subnet](c) {
			if s.VPC == v.ID {
				out.Associations = append(out.Associations, NetworkACLAssociation{derived("aclassoc", s.ID), v.NetworkACL, s.ID})
			}
		}
		return out
	})
	page, next, err := choose(k, shown, selection{"DescribeNetworkAcls", in.NetworkACLIDs, "NetworkAclIds", in.Filters, in.MaxResults, in.NextToken})
	return &DescribeNetworkAclsOutput{page, next}, err
}
