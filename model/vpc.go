package model

// VPC is a virtual network: a block of addresses that subnets divide. What
// belongs to it alone (its main route table, its default network ACL, its
// internet gateway and its DHCP options) is named in it and has no noun of its
// own. Source: EC2 API reference, Vpc.
type VPC struct {
	Meta
	Account string `f:"1"`
	ID      string `f:"2"` // vpc- and 17 hexadecimal digits
	CIDR    string `f:"3"` // such as 172.31.0.0/16
	// Default is set for the one VPC that an account has from the beginning.
	Default bool `f:"4"`
	// DefaultGroup is the id of the security group of interfaces that name none.
	DefaultGroup string `f:"5"`
	RouteTable   string `f:"6"` // rtb-..., the main one
	NetworkACL   string `f:"7"` // acl-..., the default one
	Gateway      string `f:"8"` // igw-...
	DHCPOptions  string `f:"9"` // dopt-...
	Tags         []Tag  `f:"10"`
}

// KindVPC is the table of VPCs.
const KindVPC Kind = "vpc"

// VPCID returns account/id.
func VPCID(account, id string) string { return account + "/" + id }

// Key returns account/id.
func (v *VPC) Key() Key { return Key{KindVPC, VPCID(v.Account, v.ID)} }

// Clone returns a copy whose fields may be replaced.
func (v *VPC) Clone() *VPC { c := *v; return &c }
