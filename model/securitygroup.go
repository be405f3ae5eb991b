package model

// SecurityGroup is a set of interfaces and what may flow to and from them:
// what no rule allows is dropped, and answers to what is allowed pass.
// Source: EC2 API reference, SecurityGroup.
type SecurityGroup struct {
	Meta
	Account     string         `f:"1"`
	ID          string         `f:"2"` // sg- and 17 hexadecimal digits
	VPC         string         `f:"3"` // the VPC's id
	Name        string         `f:"4"`
	Description string         `f:"5"`
	Rules       []SecurityRule `f:"6"` // in the order in which they were made
	Tags        []Tag          `f:"7"`
}

// SecurityRule allows one kind of traffic.
type SecurityRule struct {
	ID       string `f:"1"` // sgr- and 17 hexadecimal digits
	Egress   bool   `f:"2"`
	Protocol string `f:"3"` // tcp, udp, icmp, or -1 for all
	// FromPort and ToPort are inclusive, and -1 where Protocol is -1. For icmp
	// they are type and code.
	FromPort int `f:"4"`
	ToPort   int `f:"5"`
	// One of CIDR and Group is set: who the other end is.
	CIDR        string `f:"6"`
	Group       string `f:"7"` // the id of a security group
	Description string `f:"8"`
}

// KindSecurityGroup is the table of security groups.
const KindSecurityGroup Kind = "security-group"

// SecurityGroupID returns account/id.
func SecurityGroupID(account, id string) string { return account + "/" + id }

// Key returns account/id.
func (g *SecurityGroup) Key() Key { return Key{KindSecurityGroup, SecurityGroupID(g.Account, g.ID)} }

// Clone returns a copy whose fields may be replaced.
func (g *SecurityGroup) Clone() *SecurityGroup { c := *g; return &c }
