package rotate

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/roadstead/roadstead/model"
)

// Limits of schedules. Source: Secrets Manager user guide, "Schedule
// expressions in Secrets Manager rotation"; API reference, RotationRulesType.
const (
	MaxDays       = 1000
	minHours      = 4
	maxRate       = 999
	maxExpression = 256
	maxWindow     = 24 * time.Hour
)

// Schedule says when rotations begin, in UTC. The zero value never does.
type Schedule struct {
	every time.Duration // of a rate, and of days
	days  bool          // every is whole days, which begin at midnight
	cron  *cron
	// Window is how long after its beginning a rotation may take place.
	Window time.Duration
}

// ScheduleOf returns the schedule that a secret has.
func ScheduleOf(s *model.Secret) (Schedule, error) {
	if s.RotationRule == "" && s.RotationDays == 0 {
		return Schedule{}, nil
	}
	if s.RotationRule == "" {
		return withWindow(Schedule{every: time.Duration(s.RotationDays) * 24 * time.Hour, days: true}, s.RotationWindow)
	}
	return Parse(s.RotationRule, s.RotationWindow)
}

// Parse reads rate(N hours), rate(N days) or cron(0 H D M W *), and the length
// of a window in hours, such as 3h; "" is an hour for a schedule in hours, and
// the rest of the day for one in days. The error's text is for callers.
func Parse(expression, window string) (Schedule, error) {
	var s Schedule
	var err error
	inner, isRate := strings.CutPrefix(expression, "rate(")
	fields, isCron := strings.CutPrefix(expression, "cron(")
	switch {
	case len(expression) > maxExpression:
		err = fmt.Errorf("it has more than %d characters", maxExpression)
	case isRate && strings.HasSuffix(inner, ")"):
		s, err = parseRate(strings.TrimSuffix(inner, ")"))
	case isCron && strings.HasSuffix(fields, ")"):
		s.cron, err = parseCron(strings.TrimSuffix(fields, ")"))
	default:
		err = fmt.Errorf("it is neither rate(value unit) nor cron(fields)")
	}
	if err != nil {
		return Schedule{}, fmt.Errorf("invalid schedule expression %s: %w", expression, err)
	}
	return withWindow(s, window)
}

func parseRate(text string) (Schedule, error) {
	number, unit, _ := strings.Cut(text, " ")
	n, err := strconv.Atoi(number)
	switch {
	case err != nil || n < 1 || n > maxRate:
		return Schedule{}, fmt.Errorf("a rate is between 1 and %d", maxRate)
	case unit == "hours" && n >= minHours:
		return Schedule{every: time.Duration(n) * time.Hour}, nil
	case unit == "hours" || unit == "hour":
		return Schedule{}, fmt.Errorf("a secret can be rotated every %d hours at most", minHours)
	case unit == "days" && n > 1, unit == "day" && n == 1, unit == "days":
		return Schedule{every: time.Duration(n) * 24 * time.Hour, days: true}, nil
	}
	return Schedule{}, fmt.Errorf("the unit of a rate is hours or days")
}

func withWindow(s Schedule, window string) (Schedule, error) {
	s.Window = 24 * time.Hour
	if s.hourly() {
		s.Window = time.Hour
	}
	if window == "" {
		return s, nil
	}
	hours, ok := strings.CutSuffix(window, "h")
	n, err := strconv.Atoi(hours)
	asked := time.Duration(n) * time.Hour
	if !ok || err != nil || n < 1 || asked > maxWindow || s.every > 0 && asked > s.every {
		return Schedule{}, fmt.Errorf("invalid duration %s: it is hours, such as 3h, and ends before the next window and within %v", window, maxWindow)
	}
	s.Window = asked
	return s, nil
}

// hourly reports whether the schedule speaks of hours rather than days.
func (s Schedule) hourly() bool {
	return s.every > 0 && !s.days || s.cron != nil && s.cron.repeatsInADay()
}

// Next returns when the next rotation begins after one that was at from; zero
// for never.
func (s Schedule) Next(from time.Time) time.Time {
	from = from.UTC()
	switch {
	case s.cron != nil:
		return s.cron.next(from)
	case s.every == 0:
		return time.Time{}
	case s.days:
		return midnight(from).Add(s.every)
	}
	return from.Add(s.every)
}

// End returns when the window closes that a rotation begins in at begin. One of
// days ends with the day unless its length was said.
func (s Schedule) End(begin time.Time) time.Time {
	end := begin.Add(s.Window)
	if day := midnight(begin).Add(24 * time.Hour); s.Window == 24*time.Hour && end.After(day) {
		return day
	}
	return end
}

func midnight(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }
