package ec2

import "github.com/roadstead/roadstead/wire"

func (d *Door) service() *wire.Service {
	return &wire.Service{
		Name: "ec2", SigningName: "ec2", Version: "2016-11-15", XMLNamespace: "http://ec2.amazonaws.com/doc/2016-11-15/",
		Protocols: []wire.Protocol{wire.EC2Query},
		Operations: []wire.Operation{
			op(d, "DescribeAccountAttributes", (*call).DescribeAccountAttributes),
			op(d, "DescribeAvailabilityZones", (*call).DescribeAvailabilityZones),
			op(d, "DescribeDhcpOptions", (*call).DescribeDhcpOptions),
			op(d, "DescribeInternetGateways", (*call).DescribeInternetGateways),
			op(d, "DescribeNetworkAcls", (*call).DescribeNetworkAcls),
			op(d, "DescribeNetworkInterfaces", (*call).DescribeNetworkInterfaces),
			op(d, "DescribeRegions", (*call).DescribeRegions),
			op(d, "DescribeRouteTables", (*call).DescribeRouteTables),
			op(d, "DescribeSecurityGroupRules", (*call).DescribeSecurityGroupRules),
			op(d, "DescribeSecurityGroups", (*call).DescribeSecurityGroups),
			op(d, "DescribeSubnets", (*call).DescribeSubnets),
			op(d, "DescribeVolumes", (*call).DescribeVolumes),
			op(d, "DescribeVpcAttribute", (*call).DescribeVpcAttribute),
			op(d, "DescribeVpcs", (*call).DescribeVpcs),
		},
		Known: known(),
	}
}

// known names operations of EC2's model on networks and volumes that are not built, so that they are told
// apart from those that do not exist.
func known() []string {
	return []string{
		"AllocateAddress", "AssociateRouteTable", "AttachInternetGateway", "AttachNetworkInterface", "AttachVolume",
		"AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress", "CopySnapshot", "CreateDefaultSubnet", "CreateDefaultVpc",
		"CreateInternetGateway", "CreateNatGateway", "CreateNetworkAcl", "CreateNetworkAclEntry", "CreateNetworkInterface", "CreateRoute",
		"CreateRouteTable", "CreateSecurityGroup", "CreateSnapshot", "CreateSubnet", "CreateTags", "CreateVolume", "CreateVpc",
		"CreateVpcEndpoint", "DeleteInternetGateway", "DeleteNatGateway", "DeleteNetworkAcl", "DeleteNetworkAclEntry", "DeleteNetworkInterface",
		"DeleteRoute", "DeleteRouteTable", "DeleteSecurityGroup", "DeleteSnapshot", "DeleteSubnet", "DeleteTags", "DeleteVolume", "DeleteVpc",
		"DescribeAddresses", "DescribeAddressesAttribute", "DescribeImages", "DescribeInstanceTypes", "DescribeInstances",
		"DescribeLaunchTemplateVersions", "DescribeLaunchTemplates", "DescribeNatGateways", "DescribePrefixLists", "DescribeSnapshots",
		"DescribeTags", "DescribeVolumeAttribute", "DescribeVolumeStatus", "DescribeVolumesModifications", "DescribeVpcEndpoints",
		"DescribeVpcPeeringConnections", "DetachInternetGateway", "DetachNetworkInterface", "DetachVolume", "DisassociateAddress",
		"DisassociateRouteTable", "ModifyNetworkInterfaceAttribute", "ModifySecurityGroupRules", "ModifySubnetAttribute", "ModifyVolume",
		"ModifyVolumeAttribute", "ModifyVpcAttribute", "ReleaseAddress", "ReplaceNetworkAclAssociation", "ReplaceRoute",
		"RevokeSecurityGroupEgress", "RevokeSecurityGroupIngress", "RunInstances", "TerminateInstances",
	}
}
