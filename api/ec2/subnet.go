package ec2

import (
	"strconv"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

func subnets() kind[Subnet] {
	cidr := one(func(s Subnet) string { return s.CidrBlock })
	zone, zoneID := one(func(s Subnet) string { return s.AvailabilityZone }), one(func(s Subnet) string { return s.AvailabilityZoneID })
	isDefault := yes(func(s Subnet) bool { return s.DefaultForAz })
	return kind[Subnet]{
		id: func(s Subnet) string { return s.SubnetID }, tags: func(s Subnet) []Tag { return s.Tags },
		missing: missing("InvalidSubnetID.NotFound", "subnet ID"),
		values: map[string]func(Subnet) []string{
			"subnet-id": one(func(s Subnet) string { return s.SubnetID }), "subnet-arn": one(func(s Subnet) string { return s.SubnetArn }),
			"vpc-id": one(func(s Subnet) string { return s.VpcID }), "owner-id": one(func(s Subnet) string { return s.OwnerID }),
			"state": one(func(s Subnet) string { return s.State }), "cidr": cidr, "cidrBlock": cidr, "cidr-block": cidr,
			"availability-zone": zone, "availabilityZone": zone, "availability-zone-id": zoneID, "availabilityZoneId": zoneID,
			"default-for-az": isDefault, "defaultForAz": isDefault,
			"map-public-ip-on-launch":           yes(func(s Subnet) bool { return s.MapPublicIPOnLaunch }),
			"ipv6-native":                       yes(func(s Subnet) bool { return s.Ipv6Native }),
			"available-ip-address-count":        one(func(s Subnet) string { return strconv.Itoa(int(s.AvailableIPAddressCount)) }),
			"map-customer-owned-ip-on-launch":   yes(func(s Subnet) bool { return s.MapCustomerOwnedIP }),
			"enable-dns64":                      yes(func(s Subnet) bool { return s.EnableDNS64 }),
			"ipv6-cidr-block-association.state": func(Subnet) []string { return nil },
		},
	}
}

// free counts the addresses of a subnet that no interface has.
func (c *call) free(s *model.Subnet) int32 {
	first, last := s.Range()
	if last < first {
		return 0
	}
	n := int32(last-first) + 1
	for range store.TasksBySubnet(c.v, s.Key().ID) {
		n--
	}
	return n
}

func (c *call) showSubnet(s *model.Subnet) Subnet {
	return Subnet{SubnetID: s.ID, SubnetArn: c.SubnetARN(s.ID), OwnerID: s.Account, State: "available", VpcID: s.VPC, CidrBlock: s.CIDR,
		AvailableIPAddressCount: c.free(s), AvailabilityZone: s.Zone, AvailabilityZoneID: s.ZoneID, DefaultForAz: s.Default,
		MapPublicIPOnLaunch: s.PublicIP, PrivateDNSName: PrivateDNSNameOptionsOnLaunch{HostnameType: "ip-name"}, Tags: showTags(s.Tags)}
}

// DescribeSubnets describes subnets.
func (c *call) DescribeSubnets(in *DescribeSubnetsInput) (*DescribeSubnetsOutput, error) {
	page, next, err := choose(subnets(), show(all[*model.Subnet](c), c.showSubnet),
		selection{"DescribeSubnets", in.SubnetIDs, "SubnetIds", in.Filters, in.MaxResults, in.NextToken})
	return &DescribeSubnetsOutput{page, next}, err
}
