package ecs

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// maxAttributes bounds the attributes of one registration, so that an
// instance stays small.
const maxAttributes = 250

// maxGPUs bounds the GPUs of one instance, and maxGPUName the bytes of an id,
// for the same reason.
const (
	maxGPUs    = 64
	maxGPUName = 255
)

// RegisterContainerInstance adds an instance to a cluster, or takes over what
// one that is registered already now offers. Every attribute is echoed: the
// stock agent exits when one is not.
// Source: specs of the agent protocol, section 1.
func (d *frontDoor) RegisterContainerInstance(ctx context.Context, in *ecs.RegisterContainerInstanceInput) (*ecs.RegisterContainerInstanceOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	offer, err := newOffer(in)
	if err != nil {
		return nil, err
	}
	d.structure.RLock()
	defer d.structure.RUnlock()
	var registered *model.ContainerInstance
	err = d.commit(r, func(v store.View, c *model.Change) error {
		cluster, err := r.joined(v, in.Cluster)
		if err != nil {
			return err
		}
		old, id, err := r.registration(v, cluster, aws.ToString(in.ContainerInstanceArn))
		if err != nil {
			return err
		}
		if registered, err = offer.register(r, cluster, old, id); err != nil {
			return err
		}
		if err := r.supply(v, c, cluster, registered); err != nil {
			return err
		}
		lend(registered)
		if old == nil {
			await(v, registered)
		}
		if cluster.Name != model.FargateCluster {
			c.Expect(cluster)
		}
		c.Put(registered)
		return nil
	})
	if err != nil {
		return nil, err
	}
	shown := showInstance(r, d.db.View(), registered, []types.ContainerInstanceField{types.ContainerInstanceFieldTags})
	return &ecs.RegisterContainerInstanceOutput{ContainerInstance: &shown}, nil
}

// registration returns the instance that registers again, or the id that a
// new one gets. A session that is bound to an instance registers that one.
func (r request) registration(v store.View, cluster *model.Cluster, arn string) (old *model.ContainerInstance, id string, err error) {
	bound := r.who.Purpose == caller.Instance && r.who.BoundTo != ""
	if arn == "" && !bound {
		return nil, r.ids().Hex(), nil
	}
	if arn == "" {
		arn = r.who.BoundTo
	}
	if err := r.actsFor(arn); err != nil {
		return nil, "", err
	}
	id, ok := r.member("container-instance", cluster.Name, arn)
	if !ok || !strings.HasPrefix(arn, "arn:") {
		return nil, "", invalid("Invalid containerInstanceArn: %s", arn)
	}
	old, known := r.instance(v, cluster.Name, arn)
	switch {
	case known && old.Status == model.InstanceInactive:
		return nil, "", clientError("Container instance %s is inactive.", id)
	case !known && !bound:
		return nil, "", clientError("Container instance %s was not found.", id)
	case !known:
		return nil, id, nil
	}
	return old, id, nil
}

// supply notes which capacity provider the instance says that it belongs to,
// which must be there. AWS knows it by the Auto Scaling group; here it is an
// attribute, which the Amazon ECS agent takes from ECS_INSTANCE_ATTRIBUTES.
func (r request) supply(v store.View, c *model.Change, cluster *model.Cluster, i *model.ContainerInstance) error {
	name, given := i.Attribute(model.AttributeCapacityProvider)
	i.CapacityProvider = name
	if !given {
		return nil
	}
	if fargate(name) {
		return invalid("The capacity provider %s is reserved. Container instances cannot belong to it.", name)
	}
	p, err := r.activeProvider(v, cluster, name)
	if err == nil {
		c.Expect(p)
	}
	return err
}

// offer is what an instance brings.
type offer struct {
	resources  model.Resources
	gpus       []string
	attributes []model.Attribute
	tags       []model.Tag
	version    types.VersionInfo
	document   identityDocument
}

// identityDocument is what counts of EC2's instance identity document.
// Source: EC2 user guide, "Instance identity documents".
type identityDocument struct {
	InstanceID       string `json:"instanceId"`
	InstanceType     string `json:"instanceType"`
	ImageID          string `json:"imageId"`
	AvailabilityZone string `json:"availabilityZone"`
	Architecture     string `json:"architecture"`
}

func newOffer(in *ecs.RegisterContainerInstanceInput) (*offer, error) {
	o := &offer{}
	if text := aws.ToString(in.InstanceIdentityDocument); text != "" {
		if err := json.Unmarshal([]byte(text), &o.document); err != nil || o.document.InstanceID == "" {
			return nil, invalid("The instance identity document is invalid.")
		}
	}
	if in.VersionInfo != nil {
		o.version = *in.VersionInfo
	}
	var err error
	if o.tags, err = newTags(in.Tags); err != nil {
		return nil, err
	}
	if o.resources, err = newResources(in.TotalResources); err != nil {
		return nil, err
	}
	if o.gpus, err = newGPUs(in.PlatformDevices); err != nil {
		return nil, err
	}
	o.resources.GPUs = len(o.gpus)
	o.attributes, err = newAttributes(in.Attributes)
	return o, err
}

// newGPUs reads the devices of an instance, in its order.
// Source: ECS API reference, PlatformDevice.
func newGPUs(given []types.PlatformDevice) (ids []string, err error) {
	if len(given) > maxGPUs {
		return nil, invalid("There can be at most %d platformDevices.", maxGPUs)
	}
	for _, d := range given {
		id := aws.ToString(d.Id)
		switch {
		case d.Type != types.PlatformDeviceTypeGpu:
			return nil, invalid("Invalid platform device type: %s", d.Type)
		case id == "" || len(id) > maxGPUName || strings.ContainsAny(id, ", \x00"):
			return nil, invalid("Invalid platform device id: %q", id)
		case slices.Contains(ids, id):
			return nil, invalid("Duplicate platform device id: %s", id)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// newResources reads what an instance lends: PORTS and PORTS_UDP are the
// ports that it keeps for itself.
func newResources(given []types.Resource) (model.Resources, error) {
	var r model.Resources
	for _, g := range given {
		name := aws.ToString(g.Name)
		switch name {
		case "CPU", "MEMORY":
			if g.IntegerValue < 0 {
				return r, invalid("Invalid resource %s: it must not be negative.", name)
			}
			if name == "CPU" {
				r.CPU = int(g.IntegerValue)
			} else {
				r.Memory = int(g.IntegerValue)
			}
		case "PORTS", "PORTS_UDP":
			protocol := "tcp"
			if name == "PORTS_UDP" {
				protocol = "udp"
			}
			for _, s := range g.StringSetValue {
				n, err := strconv.Atoi(s)
				if err != nil || n < 1 || n > 65535 {
					return r, invalid("Invalid port %q in resource %s.", s, name)
				}
				r.Ports = append(r.Ports, model.Port{Number: n, Protocol: protocol})
			}
		default:
			return r, invalid("%s", notYet("The resource "+name))
		}
	}
	if r.CPU == 0 || r.Memory == 0 {
		return r, invalid("totalResources must have CPU and MEMORY.")
	}
	slices.SortFunc(r.Ports, model.ComparePorts)
	r.Ports = slices.Compact(r.Ports)
	return r, nil
}

// newAttributes reads the attributes of a registration.
func newAttributes(given []types.Attribute) ([]model.Attribute, error) {
	if len(given) > maxAttributes {
		return nil, invalid("There can be at most %d attributes.", maxAttributes)
	}
	var attributes []model.Attribute
	for _, g := range given {
		a := model.Attribute{Name: aws.ToString(g.Name), Value: aws.ToString(g.Value)}
		if err := checkAttribute(a); err != nil {
			return nil, err
		}
		a.Custom = !reservedAttribute(a.Name)
		attributes = putAttribute(attributes, a)
	}
	return attributes, nil
}

// register returns the instance as it is after the registration.
func (o *offer) register(r request, cluster *model.Cluster, old *model.ContainerInstance, id string) (*model.ContainerInstance, error) {
	attributes := slices.Clone(o.attributes)
	for name, value := range o.document.attributes() {
		attributes = putAttribute(attributes, model.Attribute{Name: name, Value: value})
	}
	if old != nil {
		return o.again(old, attributes)
	}
	n := &model.ContainerInstance{
		Account: r.scope.Account, Cluster: cluster.Name, ID: id, Status: model.InstanceActive,
		Registered: o.resources, GPUs: o.gpus, Attributes: attributes, Tags: o.tags, RegisteredAt: r.now, Version: 1,
		EC2InstanceID: o.document.InstanceID, External: o.document.InstanceID == "",
		AgentVersion: aws.ToString(o.version.AgentVersion), AgentHash: aws.ToString(o.version.AgentHash),
		DockerVersion: aws.ToString(o.version.DockerVersion),
	}
	if n.External {
		n.EC2InstanceID = "mi-" + id[:min(len(id), 17)]
	}
	return n, nil
}

// again takes over what a known instance offers now. What people put stays.
func (o *offer) again(old *model.ContainerInstance, attributes []model.Attribute) (*model.ContainerInstance, error) {
	for _, a := range attributes {
		if was, ok := old.Attribute(a.Name); ok && a.Name == model.AttributeInstanceType && was != a.Value {
			return nil, clientError("Container instance type changes are not supported.")
		}
	}
	if o.document.InstanceID != "" && o.document.InstanceID != old.EC2InstanceID {
		return nil, clientError("The container instance is registered for another EC2 instance.")
	}
	n := old.Clone()
	n.Registered, n.GPUs, n.Version = o.resources, o.gpus, old.Version+1
	n.Attributes = nil
	for _, a := range old.Attributes {
		if a.Custom {
			n.Attributes = putAttribute(n.Attributes, a)
		}
	}
	for _, a := range attributes {
		n.Attributes = putAttribute(n.Attributes, a)
	}
	var err error
	n.Tags, err = mergeTags(old.Tags, o.tags)
	return n, err
}

// attributes are those that come from EC2. Source: ECS developer guide,
// "Attributes", built-in attributes.
func (d identityDocument) attributes() map[string]string {
	all := map[string]string{}
	for name, value := range map[string]string{
		model.AttributeInstanceType: d.InstanceType, model.AttributeImage: d.ImageID,
		model.AttributeZone: d.AvailabilityZone, model.AttributeArchitecture: d.Architecture,
	} {
		if value != "" {
			all[name] = value
		}
	}
	return all
}
