// Package allocate decides which address and which host port a sandbox gets.
//
// It is pure bookkeeping over numbers: it does no I/O, keeps no time and takes
// no locks, so the Linux network and the fake one decide alike. Whether the
// kernel agrees (a port that another process listens on) its user finds out.
package allocate

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
)

// The widest and the narrowest subnet that Addresses accepts, in prefix bits:
// 65,533 sandbox addresses and 5.
const (
	MinBits = 16
	MaxBits = 29
)

// Addresses hands out the addresses of one subnet, the one that has been free
// for longest first, so that whoever remembers an address of a sandbox that is
// gone (a connection, a cache) has the longest time to forget it. The network,
// gateway (first) and broadcast addresses are never handed out.
type Addresses struct {
	prefix netip.Prefix
	free   []uint32 // offsets into prefix, oldest first
	used   map[uint32]struct{}
}

// NewAddresses returns the addresses of prefix. released tells when the
// address at an offset was last released: any growing number, 0 for never.
// used are those in use now. It refuses a prefix outside MinBits..MaxBits and a
// used address outside it.
func NewAddresses(prefix netip.Prefix, released func(offset uint32) uint64, used []netip.Addr) (*Addresses, error) {
	if !prefix.Addr().Is4() || prefix.Bits() < MinBits || prefix.Bits() > MaxBits || prefix != prefix.Masked() {
		return nil, fmt.Errorf("subnet %v: want an IPv4 network of /%d to /%d", prefix, MinBits, MaxBits)
	}
	a := &Addresses{prefix: prefix, used: make(map[uint32]struct{}, len(used))}
	for _, addr := range used {
		offset, ok := a.Offset(addr)
		if !ok {
			return nil, fmt.Errorf("address %v is no sandbox address of %v", addr, prefix)
		}
		a.used[offset] = struct{}{}
	}
	for offset := uint32(2); offset < a.size()-1; offset++ {
		if _, ok := a.used[offset]; !ok {
			a.free = append(a.free, offset)
		}
	}
	slices.SortStableFunc(a.free, func(x, y uint32) int { return cmp.Compare(released(x), released(y)) })
	return a, nil
}

// Never is the history of a subnet that was never used.
func Never(uint32) uint64 { return 0 }

// Gateway returns the subnet's first address, which the bridge has.
func (a *Addresses) Gateway() netip.Addr { return a.at(1) }

// Take hands out an address; ok is false when none is free.
func (a *Addresses) Take() (addr netip.Addr, ok bool) {
	if len(a.free) == 0 {
		return netip.Addr{}, false
	}
	offset := a.free[0]
	a.free = a.free[1:]
	a.used[offset] = struct{}{}
	return a.at(offset), true
}

// Release takes back an address that was handed out. Releasing any other is
// an error of the caller and panics: the address could be given out twice.
func (a *Addresses) Release(addr netip.Addr) {
	offset, ok := a.Offset(addr)
	if _, used := a.used[offset]; !ok || !used {
		panic(fmt.Sprintf("allocate: release of %v, which is not in use", addr))
	}
	delete(a.used, offset)
	a.free = append(a.free, offset)
}

// InUse says whether an address is handed out.
func (a *Addresses) InUse(addr netip.Addr) bool {
	offset, ok := a.Offset(addr)
	_, used := a.used[offset]
	return ok && used
}

// Offset returns the place of a sandbox address in the subnet; ok is false for
// an address that is never handed out.
func (a *Addresses) Offset(addr netip.Addr) (offset uint32, ok bool) {
	if !a.prefix.Contains(addr) {
		return 0, false
	}
	raw, first := addr.As4(), a.prefix.Addr().As4()
	offset = binary.BigEndian.Uint32(raw[:]) - binary.BigEndian.Uint32(first[:])
	return offset, offset >= 2 && offset < a.size()-1
}

func (a *Addresses) size() uint32 { return 1 << (32 - a.prefix.Bits()) }

func (a *Addresses) at(offset uint32) netip.Addr {
	raw := a.prefix.Addr().As4()
	binary.BigEndian.PutUint32(raw[:], binary.BigEndian.Uint32(raw[:])+offset)
	return netip.AddrFrom4(raw)
}
