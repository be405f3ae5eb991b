package cgroup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// ensureLegacy makes the group where a limit of ours is kept. The OCI runtime makes it in the other hierarchies.
func (t Tree) ensureLegacy(group string, limits Limits) error {
	for _, controller := range []string{"cpu", "memory", "pids"} {
		directory := filepath.Join(t.root, controller, group)
		if err := os.MkdirAll(directory, 0o755); err != nil {
			return fmt.Errorf("make control group: %w", err)
		}
	}
	period := strconv.FormatInt(Period.Microseconds(), 10)
	quota := "-1"
	if limits.CPUQuota > 0 {
		quota = strconv.FormatInt(max(limits.CPUQuota.Microseconds(), leastQuota), 10)
	}
	shares := int64(defaultShares)
	if limits.CPUWeight > 0 {
		shares = clampShares(limits.CPUWeight)
	}
	return t.write(group, []setting{
		{"cpu", "cpu.cfs_period_us", period},
		{"cpu", "cpu.cfs_quota_us", quota},
		{"cpu", "cpu.shares", strconv.FormatInt(shares, 10)},
		{"memory", "memory.limit_in_bytes", orUnlimited(limits.Memory, "-1")},
		{"pids", "pids.max", orUnlimited(limits.Pids, "max")},
	})
}

// ensureUnified also hands the controllers down, group by group, because v2 gives a group only what its parent shares out.
func (t Tree) ensureUnified(group string, limits Limits) error {
	parent := t.root
	for _, name := range strings.Split(strings.Trim(group, "/"), "/") {
		if err := shareControllers(parent); err != nil {
			return err
		}
		parent = filepath.Join(parent, name)
		if err := os.Mkdir(parent, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
			return fmt.Errorf("make control group: %w", err)
		}
	}
	if err := shareControllers(parent); err != nil {
		return err
	}
	quota := "max"
	if limits.CPUQuota > 0 {
		quota = strconv.FormatInt(max(limits.CPUQuota.Microseconds(), leastQuota), 10)
	}
	weight := int64(defaultWeight)
	if limits.CPUWeight > 0 {
		weight = WeightOfShares(limits.CPUWeight)
	}
	return t.write(group, []setting{
		{"", "cpu.max", quota + " " + strconv.FormatInt(Period.Microseconds(), 10)},
		{"", "cpu.weight", strconv.FormatInt(weight, 10)},
		{"", "memory.max", orUnlimited(limits.Memory, "max")},
		{"", "pids.max", orUnlimited(limits.Pids, "max")},
	})
}

// shared are the controllers that containers use.
var shared = []string{"cpu", "cpuset", "io", "memory", "pids"}

func shareControllers(directory string) error {
	present, err := os.ReadFile(filepath.Join(directory, "cgroup.controllers"))
	if err != nil {
		return fmt.Errorf("read control group controllers: %w", err)
	}
	available := strings.Fields(string(present))
	for _, controller := range shared {
		for _, name := range available {
			if name != controller {
				continue
			}
			file := filepath.Join(directory, "cgroup.subtree_control")
			if err := os.WriteFile(file, []byte("+"+controller), 0o644); err != nil {
				return fmt.Errorf("share control group controller %s: %w", controller, err)
			}
		}
	}
	return nil
}

type setting struct{ controller, name, value string }

func (t Tree) write(group string, settings []setting) error {
	for _, s := range settings {
		file := t.file(s.controller, group, s.name)
		if err := os.WriteFile(file, []byte(s.value), 0o644); err != nil {
			return fmt.Errorf("limit control group to %s: %w", s.value, err)
		}
	}
	return nil
}

const (
	leastQuota    = 1000 // microseconds; the kernel refuses less
	leastShares   = 2
	mostShares    = 262144
	defaultShares = 1024
	defaultWeight = 100
)

func clampShares(shares int64) int64 { return min(max(shares, leastShares), mostShares) }

// WeightOfShares converts v1's shares (2 to 262144) to v2's weight (1 to 10000), as the OCI runtimes do.
func WeightOfShares(shares int64) int64 {
	return 1 + (clampShares(shares)-leastShares)*9999/(mostShares-leastShares)
}

func orUnlimited(limit int64, unlimited string) string {
	if limit <= 0 {
		return unlimited
	}
	return strconv.FormatInt(limit, 10)
}
