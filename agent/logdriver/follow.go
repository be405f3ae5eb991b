package logdriver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"github.com/roadstead/roadstead/agent"
)

const (
	// gather is how long output is gathered before it is shipped.
	gather = 20 * time.Millisecond
	// recheck bounds how long a lost notification can delay anything.
	recheck = 10 * time.Second
	// chunk is how much of a file is read at a time.
	chunk = 512 << 10
	// firstPause and lastPause bound the wait after a failure.
	firstPause, lastPause = 100 * time.Millisecond, 10 * time.Second
)

// sink is where a container's output goes.
type sink interface {
	// prepare makes sure that the sink can take output.
	prepare(ctx context.Context) error
	// ship takes lines, as many as fit into one batch. The sink has them
	// durably, or will never take them, when it returns nil.
	ship(ctx context.Context, lines []line) error
	// patience is how long after the container's end the rest is offered to a
	// sink that does not take it; 0: until it does. What cannot be delivered to
	// somebody else's machine must not keep a container for ever.
	patience() time.Duration
	// pause is how long it is left alone when it has failed for the first time.
	pause() time.Duration
	// close lets go of what the sink holds open.
	close()
}

// errRefused is output that the sink will not take before somebody changes
// something; with the container's end it is dropped.
var errRefused = errors.New("it is refused")

type line struct {
	at   time.Time
	text string
	end  int // the bytes up to behind it, of what was read with it
	// The following are known of lines in frames alone.
	stderr bool
	goes   bool // it goes on in the stream's next line
}

// follower takes care of one container's file. All but the channels belongs to
// the goroutine of run.
type follower struct {
	path, placePath string
	sink            sink  // nil: nothing is shipped, only the last bytes are kept
	kept            int64 // how many
	options         Options
	place           int64 // everything before it was shipped
	punched         int64 // everything before it was given back
	dropped         int64 // bytes that nobody was told of yet
	unknown         bool  // nobody knows what was shipped: the holes were, at least
	away            bool  // the last that was dropped was when nobody took it
	last            time.Time
	shipped         atomic.Int64   // is place, for others
	overflowed      atomic.Bool    // more lines waited than the sink's buffer holds
	frames          bool           // the file's lines are frames
	events          int            // how many lines may wait while the sink takes none; 0: MaxBehind alone says
	waiting         waiting        // how many do
	start           *regexp.Regexp // of an event of several lines; nil: each line is one
	held            held
	ended           time.Time // when it was first known that no more is written

	woken     chan struct{}
	once      sync.Once
	finishing chan struct{} // closed when no more will be written
	done      chan struct{} // closed when everything was shipped after that
}

func (d *Driver) newFollower(container string, c config) (*follower, error) {
	f := &follower{path: d.logPath(container), placePath: d.placePath(container), options: d.options,
		woken: make(chan struct{}, 1), finishing: make(chan struct{}), done: make(chan struct{})}
	if c.Driver == "json-file" {
		var err error
		f.kept, err = c.kept()
		return f, err
	}
	var err error
	if f.start, err = c.eventStart(); err != nil {
		return nil, err
	}
	f.options.MaxBehind = c.behind(f.options.MaxBehind)
	if f.sink, err = d.newSink(container, c); err != nil {
		return nil, err
	}
	if f.frames = framed(c.Driver); c.Driver == driverFluentd || c.Driver == driverRouter {
		if f.events, err = c.events(); err != nil {
			return nil, err
		}
	}
	place, err := readPlace(f.placePath)
	if err != nil { // at worst some lines are shipped twice
		d.options.Logger.Warn("log is shipped from its beginning", "container", container, "error", err)
		f.unknown = true
	}
	f.place = place
	f.shipped.Store(place)
	return f, nil
}

// file is what the container's output is appended to.
func (f *follower) file() agent.LogFile {
	if f.sink == nil {
		return agent.LogFile{Path: f.path, Limit: f.kept}
	}
	return agent.LogFile{Path: f.path, Limit: f.options.MaxBehind}
}

func (f *follower) poke() {
	select {
	case f.woken <- struct{}{}:
	default:
	}
}

// finish waits until everything was shipped, given that no more is written.
func (f *follower) finish(ctx context.Context) error {
	f.once.Do(func() { close(f.finishing) })
	select {
	case <-f.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("not everything is shipped yet: %w", ctx.Err())
	}
}

// run ships until the container has finished or ctx ends.
func (f *follower) run(ctx context.Context) {
	if f.sink != nil {
		defer f.sink.close()
	}
	first := firstPause
	if f.sink != nil {
		first = f.sink.pause()
	}
	pause := first
	for {
		ending := false
		select {
		case <-f.finishing:
			ending = true
		default:
		}
		more, err := f.step(ctx, ending)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && ending && f.hopeless(err):
			f.options.Logger.Error("the rest of a log is dropped: nobody takes it", "log", f.path, "error", err)
			close(f.done)
			return
		case err != nil:
			f.options.Logger.Warn("log not shipped; trying again", "log", f.path, "error", err)
			if !sleep(ctx, pause) {
				return
			}
			pause = max(pause, min(2*pause, lastPause))
			continue
		case !more && ending:
			close(f.done)
			return
		case !more && !f.wait(ctx):
			return
		}
		pause = first
	}
}

// hopeless reports whether what is left of an ended container's log is not
// offered any more.
func (f *follower) hopeless(err error) bool {
	if f.sink == nil {
		return false
	}
	now, patience := f.options.Now(), f.sink.patience()
	if f.ended.IsZero() {
		f.ended = now
	}
	return errors.Is(err, errRefused) || patience > 0 && now.Sub(f.ended) >= patience
}

// wait returns when there may be more to ship; false when ctx ended.
func (f *follower) wait(ctx context.Context) bool {
	patience := recheck
	if !f.held.at.IsZero() {
		patience = min(patience, max(time.Millisecond, holdEvent-f.options.Now().Sub(f.held.at)))
	}
	check := time.NewTimer(patience)
	defer check.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-f.finishing:
		return true
	case <-check.C:
		return true
	case <-f.woken:
		return sleep(ctx, gather)
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// step ships one batch; more says that there may be another. At the end, a
// last line without an end is shipped too.
func (f *follower) step(ctx context.Context, ending bool) (more bool, err error) {
	file, err := os.OpenFile(f.path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return false, err
	}
	if f.sink == nil {
		return false, f.punch(file, info.Size()-f.kept)
	}
	f.skipHole(file)
	if err := f.catchUp(file, info.Size()); err != nil {
		return false, err
	}
	lines, place, err := f.read(file, info.Size(), ending)
	if err != nil || place == f.place && f.dropped == 0 {
		return false, err
	}
	if len(lines) > 0 {
		if err := f.sink.ship(ctx, lines); err != nil {
			f.waiting.counts = true
			return false, err
		}
	}
	if err := writePlace(f.placePath, place); err != nil {
		return false, err
	}
	f.place, f.dropped = place, 0
	f.shipped.Store(place)
	f.waiting = waiting{}
	return true, f.punch(file, place)
}

// read returns the lines of the next batch and the place behind them.
func (f *follower) read(file *os.File, size int64, ending bool) (lines []line, place int64, err error) {
	buffer := make([]byte, max(0, min(chunk, size-f.place)))
	n, err := file.ReadAt(buffer, f.place)
	if err != nil && err != io.EOF {
		return nil, 0, err
	}
	if f.skipHole(file) { // it was made meanwhile
		n = 0
	}
	at := f.options.Now()
	if at.Before(f.last) {
		at = f.last // events of one stream are in order even if the clock is not
	}
	f.last = at
	if f.dropped > 0 {
		who := "the logs service"
		if f.away {
			who = "the agent"
		}
		note := fmt.Sprintf("[%d bytes of this log were dropped: %s was away for too long]", f.dropped, who)
		return []line{{at: at, text: note}}, f.place, nil
	}
	lines, used := f.take(buffer[:n], ending && f.place+int64(n) >= size, at)
	return lines, f.place + int64(used), nil
}

// skipHole goes on behind a hole, if there is one at the place. The follower makes none before it has remembered how far
// it was: whoever appends made it, because the file was at its limit.
func (f *follower) skipHole(file *os.File) bool {
	place, unknown := afterHole(file, f.place), f.unknown
	f.unknown = false
	if place == f.place {
		return false
	}
	if unknown {
		f.place = place
		return true
	}
	if end := lineEnd(file, place); end > 0 { // it begins within a line
		place = end
	}
	f.options.Logger.Error("output of a container was dropped: nobody took it", "log", f.path, "bytes", place-f.place)
	f.dropped, f.away = f.dropped+place-f.place, true
	f.place, f.waiting = place, waiting{counts: f.waiting.counts}
	return true
}

// catchUp drops the oldest output when too much of it waits.
func (f *follower) catchUp(file *os.File, size int64) error {
	place, err := f.tooMany(file, size)
	if err != nil {
		return err
	}
	if size-place > f.options.MaxBehind {
		// A quarter is dropped at once, or it would be dropped line by line.
		place = size - f.options.MaxBehind*3/4
		if end := lineEnd(file, place); end > 0 {
			place = end
		}
	}
	if place <= f.place {
		return nil
	}
	f.options.Logger.Error("output of a container is dropped: its logs are not accepted", "log", f.path, "bytes", place-f.place)
	f.dropped, f.away = f.dropped+place-f.place, false
	f.place, f.waiting = place, waiting{counts: f.waiting.counts}
	return f.punch(file, place)
}
