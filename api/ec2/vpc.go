package ec2

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// derived returns the id of what belongs to a noun alone: the noun's own with
// another beginning.
func derived(beginning, id string) string {
	_, digits, _ := strings.Cut(id, "-")
	return beginning + "-" + digits
}

func vpcs() kind[Vpc] {
	return kind[Vpc]{
		id: func(v Vpc) string { return v.VpcID }, tags: func(v Vpc) []Tag { return v.Tags },
		missing: missing("InvalidVpcID.NotFound", "vpc ID"),
		values: map[string]func(Vpc) []string{
			"vpc-id": one(func(v Vpc) string { return v.VpcID }), "owner-id": one(func(v Vpc) string { return v.OwnerID }),
			"cidr": one(func(v Vpc) string { return v.CidrBlock }), "cidr-block": one(func(v Vpc) string { return v.CidrBlock }),
			"cidr-block-association.cidr-block":     one(func(v Vpc) string { return v.CidrBlock }),
			"cidr-block-association.association-id": each(func(v Vpc) []VpcCidrBlockAssociation { return v.CidrBlocks }, func(a VpcCidrBlockAssociation) string { return a.AssociationID }),
			"cidr-block-association.state":          each(func(v Vpc) []VpcCidrBlockAssociation { return v.CidrBlocks }, func(a VpcCidrBlockAssociation) string { return a.CidrBlockState.State }),
			"dhcp-options-id":                       one(func(v Vpc) string { return v.DhcpOptionsID }), "state": one(func(v Vpc) string { return v.State }),
			"is-default": yes(func(v Vpc) bool { return v.IsDefault }), "isDefault": yes(func(v Vpc) bool { return v.IsDefault }),
		},
	}
}

func (c *call) showVpc(v *model.VPC) Vpc {
	return Vpc{VpcID: v.ID, OwnerID: v.Account, State: "available", CidrBlock: v.CIDR, DhcpOptionsID: v.DHCPOptions,
		InstanceTenancy: "default", IsDefault: v.Default, Tags: showTags(v.Tags),
		CidrBlocks: []VpcCidrBlockAssociation{{derived("vpc-cidr-assoc", v.ID), v.CIDR, VpcCidrBlockState{"associated"}}}}
}

// show turns nouns into what the API has of them.
func show[N, T any](nouns []N, as func(N) T) []T {
	shown := make([]T, 0, len(nouns))
	for _, n := range nouns {
		shown = append(shown, as(n))
	}
	return shown
}

// DescribeVpcs describes VPCs.
func (c *call) DescribeVpcs(in *DescribeVpcsInput) (*DescribeVpcsOutput, error) {
	page, next, err := choose(vpcs(), show(all[*model.VPC](c), c.showVpc),
		selection{"DescribeVpcs", in.VpcIDs, "VpcIds", in.Filters, in.MaxResults, in.NextToken})
	return &DescribeVpcsOutput{page, next}, err
}

// DescribeVpcAttribute describes one attribute of a VPC.
func (c *call) DescribeVpcAttribute(in *DescribeVpcAttributeInput) (*DescribeVpcAttributeOutput, error) {
	id := aws.ToString(in.VpcID)
	if id == "" {
		return nil, fail("MissingParameter", "The request must contain the parameter vpcId")
	}
	if in.Attribute == nil {
		return nil, fail("MissingParameter", "The request must contain the parameter attribute")
	}
	if _, ok := store.Get[*model.VPC](c.v, model.VPCID(c.Account, id)); !ok {
		return nil, vpcs().missing(id)
	}
	out := &DescribeVpcAttributeOutput{VpcID: id}
	switch *in.Attribute { // as default VPCs have them
	case "enableDnsSupport":
		out.EnableDNSSupport = &AttributeBooleanValue{true}
	case "enableDnsHostnames":
		out.EnableDNSHostnames = &AttributeBooleanValue{true}
	case "enableNetworkAddressUsageMetrics":
		out.EnableNetworkAddressUsageMetrics = &AttributeBooleanValue{false}
	default:
		return nil, invalid("Value (%s) for parameter attribute is invalid. Unknown attribute.", *in.Attribute)
	}
	return out, nil
}
