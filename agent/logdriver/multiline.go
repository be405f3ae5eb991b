package logdriver

import (
	"fmt"
	"regexp"
	"time"
)

// holdEvent is how long the last event of several lines waits for another
// line. Source: Docker's reference, Amazon CloudWatch Logs logging driver: the
// driver sends what it has gathered every five seconds.
const holdEvent = 5 * time.Second

// dateDirectives are the directives of strftime that awslogs-datetime-format
// may name, as the expressions that match them.
// Source: Docker's reference, awslogs-datetime-format, and POSIX strftime.
var dateDirectives = map[byte]string{
	'a': `(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)`,
	'A': `(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)`,
	'b': `(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)`,
	'B': `(?:January|February|March|April|May|June|July|August|September|October|November|December)`,
	'd': `(?:0[1-9]|[12][0-9]|3[01])`,
	'f': `\d{6}`,
	'F': `\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])`,
	'H': `(?:[01][0-9]|2[0-3])`,
	'I': `(?:0[1-9]|1[0-2])`,
	'j': `(?:00[1-9]|0[1-9][0-9]|[12][0-9][0-9]|3[0-5][0-9]|36[0-6])`,
	'L': `\.\d{3}`,
	'm': `(?:0[1-9]|1[0-2])`,
	'M': `[0-5][0-9]`,
	'p': `[AP]M`,
	'S': `(?:[0-5][0-9]|60)`,
	'T': `(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)`,
	'w': `[0-6]`,
	'y': `\d{2}`,
	'Y': `\d{4}`,
	'z': `[+-]\d{4}`,
	'Z': `[A-Z]{1,4}T`,
	'%': `%`,
}

var directive = regexp.MustCompile(`%.`)

// eventStart returns what the first line of an event matches; nil when every
// line is one. Text between the directives of a date format is a regular
// expression, too, as with Docker's driver, whose documentation escapes
// brackets.
func (c config) eventStart() (*regexp.Regexp, error) {
	const pattern, format = "awslogs-multiline-pattern", "awslogs-datetime-format"
	expression, key := c.Options[pattern], pattern
	if f := c.Options[format]; f != "" {
		if expression != "" {
			return nil, fmt.Errorf("failed to initialize logging driver: you cannot configure log opt '%s' and '%s' at the same time", format, pattern)
		}
		unknown := ""
		key, expression = format, directive.ReplaceAllStringFunc(f, func(d string) string {
			if dateDirectives[d[1]] == "" && unknown == "" {
				unknown = d
			}
			return dateDirectives[d[1]]
		})
		if unknown != "" { // Docker would match anything there
			return nil, fmt.Errorf("failed to initialize logging driver: awslogs could not parse %s %q: unknown directive %s", format, f, unknown)
		}
	}
	if expression == "" {
		return nil, nil
	}
	start, err := regexp.Compile(expression)
	if err != nil {
		return nil, fmt.Errorf("failed to initialize logging driver: awslogs could not parse multiline pattern key %q: %w", key, err)
	}
	return start, nil
}

// join puts lines together: an event begins with a line that start matches, or
// where it would grow too long. The last event is left for later unless flush
// is set, because its next line may not be there yet; used is how many bytes
// the events take. Events without any text are left out.
func join(lines []line, start *regexp.Regexp, flush bool) (events []line, used int) {
	var open line
	var text []byte
	begun, empty := false, true
	closeEvent := func() {
		if used = open.end; !empty {
			open.text = string(text)
			events = append(events, open)
		}
		text, begun, empty = text[:0], false, true
	}
	for _, l := range lines {
		if begun && (start.MatchString(l.text) || len(text)+1+len(l.text) > maxEvent) {
			closeEvent()
		}
		if begun {
			text, open.end = append(text, '\n'), l.end
		} else {
			open, begun = l, true
		}
		text, empty = append(text, l.text...), empty && l.text == ""
	}
	if begun && flush {
		closeEvent()
	}
	return events, used
}

// held is an event of several lines that may have more of them.
type held struct {
	place int64     // where it begins
	at    time.Time // when it was first seen; zero: there is none
}

// take cuts what was read into events, and remembers the one that is held back.
func (f *follower) take(b []byte, last bool, at time.Time) (events []line, used int) {
	if f.frames {
		return unframe(b, last, at)
	}
	if f.start == nil {
		return cut(b, last, at)
	}
	lines, _, full := split(b, last, at)
	if len(lines) == 0 {
		return nil, 0
	}
	waited := f.held.place == f.place && !f.held.at.IsZero()
	if waited {
		lines[0].at = f.held.at
	}
	events, used = join(lines, f.start, last)
	if used == 0 && (full || waited && at.Sub(f.held.at) >= holdEvent) {
		events, used = join(lines, f.start, true)
	}
	switch next := f.place + int64(used); {
	case used == lines[len(lines)-1].end:
		f.held = held{}
	case next != f.held.place || f.held.at.IsZero():
		f.held = held{next, at}
	}
	return events, used
}
