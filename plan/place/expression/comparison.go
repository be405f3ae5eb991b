package expression

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

type operator int

const (
	equal operator = iota
	less
	greater
	exists
	in
	matches
)

type field int

const (
	attribute field = iota
	taskGroup
	agentConnected
	agentVersion
	ec2InstanceID
	registeredAt
	runningTasks
	pendingTasks
	runtimeVersion
	instanceStatus
)

var fields = map[string]field{
	"task:group": taskGroup, "agentConnected": agentConnected, "agentVersion": agentVersion,
	"ec2InstanceId": ec2InstanceID, "registeredAt": registeredAt,
	"runningTasksCount": runningTasks, "pendingTasksCount": pendingTasks,
	"dockerVersion": runtimeVersion, "status": instanceStatus,
}

type comparison struct {
	field    field
	name     string // of the attribute
	operator operator
	values   []string // one, or those of in, sorted
	pattern  *regexp.Regexp
}

func (c *comparison) subject(name string) bool {
	if a, ok := strings.CutPrefix(name, "attribute:"); ok {
		c.field, c.name = attribute, a
		return a != ""
	}
	f, ok := fields[name]
	c.field = f
	return ok
}

// match reports whether one of the subject's values passes. A subject that
// has no value passes nothing.
func (c *comparison) match(s *Subject) bool {
	if c.field == taskGroup {
		return slices.ContainsFunc(s.Groups, c.passes)
	}
	v, ok := c.value(s)
	return ok && c.passes(v)
}

func (c *comparison) value(s *Subject) (string, bool) {
	i := s.Instance
	switch c.field {
	case attribute:
		return i.Attribute(c.name)
	case agentConnected:
		return strconv.FormatBool(i.AgentConnected), true
	case agentVersion:
		return i.AgentVersion, i.AgentVersion != ""
	case ec2InstanceID:
		return i.EC2InstanceID, i.EC2InstanceID != ""
	case registeredAt:
		return i.RegisteredAt.UTC().Format(time.RFC3339Nano), !i.RegisteredAt.IsZero()
	case runningTasks:
		return strconv.Itoa(s.Usage.Running), true
	case pendingTasks:
		return strconv.Itoa(s.Usage.Pending), true
	case runtimeVersion:
		return i.DockerVersion, i.DockerVersion != ""
	case instanceStatus:
		return i.Status, true
	}
	panic("expression: field without a value")
}

func (c *comparison) passes(v string) bool {
	switch c.operator {
	case exists:
		return true
	case equal:
		return c.compare(v) == 0
	case less:
		return c.compare(v) < 0
	case greater:
		return c.compare(v) > 0
	case in:
		_, found := slices.BinarySearch(c.values, v)
		return found
	case matches:
		return c.pattern.MatchString(v)
	}
	panic("expression: operator without a meaning")
}

// compare orders v and the expression's value as what both are: times,
// numbers, versions, else text.
func (c *comparison) compare(v string) int {
	w := c.values[0]
	switch c.field {
	case registeredAt:
		if a, b, ok := both(v, w, parseTime); ok {
			return a.Compare(b)
		}
	case agentVersion, runtimeVersion:
		return compareVersions(v, w)
	}
	if c.operator != equal || c.field == runningTasks || c.field == pendingTasks {
		if a, b, ok := both(v, w, parseNumber); ok {
			return cmp.Compare(a, b)
		}
	}
	return strings.Compare(v, w)
}

func both[T any](v, w string, parse func(string) (T, error)) (a, b T, ok bool) {
	a, err1 := parse(v)
	b, err2 := parse(w)
	return a, b, err1 == nil && err2 == nil
}

// parseTime reads the documented forms: a date, a time of day without a zone,
// which is UTC, and one with Z or an offset.
func parseTime(s string) (time.Time, error) {
	for _, layout := range [...]string{time.DateOnly, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Parse(time.RFC3339Nano, s)
}

func parseNumber(s string) (float64, error) { return strconv.ParseFloat(s, 64) }

func compareVersions(v, w string) int {
	as, bs := strings.Split(strings.TrimPrefix(v, "v"), "."), strings.Split(strings.TrimPrefix(w, "v"), ".")
	for i := range max(len(as), len(bs)) {
		a, b := part(as, i), part(bs, i)
		x, errA := strconv.Atoi(a)
		y, errB := strconv.Atoi(b)
		d := cmp.Compare(x, y)
		if errA != nil || errB != nil {
			d = strings.Compare(a, b)
		}
		if d != 0 {
			return d
		}
	}
	return 0
}

func part(s []string, i int) string {
	if i < len(s) {
		return s[i]
	}
	return "0"
}
