package acs

// NetworkInterface is the interface of a task in network mode awsvpc: the
// protocol's elastic network interface. Source: the ECS agent's model of ACS,
// but for SecurityGroups, which EC2 enforces on AWS and our agent here.
type NetworkInterface struct {
	EC2ID         string `json:"ec2Id"`         // eni-...
	MACAddress    string `json:"macAddress"`    // lower case, with colons
	AttachmentARN string `json:"attachmentArn"` // arn:aws:ecs:...:attachment/...
	// IPv4Addresses has the primary address first.
	IPv4Addresses []InterfaceAddress `json:"ipv4Addresses"`
	// Gateway is the subnet's gateway with the length of the subnet's prefix:
	// "172.31.0.1/20".
	Gateway           string   `json:"subnetGatewayIpv4Address"`
	DomainNames       []string `json:"domainName,omitempty"`
	DomainNameServers []string `json:"domainNameServers,omitempty"`
	PrivateDNSName    string   `json:"privateDnsName,omitempty"` // ip-172-31-0-5.ec2.internal
	// SecurityGroups are the groups that the interface is in, with their rules.
	SecurityGroups []SecurityGroup `json:"securityGroups,omitempty"`
}

// InterfaceAddress is one IPv4 address of an interface.
type InterfaceAddress struct {
	PrivateAddress string `json:"privateAddress"`
	Primary        bool   `json:"primary"`
}

// SecurityGroup is a group of interfaces and what may flow to and from them.
// Answers to what a rule allows are always allowed.
type SecurityGroup struct {
	ID      string         `json:"id"` // sg-...
	Ingress []SecurityRule `json:"ingress,omitempty"`
	Egress  []SecurityRule `json:"egress,omitempty"`
}

// SecurityRule allows one kind of traffic; what no rule allows is dropped.
type SecurityRule struct {
	Protocol string `json:"protocol"` // tcp, udp, icmp, or -1 for all
	// FromPort and ToPort are inclusive, and without meaning if Protocol is -1.
	// For icmp they are type and code; -1 is all of them.
	FromPort int `json:"fromPort,omitempty"`
	ToPort   int `json:"toPort,omitempty"`
	// One of CIDR and GroupID says who the other end is: a block of addresses,
	// or every interface that is in the group.
	CIDR    string `json:"cidr,omitempty"`
	GroupID string `json:"groupId,omitempty"`
}
