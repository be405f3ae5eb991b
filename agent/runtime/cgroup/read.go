package cgroup

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strconv"
	"strings"
	"time"
)

// Reading is what a group and the groups below it have used.
type Reading struct {
	CPU          time.Duration
	CPUThrottled time.Duration
	Memory       int64 // bytes, without inactive file pages
	MemoryPeak   int64 // bytes; 0 where the kernel does not tell
	MemoryLimit  int64 // bytes, the least of the group's and those above; 0 is none
	Pids         int64
	BlockRead    int64 // bytes
	BlockWritten int64 // bytes
	OOMKills     int64
}

// unlimitedAbove is v1's way of saying no limit: the largest page-aligned number.
const unlimitedAbove = int64(1) << 62

// Read reads the group. An error satisfying os.ErrNotExist tells that there is no such group.
func (t Tree) Read(group string) (Reading, error) {
	if err := validate(group); err != nil {
		return Reading{}, err
	}
	if t.unified {
		return t.readUnified(group)
	}
	return t.readLegacy(group)
}

func (t Tree) readLegacy(group string) (Reading, error) {
	usage, err := t.number("cpuacct", group, "cpuacct.usage")
	if err != nil {
		return Reading{}, err
	}
	memory, err := t.number("memory", group, "memory.usage_in_bytes")
	if err != nil {
		return Reading{}, err
	}
	stat, err := t.table("memory", group, "memory.stat")
	if err != nil {
		return Reading{}, err
	}
	reading := Reading{
		CPU:         time.Duration(usage),
		Memory:      max(memory-stat["total_inactive_file"], 0),
		MemoryLimit: stat["hierarchical_memory_limit"],
	}
	if reading.MemoryLimit > unlimitedAbove {
		reading.MemoryLimit = 0
	}
	// What follows exists only where the kernel was built with it; absent is zero.
	throttled, _ := t.table("cpu", group, "cpu.stat")
	reading.CPUThrottled = time.Duration(throttled["throttled_time"])
	reading.MemoryPeak, _ = t.number("memory", group, "memory.max_usage_in_bytes")
	reading.Pids, _ = t.number("pids", group, "pids.current")
	reading.OOMKills, _ = t.OOMKills(group)
	reading.BlockRead, reading.BlockWritten = t.legacyBlock(group)
	return reading, nil
}

// legacyBlock sums lines such as "8:0 Read 4096".
func (t Tree) legacyBlock(group string) (read, written int64) {
	content, err := os.ReadFile(t.file("blkio", group, "blkio.throttle.io_service_bytes_recursive"))
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(content)) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			continue
		}
		bytes, _ := strconv.ParseInt(fields[2], 10, 64)
		switch fields[1] {
		case "Read":
			read += bytes
		case "Write":
			written += bytes
		}
	}
	return read, written
}

func (t Tree) readUnified(group string) (Reading, error) {
	processor, err := t.table("", group, "cpu.stat")
	if err != nil {
		return Reading{}, err
	}
	memory, err := t.number("", group, "memory.current")
	if err != nil {
		return Reading{}, err
	}
	stat, err := t.table("", group, "memory.stat")
	if err != nil {
		return Reading{}, err
	}
	reading := Reading{
		CPU:          time.Duration(processor["usage_usec"]) * time.Microsecond,
		CPUThrottled: time.Duration(processor["throttled_usec"]) * time.Microsecond,
		Memory:       max(memory-stat["inactive_file"], 0),
		MemoryLimit:  t.unifiedMemoryLimit(group),
	}
	reading.MemoryPeak, _ = t.number("", group, "memory.peak")
	reading.Pids, _ = t.number("", group, "pids.current")
	reading.OOMKills, _ = t.OOMKills(group)
	reading.BlockRead, reading.BlockWritten = t.unifiedBlock(group)
	return reading, nil
}

// unifiedMemoryLimit is the least limit on the way up, because v2 does not add them up for us.
func (t Tree) unifiedMemoryLimit(group string) int64 {
	least := int64(0)
	for g := path.Clean("/" + group); g != "/"; g = path.Dir(g) {
		limit, err := t.number("", g, "memory.max")
		if err == nil && limit > 0 && (least == 0 || limit < least) {
			least = limit
		}
	}
	return least
}

// unifiedBlock sums lines such as "8:0 rbytes=4096 wbytes=0 rios=1 ...".
func (t Tree) unifiedBlock(group string) (read, written int64) {
	content, err := os.ReadFile(t.file("", group, "io.stat"))
	if err != nil {
		return 0, 0
	}
	for _, field := range strings.Fields(string(content)) {
		name, value, _ := strings.Cut(field, "=")
		bytes, _ := strconv.ParseInt(value, 10, 64)
		switch name {
		case "rbytes":
			read += bytes
		case "wbytes":
			written += bytes
		}
	}
	return read, written
}

// OOMKills counts the processes of this group (v2: and those below) that the kernel killed for memory. Whose limit
// was hit does not matter: the victim's own group counts, also when the task's limit above it did it.
func (t Tree) OOMKills(group string) (int64, error) {
	name := "memory.oom_control"
	if t.unified {
		name = "memory.events"
	}
	table, err := t.table("memory", group, name)
	return table["oom_kill"], err
}

// number reads a file of one number; "max" is 0.
func (t Tree) number(controller, group, name string) (int64, error) {
	content, err := os.ReadFile(t.file(controller, group, name))
	if err != nil {
		return 0, readError(err)
	}
	text := strings.TrimSpace(string(content))
	if text == "max" {
		return 0, nil
	}
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read control group %s: %w", name, err)
	}
	return number, nil
}

// table reads a file of lines "name number".
func (t Tree) table(controller, group, name string) (map[string]int64, error) {
	content, err := os.ReadFile(t.file(controller, group, name))
	if err != nil {
		return nil, readError(err)
	}
	table := make(map[string]int64)
	for line := range strings.Lines(string(content)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if number, err := strconv.ParseInt(value, 10, 64); err == nil {
			table[key] = number
		}
	}
	return table, nil
}

// readError makes a group that vanished while it was being read look like one that was never there.
func readError(err error) error {
	if strings.Contains(err.Error(), "no such device") {
		return fmt.Errorf("read control group: %w", errors.Join(os.ErrNotExist, err))
	}
	return fmt.Errorf("read control group: %w", err)
}
