package ec2

import (
	"strings"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

func interfaces() kind[NetworkInterface] {
	type n = NetworkInterface
	group := func(i n) []GroupIdentifier { return i.Groups }
	address := func(i n) []PrivateIPAddress { return i.PrivateIPAddresses }
	return kind[n]{
		id: func(i n) string { return i.NetworkInterfaceID }, tags: func(i n) []Tag { return i.TagSet },
		missing: missing("InvalidNetworkInterfaceID.NotFound", "networkInterface ID"),
		values: map[string]func(n) []string{
			"network-interface-id": one(func(i n) string { return i.NetworkInterfaceID }), "subnet-id": one(func(i n) string { return i.SubnetID }),
			"vpc-id": one(func(i n) string { return i.VpcID }), "owner-id": one(func(i n) string { return i.OwnerID }),
			"availability-zone": one(func(i n) string { return i.AvailabilityZone }), "availability-zone-id": one(func(i n) string { return i.AvailabilityZoneID }),
			"description": one(func(i n) string { return i.Description }), "mac-address": one(func(i n) string { return i.MacAddress }),
			"status": one(func(i n) string { return i.Status }), "interface-type": one(func(i n) string { return i.InterfaceType }),
			"requester-id": one(func(i n) string { return i.RequesterID }), "requester-managed": yes(func(i n) bool { return i.RequesterManaged }),
			"private-ip-address": one(func(i n) string { return i.PrivateIPAddress }), "private-dns-name": one(func(i n) string { return i.PrivateDNSName }),
			"source-dest-check": yes(func(i n) bool { return i.SourceDestCheck }),
			"group-id":          each(group, func(g GroupIdentifier) string { return g.GroupID }), "group-name": each(group, func(g GroupIdentifier) string { return g.GroupName }),
			"addresses.private-ip-address":     each(address, func(a PrivateIPAddress) string { return a.PrivateIPAddress }),
			"addresses.primary":                yes(func(i n) bool { return len(i.PrivateIPAddresses) > 0 }),
			"attachment.attachment-id":         one(func(i n) string { return i.Attachment.AttachmentID }),
			"attachment.status":                one(func(i n) string { return i.Attachment.Status }),
			"attachment.instance-id":           one(func(i n) string { return i.Attachment.InstanceID }),
			"attachment.instance-owner-id":     one(func(i n) string { return i.Attachment.InstanceOwnerID }),
			"attachment.delete-on-termination": yes(func(i n) bool { return i.Attachment.DeleteOnTermination }),
			"attachment.device-index":          func(n) []string { return []string{"1"} },
		},
	}
}

// requester is who manages the interfaces of tasks; on AWS an account of ECS's.
const requester = "ecs.amazonaws.com"

// showInterface describes the interface of a task in a subnet.
func (c *call) showInterface(t *model.Task, s *model.Subnet) NetworkInterface {
	n := t.Spec.Interface
	address, name := n.Address.String(), n.PrivateDNSName(c.Region)
	out := NetworkInterface{
		NetworkInterfaceID: model.InterfaceID(t.ID), SubnetID: s.ID, VpcID: s.VPC, AvailabilityZone: s.Zone, AvailabilityZoneID: s.ZoneID,
		Description: c.AttachmentARN(t.AttachmentID()), OwnerID: t.Account, RequesterID: requester, RequesterManaged: true, Status: "in-use",
		MacAddress: n.MAC(), PrivateIPAddress: address, PrivateDNSName: name, SourceDestCheck: true, InterfaceType: "interface",
		Groups: []GroupIdentifier{}, PrivateIPAddresses: []PrivateIPAddress{{true, name, address}}, Ipv6Addresses: []PrivateIPAddress{}, TagSet: managed(t),
	}
	for _, id := range store.GroupsOf(c.v, t.Account, n) {
		g, ok := store.Get[*model.SecurityGroup](c.v, model.SecurityGroupID(t.Account, id))
		if ok {
			out.Groups = append(out.Groups, GroupIdentifier{g.ID, g.Name})
		}
	}
	at := t.Spec.CreatedAt.Truncate(time.Second)
	out.Attachment = &NetworkInterfaceAttachment{AttachmentID: model.InterfaceAttachmentID(t.ID), AttachTime: &at, DeviceIndex: 1,
		InstanceOwnerID: t.Account, Status: strings.ToLower(t.AttachmentStatus())}
	if i, ok := store.Get[*model.ContainerInstance](c.v, t.Spec.Instance); ok && t.Spec.LaunchType != model.LaunchFargate {
		out.Attachment.InstanceID = i.EC2InstanceID
	}
	return out
}

// managed are the tags of an interface: those of its task that ECS manages.
// Source: ECS developer guide, "Tagging your resources for billing".
func managed(t *model.Task) []Tag {
	tags := []Tag{}
	for _, tag := range t.Tags {
		if strings.HasPrefix(tag.Key, "aws:ecs:") {
			tags = append(tags, Tag{tag.Key, tag.Value})
		}
	}
	return tags
}

// DescribeNetworkInterfaces describes the interfaces of tasks. Which service
// manages an interface makes no difference to who may see it here.
func (c *call) DescribeNetworkInterfaces(in *DescribeNetworkInterfacesInput) (*DescribeNetworkInterfacesOutput, error) {
	var shown []NetworkInterface
	for _, s := range all[*model.Subnet](c) {
		for t := range store.TasksBySubnet(c.v, s.Key().ID) {
			shown = append(shown, c.showInterface(t, s))
		}
	}
	page, next, err := choose(interfaces(), shown,
		selection{"DescribeNetworkInterfaces", in.InterfaceIDs, "NetworkInterfaceIds", in.Filters, in.MaxResults, in.NextToken})
	return &DescribeNetworkInterfacesOutput{page, next}, err
}
