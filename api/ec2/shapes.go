package ec2

// Filter keeps what has one of the values: "*" and "?" stand for any text and
// any character.
type Filter struct {
	Name   *string  `wire:"Name"`
	Values []string `wire:"Value,flat"`
}

// Tag is a key and a value.
type Tag struct {
	Key   string `wire:"key"`
	Value string `wire:"value"`
}

// Vpc is a virtual network.
type Vpc struct {
	VpcID           string                    `wire:"vpcId"`
	OwnerID         string                    `wire:"ownerId"`
	State           string                    `wire:"state"`
	CidrBlock       string                    `wire:"cidrBlock"`
	CidrBlocks      []VpcCidrBlockAssociation `wire:"cidrBlockAssociationSet"`
	DhcpOptionsID   string                    `wire:"dhcpOptionsId"`
	InstanceTenancy string                    `wire:"instanceTenancy"`
	IsDefault       bool                      `wire:"isDefault"`
	Tags            []Tag                     `wire:"tagSet"`
}

// VpcCidrBlockAssociation is a block of a VPC.
type VpcCidrBlockAssociation struct {
	AssociationID  string            `wire:"associationId"`
	CidrBlock      string            `wire:"cidrBlock"`
	CidrBlockState VpcCidrBlockState `wire:"cidrBlockState"`
}

// VpcCidrBlockState is how far it is associated.
type VpcCidrBlockState struct {
	State string `wire:"state"`
}

// Subnet is a part of a VPC in a zone.
type Subnet struct {
	SubnetID                string                        `wire:"subnetId"`
	SubnetArn               string                        `wire:"subnetArn"`
	OwnerID                 string                        `wire:"ownerId"`
	State                   string                        `wire:"state"`
	VpcID                   string                        `wire:"vpcId"`
	CidrBlock               string                        `wire:"cidrBlock"`
	AvailableIPAddressCount int32                         `wire:"availableIpAddressCount"`
	AvailabilityZone        string                        `wire:"availabilityZone"`
	AvailabilityZoneID      string                        `wire:"availabilityZoneId"`
	DefaultForAz            bool                          `wire:"defaultForAz"`
	MapPublicIPOnLaunch     bool                          `wire:"mapPublicIpOnLaunch"`
	MapCustomerOwnedIP      bool                          `wire:"mapCustomerOwnedIpOnLaunch"`
	AssignIpv6              bool                          `wire:"assignIpv6AddressOnCreation"`
	EnableDNS64             bool                          `wire:"enableDns64"`
	Ipv6Native              bool                          `wire:"ipv6Native"`
	PrivateDNSName          PrivateDNSNameOptionsOnLaunch `wire:"privateDnsNameOptionsOnLaunch"`
	Tags                    []Tag                         `wire:"tagSet"`
}

// PrivateDNSNameOptionsOnLaunch says what names a subnet's interfaces have.
type PrivateDNSNameOptionsOnLaunch struct {
	HostnameType     string `wire:"hostnameType"`
	ResourceNameA    bool   `wire:"enableResourceNameDnsARecord"`
	ResourceNameAAAA bool   `wire:"enableResourceNameDnsAAAARecord"`
}

// RouteTable says where a VPC's traffic goes.
type RouteTable struct {
	RouteTableID string                  `wire:"routeTableId"`
	VpcID        string                  `wire:"vpcId"`
	OwnerID      string                  `wire:"ownerId"`
	Routes       []Route                 `wire:"routeSet"`
	Associations []RouteTableAssociation `wire:"associationSet"`
	Propagating  []string                `wire:"propagatingVgwSet"`
	Tags         []Tag                   `wire:"tagSet"`
}

// Route is one line of a route table.
type Route struct {
	DestinationCidrBlock string `wire:"destinationCidrBlock"`
	GatewayID            string `wire:"gatewayId"`
	Origin               string `wire:"origin"`
	State                string `wire:"state"`
}

// RouteTableAssociation is what a route table is for.
type RouteTableAssociation struct {
	ID               string                     `wire:"routeTableAssociationId"`
	RouteTableID     string                     `wire:"routeTableId"`
	Main             bool                       `wire:"main"`
	AssociationState RouteTableAssociationState `wire:"associationState"`
}

// RouteTableAssociationState is how far it is associated.
type RouteTableAssociationState struct {
	State string `wire:"state"`
}

// InternetGateway joins a VPC with the outside.
type InternetGateway struct {
	InternetGatewayID string                      `wire:"internetGatewayId"`
	OwnerID           string                      `wire:"ownerId"`
	Attachments       []InternetGatewayAttachment `wire:"attachmentSet"`
	Tags              []Tag                       `wire:"tagSet"`
}

// InternetGatewayAttachment is the VPC that it joins.
type InternetGatewayAttachment struct {
	State string `wire:"state"`
	VpcID string `wire:"vpcId"`
}

// DhcpOptions are what interfaces are told of names.
type DhcpOptions struct {
	DhcpOptionsID  string              `wire:"dhcpOptionsId"`
	OwnerID        string              `wire:"ownerId"`
	Configurations []DhcpConfiguration `wire:"dhcpConfigurationSet"`
	Tags           []Tag               `wire:"tagSet"`
}

// DhcpConfiguration is one option.
type DhcpConfiguration struct {
	Key    string           `wire:"key"`
	Values []AttributeValue `wire:"valueSet"`
}

// AttributeValue is one of its values.
type AttributeValue struct {
	Value string `wire:"value"`
}

// NetworkACL is a list of what may enter and leave subnets.
type NetworkACL struct {
	NetworkACLID string                  `wire:"networkAclId"`
	VpcID        string                  `wire:"vpcId"`
	OwnerID      string                  `wire:"ownerId"`
	IsDefault    bool                    `wire:"default"`
	Associations []NetworkACLAssociation `wire:"associationSet"`
	Entries      []NetworkACLEntry       `wire:"entrySet"`
	Tags         []Tag                   `wire:"tagSet"`
}

// NetworkACLAssociation is a subnet that the list is for.
type NetworkACLAssociation struct {
	ID           string `wire:"networkAclAssociationId"`
	NetworkACLID string `wire:"networkAclId"`
	SubnetID     string `wire:"subnetId"`
}

// NetworkACLEntry is one line of it.
type NetworkACLEntry struct {
	CidrBlock  string `wire:"cidrBlock"`
	Egress     bool   `wire:"egress"`
	Protocol   string `wire:"protocol"`
	RuleAction string `wire:"ruleAction"`
	RuleNumber int32  `wire:"ruleNumber"`
}
