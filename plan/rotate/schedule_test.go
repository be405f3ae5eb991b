package rotate

import (
	"strings"
	"testing"
	"time"
)

func TestSchedules(t *testing.T) {
	from := time.Date(2026, 2, 27, 9, 30, 0, 0, time.UTC) // a Friday
	for _, c := range []struct{ expression, window, next, end string }{
		{"rate(4 hours)", "", "2026-02-27 13:30", "2026-02-27 14:30"},
		{"rate(12 hours)", "3h", "2026-02-27 21:30", "2026-02-28 00:30"},
		{"rate(1 day)", "", "2026-02-28 00:00", "2026-03-01 00:00"},
		{"rate(10 days)", "2h", "2026-03-09 00:00", "2026-03-09 02:00"},
		{"cron(0 8 1 * ? *)", "", "2026-03-01 08:00", "2026-03-02 00:00"},
		{"cron(0 /6 * * ? *)", "", "2026-02-27 12:00", "2026-02-27 13:00"},
		{"cron(0 */8 * * ? *)", "", "2026-02-27 16:00", "2026-02-27 17:00"},
		{"cron(0 0 L * ? *)", "", "2026-02-28 00:00", "2026-03-01 00:00"},
		{"cron(0 0 L-2 * ? *)", "", "2026-03-29 00:00", "2026-03-30 00:00"},
		{"cron(0 18 ? * MON *)", "", "2026-03-02 18:00", "2026-03-03 00:00"},
		{"cron(0 18 ? * 2 *)", "", "2026-03-02 18:00", "2026-03-03 00:00"},
		{"cron(0 9 ? * 2#1 *)", "3h", "2026-03-02 09:00", "2026-03-02 12:00"},
		{"cron(0 16 ? * 6L *)", "4h", "2026-02-27 16:00", "2026-02-27 20:00"},
		{"cron(0 1 ? * TUE-THU *)", "", "2026-03-03 01:00", "2026-03-04 00:00"},
		{"cron(0 1 15W * ? *)", "", "2026-03-16 01:00", "2026-03-17 00:00"}, // the 15th is a Sunday
		{"cron(0 1 1W * ? *)", "", "2026-03-02 01:00", "2026-03-03 00:00"},  // the 1st is a Sunday
		{"cron(0 1 LW * ? *)", "", "2026-03-31 01:00", "2026-04-01 00:00"},  // the 27th's is over
		{"cron(0 1 29 FEB ? *)", "", "2028-02-29 01:00", "2028-03-01 00:00"},
		{"cron(0 1,13 1,15 JAN-MAR/2 ? *)", "", "2026-03-01 01:00", "2026-03-01 02:00"},
		{"cron(0 1 31 2 ? *)", "", "", ""},
	} {
		s, err := Parse(c.expression, c.window)
		if err != nil {
			t.Errorf("%s: %v", c.expression, err)
			continue
		}
		next, end := s.Next(from), ""
		got := ""
		if !next.IsZero() {
			got, end = next.Format("2006-01-02 15:04"), s.End(next).Format("2006-01-02 15:04")
		}
		if got != c.next || end != c.end {
			t.Errorf("%s %s: %s to %s, want %s to %s", c.expression, c.window, got, end, c.next, c.end)
		}
	}
}

func TestWrongSchedules(t *testing.T) {
	for expression, want := range map[string]string{
		"": "neither", "every day": "neither", "rate(3 hours)": "every 4 hours", "rate(1 hour)": "every 4 hours", "rate(0 days)": "between", "rate(1000 days)": "between",
		"rate(2 weeks)": "unit", "cron(0 8 1 * ?)": "6 fields", "cron(5 8 1 * ? *)": "minutes", "cron(0 8 1 * ? 2027)": "year", "cron(0 8 1 * 2 *)": "one of",
		"cron(0 8 ? * ? *)": "one of", "cron(0 24 1 * ? *)": "hours", "cron(0 1,3 1 * ? *)": "every 4 hours", "cron(0 8 32 * ? *)": "day of the month",
		"cron(0 8 1 13 ? *)": "month", "cron(0 8 ? * 8 *)": "day of the week", "cron(0 8 ? * 2#6 *)": "day of the week", "cron(0 8 1 * ? *": "neither",
		"cron(0 8 " + strings.Repeat("1,", 200) + "1 * ? *)": "256",
	} {
		if _, err := Parse(expression, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", expression, err, want)
		}
	}
	for _, window := range []string{"3", "0h", "25h", "h", "5h"} {
		if _, err := Parse("rate(4 hours)", window); err == nil {
			t.Errorf("window %s was taken", window)
		}
	}
}
