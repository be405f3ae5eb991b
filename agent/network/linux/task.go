package linux

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/roadstead/roadstead/agent/network"
	"golang.org/x/sys/unix"
)

// tasks are the addresses and links of the awsvpc sandboxes, those included
// that are being made. Guarded by Network.mu.
type tasks struct {
	addresses map[netip.Addr]string // the sandbox's id
	links     map[string]bool
	serial    uint16 // of the latest link
	// former addresses may have tracked connections of a sandbox that is gone.
	// To forget them takes the kernel 10 to 25 ms, whichever they are, so it
	// waits until somebody has the address again.
	former map[netip.Addr]bool
}

// maxFormer bounds tasks.former; beyond, all are forgotten at once.
const maxFormer = 4096

func newTasks() tasks {
	return tasks{addresses: map[netip.Addr]string{}, links: map[string]bool{}, former: map[netip.Addr]bool{}}
}

// stale returns the addresses whose connections are to be forgotten before a
// sandbox with addr speaks.
func (t *tasks) stale(addr netip.Addr) (flows taskFlows) {
	switch {
	case len(t.former) >= maxFormer:
		flows, t.former = t.former, map[netip.Addr]bool{}
	case t.former[addr]:
		flows = taskFlows{addr: true}
		delete(t.former, addr)
	}
	return flows
}

// claim takes an address and the next name of a link. There are more names than
// sandboxes.
func (t *tasks) claim(prefix, id string, addr netip.Addr) (link string, ok bool) {
	if _, taken := t.addresses[addr]; taken {
		return "", false
	}
	for link == "" || t.links[link] {
		t.serial++
		link = fmt.Sprintf("%s%04x", prefix, t.serial)
	}
	t.addresses[addr], t.links[link] = id, true
	return link, true
}

// adopt claims what an earlier process claimed.
func (t *tasks) adopt(prefix string, r record) {
	t.addresses[r.Attachment.IPv4], t.links[r.Link] = r.Request.ID, true
	if serial, err := strconv.ParseUint(strings.TrimPrefix(r.Link, prefix), 16, 16); err == nil {
		t.serial = max(t.serial, uint16(serial))
	}
}

func (t *tasks) release(r record) {
	delete(t.addresses, r.Attachment.IPv4)
	t.former[r.Attachment.IPv4] = true
	delete(t.links, r.Link)
}

// awsvpcPrefix begins the file name of an awsvpc task's namespace.
const awsvpcPrefix = "awsvpc-"

// createTask makes an awsvpc sandbox that is not there. The firewall guards its
// address before anybody can be reached or speak there.
func (n *Network) createTask(ctx context.Context, request network.Request) (r record, err error) {
	r = record{Request: request, Attachment: network.Attachment{ID: request.ID, Mode: request.Mode,
		IPv4: request.Interface.Address, Gateway: request.Interface.Gateway.Addr()}}
	r.Attachment.NetNSPath = n.state.netns(awsvpcPrefix + r.Attachment.IPv4.String())
	n.mu.Lock()
	link, ok := n.tasks.claim(n.options.taskPrefix(), request.ID, r.Attachment.IPv4)
	if !ok {
		n.mu.Unlock()
		return record{}, network.ErrAddressInUse
	}
	stale := n.tasks.stale(r.Attachment.IPv4)
	n.mu.Unlock()
	r.Link = link
	n.observe("forget connections", n.host.forgetTasks(stale))
	select {
	case n.building <- struct{}{}:
		defer func() { <-n.building }()
	case <-ctx.Done():
		n.releaseTask(r)
		return record{}, ctx.Err()
	}
	if err = n.firewall.changeMember(r.Attachment.IPv4, newMember(r.Link, *request.Interface)); err == nil {
		if err = n.buildTask(r); err == nil {
			if err = n.state.save(r); err == nil {
				return r, nil
			}
		}
	}
	n.observe("undo attach", n.dissolveTask(r))
	return record{}, err
}

// buildTask makes the namespace. If an earlier sandbox's link still has the
// name or the route, because a process lives on in its namespace, that link
// goes first.
func (n *Network) buildTask(r record) error {
	err := r.routed().build(n.host, n.bridge.mtu)
	if errors.Is(err, unix.EEXIST) || errors.Is(err, network.ErrAddressInUse) {
		if err := n.removeStrayTasks(r.Link); err != nil {
			return err
		}
		err = r.routed().build(n.host, n.bridge.mtu)
	}
	for range vanishTries { // another instance's sandbox may be going
		if !errors.Is(err, network.ErrAddressInUse) {
			break
		}
		time.Sleep(vanishPause)
		err = r.routed().build(n.host, n.bridge.mtu)
	}
	return err
}

// How long an address is waited for that another instance of the host still
// seems to have: the kernel takes its namespace apart in the background.
const (
	vanishTries = 10
	vanishPause = 100 * time.Millisecond
)

// dissolveTask removes what there is of an awsvpc sandbox; each step may be
// repeated. Its link and the route to it go a moment later, when the kernel has
// taken the namespace apart; who wants the address before removes them.
func (n *Network) dissolveTask(r record) error {
	if err := n.firewall.changeMember(r.Attachment.IPv4, nil); err != nil {
		return err
	}
	if err := r.slot().remove(); err != nil {
		return err
	}
	if err := n.state.forget(r.Request.ID); err != nil {
		return err
	}
	n.releaseTask(r)
	return nil
}

func (n *Network) releaseTask(r record) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.tasks.release(r)
}

// regroup gives an interface that is there the groups of a newer request.
func (n *Network) regroup(r record, request network.Request) (record, error) {
	r.Request = request
	if err := n.state.save(r); err != nil {
		return record{}, err
	}
	if err := n.firewall.changeMember(r.Attachment.IPv4, newMember(r.Link, *request.Interface)); err != nil {
		return record{}, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sandboxes[request.ID] = r
	return r, nil
}

// removeStrayTasks removes links that no sandbox has, and one that only this
// call's sandbox has claimed.
func (n *Network) removeStrayTasks(also string) error {
	links, err := n.taskLinks()
	if err != nil {
		return err
	}
	var failed error
	for name := range links {
		n.mu.Lock()
		used := n.tasks.links[name] && name != also
		n.mu.Unlock()
		if !used {
			failed = errors.Join(failed, n.host.removeLink(name))
		}
	}
	return failed
}
