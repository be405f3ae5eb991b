package ec2

import "time"

// SecurityGroup is a set of interfaces and what may flow to and from them.
type SecurityGroup struct {
	GroupID          string         `wire:"groupId"`
	GroupName        string         `wire:"groupName"`
	Description      string         `wire:"groupDescription"`
	SecurityGroupArn string         `wire:"securityGroupArn"`
	OwnerID          string         `wire:"ownerId"`
	VpcID            string         `wire:"vpcId"`
	Ingress          []IPPermission `wire:"ipPermissions"`
	Egress           []IPPermission `wire:"ipPermissionsEgress"`
	Tags             []Tag          `wire:"tagSet"`
}

// IPPermission gathers the rules of one protocol and range of ports.
type IPPermission struct {
	IPProtocol    string            `wire:"ipProtocol"`
	FromPort      *int32            `wire:"fromPort"`
	ToPort        *int32            `wire:"toPort"`
	Groups        []UserIDGroupPair `wire:"groups"`
	IPRanges      []IPRange         `wire:"ipRanges"`
	Ipv6Ranges    []IPRange         `wire:"ipv6Ranges"`
	PrefixListIDs []IPRange         `wire:"prefixListIds"`
}

// UserIDGroupPair is a group at the other end.
type UserIDGroupPair struct {
	Description string `wire:"description"`
	UserID      string `wire:"userId"`
	GroupID     string `wire:"groupId"`
}

// IPRange is a block of addresses at the other end.
type IPRange struct {
	CidrIP      string `wire:"cidrIp"`
	Description string `wire:"description"`
}

// SecurityGroupRule is one rule by itself.
type SecurityGroupRule struct {
	ID                  string                   `wire:"securityGroupRuleId"`
	Arn                 string                   `wire:"securityGroupRuleArn"`
	GroupID             string                   `wire:"groupId"`
	GroupOwnerID        string                   `wire:"groupOwnerId"`
	IsEgress            bool                     `wire:"isEgress"`
	IPProtocol          string                   `wire:"ipProtocol"`
	FromPort            int32                    `wire:"fromPort"`
	ToPort              int32                    `wire:"toPort"`
	CidrIpv4            string                   `wire:"cidrIpv4"`
	ReferencedGroupInfo *ReferencedSecurityGroup `wire:"referencedGroupInfo"`
	Description         string                   `wire:"description"`
	Tags                []Tag                    `wire:"tagSet"`
}

// ReferencedSecurityGroup is a group at the other end.
type ReferencedSecurityGroup struct {
	GroupID string `wire:"groupId"`
	UserID  string `wire:"userId"`
	VpcID   string `wire:"vpcId"`
}

// NetworkInterface is the interface of a task.
type NetworkInterface struct {
	NetworkInterfaceID string                      `wire:"networkInterfaceId"`
	SubnetID           string                      `wire:"subnetId"`
	VpcID              string                      `wire:"vpcId"`
	AvailabilityZone   string                      `wire:"availabilityZone"`
	AvailabilityZoneID string                      `wire:"availabilityZoneId"`
	Description        string                      `wire:"description"`
	OwnerID            string                      `wire:"ownerId"`
	RequesterID        string                      `wire:"requesterId"`
	RequesterManaged   bool                        `wire:"requesterManaged"`
	Status             string                      `wire:"status"`
	MacAddress         string                      `wire:"macAddress"`
	PrivateIPAddress   string                      `wire:"privateIpAddress"`
	PrivateDNSName     string                      `wire:"privateDnsName"`
	SourceDestCheck    bool                        `wire:"sourceDestCheck"`
	InterfaceType      string                      `wire:"interfaceType"`
	Groups             []GroupIdentifier           `wire:"groupSet"`
	Attachment         *NetworkInterfaceAttachment `wire:"attachment"`
	PrivateIPAddresses []PrivateIPAddress          `wire:"privateIpAddressesSet"`
	Ipv6Addresses      []PrivateIPAddress          `wire:"ipv6AddressesSet"`
	TagSet             []Tag                       `wire:"tagSet"`
}

// GroupIdentifier is a group that an interface is in.
type GroupIdentifier struct {
	GroupID   string `wire:"groupId"`
	GroupName string `wire:"groupName"`
}

// NetworkInterfaceAttachment is where an interface is.
type NetworkInterfaceAttachment struct {
	AttachmentID        string     `wire:"attachmentId"`
	AttachTime          *time.Time `wire:"attachTime"`
	DeviceIndex         int32      `wire:"deviceIndex"`
	NetworkCardIndex    int32      `wire:"networkCardIndex"`
	InstanceID          string     `wire:"instanceId"`
	InstanceOwnerID     string     `wire:"instanceOwnerId"`
	Status              string     `wire:"status"`
	DeleteOnTermination bool       `wire:"deleteOnTermination"`
}

// PrivateIPAddress is one of an interface's addresses.
type PrivateIPAddress struct {
	Primary          bool   `wire:"primary"`
	PrivateDNSName   string `wire:"privateDnsName"`
	PrivateIPAddress string `wire:"privateIpAddress"`
}

// AvailabilityZone is a zone of the region.
type AvailabilityZone struct {
	ZoneName           string   `wire:"zoneName"`
	ZoneID             string   `wire:"zoneId"`
	State              string   `wire:"zoneState"`
	RegionName         string   `wire:"regionName"`
	GroupName          string   `wire:"groupName"`
	NetworkBorderGroup string   `wire:"networkBorderGroup"`
	OptInStatus        string   `wire:"optInStatus"`
	ZoneType           string   `wire:"zoneType"`
	Messages           []string `wire:"messageSet"`
}

// Region is the region.
type Region struct {
	RegionName  string `wire:"regionName"`
	Endpoint    string `wire:"regionEndpoint"`
	OptInStatus string `wire:"optInStatus"`
}

// AccountAttribute is what holds for the account.
type AccountAttribute struct {
	AttributeName   string                  `wire:"attributeName"`
	AttributeValues []AccountAttributeValue `wire:"attributeValueSet"`
}

// AccountAttributeValue is one of its values.
type AccountAttributeValue struct {
	AttributeValue string `wire:"attributeValue"`
}

// AttributeBooleanValue is an attribute that is true or false.
type AttributeBooleanValue struct {
	Value bool `wire:"value"`
}
