package model

import "net/netip"

// Subnet is a part of a VPC in one availability zone, which the interfaces of
// tasks have their addresses from. Source: EC2 API reference, Subnet.
type Subnet struct {
	Meta
	Account string `f:"1"`
	ID      string `f:"2"` // subnet- and 17 hexadecimal digits
	VPC     string `f:"3"` // the VPC's id
	CIDR    string `f:"4"` // such as 172.31.0.0/20
	Zone    string `f:"5"` // such as us-east-1a
	ZoneID  string `f:"6"` // such as use1-az1
	// Default is set for the zone's subnet of the default VPC.
	Default bool `f:"7"`
	// PublicIP is mapPublicIpOnLaunch.
	PublicIP bool  `f:"8"`
	Tags     []Tag `f:"9"`
}

// KindSubnet is the table of subnets.
const KindSubnet Kind = "subnet"

// SubnetID returns account/id.
func SubnetID(account, id string) string { return account + "/" + id }

// Key returns account/id.
func (s *Subnet) Key() Key { return Key{KindSubnet, SubnetID(s.Account, s.ID)} }

// Clone returns a copy whose fields may be replaced.
func (s *Subnet) Clone() *Subnet { c := *s; return &c }

// Addresses that a subnet keeps for itself: the network, the router, the
// resolver, one for the future, and the last one.
// Source: VPC user guide, "Subnet CIDR blocks".
const (
	reservedFirst = 4
	reservedLast  = 1
)

// Range returns the first and the last address that interfaces may have. The
// last is less than the first where there is none.
func (s *Subnet) Range() (first, last Address) {
	block, err := netip.ParsePrefix(s.CIDR)
	if err != nil || !block.Addr().Is4() {
		return 1, 0 // only the API makes subnets, and it checks them
	}
	start := AddressOf(block.Masked().Addr())
	size := uint64(1) << (32 - block.Bits())
	if size <= reservedFirst+reservedLast {
		return 1, 0
	}
	return start + reservedFirst, start + Address(size-1) - reservedLast
}

// Gateway returns the address of the subnet's router with the length of the
// subnet's prefix, such as 172.31.0.1/20; "" for a subnet without addresses.
func (s *Subnet) Gateway() string {
	block, err := netip.ParsePrefix(s.CIDR)
	if err != nil {
		return ""
	}
	return netip.PrefixFrom(block.Masked().Addr().Next(), block.Bits()).String()
}
