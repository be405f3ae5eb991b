package address

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"

	"github.com/roadstead/roadstead/model"
)

// defaultCIDR is the block of every default VPC, zoneBits the length of the
// prefix of each zone's default subnet in it.
// Source: VPC user guide, "Default VPCs".
const (
	defaultCIDR = "172.31.0.0/16"
	zoneBits    = 20
)

// Zone is an availability zone.
type Zone struct{ Name, ID string }

// Zones returns the availability zones of a region: three, as most have.
func Zones(region string) []Zone {
	var zones []Zone
	for i, letter := range []string{"a", "b", "c"} {
		zones = append(zones, Zone{region + letter, fmt.Sprintf("%s-az%d", shortRegion(region), i+1)})
	}
	return zones
}

// shortRegion abbreviates a region's name as the ids of zones do: us-east-1 is
// use1, ap-southeast-2 is apse2.
func shortRegion(region string) string {
	parts := strings.Split(region, "-")
	var b strings.Builder
	b.WriteString(parts[0])
	for _, p := range parts[1:] {
		for _, direction := range []string{"north", "south", "central"} {
			if rest, ok := strings.CutPrefix(p, direction); ok {
				b.WriteByte(direction[0])
				p = rest
			}
		}
		if p != "" {
			b.WriteByte(p[0])
		}
	}
	return b.String()
}

// Beginning returns the network that an account has in a region from the
// beginning: a default VPC, a subnet of it in each zone, and its default
// security group. The same account and region have the same ids.
func Beginning(account, region string) []model.Noun {
	id := func(kind, name string) string {
		sum := sha256.Sum256([]byte(account + "\x00" + region + "\x00" + kind + "\x00" + name))
		return kind + "-0" + hex.EncodeToString(sum[:8])
	}
	vpc := &model.VPC{Account: account, ID: id("vpc", ""), CIDR: defaultCIDR, Default: true, DefaultGroup: id("sg", ""),
		RouteTable: id("rtb", ""), NetworkACL: id("acl", ""), Gateway: id("igw", ""), DHCPOptions: id("dopt", "")}
	// Source of the rules: VPC user guide, "Default security groups for your VPCs".
	group := &model.SecurityGroup{Account: account, ID: vpc.DefaultGroup, VPC: vpc.ID, Name: "default", Description: "default VPC security group",
		Rules: []model.SecurityRule{
			{ID: id("sgr", "ingress"), Protocol: "-1", FromPort: -1, ToPort: -1, Group: vpc.DefaultGroup},
			{ID: id("sgr", "egress"), Egress: true, Protocol: "-1", FromPort: -1, ToPort: -1, CIDR: "0.0.0.0/0"},
		}}
	nouns := []model.Noun{vpc, group}
	block := netip.MustParsePrefix(defaultCIDR)
	start := model.AddressOf(block.Addr())
	for i, z := range Zones(region) {
		nouns = append(nouns, &model.Subnet{Account: account, ID: id("subnet", z.Name), VPC: vpc.ID, Zone: z.Name, ZoneID: z.ID, Default: true, PublicIP: true,
			CIDR: fmt.Sprintf("%s/%d", start+model.Address(i)<<(32-zoneBits), zoneBits)})
	}
	return nouns
}
