package ecs

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/address"
	"github.com/roadstead/roadstead/plan/place"
	"github.com/roadstead/roadstead/store"
)

// Limits of a network configuration. Source: ECS API reference,
// AwsVpcConfiguration.
const (
	maxSubnets = 16
	maxGroups  = 5
)

// network reads the network configuration of a request for tasks of the
// definition, nil where it says nothing.
func (r request) network(v store.View, given *types.NetworkConfiguration, def *types.TaskDefinition) (*model.NetworkConfiguration, error) {
	if given == nil || given.AwsvpcConfiguration == nil {
		return nil, nil
	}
	c := given.AwsvpcConfiguration
	switch {
	case def.NetworkMode != types.NetworkModeAwsvpc:
		return nil, networkUnwanted()
	case len(c.Subnets) == 0:
		return nil, invalid("subnets can not be empty.")
	case len(c.Subnets) > maxSubnets:
		return nil, invalid("subnets can have at most %d items.", maxSubnets)
	case len(c.SecurityGroups) > maxGroups:
		return nil, invalid("securityGroups can have at most %d items.", maxGroups)
	case c.AssignPublicIp != "" && !slices.Contains(c.AssignPublicIp.Values(), c.AssignPublicIp):
		return nil, invalid("Invalid assignPublicIp: %s", c.AssignPublicIp)
	}
	vpc, err := r.vpcOf(v, c.Subnets)
	if err != nil {
		return nil, err
	}
	for _, id := range c.SecurityGroups {
		g, ok := store.Get[*model.SecurityGroup](v, model.SecurityGroupID(r.scope.Account, id))
		switch {
		case !ok:
			return nil, invalid("Error retrieving security group information for [%s]: The security group '%s' does not exist (ErrorCode: InvalidGroup.NotFound)",
				strings.Join(c.SecurityGroups, ", "), id)
		case g.VPC != vpc:
			return nil, invalid("Security Group %s does not appear to belong to the same VPC as the input subnets.", id)
		}
	}
	return &model.NetworkConfiguration{Subnets: unique(c.Subnets), Groups: unique(c.SecurityGroups), PublicIP: c.AssignPublicIp == types.AssignPublicIpEnabled}, nil
}

// vpcOf returns the VPC that all the subnets are in.
func (r request) vpcOf(v store.View, subnets []string) (vpc string, err error) {
	for _, id := range subnets {
		s, ok := v.Subnet(r.scope.Account, id)
		switch {
		case !ok:
			return "", invalid("Error retrieving subnet information for [%s]: The subnet ID '%s' does not exist (ErrorCode: InvalidSubnetID.NotFound)",
				strings.Join(subnets, ", "), id)
		case vpc != "" && s.VPC != vpc:
			return "", invalid("All subnets must belong to the same VPC.")
		}
		vpc = s.VPC
	}
	return vpc, nil
}

// unique returns the values without repetitions, in their order; nil for none.
func unique(values []string) (kept []string) {
	for _, s := range values {
		if !slices.Contains(kept, s) {
			kept = append(kept, s)
		}
	}
	return kept
}

func networkUnwanted() error {
	return invalid("Network Configuration is not valid for the given networkMode of this task definition.")
}

// matches checks that there is a network configuration exactly if the
// definition's network mode wants one, and that what runs on the launch types
// can be what it says.
func matches(n *model.NetworkConfiguration, def *types.TaskDefinition, launchTypes ...string) error {
	switch {
	case n != nil && def.NetworkMode != types.NetworkModeAwsvpc:
		return networkUnwanted()
	case n == nil && def.NetworkMode == types.NetworkModeAwsvpc:
		return invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
	case n == nil || !n.PublicIP:
		return nil
	}
	for _, l := range launchTypes {
		if l != string(types.LaunchTypeFargate) {
			return invalid("Assign public IP is not supported for this launch type.")
		}
	}
	return nil
}

// showNetwork describes a network configuration; nil for none, because clients
// take an empty one for one that is there.
func showNetwork(n *model.NetworkConfiguration) *types.NetworkConfiguration {
	if n == nil {
		return nil
	}
	public := types.AssignPublicIpDisabled
	if n.PublicIP {
		public = types.AssignPublicIpEnabled
	}
	return &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{
		Subnets: slices.Clone(n.Subnets), SecurityGroups: append([]string{}, n.Groups...), AssignPublicIp: public}}
}

// addressing gives the tasks of one call their interfaces.
type addressing struct {
	account string
	network *model.NetworkConfiguration // nil: they have none
	chooser *address.Chooser
}

func newAddressing(r request, v store.View, n *model.NetworkConfiguration, seed uint64) addressing {
	return addressing{r.scope.Account, n, address.New(v, seed)}
}

// place is place.Place for tasks that may have interfaces of their own, which it
// returns: one for each task that is placed, nil where they have none.
func (a addressing) place(fleet *place.Fleet, req place.Request, seed uint64) (place.Result, []*model.NetworkInterface) {
	if a.network == nil {
		r := place.Place(fleet, &req, seed)
		return r, make([]*model.NetworkInterface, len(r.Placed))
	}
	taker := a.chooser.For(a.account, a.network)
	req.Address = taker.Take
	return place.Place(fleet, &req, seed), taker.Taken
}

// exhausted reports whether tasks lack addresses, and not only in some zones.
func (a addressing) exhausted(r place.Result) bool {
	return len(r.Dry) > 0 && !a.chooser.Free(a.account, a.network)
}

// full is the failure of a task for which no address was free.
func (r request) full(instance string) types.Failure {
	return types.Failure{Arn: new(r.instanceARN(instance)), Reason: new(place.FailInterface), Detail: new(place.NoAddress)}
}

// showInterface describes a task's interface as its attachments, and as its
// containers have it.
func showInterface(r request, t *model.Task) (attachments []types.Attachment, interfaces []types.NetworkInterface) {
	attachments, interfaces = []types.Attachment{}, []types.NetworkInterface{}
	status := t.AttachmentStatus()
	if status == "" {
		return attachments, interfaces
	}
	id := t.AttachmentID()
	shown := types.Attachment{Id: &id, Type: new("ElasticNetworkInterface"), Status: &status, Details: []types.KeyValuePair{}}
	if n := t.Spec.Interface; n != nil {
		at := n.Address.String()
		for _, d := range [][2]string{{"subnetId", n.Subnet}, {"networkInterfaceId", model.InterfaceID(t.ID)}, {"macAddress", n.MAC()},
			{"privateDnsName", n.PrivateDNSName(r.scope.Region)}, {"privateIPv4Address", at}} {
			shown.Details = append(shown.Details, types.KeyValuePair{Name: new(d[0]), Value: new(d[1])})
		}
		interfaces = append(interfaces, types.NetworkInterface{AttachmentId: &id, PrivateIpv4Address: &at})
	}
	return append(attachments, shown), interfaces
}
