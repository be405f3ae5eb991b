package throttle

import (
	"fmt"
	"strconv"
	"strings"
)

// Class is a class of operations that share a bucket.
type Class uint8

// The classes.
const (
	Reading   Class = iota // answers and changes nothing
	Mutating               // changes something
	Expensive              // reads or calculates much
	classes
)

// classNames returns the classes' names in settings.
func classNames() [classes + 1]string { return [...]string{"read", "write", "expensive", "refused"} }

// Rates are the rates of a server.
type Rates struct {
	// Class is the rate of each class, for each caller.
	Class [classes]Rate
	// Refused is how many refused attempts an address has before what comes
	// from it is refused unseen.
	Refused Rate
}

// DefaultRates keep one caller from starving the others and are far above what
// the clients of one team do.
func DefaultRates() Rates {
	return Rates{
		Class:   [classes]Rate{Reading: {5_000, 10_000}, Mutating: {2_000, 4_000}, Expensive: {200, 1_000}},
		Refused: Rate{50, 500},
	}
}

// ParseRates reads rates as "read=5000/10000,write=2000/4000": per second, and
// at once, twice as many if that is left out. What is not named keeps its
// default; a rate of 0, or the text "off" for all, sets no limit.
func ParseRates(text string) (Rates, error) {
	rates, names := DefaultRates(), classNames()
	if text == "off" {
		return Rates{}, nil
	}
	for setting := range strings.SplitSeq(text, ",") {
		if setting == "" {
			continue
		}
		name, value, found := strings.Cut(setting, "=")
		per, burst, both := strings.Cut(value, "/")
		r, err := Rate{}, error(nil)
		if r.PerSecond, err = strconv.ParseFloat(per, 64); err == nil && both {
			r.Burst, err = strconv.Atoi(burst)
		} else {
			r.Burst = int(min(2*r.PerSecond, 1<<30))
		}
		if err != nil || !found || !(r.PerSecond >= 0 && r.PerSecond <= 1<<30) || r.Burst < 0 {
			return Rates{}, fmt.Errorf("rate %q is not NAME=PER-SECOND or NAME=PER-SECOND/AT-ONCE", setting)
		}
		switch name {
		case names[Reading]:
			rates.Class[Reading] = r
		case names[Mutating]:
			rates.Class[Mutating] = r
		case names[Expensive]:
			rates.Class[Expensive] = r
		case names[classes]:
			rates.Refused = r
		default:
			return Rates{}, fmt.Errorf("rate %q: there are %s", setting, strings.Join(names[:], ", "))
		}
	}
	return rates, nil
}
