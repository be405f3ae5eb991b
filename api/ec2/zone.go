package ec2

import (
	"slices"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/address"
)

func zones() kind[AvailabilityZone] {
	type z = AvailabilityZone
	return kind[z]{
		id: func(z z) string { return z.ZoneName }, tags: func(z) []Tag { return nil },
		missing: func(name string) error { return invalid("Invalid availability zone: [%s]", name) },
		values: map[string]func(z) []string{
			"zone-name": one(func(z z) string { return z.ZoneName }), "zone-id": one(func(z z) string { return z.ZoneID }),
			"zone-type": one(func(z z) string { return z.ZoneType }), "region-name": one(func(z z) string { return z.RegionName }),
			"group-name": one(func(z z) string { return z.GroupName }), "state": one(func(z z) string { return z.State }),
			"opt-in-status": one(func(z z) string { return z.OptInStatus }), "message": func(z) []string { return nil },
			"parent-zone-id": func(z) []string { return nil }, "parent-zone-name": func(z) []string { return nil },
		},
	}
}

// optedIn is the status of zones and regions that nobody has to opt in to.
const optedIn = "opt-in-not-required"

// DescribeAvailabilityZones describes the zones of the region, all of which
// are always available.
func (c *call) DescribeAvailabilityZones(in *DescribeAvailabilityZonesInput) (*DescribeAvailabilityZonesOutput, error) {
	all := show(address.Zones(c.Region), func(z address.Zone) AvailabilityZone {
		return AvailabilityZone{ZoneName: z.Name, ZoneID: z.ID, State: "available", RegionName: c.Region, GroupName: c.Region,
			NetworkBorderGroup: c.Region, OptInStatus: optedIn, ZoneType: "availability-zone", Messages: []string{}}
	})
	names := slices.Clone(in.ZoneNames)
	for _, id := range in.ZoneIDs {
		i := slices.IndexFunc(all, func(z AvailabilityZone) bool { return z.ZoneID == id })
		if i < 0 {
			return nil, invalid("Invalid availability zone-id: [%s]", id)
		}
		names = append(names, all[i].ZoneName)
	}
	page, _, err := choose(zones(), all, selection{operation: "DescribeAvailabilityZones", ids: names, filters: in.Filters})
	return &DescribeAvailabilityZonesOutput{page}, err
}

// DescribeRegions describes the one region there is.
func (c *call) DescribeRegions(in *DescribeRegionsInput) (*DescribeRegionsOutput, error) {
	k := kind[Region]{
		id: func(r Region) string { return r.RegionName }, tags: func(Region) []Tag { return nil },
		missing: func(name string) error { return invalid("Invalid region provided: %s", name) },
		values: map[string]func(Region) []string{
			"region-name": one(func(r Region) string { return r.RegionName }), "endpoint": one(func(r Region) string { return r.Endpoint }),
			"opt-in-status": one(func(r Region) string { return r.OptInStatus }),
		},
	}
	page, _, err := choose(k, []Region{{c.Region, "ec2." + c.Region + ".amazonaws.com", optedIn}},
		selection{operation: "DescribeRegions", ids: in.RegionNames, filters: in.Filters})
	return &DescribeRegionsOutput{page}, err
}

// DescribeAccountAttributes describes what holds for the account. Limits of
// instances and addresses are left out: there are neither.
func (c *call) DescribeAccountAttributes(in *DescribeAccountAttributesInput) (*DescribeAccountAttributesOutput, error) {
	vpc := "none"
	for _, v := range all[*model.VPC](c) {
		if v.Default {
			vpc = v.ID
		}
	}
	out := &DescribeAccountAttributesOutput{AccountAttributes: []AccountAttribute{}}
	known := [][2]string{{"supported-platforms", "VPC"}, {"default-vpc", vpc}, {"vpc-max-security-groups-per-interface", "5"}}
	for _, name := range in.AttributeNames {
		if !slices.ContainsFunc(known, func(a [2]string) bool { return a[0] == name }) {
			return nil, invalid("Value ( %s ) for parameter attributeName is invalid.", name)
		}
	}
	for _, a := range known {
		if len(in.AttributeNames) == 0 || slices.Contains(in.AttributeNames, a[0]) {
			out.AccountAttributes = append(out.AccountAttributes, AccountAttribute{a[0], []AccountAttributeValue{{a[1]}}})
		}
	}
	return out, nil
}
