package rotate

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// cron is a cron expression of Secrets Manager: of its six fields the minutes
// are 0 and the year is any.
// Source: Secrets Manager user guide, "Cron expressions".
type cron struct {
	hours, days, months, weekdays uint64 // bits; weekdays from 1, SUN
	anyDay, anyWeekday            bool   // "?" or "*"
	last                          bool   // L: the last day of the month
	beforeLast                    int    // L-N
	nearest                       int    // NW: the weekday nearest to the day; 0 for none
	lastWeekdayOfMonth            bool   // LW
	lastOf                        int    // NL: the last such weekday of the month
	nth, nthOf                    int    // N#M: the Mth such weekday
}

// horizon is how far a next time is looked for, in days: the 29th of February
// comes within it.
const horizon = 366*8 + 2

func parseCron(text string) (*cron, error) {
	f := strings.Fields(text)
	if len(f) != 6 {
		return nil, fmt.Errorf("a cron expression has 6 fields: minutes, hours, day of the month, month, day of the week, year")
	}
	c := &cron{}
	switch {
	case f[0] != "0":
		return nil, fmt.Errorf("the minutes have to be 0")
	case f[5] != "*":
		return nil, fmt.Errorf("the year has to be *")
	case (f[2] == "?") == (f[4] == "?"):
		return nil, fmt.Errorf("one of the day of the month and the day of the week has to be ?, and only one")
	}
	var err error
	if c.hours, err = parseSet(f[1], 0, 23, nil); err != nil {
		return nil, fmt.Errorf("hours: %w", err)
	}
	if gap := c.smallestGap(); gap < minHours {
		return nil, fmt.Errorf("a secret can be rotated every %d hours at most", minHours)
	}
	if c.months, err = parseSet(f[3], 1, 12, []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}); err != nil {
		return nil, fmt.Errorf("month: %w", err)
	}
	if err := c.day(f[2]); err != nil {
		return nil, fmt.Errorf("day of the month: %w", err)
	}
	if err := c.weekday(f[4]); err != nil {
		return nil, fmt.Errorf("day of the week: %w", err)
	}
	return c, nil
}

// day reads the day of the month: also L, L-N, LW and NW.
func (c *cron) day(text string) error {
	switch {
	case text == "?" || text == "*":
		c.anyDay = true
		return nil
	case text == "L":
		c.last = true
		return nil
	case text == "LW":
		c.lastWeekdayOfMonth = true
		return nil
	case strings.HasPrefix(text, "L-"):
		n, err := number(text[2:], 1, 30, nil)
		c.last, c.beforeLast = true, n
		return err
	case strings.HasSuffix(text, "W"):
		n, err := number(strings.TrimSuffix(text, "W"), 1, 31, nil)
		c.nearest = n
		return err
	}
	var err error
	c.days, err = parseSet(text, 1, 31, nil)
	return err
}

// weekday reads the day of the week: also NL and N#M.
func (c *cron) weekday(text string) error {
	names := []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}
	if text == "?" || text == "*" {
		c.anyWeekday = true
		return nil
	}
	if day, which, ok := strings.Cut(text, "#"); ok {
		var err error
		if c.nthOf, err = number(day, 1, 7, names); err == nil {
			c.nth, err = number(which, 1, 5, nil)
		}
		return err
	}
	if day, ok := strings.CutSuffix(text, "L"); ok {
		var err error
		if day == "" {
			day = "SAT"
		}
		c.lastOf, err = number(day, 1, 7, names)
		return err
	}
	var err error
	c.weekdays, err = parseSet(text, 1, 7, names)
	return err
}

// parseSet reads a list of numbers, ranges and steps.
func parseSet(text string, low, high int, names []string) (set uint64, err error) {
	for _, part := range strings.Split(text, ",") {
		span, stepText, stepped := strings.Cut(part, "/")
		step := 1
		if stepped {
			if step, err = number(stepText, 1, high, nil); err != nil {
				return 0, err
			}
		}
		from, to := low, high
		if span != "*" && !(span == "" && stepped) { // AWS writes /8 for every 8
			first, second, ranged := strings.Cut(span, "-")
			if from, err = number(first, low, high, names); err != nil {
				return 0, err
			}
			if to = from; ranged {
				if to, err = number(second, from, high, names); err != nil {
					return 0, err
				}
			} else if stepped {
				to = high
			}
		}
		for n := from; n <= to; n += step {
			set |= 1 << n
		}
	}
	return set, nil
}

// number reads one number, or a name: the first name is 1.
func number(text string, low, high int, names []string) (int, error) {
	n, err := strconv.Atoi(text)
	for i, name := range names {
		if strings.EqualFold(text, name) {
			n, err = i+1, nil
		}
	}
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%q is no number between %d and %d", text, low, high)
	}
	return n, nil
}

// smallestGap is the least number of hours between two times of a day, and of
// one day and the next.
func (c *cron) smallestGap() int {
	gap, first, before := 24, bits.TrailingZeros64(c.hours), -1
	for h := range 24 {
		if c.hours&(1<<h) == 0 {
			continue
		}
		if before >= 0 {
			gap = min(gap, h-before)
		}
		before = h
	}
	return min(gap, first+24-before)
}

func (c *cron) repeatsInADay() bool { return bits.OnesCount64(c.hours) > 1 }

// next returns the first time after from, zero for none.
func (c *cron) next(from time.Time) time.Time {
	day := midnight(from)
	for range horizon {
		if c.on(day) {
			for h := range 24 {
				at := day.Add(time.Duration(h) * time.Hour)
				if c.hours&(1<<h) != 0 && at.After(from) {
					return at
				}
			}
		}
		day = day.AddDate(0, 0, 1)
	}
	return time.Time{}
}

// on reports whether the schedule has a day.
func (c *cron) on(day time.Time) bool {
	if c.months&(1<<int(day.Month())) == 0 {
		return false
	}
	return c.onDay(day) && c.onWeekday(day)
}

func (c *cron) onDay(day time.Time) bool {
	d, end := day.Day(), lastDay(day)
	switch {
	case c.anyDay:
		return true
	case c.last:
		return d == end-c.beforeLast
	case c.lastWeekdayOfMonth:
		return d == workday(day, end)
	case c.nearest > 0:
		return c.nearest <= end && d == workday(day, c.nearest)
	}
	return c.days&(1<<d) != 0
}

func (c *cron) onWeekday(day time.Time) bool {
	weekday, d := int(day.Weekday())+1, day.Day()
	switch {
	case c.anyWeekday:
		return true
	case c.lastOf > 0:
		return weekday == c.lastOf && d+7 > lastDay(day)
	case c.nth > 0:
		return weekday == c.nthOf && (d-1)/7+1 == c.nth
	}
	return c.weekdays&(1<<weekday) != 0
}

func lastDay(in time.Time) int {
	return time.Date(in.Year(), in.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// workday returns the day from Monday to Friday that is nearest to day n, in
// the same month.
func workday(in time.Time, n int) int {
	switch time.Date(in.Year(), in.Month(), n, 0, 0, 0, 0, time.UTC).Weekday() {
	case time.Saturday:
		if n == 1 {
			return 3
		}
		return n - 1
	case time.Sunday:
		if n == lastDay(in) {
			return n - 2
		}
		return n + 1
	}
	return n
}
