package agent

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/roadstead/roadstead/agent/network"
	"github.com/roadstead/roadstead/agent/step"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// sharesNetwork reports whether the containers of a task share one network.
func sharesNetwork(t acs.Task) bool { return t.NetworkMode == "awsvpc" }

// taskSandbox names the sandbox that the containers of a task share. No
// container's id ends so.
func taskSandbox(t acs.Task) string { return taskID(t.ARN) + ".task" }

// sandboxOf returns the sandbox of one container of a task.
func sandboxOf(l *live, name string, byID map[string]network.Attachment) network.Attachment {
	config, _ := configOf(containerOf(l.payload, name)) // what cannot be read was refused when the task came
	if sharesNetwork(l.payload) && !config.NetworkDisabled {
		return byID[taskSandbox(l.payload)]
	}
	return byID[l.runs[name].id]
}

// interfaceOf returns a task's one interface as the network wants it.
func interfaceOf(t acs.Task) (*network.Interface, error) {
	if len(t.Interfaces) != 1 {
		return nil, fmt.Errorf("the task has %d network interfaces, want 1", len(t.Interfaces))
	}
	in := t.Interfaces[0]
	out := &network.Interface{MAC: strings.ToLower(in.MACAddress)}
	var err error
	for _, a := range in.IPv4Addresses {
		if !a.Primary && len(in.IPv4Addresses) > 1 {
			continue
		}
		if out.Address, err = netip.ParseAddr(a.PrivateAddress); err != nil {
			return nil, fmt.Errorf("network interface %s: %w", in.EC2ID, err)
		}
	}
	if out.Gateway, err = netip.ParsePrefix(in.Gateway); err != nil {
		return nil, fmt.Errorf("network interface %s: subnet gateway: %w", in.EC2ID, err)
	}
	for _, g := range in.SecurityGroups {
		group := network.SecurityGroup{ID: g.ID}
		if group.Ingress, err = rulesOf(g.Ingress); err == nil {
			group.Egress, err = rulesOf(g.Egress)
		}
		if err != nil {
			return nil, fmt.Errorf("security group %s: %w", g.ID, err)
		}
		out.Groups = append(out.Groups, group)
	}
	request := network.Request{ID: taskSandbox(t), Mode: network.AWSVPC, Interface: out}
	if request, err = request.Normalize(); err != nil {
		return nil, fmt.Errorf("network interface %s: %w", in.EC2ID, err)
	}
	return request.Interface, nil
}

func rulesOf(given []acs.SecurityRule) ([]network.SecurityRule, error) {
	var out []network.SecurityRule
	for _, r := range given {
		rule := network.SecurityRule{Protocol: r.Protocol, FromPort: r.FromPort, ToPort: r.ToPort, Group: r.GroupID}
		if r.CIDR != "" {
			var err error
			if rule.CIDR, err = netip.ParsePrefix(r.CIDR); err != nil {
				return nil, err
			}
		}
		out = append(out, rule)
	}
	return out, nil
}

// connect makes the network that a task's containers share.
func (n *Node) connect(ctx context.Context, l *live) {
	n.answer(ctx, l, func() func(time.Time) {
		request := network.Request{ID: taskSandbox(l.payload), Mode: network.AWSVPC}
		var sandbox network.Attachment
		var err error
		if request.Interface, err = interfaceOf(l.payload); err == nil {
			sandbox, err = n.edges.Network.Attach(ctx, request)
		}
		// gofail: var agentConnected struct{}
		return func(now time.Time) {
			if errors.Is(err, network.ErrAddressInUse) {
				l.task.Occupied(now, connectFailure(err))
				return
			}
			l.connected(sandbox)
			l.task.Connected(now, connectFailure(err))
		}
	})
}

// connected gives every container of the task, but for those that want no
// network, the one that they share.
func (l *live) connected(sandbox network.Attachment) {
	byID := map[string]network.Attachment{taskSandbox(l.payload): sandbox}
	for name, r := range l.runs {
		if shared := sandboxOf(l, name, byID); shared.ID != "" {
			r.sandbox = shared
		}
	}
}

// connectFailure words a network that cannot be made as ECS does.
// Source: ECS developer guide, "ResourceInitializationError".
func connectFailure(err error) step.Failure {
	if errors.Is(err, network.ErrAddressInUse) {
		err = fmt.Errorf("failed to setup regular eni: %w", err)
	}
	return failure("ResourceInitializationError: failed to configure ENI", err)
}

// disconnect removes the network of a task, none of whose containers is left.
func (n *Node) disconnect(ctx context.Context, l *live) {
	n.answer(ctx, l, func() func(time.Time) {
		err := n.edges.Network.Detach(ctx, taskSandbox(l.payload))
		// gofail: var agentDisconnected struct{}
		if err != nil && ctx.Err() == nil {
			n.options.Logger.Warn("network of an ended task is not removed yet", "task", l.payload.ARN, "error", err)
		}
		return func(now time.Time) { l.task.Disconnected(now, failure("", err)) }
	})
}
