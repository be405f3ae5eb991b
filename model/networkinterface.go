package model

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Address is an IPv4 address as a number, so that it is stored in five bytes
// and can be counted.
type Address uint32

// AddressOf returns an IPv4 address as a number; 0 for any other.
func AddressOf(a netip.Addr) Address {
	if !a.Is4() {
		return 0
	}
	b := a.As4()
	return Address(binary.BigEndian.Uint32(b[:]))
}

// String returns the address in its dotted form.
func (a Address) String() string {
	return netip.AddrFrom4([4]byte{byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a)}).String()
}

// NetworkConfiguration is an awsvpcConfiguration: where the interfaces of
// tasks are to be.
type NetworkConfiguration struct {
	Subnets []string `f:"1"` // ids, all of one VPC
	// Groups are ids of security groups; none means the VPC's default group.
	Groups []string `f:"2"`
	// PublicIP is assignPublicIp, which only Fargate's tasks may have.
	PublicIP bool `f:"3"`
}

// Equal reports whether two configurations say the same; nil is equal to nil.
func (n *NetworkConfiguration) Equal(o *NetworkConfiguration) bool {
	if n == nil || o == nil {
		return n == o
	}
	return n.PublicIP == o.PublicIP && slices.Equal(n.Subnets, o.Subnets) && slices.Equal(n.Groups, o.Groups)
}

// NetworkInterface is the interface of a task in network mode awsvpc. It
// belongs to the task from when that is placed until it is STOPPED; then the
// address is free. What is not stored in it follows from the task's id, so
// that a task stays small. Written once, by whoever placed the task.
type NetworkInterface struct {
	Subnet  string  `f:"1"` // the subnet's id
	Address Address `f:"2"`
	// Groups are ids of security groups; none means the VPC's default group.
	Groups []string `f:"3"`
}

// MAC returns the interface's hardware address: two bytes that say that it was
// given by whoever runs the network, and its IPv4 address, so that neighbours
// never have to learn that an address has moved.
func (n *NetworkInterface) MAC() string {
	a := n.Address
	return fmt.Sprintf("0a:58:%02x:%02x:%02x:%02x", byte(a>>24), byte(a>>16), byte(a>>8), byte(a))
}

// PrivateDNSName returns the name that EC2 gives an address in region.
// Source: VPC user guide, "DNS attributes for your VPC".
func (n *NetworkInterface) PrivateDNSName(region string) string {
	return "ip-" + strings.ReplaceAll(n.Address.String(), ".", "-") + "." + PrivateDomain(region)
}

// PrivateDomain returns the domain of private names in region.
func PrivateDomain(region string) string {
	if region == "us-east-1" {
		return "ec2.internal"
	}
	return region + ".compute.internal"
}

// interfaceIDDigits is how many digits of a task's id its interface's has: 64
// random bits.
const interfaceIDDigits = 16

// InterfaceID returns the id of the interface of the task with the id:
// eni-0 and the first 16 digits of it.
func InterfaceID(taskID string) string {
	return "eni-0" + taskID[:min(len(taskID), interfaceIDDigits)]
}

// InterfaceAttachmentID returns the id of the attachment of that interface to
// EC2's eyes: eni-attach-0 and 16 digits.
func InterfaceAttachmentID(taskID string) string {
	return "eni-attach-0" + taskID[max(len(taskID)-interfaceIDDigits, 0):]
}

// TaskIDPrefix returns what the id of the task begins with whose interface
// has the id; false for what is no interface's id.
func TaskIDPrefix(interfaceID string) (string, bool) {
	digits, ok := strings.CutPrefix(interfaceID, "eni-0")
	return digits, ok && len(digits) == interfaceIDDigits
}

// AttachmentID returns the id of the attachment of a task's interface to the
// task: the task's id in the form of a UUID (version 4).
func (t *Task) AttachmentID() string {
	var digits [32]byte
	copy(digits[:], "00000000000000000000000000000000")
	copy(digits[:], t.ID)
	digits[12] = '4'
	const variants = "89ab"
	digits[16] = variants[digits[16]&3]
	d := string(digits[:])
	return d[:8] + "-" + d[8:12] + "-" + d[12:16] + "-" + d[16:20] + "-" + d[20:]
}

// TaskIDOfAttachment returns what the id of the task begins with whose
// interface's attachment has the id; false for what is no attachment's id.
func TaskIDOfAttachment(id string) (string, bool) {
	const digits = 12 // those before the version, which is not the task's
	if len(id) != 36 || id[8] != '-' {
		return "", false
	}
	return id[:8] + id[9:9+digits-8], true
}

// Statuses of the attachment of a task's interface.
// Source: ECS API reference, Attachment.
const (
	AttachmentPrecreated = "PRECREATED"
	AttachmentAttaching  = "ATTACHING"
	AttachmentAttached   = "ATTACHED"
	AttachmentDetaching  = "DETACHING"
	AttachmentDeleted    = "DELETED"
)

// AttachmentStatus returns how far the attachment of the task's interface is;
// "" for a task that has and will have none.
func (t *Task) AttachmentStatus() string {
	switch {
	case t.Spec.Interface == nil && t.Spec.Network == nil:
		return ""
	case t.Stopped():
		return AttachmentDeleted
	case t.Spec.Interface == nil:
		return AttachmentPrecreated
	case !t.Status.ExecutionStopped.IsZero():
		return AttachmentDetaching
	case t.Status.Attached:
		return AttachmentAttached
	}
	return AttachmentAttaching
}

// HoldsAddress reports whether the address of the task's interface is in use:
// until its STOPPED was reported, the interface may still be there.
func (t *Task) HoldsAddress() bool {
	return t.Spec.Interface != nil && !t.Stopped()
}
